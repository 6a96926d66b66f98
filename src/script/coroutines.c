/*
 * coroutines.c owns coroutine.resume and coroutine.wrap as scripts have them: a host function that waits inside a coroutine of the
 * script's own puts the whole instance to sleep, and when it is over the inner coroutine goes on where it was.
 */
#include "script/inside.h"

static int resume_again(lua_State *L, int status, lua_KContext ctx);
static int wrap_again(lua_State *L, int status, lua_KContext ctx);

/* The coroutine at hand: resume has it as its first argument, wrap as its upvalue. */
static lua_State *inner_of(lua_State *L, bool wrapped)
{
    return lua_tothread(L, wrapped ? lua_upvalueindex(1) : 1);
}

static const char *why_not(lua_State *L, lua_State *co)
{
    lua_Debug ar;
    if (lua_status(co) == LUA_YIELD)
        return NULL;
    if (co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar)))
        return "cannot resume non-suspended coroutine";
    return lua_status(co) != LUA_OK || lua_gettop(co) == 0 ? "cannot resume dead coroutine" : NULL;
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
    lua_resetthread(co); /* closes what is to be closed; the error stays on top */
    lua_xmove(co, L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int run_inner(lua_State *L, bool wrapped, int arguments)
{
    lua_State *co = inner_of(L, wrapped);
    struct scripts *s = scripts_of(L);
    bool fixed = !lua_isyieldable(L);
    int results;
    s->unyieldable += fixed;
    int status = lua_resume(co, L, arguments, &results);
    s->unyieldable -= fixed;
    if (status == LUA_YIELD && thread_is_host_yield(co, results)) {
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
    if (why)
        return luaL_error(L, "%s", why);
    luaL_checkstack(co, arguments + 1, "too many arguments to resume");
    lua_xmove(L, co, arguments);
    return run_inner(L, true, arguments);
}

static int co_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    thread_hook(co);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped_call, 1);
    return 1;
}

static int co_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    thread_hook(co);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

void coroutines_apply(lua_State *L)
{
    static const luaL_Reg functions[] = {{"resume", co_resume}, {"wrap", co_wrap}, {"create", co_create}, {NULL, NULL}};
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
