/* instance.c owns one script's run on one host or port, as a C function inside its coroutine: body, rule, action, outcome. */
#include "script/inside.h"

static const char *const rule_names[RULES] = {"prerule", "hostrule", "portrule", "postrule"};

/* Where things stand on the coroutine's stack. */
enum { AT_ENV = 1, AT_RESULTS = 2 };

static void push_environment(lua_State *L, const struct thread *t)
{
    lua_createtable(L, 0, 8);
    lua_pushstring(L, t->script->path);
    lua_setfield(L, -2, "SCRIPT_PATH");
    lua_pushstring(L, t->script->name);
    lua_setfield(L, -2, "SCRIPT_NAME");
    lua_pushstring(L, rule_names[t->rule]);
    lua_setfield(L, -2, "SCRIPT_TYPE");
    loader_push_metatable(L);
    lua_setmetatable(L, -2);
}

static int push_table_of(lua_State *L, int ref)
{
    if (ref == LUA_NOREF)
        return 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    return 1;
}

/* Each instance has tables of its own; they are kept for stdnse.gethostport. */
static int push_arguments(lua_State *L, struct thread *t)
{
    struct script_port p;
    if (!t->target)
        return 0;
    if (t->host_table == LUA_NOREF) {
        tables_push_host(L, t->target);
        t->host_table = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    if (t->has_port && t->port_table == LUA_NOREF && t->target->ops->port(t->target->owner, t->port, t->proto, &p)) {
        tables_push_port(L, t->run, &p);
        t->port_table = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    int n = push_table_of(L, t->host_table);
    return n + push_table_of(L, t->port_table);
}

static int end_of_action(lua_State *L, int status, lua_KContext ctx)
{
    outcome_take(L, thread_current(L), AT_RESULTS);
    return 0;
}

static int act(lua_State *L, struct thread *t)
{
    t->acting = true;
    lua_settop(L, AT_ENV);
    lua_pushliteral(L, "action");
    lua_rawget(L, AT_ENV);
    int n = push_arguments(L, t);
    lua_callk(L, n, 2, 0, end_of_action);
    return end_of_action(L, LUA_OK, 0);
}

static int end_of_rule(lua_State *L, int status, lua_KContext ctx)
{
    struct thread *t = thread_current(L);
    if (!lua_toboolean(L, -1))
        return 0;
    return act(L, t);
}

static int end_of_body(lua_State *L, int status, lua_KContext ctx)
{
    struct thread *t = thread_current(L);
    lua_settop(L, AT_ENV);
    if (t->script->forced)
        return act(L, t);
    lua_pushstring(L, rule_names[t->rule]);
    lua_rawget(L, AT_ENV);
    int n = push_arguments(L, t);
    lua_callk(L, n, 1, 0, end_of_rule);
    return end_of_rule(L, LUA_OK, 0);
}

int instance_main(lua_State *L)
{
    struct thread *t = thread_current(L);
    lua_settop(L, 0);
    luaL_checkstack(L, 16, NULL);
    push_environment(L, t);
    lua_rawgeti(L, LUA_REGISTRYINDEX, t->script->factory);
    lua_pushvalue(L, AT_ENV);
    lua_call(L, 1, 1);
    lua_callk(L, 0, 0, 0, end_of_body);
    return end_of_body(L, LUA_OK, 0);
}
