/*
 * loader.c owns files of scripts: the directories that are searched, `require`, and the reading of a script. descry's own scripts and
 * those of another directory each have libraries by the same names: a module is looked for where its caller came from first, and is
 * loaded once for each of the two.
 */
#include "script/inside.h"

#include "base/limits.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char silent; /* its address: what stdnse.silent_require throws */

/* ---- files */

bool loader_read_file(const char *path, struct buf *out)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return false;
    char chunk[16 * 1024];
    size_t n;
    bool ok = true;
    while (ok && (n = fread(chunk, 1, sizeof chunk, in)) > 0)
        ok = buf_append(out, chunk, n);
    if (!ok)
        errno = EFBIG;
    ok = ok && !ferror(in);
    fclose(in);
    return ok;
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

/* No way out of the directory. */
static bool is_plain_name(const char *name)
{
    if (!*name || *name == '/')
        return false;
    for (const char *at = strstr(name, ".."); at; at = strstr(at + 1, ".."))
        if ((at == name || at[-1] == '/') && (at[2] == '/' || !at[2]))
            return false;
    return true;
}

/* Both rounds: the caller's own directories, then the others. */
static const char *find(struct scripts *s, enum origin origin, struct arena *a, const char *const *forms, const char *name)
{
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < s->place_count; i++)
            for (const char *const *form = forms; *form; form++) {
                if ((s->places[i].origin == origin) != (round == 0))
                    continue;
                char *path = arena_printf(a, "%s/%s%s", s->places[i].path, *form, name);
                if (is_file(path))
                    return path;
            }
    return NULL;
}

const char *loader_find(struct scripts *s, enum origin origin, struct arena *a, const char *name)
{
    static const char *const forms[] = {"", NULL};
    return is_plain_name(name) ? find(s, origin, a, forms, name) : NULL;
}

const char *loader_module_file(struct scripts *s, enum origin origin, struct arena *a, const char *module)
{
    static const char *const forms[] = {"nselib/", "scripts/lib/", "lib/", NULL};
    char *name = arena_printf(a, "%s.lua", module);
    for (char *at = name; *at && at < name + strlen(name) - 4; at++)
        if (*at == '.')
            *at = '/';
    return is_plain_name(name) ? find(s, origin, a, forms, name) : NULL;
}

/* A device or a pipe may keep its reader waiting for ever. */
bool loader_may_read(const struct scripts *s, const char *path)
{
    return loader_is_inside(s, path) && is_file(path);
}

bool loader_is_inside(const struct scripts *s, const char *path)
{
    char real[PATH_MAX], top[PATH_MAX];
    if (!realpath(path, real))
        return false;
    for (size_t i = 0; i < s->place_count; i++) {
        size_t n;
        if (realpath(s->places[i].path, top) && (n = strlen(top)) && strncmp(real, top, n) == 0 && (real[n] == '/' || top[n - 1] == '/'))
            return true;
    }
    return false;
}

/* ---- modules */

/* A file below descry's own directory, and not below another that was named. */
static enum origin origin_of_path(const struct scripts *s, const char *path)
{
    enum origin best = ORIGIN_FOREIGN;
    size_t longest = 0;
    for (size_t i = 0; i < s->place_count; i++) {
        size_t n = strlen(s->places[i].path);
        if (n >= longest && strncmp(path, s->places[i].path, n) == 0 && path[n] == '/') {
            best = s->places[i].origin;
            longest = n + 1;
        }
    }
    return best;
}

static bool has_foreign(const struct scripts *s)
{
    return s->settings.foreign_count > 0;
}

enum origin loader_caller(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    lua_Debug ar;
    if (!has_foreign(s))
        return ORIGIN_OWN;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "S", &ar);
        if (*ar.what != 'C' && *ar.source == '@')
            return origin_of_path(s, ar.source + 1);
    }
    return s->current ? s->current->script->origin : ORIGIN_FOREIGN;
}

void loader_push_loaded(lua_State *L, enum origin origin)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, scripts_of(L)->loaded[origin]);
}

/* Pushes the compiled text of a file; raises what is wrong with it. */
static void push_chunk(lua_State *L, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && st.st_size > LIMIT_SCRIPT_FILE)
        luaL_error(L, "%s: cannot be read: %s", path, strerror(EFBIG));
    if (luaL_loadfilex(L, path, "t") != LUA_OK)
        lua_error(L);
}

/* The file of a module, copied out: nothing is kept of a name that is looked for again and again. */
static bool find_module(lua_State *L, enum origin origin, const char *name, char path[PATH_MAX])
{
    struct arena a;
    if (strlen(name) > NAME_MAX)
        return false;
    arena_init(&a);
    const char *found = loader_module_file(scripts_of(L), origin, &a, name);
    bool fits = found && (size_t)snprintf(path, PATH_MAX, "%s", found) < PATH_MAX;
    arena_free(&a);
    return fits;
}

