/*
 * sandbox.c owns what is taken from Lua's standard libraries, or put in the place of it: without --script-unsafe a script starts no
 * process, writes no file and reads only below the data directories. In any case bytecode is refused, nothing escapes the count of
 * steps by a loop inside a library function, and what is printed passes the reports' door.
 */
#include "script/inside.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_MOST = 16 * 1024 * 1024 }; /* elements: more does not fit into a script's memory */

/* ---- files */

static int refuse_path(lua_State *L, const char *path)
{
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: not allowed without --script-unsafe", path);
    lua_pushinteger(L, EACCES);
    return 3;
}

/* io.open(path, mode): upvalue 1 is the original. */
static int open_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
    if ((strcmp(mode, "r") != 0 && strcmp(mode, "rb") != 0) || !loader_is_inside(scripts_of(L), path))
        return refuse_path(L, path);
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, LUA_MULTRET);
    return lua_gettop(L);
}

static int lines_of_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    if (!loader_is_inside(scripts_of(L), path))
        return luaL_error(L, "%s: not allowed without --script-unsafe", path);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* ---- code: text only */

static int load_text(lua_State *L)
{
    bool has_environment = lua_gettop(L) >= 4;
    lua_settop(L, 4);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (!has_environment)
        lua_settop(L, 4);
    lua_call(L, has_environment ? 4 : 3, LUA_MULTRET);
    return lua_gettop(L);
}

static int load_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct scripts *s = scripts_of(L);
    bool has_environment = lua_gettop(L) >= 3;
    if (!s->settings.unsafe && !loader_is_inside(s, path))
        return refuse_path(L, path);
    lua_settop(L, 3);
    lua_pushliteral(L, "t");
    lua_replace(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (!has_environment)
        lua_settop(L, 3);
    lua_call(L, has_environment ? 3 : 2, LUA_MULTRET);
    return lua_gettop(L);
}

/* ---- printing */

static int print_line(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 1; i <= n; i++) {
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&b);
        if (i < n)
            luaL_addchar(&b, '\t');
    }
    luaL_pushresult(&b);
    scripts_say(scripts_of(L), "NSE: %s", lua_tostring(L, -1));
    return 0;
}

/* io.write, and the method `write` of io.stdout and io.stderr, whose first argument is themselves. */
static int write_text(lua_State *L)
{
    int first = lua_istable(L, 1) ? 2 : 1, n = lua_gettop(L);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = first; i <= n; i++) {
        luaL_checkstring(L, i);
        lua_pushvalue(L, i);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    if (lua_rawlen(L, -1))
        scripts_say(scripts_of(L), "NSE: %s", lua_tostring(L, -1));
    lua_settop(L, first - 1);
    return lua_gettop(L);
}

static int nothing(lua_State *L)
{
    lua_pushboolean(L, true);
    return 1;
}

static void push_stream(lua_State *L)
{
    static const luaL_Reg methods[] = {{"write", write_text}, {"flush", nothing}, {"setvbuf", nothing}, {NULL, NULL}};
    luaL_newlib(L, methods);
}

/* ---- loops inside library functions */

/* A function of the table library: upvalue 1. A __len that lies may not send it counting for ever. */
static int guarded(lua_State *L)
{
    if (lua_istable(L, 1) && luaL_len(L, 1) > LENGTH_MOST)
        return luaL_error(L, "table too large");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* The same with a range of indices at 2 and 3 (move) or 3 and 4 (concat). */
static int guarded_range(lua_State *L)
{
    int at = (int)lua_tointeger(L, lua_upvalueindex(2));
    lua_Integer from = luaL_optinteger(L, at, 1);
    lua_Integer to = lua_isnoneornil(L, at + 1) ? luaL_len(L, 1) : luaL_checkinteger(L, at + 1);
    if (to > from && (lua_Unsigned)to - (lua_Unsigned)from > LENGTH_MOST)
        return luaL_error(L, "too many elements");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int repeat(lua_State *L)
{
    size_t length, between = 0;
    luaL_checklstring(L, 1, &length);
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &between);
    if (length + between == 0 || n <= 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((lua_Unsigned)n > LIMIT_SCRIPT_MEMORY / (length + between))
        return luaL_error(L, "not enough memory");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* A finalizer would run where no step is counted. */
static int set_metatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "a metatable with __gc is not allowed in scripts");
        lua_pop(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static int collect_garbage(lua_State *L)
{
    static const char *const what[] = {
        "collect", "count", "step", "stop", "restart", "isrunning", "setpause", "setstepmul", "incremental", "generational", NULL};
    int n = luaL_checkoption(L, 1, "collect", what);
    if (n == 1)
        lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT) + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024);
    else
        lua_pushinteger(L, 0);
    return 1;
}

static int get_environment(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_pushstring(L, strcmp(name, "HOME") == 0 ? getenv(name) : NULL);
    return 1;
}

/* ---- putting it in place; the table is on top */

static void wrap(lua_State *L, const char *name, lua_CFunction fn)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, fn, 1);
    lua_setfield(L, -2, name);
}

