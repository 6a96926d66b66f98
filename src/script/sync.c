/* sync.c owns mutexes and condition variables: who holds one, who waits, and that the end of a thread gives back what it held. */
#include "script/inside.h"

#include <stdlib.h>
#include <string.h>

/* A place in a queue. */
struct waiter {
    struct waiter *next;
    struct thread *thread;
    lua_State *co;
    int ref; /* registry: keeps `co`; LUA_NOREF where it is not needed */
};

struct mutex {
    struct mutex *next, *prev;
    struct scripts *run;
    struct thread *holder; /* NULL: free */
    lua_State *co; /* the coroutine that locked it */
    int ref; /* registry: keeps it, whatever the script forgets */
    struct waiter *first, *last;
};

/* A thread that has asked for a condition variable wakes all who wait for it when it ends. */
struct member {
    struct member *next;
    struct thread *thread;
};
struct condvar {
    struct condvar *next, *prev;
    struct scripts *run;
    struct waiter *newest;
    struct member *members;
};

static char mutexes_key, condvars_key; /* registry: object to function, weak values */

/* ---- one function for an object, as long as somebody has it */

static bool find_function(lua_State *L, void *key)
{
    int type = lua_type(L, 1);
    luaL_argcheck(L, type != LUA_TNIL && type != LUA_TNONE && type != LUA_TNUMBER && type != LUA_TBOOLEAN, 1, "object expected");
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_createtable(L, 0, 1);
        lua_pushliteral(L, "v");
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, key);
    }
    lua_pushvalue(L, 1);
    return lua_rawget(L, -2) == LUA_TFUNCTION;
}

static const char *const mutex_class = "descry.mutex", *const condvar_class = "descry.condvar";

