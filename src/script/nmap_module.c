/* nmap_module.c owns the module nmap: what scripts ask of the run, of hosts and of ports (specs/script-host.md, 3.1). */
#include "script/inside.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* ---- the run */

static int verbosity(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    lua_pushinteger(L, s->settings.verbose + (s->current && s->current->script->by_name));
    return 1;
}

static int debugging(lua_State *L)
{
    lua_pushinteger(L, scripts_of(L)->settings.debug);
    return 1;
}

static int intensity_asked(struct scripts *s)
{
    uint64_t n;
    if (s->intensity_arg == -1) {
        const char *text = value_get_text(s->args, "script-intensity");
        s->intensity_arg = text && text_number(text, 9, &n) ? (int)n : -2;
    }
    return s->intensity_arg;
}

static int version_intensity(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    int asked = intensity_asked(s);
    bool by_name = s->current && s->current->script->by_name;
    lua_pushinteger(L, by_name ? 9 : asked >= 0 ? asked : s->settings.intensity);
    return 1;
}

static int timing_level(lua_State *L)
{
    lua_pushinteger(L, scripts_of(L)->settings.timing);
    return 1;
}

static int have_ssl(lua_State *L)
{
    lua_pushboolean(L, scripts_of(L)->parts.tls != NULL);
    return 1;
}

/* Nothing here sends raw packets: a script that would need it is told so, whoever we are. */
static int is_privileged(lua_State *L)
{
    lua_pushboolean(L, false);
    return 1;
}

static int address_family(lua_State *L)
{
    lua_pushstring(L, scripts_of(L)->settings.ipv6 ? "inet6" : "inet");
    return 1;
}

static double epoch(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + floor((double)t.tv_nsec / 1e3) / 1e6;
}

static int clock_seconds(lua_State *L)
{
    lua_pushnumber(L, epoch());
    return 1;
}

static int clock_milliseconds(lua_State *L)
{
    lua_pushnumber(L, ceil(epoch() * 1000));
    return 1;
}

static int log_write(lua_State *L)
{
    static const char *const where[] = {"stdout", "stderr", NULL};
    luaL_checkoption(L, 1, NULL, where);
    thread_says(L, luaL_checkstring(L, 2));
    return 0;
}

static int fetch_file(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct arena a;
    if (strlen(name) >= PATH_MAX)
        return lua_pushnil(L), 1;
    arena_init(&a);
    const char *path = loader_find(scripts_of(L), loader_caller(L), &a, name);
    bool pushed = !path || state_push_text(L, path, strlen(path));
    arena_free(&a);
    if (!path)
        lua_pushnil(L);
    return pushed ? 1 : lua_error(L);
}

static int get_random_bytes(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    if (n < 0 || n > LIMIT_SCRIPT_SEND)
        return luaL_error(L, "Invalid length argument to get_random_bytes.");
    luaL_Buffer b;
    char *at = luaL_buffinitsize(L, &b, (size_t)n + 1);
    for (lua_Integer i = 0; i < n;) {
        lua_Integer some = n - i < 256 ? n - i : 256;
        if (getrandom(at + i, (size_t)some, 0) != some)
            return luaL_error(L, "no random bytes");
        i += some;
    }
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

static int get_ttl(lua_State *L)
{
    lua_pushinteger(L, 64);
    return 1;
}

static int get_payload_length(lua_State *L)
{
    lua_pushinteger(L, 0);
    return 1;
}

static int get_interface(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

static int add_targets(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    int n = lua_gettop(L);
    lua_Integer taken = 0;
    if (!n || (s->current && s->current->rule == RULE_POST)) {
        lua_pushinteger(L, 0);
        return 1;
    }
    for (int i = 1; i <= n; i++) {
        size_t length;
        const char *text = luaL_checklstring(L, i, &length);
        if (length >= 1024 || s->targets_added >= LIMIT_SCRIPT_TARGETS || !s->parts.add_target ||
            !s->parts.add_target(s->parts.owner, text))
            break;
        s->targets_added++;
        taken++;
        if (s->settings.verbose)
            scripts_say(s, "NSE: %s adds the target %s", s->current ? s->current->script->name : "a script", text);
    }
    lua_pushinteger(L, taken);
    if (taken)
        return 1;
    lua_pushliteral(L, "failed to add new targets.");
    return 2;
}

static int new_targets_num(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)scripts_of(L)->targets_added);
    return 1;
}

static int port_is_excluded(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    lua_Integer port = luaL_checkinteger(L, 1);
    enum proto proto = strcmp(luaL_checkstring(L, 2), "udp") == 0 ? PROTO_UDP : PROTO_TCP;
    lua_pushboolean(L, s->settings.version && s->parts.is_excluded && port >= 0 && port < 65536 &&
                           s->parts.is_excluded(s->parts.owner, (uint16_t)port, proto));
    return 1;
}

/* ---- ports */

static int get_port_state(lua_State *L)
{
    uint16_t number;
    enum proto proto;
    struct script_port p;
    struct script_target *t = tables_check_host(L, 1);
    if (!tables_check_port(L, 2, &number, &proto) || !t->ops->port(t->owner, number, proto, &p))
        return lua_pushnil(L), 1;
    tables_push_port(L, scripts_of(L), &p);
    return 1;
}