static int load_module(lua_State *L, enum origin origin, const char *name)
{
    char path[PATH_MAX];
    if (!find_module(L, origin, name, path))
        return luaL_error(L, "module '%s' not found:\n\tno file %s.lua in the directories of scripts", name, name);
    push_chunk(L, path);
    lua_pushstring(L, name);
    lua_pushstring(L, path);
    lua_call(L, 2, 1);
    return 1;
}

static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    enum origin origin = loader_caller(L);
    lua_settop(L, 1);
    loader_push_loaded(L, origin);
    if (lua_getfield(L, 2, name) != LUA_TNIL && lua_toboolean(L, -1))
        return 1;
    lua_settop(L, 2);
    load_module(L, origin, name);
    if (!lua_isnil(L, -1))
        lua_setfield(L, 2, name);
    lua_settop(L, 2);
    if (lua_getfield(L, 2, name) == LUA_TNIL) {
        lua_pushboolean(L, true);
        lua_copy(L, -1, -2);
        lua_setfield(L, 2, name);
    }
    if (strcmp(name, "stdnse") == 0 && lua_istable(L, -1))
        stdnse_inject(L, lua_gettop(L));
    return 1;
}

/* package.searchers[1], for whoever looks there. */
static int search(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    char path[PATH_MAX];
    if (!find_module(L, loader_caller(L), name, path)) {
        lua_pushfstring(L, "\n\tno file %s.lua in the directories of scripts", name);
        return 1;
    }
    push_chunk(L, path);
    lua_pushstring(L, path);
    return 2;
}

static int silent_require(lua_State *L)
{
    int n = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_insert(L, 1);
    if (lua_pcall(L, n, 1, 0) == LUA_OK)
        return 1;
    if (scripts_of(L)->settings.debug && lua_isstring(L, -1))
        scripts_say(scripts_of(L), "NSE: %s", lua_tostring(L, -1));
    lua_pushlightuserdata(L, &silent);
    return lua_error(L);
}

static void make_loaded(lua_State *L, struct scripts *s)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (has_foreign(s))
        state_push_copy(L); /* the standard modules and the host's are the same for both */
    else
        lua_pushvalue(L, -1);
    s->loaded[ORIGIN_OWN] = luaL_ref(L, LUA_REGISTRYINDEX);
    s->loaded[ORIGIN_FOREIGN] = luaL_ref(L, LUA_REGISTRYINDEX);
}

void loader_apply(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    lua_pushcfunction(L, search);
    lua_rawseti(L, -2, 1);
    lua_pop(L, 2);
    lua_pushcfunction(L, require);
    lua_setglobal(L, "require");
    make_loaded(L, scripts_of(L));
}

/* Each environment has its own: a script may change it. */
void loader_push_metatable(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushglobaltable(L);
    lua_setfield(L, -2, "__index");
}

void loader_push_silent_require(lua_State *L)
{
    lua_pushcfunction(L, silent_require);
}

/* ---- scripts */

struct loading {
    struct script *script;
    struct scripts *run;
    struct buf *why;
};

/* As the body of a function that gets its environment from outside; no line is added before it, so that numbers of lines stay true. */
static void push_factory(lua_State *L, const struct script *x)
{
    struct buf text;
    static const char head[] = "return function(_ENV) return function(...) ", tail[] = "\nend end";
    buf_init(&text, LIMIT_SCRIPT_FILE + 256);
    buf_append(&text, head, sizeof head - 1);
    bool ok = loader_read_file(x->path, &text);
    if (ok && text.len > sizeof head - 1 && text.at[sizeof head - 1] == '#')
        memcpy(text.at + sizeof head - 1, "--", text.len > sizeof head ? 2 : 1);
    int error = errno;
    buf_append(&text, tail, sizeof tail - 1);
    bool pushed = ok && state_push_text(L, text.at, text.len);
    buf_free(&text);
    if (!ok)
        luaL_error(L, "%s: cannot be read: %s", x->path, strerror(error));
    if (!pushed)
        lua_error(L);
    size_t length;
    const char *code = lua_tolstring(L, -1, &length);
    lua_pushfstring(L, "@%s", x->path);
    if (luaL_loadbufferx(L, code, length, lua_tostring(L, -1), "t") != LUA_OK) {
        push_chunk(L, x->path); /* says what is wrong in the file's own words */
        luaL_error(L, "%s: the text does not end where its function ends", x->path);
    }
    lua_call(L, 0, 1);
    lua_insert(L, -3);
    lua_pop(L, 2);
}

