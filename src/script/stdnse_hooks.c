/* stdnse_hooks.c owns the functions that the host puts into the module stdnse (specs/script-host.md, 1.7). */
#include "script/inside.h"

/* The status function: the coroutine and the table for its error are upvalues. */
static int worker_status(lua_State *L)
{
    lua_getglobal(L, "coroutine");
    lua_getfield(L, -1, "status");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_call(L, 1, 1);
    lua_rawgeti(L, lua_upvalueindex(2), 1);
    return 2;
}

static int new_thread(lua_State *L)
{
    struct thread *t = thread_current(L);
    if (!t)
        return luaL_error(L, "stdnse.new_thread can only be run from an active script");
    if (!lua_isfunction(L, 1))
        return luaL_error(L, "function expected");
    struct thread *w = thread_start_worker(L, t);
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->ref);
    lua_newtable(L);
    lua_pushvalue(L, 2);
    w->worker_end = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, worker_status, 2);
    lua_remove(L, 2);
    return 2;
}

static int base(lua_State *L)
{
    struct thread *t = thread_current(L);
    if (!t)
        return 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, t->ref);
    return 1;
}

static int get_tid(lua_State *L)
{
    if (!base(L))
        return 0;
    luaL_tolstring(L, -1, NULL);
    return 1;
}

static int get_id(lua_State *L)
{
    struct thread *t = thread_current(L);
    if (!t)
        return 0;
    lua_pushstring(L, t->script->name);
    return 1;
}

static int get_info(lua_State *L)
{
    struct thread *t = thread_current(L);
    if (!t)
        return 0;
    lua_pushfstring(L, "%s %s:%p", t->script->name, t->instance == t ? "M" : "W", (void *)t->L);
    return 1;
}

static int push_or_nil(lua_State *L, int ref)
{
    if (ref == LUA_NOREF)
        lua_pushnil(L);
    else
        lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    return 1;
}

static int get_host_port(lua_State *L)
{
    struct thread *t = thread_current(L);
    if (!t)
        return 0;
    return push_or_nil(L, t->instance->host_table) + push_or_nil(L, t->instance->port_table);
}

static int is_worker(lua_State *L)
{
    struct thread *t = thread_current(L);
    lua_pushboolean(L, t && t->instance != t);
    return 1;
}

void stdnse_inject(lua_State *L, int index)
{
    static const luaL_Reg functions[] = {{"new_thread", new_thread}, {"base", base}, {"gettid", get_tid}, {"getid", get_id},
        {"getinfo", get_info}, {"gethostport", get_host_port}, {"isworker", is_worker}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        lua_pushstring(L, functions[i].name);
        lua_pushcfunction(L, functions[i].func);
        lua_rawset(L, index);
    }
    lua_pushliteral(L, "silent_require");
    loader_push_silent_require(L);
    lua_rawset(L, index);
}