static void make_class(lua_State *L, const char *class, lua_CFunction gc)
{
    luaL_newmetatable(L, class);
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

/* The table is at -3, nil at -2, the userdata on top: it gets its finalizer and becomes the upvalue of `fn`. */
static void keep_function(lua_State *L, const char *class, lua_CFunction fn)
{
    luaL_setmetatable(L, class);
    lua_pushcclosure(L, fn, 1);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
}

/* ---- mutexes */

static int keep_coroutine(lua_State *L)
{
    lua_pushthread(L);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

static void take(struct mutex *m, struct thread *t, lua_State *co, int ref)
{
    m->holder = t;
    m->co = co;
    m->ref = ref;
}

static void queue(struct mutex *m, struct thread *t, lua_State *L)
{
    int ref = keep_coroutine(L); /* may raise */
    struct waiter *w = must_zalloc(sizeof *w);
    *w = (struct waiter){.thread = t, .co = L, .ref = ref};
    *(m->last ? &m->last->next : &m->first) = w;
    m->last = w;
}

static void pass_on(struct mutex *m)
{
    struct waiter *w = m->first;
    state_unref(m->run, &m->ref);
    take(m, NULL, NULL, LUA_NOREF);
    if (!w)
        return;
    m->first = w->next;
    if (!m->first)
        m->last = NULL;
    take(m, w->thread, w->co, w->ref);
    thread_wake(w->thread);
    free(w);
}

static int locked(lua_State *L, int status, lua_KContext ctx)
{
    return 0;
}

static int mutex_call(lua_State *L)
{
    static const char *const what[] = {"done", "lock", "running", "trylock", NULL};
    struct mutex *m = lua_touserdata(L, lua_upvalueindex(1));
    struct thread *t = thread_current(L);
    switch (luaL_checkoption(L, 1, NULL, what)) {
    case 0:
        if (!m->holder || m->co != L)
            return luaL_error(L, "do not have a lock on this mutex");
        pass_on(m);
        return 0;
    case 1:
        if (!m->holder && t) {
            take(m, t, L, keep_coroutine(L));
            return 0;
        }
        thread_check_wait(L);
        queue(m, t, L);
        return thread_wait_for_others(L, 0, locked);
    case 2:
        if (!m->holder)
            return lua_pushnil(L), 1;
        lua_rawgeti(L, LUA_REGISTRYINDEX, m->ref);
        return 1;
    default: {
        bool is_free = !m->holder && t;
        if (is_free)
            take(m, t, L, keep_coroutine(L));
        lua_pushboolean(L, is_free);
        return 1;
    }
    }
}

static int mutex_free(lua_State *L)
{
    struct mutex *m = lua_touserdata(L, 1);
    *(m->prev ? &m->prev->next : &m->run->mutexes) = m->next;
    if (m->next)
        m->next->prev = m->prev;
    state_unref(m->run, &m->ref);
    for (struct waiter *w = m->first, *next; w; w = next) {
        next = w->next;
        state_unref(m->run, &w->ref);
        free(w);
    }
    return 0;
}

int sync_mutex(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    if (find_function(L, &mutexes_key))
        return 1;
    struct mutex *m = lua_newuserdatauv(L, sizeof *m, 0);
    *m = (struct mutex){.run = s, .next = s->mutexes, .ref = LUA_NOREF};
    if (m->next)
        m->next->prev = m;
    s->mutexes = m;
    keep_function(L, mutex_class, mutex_call);
    return 1;
}

/* ---- condition variables */

static void wake_newest(struct condvar *c)
{
    struct waiter *w = c->newest;
    if (!w)
        return;
    c->newest = w->next;
    thread_wake(w->thread);
    free(w);
}

static int condvar_call(lua_State *L)
{
    static const char *const what[] = {"wait", "broadcast", "signal", NULL};
    struct condvar *c = lua_touserdata(L, lua_upvalueindex(1));
    switch (luaL_checkoption(L, 1, NULL, what)) {
    case 0: {
        thread_check_wait(L);
        struct waiter *w = must_zalloc(sizeof *w);
        *w = (struct waiter){c->newest, thread_current(L), L, LUA_NOREF};
        c->newest = w;
        return thread_wait_for_others(L, 0, locked);
    }
    case 1:
        while (c->newest)
            wake_newest(c);
        return 0;
    default:
        wake_newest(c);
        return 0;
    }
}

static int condvar_free(lua_State *L)
{
    struct condvar *c = lua_touserdata(L, 1);
    *(c->prev ? &c->prev->next : &c->run->condvars) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    while (c->newest)
        wake_newest(c);
    for (struct member *m = c->members, *next; m; m = next) {
        next = m->next;
        free(m);
    }
    return 0;
}

static void join(struct condvar *c, struct thread *t)
{
    if (!t)
        return;
    for (const struct member *m = c->members; m; m = m->next)
        if (m->thread == t)
            return;
    struct member *m = must_zalloc(sizeof *m);
    *m = (struct member){c->members, t};
    c->members = m;
}

int sync_condvar(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    if (find_function(L, &condvars_key)) {
        lua_getupvalue(L, -1, 1);
        join(lua_touserdata(L, -1), s->current);
        lua_pop(L, 1);
        return 1;
    }
    struct condvar *c = lua_newuserdatauv(L, sizeof *c, 0);
    *c = (struct condvar){.run = s, .next = s->condvars};
    if (c->next)
        c->next->prev = c;
    s->condvars = c;
    keep_function(L, condvar_class, condvar_call);
    join(c, s->current);
    return 1;
}

void sync_apply(lua_State *L)
{
    make_class(L, mutex_class, mutex_free);
    make_class(L, condvar_class, condvar_free);
}

/* ---- the end of a thread */

static void forget_waiter(struct waiter **first, struct waiter **last, struct thread *t)
{
    struct waiter *before = NULL;
    for (struct waiter **at = first; *at;) {
        struct waiter *w = *at;
        if (w->thread == t) {
            *at = w->next;
            state_unref(t->run, &w->ref);
            free(w);
        } else {
            before = w;
            at = &w->next;
        }
    }
    if (last)
        *last = before;
}

static bool leave(struct condvar *c, const struct thread *t)
{
    for (struct member **at = &c->members; *at; at = &(*at)->next)
        if ((*at)->thread == t) {
            struct member *m = *at;
            *at = m->next;
            free(m);
            return true;
        }
    return false;
}

void sync_thread_ended(struct thread *t)
{
    for (struct mutex *m = t->run->mutexes; m; m = m->next) {
        forget_waiter(&m->first, &m->last, t);
        if (m->holder == t)
            pass_on(m);
    }
    for (struct condvar *c = t->run->condvars; c; c = c->next) {
        forget_waiter(&c->newest, NULL, t);
        if (leave(c, t))
            while (c->newest)
                wake_newest(c);
    }
}
