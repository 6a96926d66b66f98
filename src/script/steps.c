/*
 * steps.c owns the count of what scripts cost the processor: instructions of Lua, steps that library functions take without one, memory
 * that is filled. Who takes too many between two waits, or goes on when its time is over, meets an error that it cannot catch for long.
 * Long runs are broken off for others where Lua allows it: not inside a call-back of a library function, where less is allowed.
 */
#include "script/inside.h"

#include "base/limits.h"

#include <time.h>

enum {
    HOOK_STEPS = 1000, /* instructions between two looks */
    HOOK_CLOSELY = 10, /* of who did something long between them */
    PART = 4096, /* steps of library functions between two looks */
    BYTES_A_STEP = 32, /* memory that is filled in the time of an instruction */
    STEPS_A_MICROSECOND = 25 /* fewer than there are: what is counted by the clock is charged mildly */
};
static const int64_t LATE = 4000; /* microseconds between two looks that are too many */

static int64_t read_clock(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t steps_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void steps_slice(struct scripts *s, struct thread *t)
{
    const struct timer *deadline = &t->instance->deadline;
    s->current = t;
    s->running = t->L;
    s->stretch = 0;
    s->slice_began = s->looked_at = steps_now();
    s->slice_most = timer_running(deadline) ? deadline->due - loop_now(s->parts.loop) : INT64_MAX;
    s->cpu_at = read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* ---- the end of the account */

static uint64_t steps_most(const struct scripts *s)
{
    return (s->settings.megasteps ? s->settings.megasteps : LIMIT_SCRIPT_MEGASTEPS) * (uint64_t)1000000;
}

static void on_count(lua_State *L, lua_Debug *ar);

/* Whoever catches this error meets it again at once. */
static void stop(lua_State *L, const char *why)
{
    scripts_of(L)->stopping = true;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    luaL_error(L, "%s", why);
}

bool steps_stopping(lua_State *L)
{
    return scripts_of(L)->stopping;
}

static void charge(lua_State *L, uint64_t steps)
{
    struct scripts *s = scripts_of(L);
    struct thread *t = s->current;
    steps += s->owed;
    s->owed = 0;
    if (!t) {
        s->load_steps += steps;
        if (s->load_steps > steps_most(s))
            stop(L, "loading has taken too much processor time");
        return;
    }
    t->steps += steps;
    s->stretch += steps;
    t->instance->all_steps += steps;
    if (t->out_of_steps || t->steps > steps_most(s) || t->instance->all_steps > LIMIT_SCRIPT_WAITS * steps_most(s) ||
        s->stretch > LIMIT_SCRIPT_STRETCH_MEGASTEPS * (uint64_t)1000000) {
        t->out_of_steps = true;
        stop(L, "the script has taken too much processor time");
    }
}

/* An instruction may be a long one: a comparison of large texts, the next of an emptied table. They cost what they took. */
static bool charge_late(lua_State *L, struct scripts *s, int64_t now)
{
    bool late = now - s->looked_at > LATE;
    s->looked_at = now;
    if (!late)
        return false;
    int64_t cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t taken = (uint64_t)(cpu - s->cpu_at);
    s->cpu_at = cpu;
    charge(L, taken * STEPS_A_MICROSECOND);
    return true;
}

static void check_time(lua_State *L, struct scripts *s, int64_t now)
{
    struct thread *t = s->current;
    if (now - s->slice_began <= s->slice_most)
        return;
    t->instance->timed_out = t->out_of_steps = true;
    stop(L, "the script's time is over");
}

/* ---- looking */

static void on_count(lua_State *L, lua_Debug *ar)
{
    struct scripts *s = scripts_of(L);
    s->unseen = 0;
    charge(L, HOOK_STEPS);
    if (!s->current)
        return;
    int64_t now = steps_now();
    bool late = charge_late(L, s, now);
    int next = late ? HOOK_CLOSELY : HOOK_STEPS;
    if (lua_gethookcount(L) != next)
        lua_sethook(L, on_count, LUA_MASKCOUNT, next);
    check_time(L, s, now);
    if (s->unyieldable || !lua_isyieldable(L))
        return;
    s->stretch = 0;
    if (now - s->slice_began > LIMIT_SCRIPT_SLICE) {
        s->preempted = true;
        lua_yield(L, 0);
    }
}

void steps_hook(lua_State *L)
{
    lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_STEPS);
}

void steps_spend(lua_State *L, uint64_t steps)
{
    struct scripts *s = scripts_of(L);
    charge(L, steps);
    s->unseen += steps;
    if (s->unseen < PART || !s->current)
        return;
    s->unseen = 0;
    check_time(L, s, steps_now());
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
}

/* Comes from the allocator, which may not raise an error: the next instruction is looked at. */
void steps_owe(struct scripts *s, size_t bytes)
{
    s->owed += bytes / BYTES_A_STEP;
    if (s->owed >= PART && s->running)
        lua_sethook(s->running, on_count, LUA_MASKCOUNT, 1);
}
