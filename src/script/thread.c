/*
 * thread.c owns the scheduler: base coroutines that run in turn on the one loop, wait for it, and are ended by what they return, by an
 * error, by their deadline or by their host's end. Nothing here runs a script inside another call-back: what is woken runs on the
 * scheduler's own turn.
 */
#include "script/inside.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

static const int64_t TURN = 20 * 1000; /* microseconds of scripts before the loop has its turn */
static char host_yield; /* its address is what a waiting host function yields */

/* ---- the ready queue */

static void arm(struct scripts *s)
{
    if (s->ready && !timer_running(&s->turn))
        timer_start(&s->turn, 0);
}

static void make_ready(struct thread *t)
{
    struct scripts *s = t->run;
    t->state = THREAD_READY;
    t->ready_next = NULL;
    *(s->last_ready ? &s->last_ready->ready_next : &s->ready) = t;
    s->last_ready = t;
    arm(s);
}

static void leave_ready(struct thread *t)
{
    struct scripts *s = t->run;
    struct thread *before = NULL;
    for (struct thread *r = s->ready; r; before = r, r = r->ready_next)
        if (r == t) {
            *(before ? &before->ready_next : &s->ready) = t->ready_next;
            if (s->last_ready == t)
                s->last_ready = before;
            return;
        }
}

void thread_wake(struct thread *t)
{
    if (!t || t->state != THREAD_WAITING)
        return;
    t->steps = 0;
    socket_thread_rests(t, false);
    make_ready(t);
}

/* ---- waiting */

struct thread *thread_current(lua_State *L)
{
    return scripts_of(L)->current;
}

void thread_check_wait(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    if (!s->current)
        luaL_error(L, "attempt to yield from outside a coroutine");
    if (s->unyieldable || !lua_isyieldable(L)) {
        lua_pushliteral(L, "attempt to yield across a C-call boundary");
        lua_error(L);
    }
}

int thread_wait(lua_State *L, lua_KContext ctx, lua_KFunction k)
{
    thread_check_wait(L);
    scripts_of(L)->current->state = THREAD_WAITING;
    lua_pushlightuserdata(L, &host_yield);
    return lua_yieldk(L, 1, ctx, k);
}

int thread_wait_for_others(lua_State *L, lua_KContext ctx, lua_KFunction k)
{
    socket_thread_rests(thread_current(L), true);
    return thread_wait(L, ctx, k);
}

bool thread_is_host_yield(lua_State *co, int results)
{
    return scripts_of(co)->preempted || (results == 1 && lua_touserdata(co, -1) == &host_yield);
}

int thread_yield_on(lua_State *L, lua_KFunction k)
{
    if (scripts_of(L)->preempted)
        return lua_yieldk(L, 0, 0, k);
    lua_pushlightuserdata(L, &host_yield);
    return lua_yieldk(L, 1, 0, k);
}

/* ---- the end of a thread */

const char *thread_label(const struct thread *t, struct arena *a)
{
    char address[ADDR_TEXT_MAX];
    struct script_host h;
    if (!t->target)
        return t->script->name;
    t->target->ops->host(t->target->owner, &h);
    addr_format(&h.addr, address, sizeof address);
    if (t->has_port)
        return arena_printf(a, "%s %s:%u", t->script->name, address, t->port);
    return arena_printf(a, "%s %s", t->script->name, address);
}

void thread_says(lua_State *L, const char *text)
{
    struct scripts *s = scripts_of(L);
    struct thread *t = s->current ? s->current->instance : NULL;
    size_t length = strlen(text) + 1;
    if (t && t->said > LIMIT_SCRIPT_SAID)
        return;
    if (t)
        t->said += length;
    scripts_say(s, "NSE: %s", text);
    if (t && t->said > LIMIT_SCRIPT_SAID)
        scripts_say(s, "NSE: %s has more to say, which is left out", t->script->name);
}

static void end_workers_of(struct thread *instance)
{
    for (bool again = instance->workers > 0; again;) {
        again = false;
        for (struct thread *t = instance->run->threads; t && !again; t = t->next)
            if (t->instance == instance && t != instance) {
                thread_end(t);
                again = true;
            }
    }
}