static bool next_port(struct script_target *t, struct script_port *p, bool begun, enum proto proto, const char *state)
{
    for (bool more = t->ops->next(t->owner, begun ? p : NULL, p); more; more = t->ops->next(t->owner, p, p))
        if (p->proto == proto && strcmp(port_state_name(p->state), state) == 0)
            return true;
    return false;
}

static int get_ports(lua_State *L)
{
    static const char *const states[] = {"open", "filtered", "unfiltered", "closed", "open|filtered", "closed|filtered", NULL};
    static const char *const protos[] = {"tcp", "udp", "sctp", NULL};
    struct script_target *t = tables_check_host(L, 1);
    enum proto proto = PROTO_TCP;
    struct script_port p = {0};
    bool begun = !lua_isnoneornil(L, 2), ended = begun && !tables_check_port(L, 2, &p.number, &proto);
    p.proto = (uint8_t)proto;
    int wanted = luaL_checkoption(L, 3, NULL, protos);
    const char *state = states[luaL_checkoption(L, 4, NULL, states)];
    if (ended || wanted == 2 || !next_port(t, &p, begun, wanted == 1 ? PROTO_UDP : PROTO_TCP, state))
        return lua_pushnil(L), 1;
    tables_push_port(L, scripts_of(L), &p);
    return 1;
}

static int set_port_state(lua_State *L)
{
    static const char *const states[] = {"open", "closed", NULL};
    uint16_t number;
    enum proto proto;
    struct script_port p;
    struct script_target *t = tables_check_host(L, 1);
    bool asked = tables_check_port(L, 2, &number, &proto);
    enum port_state state = luaL_checkoption(L, 3, NULL, states) == 0 ? PORT_OPEN : PORT_CLOSED;
    if (asked && t->ops->port(t->owner, number, proto, &p) && p.state != (uint8_t)state)
        t->ops->set_state(t->owner, number, proto, state);
    return 0;
}

/* ---- new_try */

static int raise_exception(lua_State *L, int status, lua_KContext ctx)
{
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "nmap.new_try");
    lua_setfield(L, -2, "errtype");
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "message");
    return lua_error(L);
}

static int try_call(lua_State *L)
{
    if (!lua_isnoneornil(L, 1) && !lua_isboolean(L, 1))
        scripts_say(scripts_of(L), "finalizing a non-conforming function that did not first return a boolean");
    if (lua_toboolean(L, 1)) {
        lua_remove(L, 1);
        return lua_gettop(L);
    }
    lua_settop(L, 2);
    if (lua_isfunction(L, lua_upvalueindex(1))) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_callk(L, 0, 0, 0, raise_exception);
    }
    return raise_exception(L, LUA_OK, 0);
}

static int new_try(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushcclosure(L, try_call, 1);
    return 1;
}

/* ---- the module */

static void push_arguments(lua_State *L, const struct value *in)
{
    lua_Integer n = 0;
    lua_newtable(L);
    for (const struct value *v = in->first; v; v = v->next) {
        luaL_checkstack(L, 4, NULL);
        if (v->kind == VALUE_TABLE)
            push_arguments(L, v);
        else
            lua_pushstring(L, v->text);
        if (v->key) {
            lua_pushstring(L, v->key);
            lua_insert(L, -2);
            lua_rawset(L, -3);
        } else {
            lua_rawseti(L, -2, ++n);
        }
    }
}

int open_nmap(lua_State *L)
{
    static const luaL_Reg functions[] = {{"verbosity", verbosity}, {"debugging", debugging}, {"version_intensity", version_intensity},
        {"timing_level", timing_level}, {"have_ssl", have_ssl}, {"is_privileged", is_privileged}, {"address_family", address_family},
        {"clock", clock_seconds}, {"clock_ms", clock_milliseconds}, {"log_write", log_write}, {"fetchfile", fetch_file},
        {"get_random_bytes", get_random_bytes}, {"get_ttl", get_ttl}, {"get_payload_length", get_payload_length},
        {"get_interface", get_interface}, {"get_interface_info", nmap_get_interface_info}, {"list_interfaces", nmap_list_interfaces},
        {"add_targets", add_targets}, {"new_targets_num", new_targets_num}, {"get_dns_servers", nmap_get_dns_servers},
        {"port_is_excluded", port_is_excluded}, {"resolve", nmap_resolve}, {"get_port_state", get_port_state}, {"get_ports", get_ports},
        {"set_port_state", set_port_state}, {"set_port_version", nmap_set_port_version}, {"mutex", sync_mutex}, {"condvar", sync_condvar},
        {"new_try", new_try}, {"new_socket", socket_new}, {"new_dnet", dnet_new}, {NULL, NULL}};
    sync_apply(L);
    luaL_newlib(L, functions);
    lua_newtable(L);
    push_arguments(L, scripts_of(L)->args);
    lua_setfield(L, -2, "args");
    lua_setfield(L, -2, "registry");
    luaL_requiref(L, "nmap.socket", open_socket, 0);
    lua_setfield(L, -2, "socket");
    luaL_requiref(L, "nmap.dnet", open_dnet, 0);
    lua_setfield(L, -2, "dnet");
    return 1;
}
