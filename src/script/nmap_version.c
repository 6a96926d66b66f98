/*
 * nmap_version.c owns set_port_version: what a script has found out about a service joins what was known. The field's host replaces
 * everything; here a field that the script leaves empty keeps its value as long as the service is the same one.
 */
#include "script/inside.h"

#include "base/limits.h"
#include "base/text.h"
#include "probes/match.h"

#include <string.h>

enum probe_state { HARD_MATCHED, SOFT_MATCHED, NO_MATCH, TCP_WRAPPED, INCOMPLETE };
static const char *const probe_states[] = {"hardmatched", "softmatched", "nomatch", "tcpwrapped", "incomplete", NULL};

/* What stands in port.version, bounded and printable, in the port's arena; NULL: not there. */
struct told {
    const char *name, *product, *version, *info, *hostname, *os, *device;
    bool ssl;
    const char *cpe[LIMIT_CPE];
    size_t cpe_count;
};

static const char *cleaned(struct arena *a, const char *text, size_t most)
{
    size_t n = strlen(text);
    char *kept = arena_strndup(a, text, n < most ? n : most);
    for (char *at = kept; *at; at++)
        if (!text_is_printable((unsigned char)*at))
            *at = '.';
    return kept;
}

/* The table is at `index`. */
static const char *field(lua_State *L, int index, const char *name, struct arena *a, size_t most)
{
    lua_getfield(L, index, name);
    const char *text = lua_isstring(L, -1) && *lua_tostring(L, -1) ? cleaned(a, lua_tostring(L, -1), most) : NULL;
    lua_pop(L, 1);
    return text;
}

static void read_cpe(lua_State *L, int index, struct arena *a, struct told *out)
{
    int type = lua_getfield(L, index, "cpe");
    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(L, "port.version 'cpe' field must be a table");
    for (lua_Integer i = 1; type == LUA_TTABLE && out->cpe_count < LIMIT_CPE && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        if (lua_type(L, -1) == LUA_TSTRING && text_starts(lua_tostring(L, -1), "cpe:/"))
            out->cpe[out->cpe_count++] = cleaned(a, lua_tostring(L, -1), LIMIT_FIELD_SHORT);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_tunnel(lua_State *L, int index, struct told *out)
{
    lua_getfield(L, index, "service_tunnel");
    const char *tunnel = lua_tostring(L, -1);
    out->ssl = tunnel && strcmp(tunnel, "ssl") == 0;
    luaL_argcheck(L, !tunnel || out->ssl || strcmp(tunnel, "none") == 0, 2, "invalid value for port.version.service_tunnel");
    lua_pop(L, 1);
}

static struct told read_version(lua_State *L, int index, struct arena *a)
{
    struct told v = {
        .name = field(L, index, "name", a, LIMIT_FIELD_SHORT),
        .product = field(L, index, "product", a, LIMIT_FIELD_SHORT),
        .version = field(L, index, "version", a, LIMIT_FIELD_SHORT),
        .info = field(L, index, "extrainfo", a, LIMIT_FIELD_INFO),
        .hostname = field(L, index, "hostname", a, LIMIT_FIELD_SHORT),
        .os = field(L, index, "ostype", a, LIMIT_FIELD_TINY),
        .device = field(L, index, "devicetype", a, LIMIT_FIELD_TINY),
    };
    read_tunnel(L, index, &v);
    read_cpe(L, index, a, &v);
    return v;
}

static bool is_other_service(const struct service_record *s, const struct told *v)
{
    return v->name && s->name && s->method == METHOD_PROBED && strcmp(v->name, s->name) != 0;
}

static void put(const char **slot, const char *text)
{
    if (text)
        *slot = text;
}

static void join_version(struct service_record *s, struct arena *a, const struct told *v)
{
    if (is_other_service(s, v)) {
        s->product = s->version = s->info = s->hostname = s->os = s->device = NULL;
        s->cpe_count = 0;
    }
    put(&s->name, v->name);
    put(&s->product, v->product);
    put(&s->version, v->version);
    put(&s->info, v->info);
    put(&s->hostname, v->hostname);
    put(&s->os, v->os);
    put(&s->device, v->device);
    if (v->ssl && !s->tunnel)
        s->tunnel = "tls";
    if (!v->cpe_count)
        return;
    s->cpe_count = v->cpe_count;
    for (size_t i = 0; i < v->cpe_count; i++) {
        s->cpe[i] = v->cpe[i];
        s->cpe23[i] = cpe_to_23(a, v->cpe[i]);
    }
}

static void settle(struct service_record *s, struct arena *a, const char *script, enum probe_state state)
{
    s->rule = arena_printf(a, "script %s", script);
    s->method = METHOD_PROBED;
    s->note = NULL;
    if (state == TCP_WRAPPED) {
        s->name = s->name ? s->name : "tcpwrapped";
        s->conf = CONF_WRAPPED;
        return;
    }
    s->soft = state == SOFT_MATCHED;
    s->conf = s->soft ? CONF_SOFT : CONF_PRODUCT;
    if (!s->soft)
        s->fingerprint = NULL;
}

int nmap_set_port_version(lua_State *L)
{
    uint16_t number;
    enum proto proto;
    struct arena *a = NULL;
    struct script_target *t = tables_check_host(L, 1);
    bool asked = tables_check_port(L, 2, &number, &proto);
    enum probe_state state = luaL_checkoption(L, 3, "hardmatched", probe_states);
    if (lua_getfield(L, 2, "version") != LUA_TTABLE)
        return luaL_error(L, "port 'version' field must be a table");
    struct service_record *s = asked ? t->ops->service(t->owner, number, proto, &a) : NULL;
    struct thread *current = thread_current(L);
    if (!s || (current && ++current->instance->versions > LIMIT_SCRIPT_VERSIONS))
        return 0;
    struct told v = read_version(L, lua_gettop(L), a);
    if ((state == HARD_MATCHED || state == SOFT_MATCHED || state == TCP_WRAPPED)) {
        if (v.name || s->name || state == TCP_WRAPPED) {
            join_version(s, a, &v);
            settle(s, a, current ? current->script->name : "script", state);
        }
    }
    return 0;
}
