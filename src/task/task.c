/* task.c owns the walk of one port through its stages. */
#include "task/task.h"

#include "task/lane_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct stage_use *current(const struct task *t)
{
    return t->stage_at < t->env->stage_count ? &t->env->stages[t->stage_at] : NULL;
}

static void close_lanes(struct task *t)
{
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
}

static void finish(struct task *t)
{
    t->ended = true;
    timer_stop(&t->tick);
    close_lanes(t);
    t->done(t, t->owner);
}

/* The one driver: from a verdict to the next stage that wants the port. The task may be gone when it returns. */
static void go_on(struct task *t, enum verdict v)
{
    while (v != VERDICT_WAIT) {
        timer_stop(&t->tick);
        t->stage_at = v == VERDICT_GIVE_UP ? t->env->stage_count : v == VERDICT_TUNNEL ? 0 : t->stage_at + 1;
        const struct stage_use *u = current(t);
        while (u && !u->stage->wants(t, u->config)) {
            t->stage_at++;
            u = current(t);
        }
        if (!u) {
            finish(t);
            return;
        }
        t->stage_state = NULL;
        v = u->stage->start(t, u->config);
    }
}

void lane_report(struct lane *l, enum lane_event e)
{
    struct task *t = l->task;
    go_on(t, current(t)->stage->lane(t, l, e));
}

static void on_tick(struct timer *timer)
{
    struct task *t = timer->owner;
    const struct stage_use *u = current(t);
    go_on(t, u ? u->stage->tick(t) : VERDICT_DONE);
}

/* The first tick starts the first stage: nothing is called back from within task_new. */
static void on_start(struct timer *timer)
{
    struct task *t = timer->owner;
    timer->fn = on_tick;
    t->stage_at = (size_t)-1;
    go_on(t, VERDICT_DONE);
}

struct task *task_new(const struct task_env *env, const struct task_start *known, task_done_fn *done, void *owner)
{
    struct task *t = must_zalloc(sizeof *t);
    t->env = env;
    t->known = *known;
    t->done = done;
    t->owner = owner;
    t->rtt = known->rtt_us;
    t->started_at = loop_now(env->loop);
    arena_init(&t->arena);
    t->known.reply = arena_bytes(&t->arena, known->reply);
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_init(&t->lanes[i], t, i);
    if (known->channel)
        lane_adopt(&t->lanes[0], known->channel);
    timer_init(&t->tick, env->loop, on_start, t);
    timer_start(&t->tick, 0);
    return t;
}

void task_stop(struct task *t)
{
    if (t->ended)
        return;
    t->ended = true;
    const struct stage_use *u = t->stage_state ? current(t) : NULL;
    if (u && u->stage->stop)
        u->stage->stop(t);
    if (t->facts.tunnel || t->facts.went_back)
        facts_leave(&t->facts);
    t->facts.unfinished = true;
    timer_stop(&t->tick);
    close_lanes(t);
}

void task_free(struct task *t)
{
    if (!t)
        return;
    timer_stop(&t->tick);
    for (unsigned i = 0; i < LIMIT_LANES; i++) {
        lane_close(&t->lanes[i]);
        buf_free(&t->lanes[i].reply);
    }
    tls_memory_free(t->tls_memory);
    arena_free(&t->arena);
    free(t);
}

struct lane *task_free_lane(struct task *t)
{
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        if (t->lanes[i].state == LANE_FREE)
            return &t->lanes[i];
    return NULL;
}

void task_tick_at(struct task *t, int64_t at)
{
    timer_start_at(&t->tick, at);
}

void task_tick_never(struct task *t)
{
    timer_stop(&t->tick);
}

int64_t task_now(const struct task *t)
{
    return loop_now(t->env->loop);
}

void task_trace(struct task *t, const char *format, ...)
{
    if (!t->env->trace)
        return;
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    t->env->trace(t->env->trace_owner, text);
}
