/*
 * sandbox.c owns what is taken from Lua's standard libraries, or put in the place of it: without --script-unsafe a script starts no
 * process, writes no file and reads only below the data directories. In any case bytecode is refused, nothing escapes the count of
 * steps by a loop inside a library function, and what is printed passes the reports' door.
 */
#include "script/inside.h"

#include "base/limits.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { COST_OF_GRAMMAR = 4 }; /* steps a byte */
enum { LENGTH_MOST = 16 * 1024 * 1024 }; /* elements: more does not fit into a script's memory */

/* ---- files */

static int refuse_path(lua_State *L, const char *path)
{
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: not allowed without --script-unsafe", path);
    lua_pushinteger(L, EACCES);
    return 3;
}

static int close_file(lua_State *L)
{
    scripts_of(L)->files--;
    luaL_Stream *f = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    int ok = fclose(f->f);
    return luaL_fileresult(L, ok == 0, NULL);
}

/* Files that are garbage give their place back when there is none. */
static bool has_place(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    if (s->files >= LIMIT_SCRIPT_FILES)
        lua_gc(L, LUA_GCCOLLECT);
    return s->files < LIMIT_SCRIPT_FILES;
}

static void count_file(lua_State *L, int index)
{
    luaL_Stream *f = luaL_testudata(L, index, LUA_FILEHANDLE);
    if (!f)
        return;
    f->closef = close_file;
    scripts_of(L)->files++;
}

/* io.open(path, mode): upvalue 1 is the original. */
static int open_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
    if ((strcmp(mode, "r") != 0 && strcmp(mode, "rb") != 0) || !loader_may_read(scripts_of(L), path))
        return refuse_path(L, path);
    if (!has_place(L)) {
        luaL_pushfail(L);
        lua_pushfstring(L, "%s: scripts have too many files open", path);
        lua_pushinteger(L, EMFILE);
        return 3;
    }
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, LUA_MULTRET);
    count_file(L, 1);
    return lua_gettop(L);
}

static int lines_of_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    if (!loader_may_read(scripts_of(L), path))
        return luaL_error(L, "%s: not allowed without --script-unsafe", path);
    if (!has_place(L))
        return luaL_error(L, "%s: scripts have too many files open", path);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    count_file(L, lua_gettop(L)); /* beside the iterator, to be closed */
    return lua_gettop(L);
}

/* ---- code: text only. The stock functions take bytecode, and a script could get hold of one in its own reader. */

/* The compiler counts no steps, and what it does for labels grows with their square. */
enum { CHUNK_MOST = LIMIT_SCRIPT_FILE };

/* All pieces that the reader at index 1 gives. */
static int join_pieces(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t all = 0, length;; all += length) {
        if (all > CHUNK_MOST)
            return luaL_error(L, "chunk too large");
        lua_pushvalue(L, 1);
        lua_call(L, 0, 1);
        if (!lua_isnil(L, -1) && !lua_isstring(L, -1))
            luaL_error(L, "reader function must return a string");
        if (!lua_tolstring(L, -1, &length) || !length) {
            lua_pop(L, 1);
            break;
        }
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    return 1;
}

/* What was compiled gets its environment from index `at`, if there is one. */
static int finish_load(lua_State *L, int status, bool has_environment, int at)
{
    if (status != LUA_OK) {
        luaL_pushfail(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_environment) {
        lua_pushvalue(L, at);
        if (!lua_setupvalue(L, -2, 1))
            lua_pop(L, 1);
    }
    return 1;
}

static int load_text(lua_State *L)
{
    bool has_environment = lua_gettop(L) >= 4;
    size_t length;
    lua_settop(L, 4);
    int status = LUA_OK;
    if (!lua_isstring(L, 1)) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        lua_pushcfunction(L, join_pieces);
    }
    lua_pushvalue(L, 1);
    if (!lua_isstring(L, 1))
        status = lua_pcall(L, 1, 1, 0);
    if (status != LUA_OK)
        return finish_load(L, status, false, 0);
    const char *text = lua_tolstring(L, -1, &length);
    const char *name = luaL_optstring(L, 2, lua_isstring(L, 1) ? text : "=(load)");
    if (length > CHUNK_MOST) {
        lua_pushliteral(L, "chunk too large");
        return finish_load(L, LUA_ERRSYNTAX, false, 0);
    }
    if (*name == '@') /* a file's name, which says whose libraries it gets: a script may not give it to a text */
        name = lua_pushfstring(L, "=%s", name + 1);
    steps_spend(L, length);
    return finish_load(L, luaL_loadbufferx(L, text, length, name, "t"), has_environment, 4);
}

