/* state.c owns the one Lua state of a run: its memory, what is opened in it, protected calls. */
#include "script/inside.h"

#include "base/limits.h"
#include "script/pattern.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory */

enum { WORTH_COUNTING = 1024 }; /* bytes: filling less is part of an instruction */

static struct thread *payer(const struct scripts *s)
{
    return s->current ? s->current->instance : NULL;
}

/* What a script brings into use counts on its account, and what is given back while it runs is credited to it. */
static void account(struct scripts *s, struct thread *t, size_t old, size_t now)
{
    s->memory = s->memory - old + now;
    if (t && now >= old)
        t->memory += now - old;
    else if (t)
        t->memory -= t->memory < old - now ? t->memory : old - now;
}

static bool is_too_much(const struct scripts *s, const struct thread *t, size_t more)
{
    return s->memory + more > LIMIT_SCRIPTS_MEMORY || (t && t->memory + more > LIMIT_SCRIPT_MEMORY);
}

/* Lua collects its garbage and asks once more before it gives up with an error that the script gets. */
static void *allocate(void *owner, void *old, size_t old_size, size_t size)
{
    struct scripts *s = owner;
    if (!old)
        old_size = 0;
    if (size == 0) {
        pool_resize(&s->pool, old, old_size, 0);
        account(s, payer(s), old_size, 0);
        return NULL;
    }
    if (size > old_size && is_too_much(s, payer(s), size - old_size)) {
        steps_owe(s, s->memory); /* all garbage is collected for it */
        return NULL;
    }
    if (size > WORTH_COUNTING)
        steps_owe(s, size);
    void *at = pool_resize(&s->pool, old, old_size, size);
    if (at)
        account(s, payer(s), old_size, size);
    return at;
}

/* Lua does not know of this memory: garbage that holds some is collected when there is need. */
bool state_hold(lua_State *L, size_t *held, size_t now)
{
    struct scripts *s = scripts_of(L);
    if (now > *held && is_too_much(s, payer(s), now - *held))
        lua_gc(L, LUA_GCCOLLECT);
    return state_hold_for(s, payer(s), held, now);
}

bool state_hold_for(struct scripts *s, struct thread *t, size_t *held, size_t now)
{
    if (now > *held && is_too_much(s, t, now - *held))
        return false;
    account(s, t, *held, now);
    *held = now;
    return true;
}

/* ---- what C made, given to Lua: an error for want of memory may not lose it */

static int push_bytes(lua_State *L)
{
    const struct bytes *b = lua_touserdata(L, 1);
    lua_pushlstring(L, (const char *)b->at, b->len);
    return 1;
}

bool state_push_text(lua_State *L, const void *at, size_t length)
{
    struct bytes b = bytes_of(at, length);
    luaL_checkstack(L, 4, NULL);
    lua_pushcfunction(L, push_bytes);
    lua_pushlightuserdata(L, &b);
    return lua_pcall(L, 1, 1, 0) == LUA_OK;
}

void state_push_copy(lua_State *L)
{
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, -3)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
}

/* ---- protected calls */

struct scripts *scripts_of(lua_State *L)
{
    struct scripts *s;
    memcpy(&s, lua_getextraspace(L), sizeof s);
    return s;
}

int state_traceback(lua_State *L)
{
    const char *text = lua_tostring(L, 1);
    if (text)
        luaL_traceback(L, L, text, 1);
    return 1;
}

bool state_call(struct scripts *s, lua_CFunction fn, void *with)
{
    lua_State *L = s->L;
    struct thread *before = s->current;
    lua_State *running = s->running;
    int top = lua_gettop(L);
    s->current = NULL;
    s->running = NULL;
    lua_pushcfunction(L, fn);
    lua_pushlightuserdata(L, with);
    bool ok = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!ok)
        scripts_say(s, "scripts: %s", lua_tostring(L, -1) ? lua_tostring(L, -1) : "an error without a text");
    lua_settop(L, top);
    s->current = before;
    s->running = running;
    return ok;
}

/* luaL_unref only writes into a table that is there: it cannot fail. */
void state_unref(struct scripts *s, int *ref)
{
    if (s->L && *ref != LUA_NOREF)
        luaL_unref(s->L, LUA_REGISTRYINDEX, *ref);
    *ref = LUA_NOREF;
}

/* ---- opening */

struct module {
    const char *name;
    lua_CFunction open;
    bool hidden; /* ours, not of the field: no global name */
};

static const struct module standard[] = {
    {"_G", luaopen_base},
    {"package", luaopen_package},
    {"coroutine", luaopen_coroutine},
    {"debug", luaopen_debug},
    {"io", luaopen_io},
    {"math", luaopen_math},
    {"os", luaopen_os},
    {"string", luaopen_string},
    {"table", luaopen_table},
    {"utf8", luaopen_utf8},
};

static const struct module host_modules[] = {
    {"nmap", open_nmap},
    {"lfs", open_lfs},
#ifdef DESCRY_WITH_LPEG
    {"lpeg", luaopen_lpeg},
#endif
#ifdef DESCRY_WITH_OPENSSL
    {"openssl", open_openssl},
#endif
    {"zlib", open_zlib},
};

/* Ours, beyond the field's interface: to be required, as the names of the globals are the field's. */
static const struct module own_modules[] = {
    {"grinder", open_grinder},
};

static void open_all(lua_State *L, const struct module *m, size_t count, bool global)
{
    for (size_t i = 0; i < count; i++) {
        luaL_requiref(L, m[i].name, m[i].open, global);
        lua_pop(L, 1);
    }
}

/* Global names that were never declared are an error for scripts, if the directory has the library for it. */
static void be_strict(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "strict");
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_isfunction(L, -1)) {
        lua_pushglobaltable(L);
        lua_call(L, 1, 0);
        lua_pushnil(L);
    }
    lua_pop(L, 1);
}

static int open_everything(lua_State *L)
{
    struct scripts *s = lua_touserdata(L, 1);
    open_all(L, standard, sizeof standard / sizeof *standard, true);
    stock_keep_called(L);
    pattern_apply(L);
    compat_apply(L);
    sandbox_apply(L, s->settings.unsafe);
    coroutines_apply(L);
    open_all(L, host_modules, sizeof host_modules / sizeof *host_modules, true);
    open_all(L, own_modules, sizeof own_modules / sizeof *own_modules, false);
    sandbox_apply_lpeg(L);
    loader_apply(L);
    stock_keep_shared(L);
    be_strict(L);
    return 0;
}

bool state_open(struct scripts *s)
{
    if (s->L)
        return true;
    pool_open(&s->pool, LIMIT_SCRIPT_POOL);
    s->L = lua_newstate(allocate, s);
    if (!s->L) {
        pool_close(&s->pool);
        return false;
    }
    memcpy(lua_getextraspace(s->L), &s, sizeof s);
    for (int i = 0; i < ORIGINS; i++)
        s->loaded[i] = LUA_NOREF;
    if (state_call(s, open_everything, s))
        return true;
    state_close(s);
    return false;
}

void state_close(struct scripts *s)
{
    if (s->L)
        lua_close(s->L);
    pool_close(&s->pool);
    s->L = NULL;
}