static void push_load_environment(lua_State *L, const struct script *x)
{
    static const char *const lists[] = {"categories", "dependencies"};
    lua_createtable(L, 0, 8);
    lua_pushstring(L, x->path);
    lua_setfield(L, -2, "SCRIPT_PATH");
    lua_pushstring(L, x->name);
    lua_setfield(L, -2, "SCRIPT_NAME");
    for (size_t i = 0; i < 2; i++) {
        lua_newtable(L);
        lua_setfield(L, -2, lists[i]);
    }
    loader_push_metatable(L);
    lua_setmetatable(L, -2);
}

static int raw_field(lua_State *L, int env, const char *name)
{
    lua_pushstring(L, name);
    return lua_rawget(L, env);
}

static const char *const *read_list(lua_State *L, int env, struct loading *l, const char *name, size_t *count)
{
    if (raw_field(L, env, name) != LUA_TTABLE)
        luaL_error(L, "%s field '%s' is of improper type '%s', expected type 'table'", l->script->path, name, luaL_typename(L, -1));
    size_t n = lua_rawlen(L, -1);
    n = n < 64 ? n : 64;
    const char **list = arena_alloc(&l->run->arena, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "%s has non-string entries in the '%s' array", l->script->path, name);
        list[i] = arena_strdup(&l->run->arena, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    *count = n;
    return list;
}

static void read_rules(lua_State *L, int env, struct script *x)
{
    static const char *const rules[RULES] = {"prerule", "hostrule", "portrule", "postrule"};
    bool any = false;
    for (int i = 0; i < RULES; i++) {
        int type = raw_field(L, env, rules[i]);
        if (type != LUA_TNIL && type != LUA_TFUNCTION)
            luaL_error(L, "%s must be a function!", rules[i]);
        x->has[i] = type == LUA_TFUNCTION;
        any = any || x->has[i];
        lua_pop(L, 1);
    }
    if (!any)
        luaL_error(L, "%s is missing required function: 'rule'", x->path);
    int type = raw_field(L, env, "action");
    if (type == LUA_TNIL)
        luaL_error(L, "%s is missing required field: 'action'", x->path);
    if (type != LUA_TFUNCTION)
        luaL_error(L, "%s field 'action' is of improper type '%s', expected type 'function'", x->path, luaL_typename(L, -1));
    lua_pop(L, 1);
}

static void read_environment(lua_State *L, int env, struct loading *l)
{
    struct script *x = l->script;
    x->categories = read_list(L, env, l, "categories", &x->category_count);
    x->dependencies = read_list(L, env, l, "dependencies", &x->dependency_count);
    read_rules(L, env, x);
    if (raw_field(L, env, "description") == LUA_TSTRING)
        x->description = arena_strdup(&l->run->arena, lua_tostring(L, -1));
    lua_pop(L, 1);
}

/* The body runs once in a coroutine of its own, to see what the script is. */
static int load_script(lua_State *L)
{
    struct loading *l = lua_touserdata(L, 1);
    struct script *x = l->script;
    int results;
    push_factory(L, x);
    lua_pushvalue(L, -1);
    x->factory = luaL_ref(L, LUA_REGISTRYINDEX);
    push_load_environment(L, x);
    int env = lua_gettop(L);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, env);
    lua_call(L, 1, 1);
    lua_State *co = lua_newthread(L);
    steps_hook(co);
    lua_insert(L, -2);
    lua_xmove(L, co, 1);
    int status = lua_resume(co, L, 0, &results);
    if (status == LUA_YIELD)
        return luaL_error(L, "%s yields while it is loaded", x->path);
    if (status != LUA_OK) {
        lua_xmove(co, L, 1);
        return lua_error(L);
    }
    read_environment(L, env, l);
    return 0;
}

bool loader_load(struct scripts *s, struct script *x, struct buf *why)
{
    struct loading l = {x, s, why};
    struct thread *before = s->current;
    int top = lua_gettop(s->L);
    s->current = NULL;
    s->load_steps = 0;
    s->stopping = false;
    lua_pushcfunction(s->L, load_script);
    lua_pushlightuserdata(s->L, &l);
    bool ok = lua_pcall(s->L, 1, 0, 0) == LUA_OK;
    x->quiet = !ok && lua_touserdata(s->L, -1) == &silent;
    if (x->quiet) {
        buf_append_str(why, "something that it needs is not there");
    } else if (!ok) {
        const char *text = lua_type(s->L, -1) == LUA_TSTRING ? lua_tostring(s->L, -1) : "an error that is no text";
        buf_append_str(why, text);
    }
    lua_settop(s->L, top);
    s->current = before;
    s->stopping = false;
    stock_put_back(s, x);
    x->loaded = ok;
    x->failed = !ok;
    return ok;
}
