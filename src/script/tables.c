/* tables.c owns hosts and ports as Lua tables, in both directions (specs/script-host.md, section 2). */
#include "script/inside.h"

#include <string.h>

void tables_set_text(lua_State *L, const char *key, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

void tables_set_integer(lua_State *L, const char *key, lua_Integer n)
{
    lua_pushinteger(L, n);
    lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, lua_Number n)
{
    lua_pushnumber(L, n);
    lua_setfield(L, -2, key);
}

/* ---- hosts */

static void push_times(lua_State *L, const struct script_host *h)
{
    lua_createtable(L, 0, 3);
    set_number(L, "srtt", (double)h->rtt_us / 1e6);
    set_number(L, "rttvar", (double)h->rtt_var_us / 1e6);
    set_number(L, "timeout", (double)(h->rtt_timeout_us ? h->rtt_timeout_us : 1000 * 1000) / 1e6);
}

static void push_registry(lua_State *L, struct script_target *t)
{
    if (t->registry == LUA_NOREF) {
        lua_newtable(L);
        t->registry = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, t->registry);
}

/* No address: a script may keep it longer than the host is there, and another may stand in its place then. */
static void *handle_of(const struct script_target *t)
{
    return (void *)(uintptr_t)t->serial;
}

void tables_push_host(lua_State *L, struct script_target *t)
{
    struct script_host h = {0};
    char text[ADDR_TEXT_MAX];
    t->ops->host(t->owner, &h);
    lua_createtable(L, 0, 12);
    tables_set_text(L, "ip", addr_format(&h.addr, text, sizeof text));
    tables_set_text(L, "name", h.reverse ? h.reverse : "");
    tables_set_text(L, "targetname", h.given);
    tables_set_text(L, "reason", port_reason_name(h.up_reason));
    tables_set_integer(L, "reason_ttl", 0);
    lua_pushlstring(L, (const char *)h.addr.octet, h.addr.family == 4 ? 4 : 16);
    lua_setfield(L, -2, "bin_ip");
    push_times(L, &h);
    lua_setfield(L, -2, "times");
    push_registry(L, t);
    lua_setfield(L, -2, "registry");
    lua_pushlightuserdata(L, handle_of(t));
    lua_setfield(L, -2, "_Target");
    interfaces_set_source(L, &h.addr);
}

static struct script_target *target_of(const struct scripts *s, const void *handle)
{
    struct script_target *t = s->targets;
    while (t && handle_of(t) != handle)
        t = t->next;
    return t;
}

static bool is_called(const struct script_target *t, const char *name)
{
    struct script_host h = {0};
    struct addr a;
    t->ops->host(t->owner, &h);
    if (addr_parse(name, &a))
        return addr_equal(&a, &h.addr);
    return h.given && strcmp(h.given, name) == 0;
}

static struct script_target *find_host(lua_State *L, int index, const char *field)
{
    struct script_target *found = NULL;
    if (lua_getfield(L, index, field) == LUA_TSTRING)
        for (struct script_target *t = scripts_of(L)->targets; t && !found; t = t->next)
            if (is_called(t, lua_tostring(L, -1)))
                found = t;
    lua_pop(L, 1);
    return found;
}

struct script_target *tables_check_host(lua_State *L, int index)
{
    struct scripts *s = scripts_of(L);
    luaL_checktype(L, index, LUA_TTABLE);
    lua_getfield(L, index, "_Target");
    void *handle = lua_touserdata(L, -1);
    lua_pop(L, 1);
    struct script_target *t = target_of(s, handle);
    if (!t)
        t = find_host(L, index, "ip");
    if (!t)
        t = find_host(L, index, "targetname");
    if (t)
        return t;
    bool ip = lua_getfield(L, index, "ip") == LUA_TSTRING, name = lua_getfield(L, index, "targetname") == LUA_TSTRING;
    luaL_argerror(L, index, ip || name ? "host is not being processed right now" : "host table does not have a 'ip' or 'targetname' field");
    return NULL;
}

/* ---- ports */

/* The ONC RPC programs that the port itself owned to: what the grinder's findings have, too. Descry's own, not of the field. */
static void push_programs(lua_State *L, const struct rpc_record *r)
{
    lua_Integer n = 0;
    lua_createtable(L, (int)r->program_count, 1);
    tables_set_integer(L, "asked", r->tried);
    for (size_t i = 0; i < r->program_count; i++) {
        const struct rpc_program_record *p = &r->programs[i];
        if (!p->asked)
            continue;
        lua_createtable(L, 0, 6);
        tables_set_integer(L, "program", p->number);
        tables_set_text(L, "name", p->name);
        tables_set_text(L, "owner", p->owner);
        tables_set_text(L, "versions", p->versions);
        lua_pushboolean(L, p->wants_auth);
        lua_setfield(L, -2, "authentication");
        lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, "rpc");
}

static void push_version(lua_State *L, struct scripts *s, const struct script_port *p)
{
    static const struct service_record none;
    const struct service_record *v = p->service ? p->service : &none;
    bool probed = v->method == METHOD_PROBED;
    const char *name = v->name ? v->name : s->parts.service_name ? s->parts.service_name(p->proto, p->number) : NULL;
    lua_createtable(L, 0, 14);
    tables_set_text(L, "name", name);
    set_number(L, "name_confidence", probed ? (v->conf == CONF_WRAPPED ? 8.0 : 10.0) : 3.0);
    tables_set_text(L, "product", v->product);
    tables_set_text(L, "version", v->version);
    tables_set_text(L, "extrainfo", v->info);
    tables_set_text(L, "hostname", v->hostname);
    tables_set_text(L, "ostype", v->os);
    tables_set_text(L, "devicetype", v->device);
    tables_set_text(L, "service_tunnel", v->tunnel ? "ssl" : "none");
    tables_set_text(L, "service_fp", v->fingerprint);
    tables_set_text(L, "service_dtype", probed ? "probed" : "table");
    lua_createtable(L, (int)v->cpe_count, 0);
    for (size_t i = 0; i < v->cpe_count; i++) {
        lua_pushstring(L, v->cpe[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "cpe");
    if (v->rpc && v->rpc->tried)
        push_programs(L, v->rpc);
}

void tables_push_port(lua_State *L, struct scripts *s, const struct script_port *p)
{
    lua_createtable(L, 0, 8);
    tables_set_integer(L, "number", p->number);
    tables_set_text(L, "protocol", proto_name(p->proto));
    tables_set_text(L, "state", port_state_name(p->state));
    tables_set_text(L, "reason", port_reason_name(p->reason));
    tables_set_integer(L, "reason_ttl", 0);
    push_version(L, s, p);
    lua_getfield(L, -1, "name");
    lua_setfield(L, -3, "service");
    lua_setfield(L, -2, "version");
}

bool tables_check_port(lua_State *L, int index, uint16_t *number, enum proto *proto)
{
    luaL_checktype(L, index, LUA_TTABLE);
    lua_getfield(L, index, "number");
    if (!lua_isinteger(L, -1))
        luaL_error(L, "port 'number' field must be an integer");
    lua_Integer n = lua_tointeger(L, -1);
    *number = (uint16_t)n;
    if (lua_getfield(L, index, "protocol") != LUA_TSTRING)
        luaL_error(L, "port 'protocol' field must be a string");
    const char *name = lua_tostring(L, -1);
    bool udp = strcmp(name, "udp") == 0;
    if (!udp && strcmp(name, "tcp") != 0 && strcmp(name, "sctp") != 0)
        luaL_error(L, "port 'protocol' field must be \"udp\", \"sctp\" or \"tcp\"");
    *proto = udp ? PROTO_UDP : PROTO_TCP;
    bool asked = n >= 0 && n <= 65535 && strcmp(name, "sctp") != 0;
    lua_pop(L, 2);
    return asked;
}
