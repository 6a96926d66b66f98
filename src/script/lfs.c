/* lfs.c owns the part of LuaFileSystem that scripts use. Whatever changes a file system needs --script-unsafe. */
#include "script/inside.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int outcome(lua_State *L, int rc)
{
    if (rc == 0)
        return lua_pushboolean(L, true), 1;
    lua_pushnil(L);
    lua_pushstring(L, strerror(errno));
    return 2;
}

static bool may_write(lua_State *L)
{
    errno = EACCES;
    return scripts_of(L)->settings.unsafe;
}

static int make_directory(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    return outcome(L, may_write(L) ? mkdir(path, 0777) : -1);
}

static int remove_directory(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    return outcome(L, may_write(L) ? rmdir(path) : -1);
}

static int make_link(lua_State *L)
{
    const char *old = luaL_checkstring(L, 1), *new = luaL_checkstring(L, 2);
    if (!may_write(L))
        return outcome(L, -1);
    return outcome(L, lua_toboolean(L, 3) ? symlink(old, new) : link(old, new));
}

/* A directory that is walked through: its names are the user value, read when it was opened. */
struct walk {
    lua_Integer at;
    bool closed;
};

static const char *const class_name = "descry.directory";
enum { NAMES_MOST = 4 * 1024 * 1024 }; /* bytes: more of a directory is not told */

static int next_name(lua_State *L)
{
    struct walk *w = luaL_checkudata(L, 1, class_name);
    luaL_argcheck(L, !w->closed, 1, "closed directory");
    lua_getiuservalue(L, 1, 1);
    if (lua_rawgeti(L, -1, ++w->at) == LUA_TNIL)
        w->closed = true;
    return 1;
}

static int close_directory(lua_State *L)
{
    ((struct walk *)luaL_checkudata(L, 1, class_name))->closed = true;
    return 0;
}

static void make_class(lua_State *L)
{
    static const luaL_Reg methods[] = {{"next", next_name}, {"close", close_directory}, {NULL, NULL}};
    luaL_newmetatable(L, class_name);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

static void push_walk(lua_State *L)
{
    struct walk *w = lua_newuserdatauv(L, sizeof *w, 1);
    *w = (struct walk){0};
    luaL_setmetatable(L, class_name);
}

/* Of the names in the text on top, each with its NUL. */
static void push_list(lua_State *L)
{
    size_t length;
    lua_Integer n = 0;
    const char *at = lua_tolstring(L, -1, &length), *end = at + length;
    lua_newtable(L);
    for (; at < end; at += strlen(at) + 1) {
        lua_pushstring(L, at);
        lua_rawseti(L, -2, ++n);
    }
}

static int list_directory(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    const char *path = luaL_checkstring(L, 1);
    bool allowed = s->settings.unsafe || loader_is_inside(s, path);
    struct buf names;
    errno = EACCES;
    DIR *d = allowed ? opendir(path) : NULL;
    if (!d)
        return luaL_error(L, "cannot open %s: %s", path, strerror(errno));
    buf_init(&names, NAMES_MOST);
    for (struct dirent *e = readdir(d); e && buf_append(&names, e->d_name, strlen(e->d_name) + 1); e = readdir(d))
        ;
    closedir(d);
    bool pushed = state_push_text(L, names.at, names.len);
    buf_free(&names);
    if (!pushed)
        return lua_error(L);
    push_list(L);
    push_walk(L);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
    lua_pushcfunction(L, next_name);
    lua_insert(L, -2);
    return 2;
}

static int separator(lua_State *L)
{
    lua_pushliteral(L, "/");
    return 1;
}

int open_lfs(lua_State *L)
{
    static const luaL_Reg functions[] = {{"mkdir", make_directory}, {"rmdir", remove_directory}, {"link", make_link},
        {"dir", list_directory}, {"get_path_separator", separator}, {NULL, NULL}};
    make_class(L);
    luaL_newlib(L, functions);
    return 1;
}
