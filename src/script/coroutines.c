/*
 * coroutines.c owns coroutine.resume and coroutine.wrap as scripts have them: a host function that waits inside a coroutine of the
 * script's own puts the whole instance to sleep, and when it is over the inner coroutine goes on where it was.
 */
#include "script/inside.h"

static char asleep; /* its address: a key of the registry */

static int resume_again(lua_State *L, int status, lua_KContext ctx);
static int wrap_again(lua_State *L, int status, lua_KContext ctx);

/* The coroutine at hand: resume has it as its first argument, wrap as its upvalue. */
static lua_State *inner_of(lua_State *L, bool wrapped)
{
    return lua_tothread(L, wrapped ? lua_upvalueindex(1) : 1);
}

/* ---- coroutines that the host put to sleep, or runs itself: nobody else may go on with them */

/* The coroutine on top of the stack, which is popped. The first mark may raise an error for want of memory, later ones do not. */
static void mark(lua_State *L, bool is_asleep)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &asleep);
    lua_insert(L, -2);
    lua_pushboolean(L, is_asleep);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

void coroutines_keep(lua_State *L)
{
    lua_pushvalue(L, -1);
    mark(L, true);
}

static bool is_asleep(lua_State *L, lua_State *co)
{
    if (!lua_checkstack(co, 1)) /* an error of its own would find nobody there to catch it */
        luaL_error(L, "stack overflow");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &asleep);
    lua_pushthread(co);
    lua_xmove(co, L, 1);
    lua_rawget(L, -2);
    bool it_is = lua_toboolean(L, -1);
    lua_pop(L, 2);
    return it_is;
}

/* ---- resuming */

static const char *why_not(lua_State *L, lua_State *co)
{
    lua_Debug ar;
    if (is_asleep(L, co))
        return "cannot resume non-suspended coroutine";
    if (lua_status(co) == LUA_YIELD)
        return NULL;
    if (co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar)))
        return "cannot resume non-suspended coroutine";
    return lua_status(co) != LUA_OK || lua_gettop(co) == 0 ? "cannot resume dead coroutine" : NULL;
}

/* Ends it with what is to be closed in it: functions of the script's, which cannot wait there. */
static int close_inner(lua_State *L, lua_State *co)
{
    struct scripts *s = scripts_of(L);
    s->unyieldable++;
    s->running = co;
    int status = lua_resetthread(co);
    s->running = L;
    s->unyieldable--;
    return status;
}

/* What came out of it, for resume. */
static int give(lua_State *L, lua_State *co, int status, int results)
{
    if (status == LUA_OK || status == LUA_YIELD) {
        if (!lua_checkstack(L, results + 1)) {
            lua_pop(co, results);
            lua_pushboolean(L, false);
            lua_pushliteral(L, "too many results to resume");
            return 2;
        }
        lua_pushboolean(L, true);
        lua_xmove(co, L, results);
        return results + 1;
    }
    lua_pushboolean(L, false);
    lua_xmove(co, L, 1);
    return 2;
}

static int give_wrapped(lua_State *L, lua_State *co, int status, int results)
{
    if (status == LUA_OK || status == LUA_YIELD) {
        luaL_checkstack(L, results, "too many results to resume");
        lua_xmove(co, L, results);
        return results;
    }
    close_inner(L, co); /* the error stays on top */
    lua_xmove(co, L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static void mark_inner(lua_State *L, bool wrapped, bool is_asleep)
{
    lua_pushvalue(L, wrapped ? lua_upvalueindex(1) : 1);
    mark(L, is_asleep);
}

static int run_inner(lua_State *L, bool wrapped, int arguments)
{
    lua_State *co = inner_of(L, wrapped);
    struct scripts *s = scripts_of(L);
    bool fixed = !lua_isyieldable(L);
    int results;
    mark_inner(L, wrapped, true);
    s->unyieldable += fixed;
    s->running = co;
    int status = lua_resume(co, L, arguments, &results);
    s->running = L;
    s->unyieldable -= fixed;
    bool sleeps = status == LUA_YIELD && thread_is_host_yield(co, results);
    mark_inner(L, wrapped, sleeps);
    if (sleeps) {
        lua_pop(co, results);
        return thread_yield_on(L, wrapped ? wrap_again : resume_again);
    }
    return wrapped ? give_wrapped(L, co, status, results) : give(L, co, status, results);
}

static int resume_again(lua_State *L, int status, lua_KContext ctx)
{
    return run_inner(L, false, 0);
}

static int wrap_again(lua_State *L, int status, lua_KContext ctx)
{
    return run_inner(L, true, 0);
}

static int co_resume(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    int arguments = lua_gettop(L) - 1;
    const char *why = why_not(L, co);
    if (!why && !lua_checkstack(co, arguments + 1))
        why = "too many arguments to resume";
    if (why) {
        lua_pushboolean(L, false);
        lua_pushstring(L, why);
        return 2;
    }
    lua_xmove(L, co, arguments);
    return run_inner(L, false, arguments);
}

static int wrapped_call(lua_State *L)
{
    lua_State *co = inner_of(L, true);
    int arguments = lua_gettop(L);
    const char *why = why_not(L, co);
    if (!why && !lua_checkstack(co, arguments + 1))
        why = "too many arguments to resume";
    if (why)
        return luaL_error(L, "%s", why);
    lua_xmove(L, co, arguments);
    return run_inner(L, true, arguments);
}

static int co_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    steps_hook(co);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped_call, 1);
    return 1;
}

static int co_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    steps_hook(co);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int co_close(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    lua_Debug ar;
    luaL_argexpected(L, co, 1, "coroutine");
    if (co == L)
        return luaL_error(L, "cannot close a running coroutine");
    if (is_asleep(L, co) || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar)))
        return luaL_error(L, "cannot close a normal coroutine");
    int status = close_inner(L, co);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK)
        return 1;
    lua_xmove(co, L, 1);
    return 2;
}

void coroutines_apply(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"resume", co_resume}, {"wrap", co_wrap}, {"create", co_create}, {"close", co_close}, {NULL, NULL}};
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &asleep);
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