static int load_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct scripts *s = scripts_of(L);
    bool has_environment = lua_gettop(L) >= 3;
    if (!s->settings.unsafe && !loader_may_read(s, path))
        return refuse_path(L, path);
    lua_settop(L, 3);
    return finish_load(L, luaL_loadfilex(L, path, "t"), has_environment, 3);
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
    thread_says(L, lua_tostring(L, -1));
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
        thread_says(L, lua_tostring(L, -1));
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

/* What stock functions cost without an instruction of Lua: elements that are moved or compared. */
static uint64_t cost_of_insert(lua_State *L, lua_Integer length)
{
    lua_Integer at = lua_gettop(L) > 2 ? lua_tointeger(L, 2) : length;
    return at > 0 && at < length ? (uint64_t)(length - at) : 0;
}

static uint64_t cost_of_remove(lua_State *L, lua_Integer length)
{
    lua_Integer at = lua_gettop(L) > 1 ? lua_tointeger(L, 2) : length;
    return at > 0 && at < length ? (uint64_t)(length - at) : 0;
}

static uint64_t cost_of_sort(lua_State *L, lua_Integer length)
{
    uint64_t cost = (uint64_t)length;
    for (lua_Integer n = length; n > 1; n /= 2)
        cost += (uint64_t)length;
    return cost;
}

static const struct {
    const char *name;
    uint64_t (*cost)(lua_State *L, lua_Integer length);
} by_length[] = {{"insert", cost_of_insert}, {"remove", cost_of_remove}, {"sort", cost_of_sort}};

static int length_given(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

/* In the place of the table at index 1 something that has its elements, and the same length however often it is asked. */
static void fix_length(lua_State *L, lua_Integer length)
{
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, length);
    lua_pushcclosure(L, length_given, 1);
    lua_setfield(L, -2, "__len");
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    lua_replace(L, 1);
}