static void wrap_range(lua_State *L, const char *name, int at)
{
    lua_getfield(L, -1, name);
    lua_pushinteger(L, at);
    lua_pushcclosure(L, guarded_range, 2);
    lua_setfield(L, -2, name);
}

static void drop(lua_State *L, const char *const *names)
{
    for (; *names; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}

static void put(lua_State *L, const char *name, lua_CFunction fn)
{
    lua_pushcfunction(L, fn);
    lua_setfield(L, -2, name);
}

static void tame_base(lua_State *L)
{
    static const char *const gone[] = {"dofile", "warn", NULL};
    lua_pushglobaltable(L);
    wrap(L, "load", load_text);
    wrap(L, "loadfile", load_file);
    wrap(L, "setmetatable", set_metatable);
    put(L, "print", print_line);
    put(L, "collectgarbage", collect_garbage);
    drop(L, gone);
    lua_pop(L, 1);
}

static void tame_tables(lua_State *L)
{
    static const char *const by_length[] = {"insert", "remove", "sort", NULL};
    lua_getglobal(L, "table");
    for (const char *const *name = by_length; *name; name++)
        wrap(L, *name, guarded);
    wrap_range(L, "move", 2);
    wrap_range(L, "concat", 3);
    lua_pop(L, 1);
    lua_getglobal(L, "string");
    static const char *const gone[] = {"dump", NULL};
    wrap(L, "rep", repeat);
    drop(L, gone);
    lua_pop(L, 1);
}

static void tame_debug(lua_State *L)
{
    static const char *const kept[] = {"getinfo", "traceback", NULL};
    lua_getglobal(L, "debug");
    lua_newtable(L);
    for (const char *const *name = kept; *name; name++) {
        lua_getfield(L, -2, *name);
        lua_setfield(L, -2, *name);
    }
    lua_pushvalue(L, -1);
    lua_setglobal(L, "debug");
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "debug");
    lua_pop(L, 3);
}

static void tame_package(lua_State *L)
{
    static const char *const gone[] = {"loadlib", "searchpath", NULL};
    lua_getglobal(L, "package");
    drop(L, gone);
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_newtable(L);
    lua_setfield(L, -2, "searchers");
    lua_pop(L, 1);
}

static void tame_files(lua_State *L)
{
    static const char *const io_gone[] = {"popen", "tmpfile", "output", "input", "read", "close", "stdin", NULL};
    static const char *const os_gone[] = {"execute", "exit", "rename", "remove", "setlocale", "tmpname", NULL};
    lua_getglobal(L, "io");
    wrap(L, "open", open_file);
    wrap(L, "lines", lines_of_file);
    put(L, "write", write_text);
    put(L, "flush", nothing);
    push_stream(L);
    lua_setfield(L, -2, "stdout");
    push_stream(L);
    lua_setfield(L, -2, "stderr");
    drop(L, io_gone);
    lua_pop(L, 1);
    lua_getglobal(L, "os");
    drop(L, os_gone);
    put(L, "getenv", get_environment);
    lua_pop(L, 1);
}

/* What a text can do is the same for all scripts: none may change it for the others. */
static void close_string_metatable(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

void sandbox_apply(lua_State *L, bool unsafe)
{
    tame_base(L);
    tame_tables(L);
    tame_package(L);
    close_string_metatable(L);
    if (unsafe)
        return;
    tame_debug(L);
    tame_files(L);
}
