/*
 * grinder.c owns the module grinder: the asking of a port for its ONC RPC programs (grind/grind.h) as scripts drive it. It gives out
 * calls and is handed what came; the script has the sockets (scripts/lib/rpc.lua). One connection at a time: the grinder's link 0.
 */
#include "script/inside.h"

#include "base/hash.h"
#include "base/limits.h"
#include "grind/grind.h"

#include <string.h>

enum { CALL_MOST = 44, FIRST_MOST = 64, GRIND_SIZE = 256 * 1024 };
static const char *const class_name = "descry.grinder";

struct grinder {
    struct arena arena;
    struct grind *grind; /* NULL: closed */
    struct arena told; /* of what was read last */
    struct buf stream, joined; /* tcp: half a record; a record that came in fragments */
    struct buf out; /* calls */
    size_t held; /* memory outside Lua */
};

static struct rpc_programs *programs(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    struct rpc_programs *p = s->parts.rpc_programs ? s->parts.rpc_programs(s->parts.owner) : NULL;
    if (!p)
        luaL_error(L, "there is no table of RPC programs");
    return p;
}

static int64_t now_of(lua_State *L)
{
    return loop_now(scripts_of(L)->parts.loop);
}

static struct grinder *check(lua_State *L)
{
    struct grinder *g = luaL_checkudata(L, 1, class_name);
    if (!g->grind)
        luaL_error(L, "the grinder is closed");
    return g;
}

/* ---- life */

static int close_grinder(lua_State *L)
{
    struct grinder *g = luaL_checkudata(L, 1, class_name);
    if (!g->grind)
        return 0;
    g->grind = NULL;
    arena_free(&g->arena);
    arena_free(&g->told);
    buf_free(&g->stream);
    buf_free(&g->joined);
    buf_free(&g->out);
    state_hold(L, &g->held, 0);
    scripts_of(L)->grinders--;
    return 0;
}

/* What scripts forgot is collected before a script is refused. */
static void count_one_more(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    if (s->grinders >= LIMIT_SCRIPT_GRINDERS)
        lua_gc(L, LUA_GCCOLLECT);
    if (s->grinders >= LIMIT_SCRIPT_GRINDERS)
        luaL_error(L, "too many grinders at a time");
}

static size_t read_first(lua_State *L, uint32_t *list)
{
    size_t n = 0;
    if (lua_getfield(L, 1, "first") == LUA_TTABLE)
        for (lua_Integer i = 1; n < FIRST_MOST && lua_rawgeti(L, -1, i) == LUA_TNUMBER; i++, lua_pop(L, 1))
            list[n++] = (uint32_t)lua_tointeger(L, -1);
    return n;
}

static lua_Integer integer_field(lua_State *L, const char *key, lua_Integer least, lua_Integer most, lua_Integer otherwise)
{
    lua_getfield(L, 1, key);
    lua_Integer n = luaL_optinteger(L, -1, otherwise);
    lua_pop(L, 1);
    return n < least ? least : n > most ? most : n;
}

static bool is_udp(lua_State *L)
{
    lua_getfield(L, 1, "protocol");
    bool udp = strcmp(luaL_optstring(L, -1, "tcp"), "udp") == 0;
    lua_pop(L, 1);
    return udp;
}

/* Fields: protocol, tier, window, rtt (microseconds), first (a list of programs that are asked before all others). */
static int new_grinder(lua_State *L)
{
    uint32_t first[FIRST_MOST];
    luaL_checktype(L, 1, LUA_TTABLE);
    count_one_more(L);
    struct grind_setup setup = {.programs = programs(L),
        .tier = (unsigned)integer_field(L, "tier", 1, RPC_TIERS, RPC_TIERS),
        .datagrams = is_udp(L),
        .window = (unsigned)integer_field(L, "window", 0, GRIND_STREAM_WINDOW, 0),
        .rtt = integer_field(L, "rtt", 0, 10 * 1000 * 1000, 0),
        .base = (uint32_t)random_u64(),
        .seed = random_u64(),
        .first = first};
    setup.first_count = read_first(L, first);
    struct grinder *g = lua_newuserdatauv(L, sizeof *g, 0);
    memset(g, 0, sizeof *g);
    luaL_setmetatable(L, class_name);
    if (!state_hold(L, &g->held, GRIND_SIZE))
        return luaL_error(L, "not enough memory");
    arena_init(&g->arena);
    arena_init(&g->told);
    buf_init(&g->out, GRIND_STREAM_WINDOW * CALL_MOST);
    buf_init(&g->stream, LIMIT_RPC_RECORD + LIMIT_SCRIPT_BUFFER);
    buf_init(&g->joined, LIMIT_RPC_RECORD);
    scripts_of(L)->grinders++;
    g->grind = grind_new(&g->arena, &setup, now_of(L));
    g->grind->setup.first = NULL;
    return 1;
}

/* ---- the conversation */

static int connected(lua_State *L)
{
    struct grinder *g = check(L);
    if (g->grind->links[0].open)
        return luaL_error(L, "the grinder has a connection: tell it first that it is lost");
    grind_connected(g->grind, 0, 0, now_of(L));
    return 0;
}

static int lost(lua_State *L)
{
    struct grinder *g = check(L);
    if (g->grind->links[0].open)
        grind_lost(g->grind, 0);
    buf_clear(&g->stream);
    return 0;
}

