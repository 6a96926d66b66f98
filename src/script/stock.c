/*
 * stock.c owns the standard functions as they were before scripts ran: those that the host calls itself, and the putting back of what
 * a script has replaced in the tables that all scripts of a run share.
 */
#include "script/inside.h"

static char called, copies; /* their addresses: keys of the registry */

/* ---- what the host calls */

void stock_keep_called(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_getglobal(L, "pairs");
    lua_setfield(L, -2, "pairs");
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_setfield(L, -3, "sort");
    lua_pop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &called);
}

void stock_push(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &called);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

/* ---- what scripts share: a copy of each table stands under it */

/* The table is on top, and stays there; the table of copies is below it. */
static void copy_table(lua_State *L)
{
    lua_pushvalue(L, -1);
    state_push_copy(L);
    lua_rawset(L, -4);
}

void stock_keep_shared(lua_State *L)
{
    static const char *const libraries[] = {
        "coroutine", "debug", "io", "lfs", "lpeg", "math", "nmap", "openssl", "os", "string", "table", "utf8", "zlib", NULL};
    lua_newtable(L);
    lua_pushglobaltable(L);
    copy_table(L);
    lua_pop(L, 1);
    for (const char *const *name = libraries; *name; name++) {
        if (lua_getglobal(L, *name) == LUA_TTABLE)
            copy_table(L);
        lua_pop(L, 1);
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &copies);
}

/* The table that scripts have is at index `table`, its copy on top. The name of what was changed last, or NULL. */
static const char *put_back_table(lua_State *L, int table)
{
    const char *changed = NULL;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pushvalue(L, -2);
        lua_rawget(L, table);
        if (!lua_rawequal(L, -1, -2)) {
            changed = lua_type(L, -3) == LUA_TSTRING ? lua_tostring(L, -3) : "?";
            lua_pushvalue(L, -3);
            lua_pushvalue(L, -3);
            lua_rawset(L, table);
        }
        lua_pop(L, 2);
    }
    return changed;
}

static int put_back(lua_State *L)
{
    const char **changed = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &copies);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        const char *name = put_back_table(L, 3);
        if (name)
            *changed = name; /* the copy keeps it */
        lua_pop(L, 1);
    }
    return 0;
}

void stock_put_back(struct scripts *s, const struct script *by)
{
    const char *changed = NULL;
    if (s->L && state_call(s, put_back, &changed) && changed)
        scripts_say(s, "NSE: %s changed '%s' for all scripts: it is put back", by->name, changed);
}