void thread_end(struct thread *t)
{
    struct scripts *s = t->run;
    if (t->state == THREAD_READY)
        leave_ready(t);
    t->state = THREAD_ENDED;
    timer_stop(&t->deadline);
    timer_stop(&t->sleep);
    if (t->instance == t)
        end_workers_of(t);
    else
        t->instance->workers--;
    sync_thread_ended(t);
    socket_thread_ended(t);
    *(t->prev ? &t->prev->next : &s->threads) = t->next;
    if (t->next)
        t->next->prev = t->prev;
    s->alive--;
    jobs_have_room(s);
    state_unref(s, &t->ref);
    state_unref(s, &t->worker_end);
    if (t->instance == t) {
        state_unref(s, &t->host_table);
        state_unref(s, &t->port_table);
        stock_put_back(s, t->script);
        job_instance_ended(t);
    }
    arena_free(&t->arena);
    arena_free(&t->answer);
    free(t);
}

static void say_timed_out(struct thread *t)
{
    if (t->run->settings.debug)
        scripts_say(t->run, "NSE: %s timed out", thread_label(t, &t->arena));
}

static void on_deadline(struct timer *timer)
{
    struct thread *t = timer->owner;
    t->timed_out = true;
    say_timed_out(t);
    thread_end(t);
}

/* ---- errors */

struct last_words {
    struct thread *thread;
    bool quiet;
};

/* Protected: even a short text may find no memory. */
static int look_for_quiet(lua_State *L)
{
    struct last_words *w = lua_touserdata(L, 1);
    lua_State *from = w->thread->L;
    lua_pushliteral(L, "errtype");
    lua_xmove(from, L, 1);
    lua_pushvalue(L, -2);
    lua_rawget(L, -2);
    w->quiet = lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "nmap.new_try") == 0;
    lua_pop(L, 1);
    lua_xmove(L, from, 1);
    return 0;
}

static bool is_quiet(struct thread *t)
{
    struct last_words w = {.thread = t};
    return lua_istable(t->L, -1) && state_call(t->run, look_for_quiet, &w) && w.quiet;
}

static const char *error_text(lua_State *L)
{
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    return text ? text : "an error that is no text";
}

/* The instance's one line; what went wrong is for who asks with -d or -v. `why` NULL: the error is on top. */
static void fail(struct thread *t, const char *why)
{
    struct scripts *s = t->run;
    if (t->instance != t)
        return;
    if (t->timed_out) {
        say_timed_out(t);
        return;
    }
    if (!why && is_quiet(t)) {
        if (s->settings.debug)
            scripts_say(s, "NSE: %s gave up", thread_label(t, &t->arena));
        return;
    }
    if (s->settings.debug || s->settings.verbose)
        scripts_say(s, "NSE: %s: %s", thread_label(t, &t->arena), why ? why : error_text(t->L));
    if (s->settings.debug)
        return;
    t->text = "ERROR: Script execution failed (use -d to debug)";
    t->text_length = strlen(t->text);
    t->values = NULL;
}

/* A worker's error is kept for its status function: in the table that both know. */
static int keep_worker_error(lua_State *L)
{
    struct thread *t = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, t->worker_end);
    lua_xmove(t->L, L, 1);
    lua_rawseti(L, -2, 1);
    return 0;
}

/* ---- running */

static void run(struct thread *t)
{
    struct scripts *s = t->run;
    int arguments = t->arguments, results = 0;
    t->arguments = 0;
    t->state = THREAD_RUNNING;
    steps_slice(s, t);
    int status = lua_resume(t->L, NULL, arguments, &results);
    s->current = NULL;
    s->running = NULL;
    s->stopping = false;
    if (status == LUA_YIELD && thread_is_host_yield(t->L, results)) {
        bool preempted = s->preempted;
        s->preempted = false;
        lua_pop(t->L, results);
        if (preempted)
            make_ready(t);
        return;
    }
    s->preempted = false;
    if (status == LUA_YIELD) {
        fail(t, "yielded unexpectedly and cannot be resumed");
    } else if (status != LUA_OK) {
        if (t->instance == t)
            fail(t, NULL);
        else if (t->worker_end != LUA_NOREF) /* else there was no memory for it */
            state_call(s, keep_worker_error, t);
    } else {
        lua_settop(t->L, 0); /* what is left on its stack would make a dead coroutine look suspended */
    }
    thread_end(t);
}

