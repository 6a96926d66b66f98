/* script.c owns the stage of scripts: one job of the script host for each port. */
#include "stages/script.h"

#include "script/scripts.h"

struct script_stage {
    struct script_job *job; /* NULL: done */
};

static struct script_job_of job_of(const struct task *t)
{
    return (struct script_job_of){
        .phase = SCRIPT_PORT, .target = t->known.scripts, .port = t->known.peer.port, .proto = (enum proto)t->known.peer.proto};
}

static bool script_wants(const struct task *t, const void *config)
{
    const struct script_config *c = config;
    struct script_job_of job = job_of(t);
    return c->scripts && t->known.scripts && t->facts.port != FACTS_PORT_CLOSED && scripts_want(c->scripts, &job);
}

static void on_done(void *owner)
{
    struct task *t = owner;
    struct script_stage *s = t->stage_state;
    s->job = NULL;
    task_tick_at(t, task_now(t));
}

static enum verdict script_start(struct task *t, const void *config)
{
    const struct script_config *c = config;
    struct script_stage *s = arena_alloc(&t->arena, sizeof *s);
    struct script_job_of job = job_of(t);
    t->stage_state = s;
    /* Scripts connect by themselves: a lane that is kept is one of the host's share that they wait for, or the only one of a server. */
    for (size_t i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
    s->job = script_job_start(c->scripts, &job, on_done, t);
    return s->job ? VERDICT_WAIT : VERDICT_DONE;
}

static enum verdict script_lane(struct task *t, struct lane *l, enum lane_event e)
{
    return VERDICT_WAIT;
}

static enum verdict script_tick(struct task *t)
{
    const struct script_stage *s = t->stage_state;
    return s->job ? VERDICT_WAIT : VERDICT_DONE;
}

static void script_stop(struct task *t)
{
    struct script_stage *s = t->stage_state;
    if (s->job)
        script_job_stop(s->job);
    s->job = NULL;
}

const struct stage stage_script = {
    .name = "script", .wants = script_wants, .start = script_start, .lane = script_lane, .tick = script_tick, .stop = script_stop};