/* What may go out now: a list of datagrams, or one piece of a stream. */
static int calls(lua_State *L)
{
    struct grinder *g = check(L);
    struct rpc_call call;
    struct buf *out = &g->out;
    bool datagrams = g->grind->setup.datagrams;
    lua_newtable(L);
    buf_clear(out);
    for (lua_Integer n = 1; grind_next(g->grind, 0, now_of(L), &call) && rpc_write_call(out, &call, !datagrams);) {
        if (!datagrams)
            continue;
        lua_pushlstring(L, (const char *)out->at, out->len);
        lua_rawseti(L, -2, n++);
        buf_clear(out);
    }
    if (out->len) {
        lua_pushlstring(L, (const char *)out->at, out->len);
        lua_rawseti(L, -2, 1);
    }
    return 1;
}

static bool hear_message(struct grinder *g, struct bytes message, int64_t now)
{
    struct rpc_reply reply;
    enum decoded d = rpc_read_reply(message, &reply);
    return d == DECODED_OK ? grind_hear(g->grind, &reply, now) || true : false;
}

/* Hands over what came; false: it is no RPC, and there is no sense in going on. */
static int hear(lua_State *L)
{
    struct grinder *g = check(L);
    size_t length, taken = 0, used;
    const char *at = luaL_checklstring(L, 2, &length);
    struct bytes message;
    enum decoded d = DECODED_OK;
    if (g->grind->setup.datagrams) {
        hear_message(g, bytes_of(at, length), now_of(L));
        return lua_pushboolean(L, true), 1;
    }
    bool fine = buf_append(&g->stream, at, length) && state_hold(L, &g->held, GRIND_SIZE + g->stream.cap + g->joined.cap);
    while (fine && taken < g->stream.len) {
        d = rpc_read_record(bytes_of(g->stream.at + taken, g->stream.len - taken), &g->joined, &message, &used);
        if (d != DECODED_OK)
            break;
        fine = hear_message(g, message, now_of(L));
        taken += used;
    }
    buf_drop_front(&g->stream, taken);
    lua_pushboolean(L, fine && d != DECODED_BAD);
    return 1;
}

/* Lets time count; false: the connection is stuck and should be given up. */
static int tick(lua_State *L)
{
    struct grinder *g = check(L);
    grind_tick(g->grind, now_of(L));
    lua_pushboolean(L, !g->grind->links[0].stuck);
    return 1;
}

/* Milliseconds until the next tick; nil: nothing is left to ask or to wait for. */
static int wait_time(lua_State *L)
{
    struct grinder *g = check(L);
    int64_t now = now_of(L), due = grind_due(g->grind, now);
    if (grind_is_done(g->grind) || due == INT64_MAX)
        lua_pushnil(L);
    else
        lua_pushinteger(L, (due - now + 999) / 1000);
    return 1;
}

/* ---- what came of it */

static void set_flag(lua_State *L, const char *key, bool on)
{
    lua_pushboolean(L, on);
    lua_setfield(L, -2, key);
}

/* A name, and the owner of the block of numbers where there is none; both may be nil. */
static int name_of(lua_State *L)
{
    uint32_t number = (uint32_t)luaL_checkinteger(L, 1);
    const struct rpc_program *known = rpc_programs_of(programs(L), number);
    const char *name = known ? known->name : NULL;
    lua_pushstring(L, name);
    lua_pushstring(L, name ? NULL : rpc_programs_owner(programs(L), number));
    return 2;
}

static void push_claim(lua_State *L, const struct grind_claim *c)
{
    lua_createtable(L, 0, 5);
    tables_set_integer(L, "program", c->program);
    const struct rpc_program *known = rpc_programs_of(programs(L), c->program);
    tables_set_text(L, "name", known ? known->name : NULL);
    tables_set_text(L, "owner", known && known->name ? NULL : rpc_programs_owner(programs(L), c->program));
    tables_set_text(L, "versions", c->versions);
    set_flag(L, "authentication", c->wants_auth);
}

/* {asked =, answered =, liar =, authentication =, tls =, {program =, name =, owner =, versions =, authentication =}, ...} */
static int findings(lua_State *L)
{
    struct grinder *g = check(L);
    struct grind_findings f;
    arena_free(&g->told);
    arena_init(&g->told);
    grind_read(g->grind, &g->told, &f);
    lua_newtable(L);
    tables_set_integer(L, "asked", f.asked);
    tables_set_integer(L, "answered", f.answered);
    set_flag(L, "liar", f.liar);
    set_flag(L, "authentication", f.wants_auth);
    set_flag(L, "tls", f.tls);
    for (size_t i = 0; i < f.count && f.discerning && !f.liar; i++) {
        push_claim(L, &f.claims[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* ---- the module */

static void make_class(lua_State *L)
{
    static const luaL_Reg methods[] = {{"connected", connected}, {"lost", lost}, {"calls", calls}, {"hear", hear}, {"tick", tick},
        {"wait", wait_time}, {"findings", findings}, {"close", close_grinder}, {NULL, NULL}};
    luaL_newmetatable(L, class_name);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, close_grinder);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

int open_grinder(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", new_grinder}, {"name", name_of}, {NULL, NULL}};
    make_class(L);
    luaL_newlib(L, functions);
    return 1;
}