static void on_turn(struct timer *timer)
{
    struct scripts *s = timer->owner;
    struct thread *last = s->last_ready; /* who becomes ready now runs on the next turn */
    int64_t until = steps_now() + TURN;
    while (s->ready) {
        struct thread *t = s->ready;
        bool was_last = t == last;
        s->ready = t->ready_next;
        if (!s->ready)
            s->last_ready = NULL;
        run(t);
        if (was_last || steps_now() > until)
            break;
    }
    arm(s);
}

/* ---- the beginning */

static int make_coroutine(lua_State *L)
{
    struct thread *t = lua_touserdata(L, 1);
    t->L = lua_newthread(L);
    steps_hook(t->L);
    coroutines_keep(L);
    t->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static int put_main(lua_State *L)
{
    struct thread *t = lua_touserdata(L, 1);
    luaL_checkstack(t->L, 8, NULL);
    lua_pushcfunction(t->L, instance_main);
    return 0;
}

static struct thread *link_new(struct scripts *s, const struct thread *like)
{
    struct thread *t = must_zalloc(sizeof *t);
    *t = *like;
    t->run = s;
    t->ref = t->worker_end = t->host_table = t->port_table = LUA_NOREF;
    t->started_at = loop_now(s->parts.loop);
    t->serial = ++s->serials;
    arena_init(&t->arena);
    arena_init(&t->answer);
    timer_init(&t->deadline, s->parts.loop, on_deadline, t);
    timer_init(&t->sleep, s->parts.loop, NULL, t);
    t->next = s->threads;
    t->prev = NULL;
    if (t->next)
        t->next->prev = t;
    s->threads = t;
    s->alive++;
    return t;
}

struct thread *thread_start(struct scripts *s, const struct thread *like)
{
    struct thread *t = link_new(s, like);
    t->instance = t;
    if (!state_call(s, make_coroutine, t) || !state_call(s, put_main, t)) {
        thread_end(t);
        return NULL;
    }
    int64_t limit = s->settings.timeout_us ? s->settings.timeout_us : (int64_t)LIMIT_SCRIPT_SECONDS * 1000000;
    timer_start(&t->deadline, limit);
    make_ready(t);
    return t;
}

/* The worker's function and its arguments stand on the stack of L from index 1. Runs on the next turn. */
struct thread *thread_start_worker(lua_State *L, struct thread *parent)
{
    int n = lua_gettop(L);
    struct scripts *s = parent->run;
    struct thread *instance = parent->instance;
    if (instance->workers >= LIMIT_SCRIPT_WORKERS || ++instance->workers_ever > LIMIT_SCRIPT_WORKERS_EVER)
        luaL_error(L, "too many workers");
    lua_State *co = lua_newthread(L);
    steps_hook(co);
    coroutines_keep(L);
    int ref = luaL_ref(L, LUA_REGISTRYINDEX);
    if (!lua_checkstack(co, n + 8)) {
        luaL_unref(L, LUA_REGISTRYINDEX, ref);
        luaL_error(L, "too many arguments");
    }
    struct thread *t = link_new(s, &(struct thread){.script = instance->script,
                                       .job = instance->job,
                                       .target = instance->target,
                                       .rule = instance->rule,
                                       .has_port = instance->has_port,
                                       .port = instance->port,
                                       .proto = instance->proto});
    t->instance = instance;
    t->started_at = instance->started_at;
    instance->workers++;
    t->L = co;
    t->ref = ref;
    lua_xmove(L, co, n);
    t->arguments = n - 1;
    make_ready(t);
    return t;
}

void threads_init(struct scripts *s)
{
    timer_init(&s->turn, s->parts.loop, on_turn, s);
}

void threads_end_of(struct scripts *s, const struct script_target *target, const struct script_job *j)
{
    for (bool again = true; again;) {
        again = false;
        for (struct thread *t = s->threads; t && !again; t = t->next)
            if (t->instance == t && (t->target == target || !target) && (t->job == j || !j)) {
                t->job = NULL; /* nobody waits for what comes of it */
                thread_end(t);
                again = true;
            }
    }
}