/* A function of the table library: upvalue 1, in the table at upvalue 2. A __len that lies may not send it counting for ever. */
static int guarded(lua_State *L)
{
    if (lua_istable(L, 1)) {
        lua_Integer length = luaL_len(L, 1);
        if (length > LENGTH_MOST)
            return luaL_error(L, "table too large");
        steps_spend(L, by_length[lua_tointeger(L, lua_upvalueindex(2))].cost(L, length));
        if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL) {
            lua_pop(L, 1);
            fix_length(L, length);
        }
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* The same with a range of indices at upvalue 2 and behind it. */
static int guarded_range(lua_State *L)
{
    int at = (int)lua_tointeger(L, lua_upvalueindex(2));
    lua_Integer from = luaL_optinteger(L, at, 1);
    lua_Integer to = lua_isnoneornil(L, at + 1) ? luaL_len(L, 1) : luaL_checkinteger(L, at + 1);
    if (to > from && (lua_Unsigned)to - (lua_Unsigned)from > LENGTH_MOST)
        return luaL_error(L, "too many elements");
    steps_spend(L, to > from ? (uint64_t)(to - from) : 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* A function of the library utf8 that walks over the text at index 1. */
static int guarded_text(lua_State *L)
{
    size_t length;
    luaL_checklstring(L, 1, &length);
    steps_spend(L, length / 4);
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

/*
 * A handler runs where the error is, and where that is the count of steps, nothing is counted: it does not run for those errors. Upvalue 1
 * is the script's.
 */
static int handle(lua_State *L)
{
    if (steps_stopping(L))
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static int protected_end(lua_State *L, int status, lua_KContext ctx)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L) - 2; /* without function and handler */
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

static int call_with_handler(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, true); /* the first result, if all goes well */
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    return protected_end(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 0, protected_end), 0);
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

static void wrap_with(lua_State *L, const char *name, lua_CFunction fn, int number)
{
    lua_getfield(L, -1, name);
    lua_pushinteger(L, number);
    lua_pushcclosure(L, fn, 2);
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
    put(L, "load", load_text);
    put(L, "loadfile", load_file);
    wrap(L, "setmetatable", set_metatable);
    put(L, "xpcall", call_with_handler);
    put(L, "print", print_line);
    put(L, "collectgarbage", collect_garbage);
    drop(L, gone);
    lua_pop(L, 1);
}

static void tame_tables(lua_State *L)
{
    lua_getglobal(L, "table");
    for (size_t i = 0; i < sizeof by_length / sizeof *by_length; i++)
        wrap_with(L, by_length[i].name, guarded, (int)i);
    wrap_with(L, "move", guarded_range, 2);
    wrap_with(L, "unpack", guarded_range, 2);
    wrap_with(L, "concat", guarded_range, 3);
    lua_pop(L, 1);
    lua_getglobal(L, "utf8");
    wrap(L, "len", guarded_text);
    wrap(L, "offset", guarded_text);
    lua_pop(L, 1);
    lua_getglobal(L, "string");
    static const char *const gone[] = {"dump", NULL};
    wrap(L, "rep", repeat);
    drop(L, gone);
    lua_pop(L, 1);
}

/*
 * debug.getinfo, upvalue 1, without functions in C: from a call-back a script would get hold of the stock function that calls it, with none
 * of the walls before it. A level counts from the caller.
 */
static int get_info(lua_State *L)
{
    int at = lua_isthread(L, 1) ? 2 : 1;
    if (at == 1 && lua_type(L, 1) == LUA_TNUMBER) {
        lua_pushinteger(L, luaL_checkinteger(L, 1) + 1);
        lua_replace(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    if (lua_istable(L, -1) && lua_getfield(L, -1, "func") != LUA_TNIL && lua_iscfunction(L, -1)) {
        lua_pushnil(L);
        lua_setfield(L, -3, "func");
    }
    lua_settop(L, 1);
    return 1;
}

static void tame_debug(lua_State *L)
{
    lua_getglobal(L, "debug");
    lua_newtable(L);
    lua_getfield(L, -2, "getinfo");
    lua_pushcclosure(L, get_info, 1);
    lua_setfield(L, -2, "getinfo");
    lua_getfield(L, -2, "traceback");
    lua_setfield(L, -2, "traceback");
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

/*
 * The metatable of a class in C has a finalizer: a script that could replace it would run where no step is counted. What scripts get is
 * a copy, to read in: the library re looks for the operators of LPeg's patterns.
 */
static void close_class(lua_State *L, const char *class)
{
    if (luaL_getmetatable(L, class) == LUA_TTABLE) {
        state_push_copy(L);
        lua_pushnil(L);
        lua_setfield(L, -2, "__gc");
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
}

/*
 * lpeg.match, also as a method: upvalue 1. The library has no count of steps. What is reasonable for a grammar that reads forward is
 * charged before; what one with bad backtracking takes is not known.
 */
static int match_grammar(lua_State *L)
{
    size_t length;
    if (lua_isstring(L, 2)) {
        lua_tolstring(L, 2, &length);
        luaL_argcheck(L, length <= LIMIT_SCRIPT_SUBJECT, 2, "subject too long");
        steps_spend(L, length * COST_OF_GRAMMAR);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* After the library is opened. */
void sandbox_apply_lpeg(lua_State *L)
{
    if (lua_getglobal(L, "lpeg") == LUA_TTABLE)
        wrap(L, "match", match_grammar);
    lua_pop(L, 1);
    close_class(L, "lpeg-pattern");
}

void sandbox_apply(lua_State *L, bool unsafe)
{
    tame_base(L);
    tame_tables(L);
    tame_package(L);
    close_string_metatable(L);
    close_class(L, LUA_FILEHANDLE);
    if (unsafe)
        return;
    tame_debug(L);
    tame_files(L);
}
