/*
 * task.h owns everything that is held for one port while it is looked at, and the interface of a stage.
 *
 * A task runs its stages in the order of its list: each one that wants to. A stage is told of events on the task's lanes and of the task's tick, and
 * answers with a verdict. A stage never calls another; what comes next is decided here from the facts.
 */
#ifndef DESCRY_TASK_TASK_H
#define DESCRY_TASK_TASK_H

#include "model/facts.h"
#include "net/tls.h"
#include "task/hearsay.h"
#include "task/lane.h"

struct script_target;

enum verdict {
    VERDICT_WAIT,                       /* call me again */
    VERDICT_DONE,                       /* the next stage, please; the facts say what I found */
    VERDICT_TUNNEL,                     /* a tunnel is open (task->tunnel) or given up: all stages from the first one, inside or outside */
    VERDICT_GIVE_UP                     /* the same, but the port is not to be asked anything more */
};

/* A stage's reactions. Its own state lives in the task's arena behind task->stage_state. */
struct stage {
    const char *name;
    bool (*wants)(const struct task *t, const void *config);
    enum verdict (*start)(struct task *t, const void *config);
    enum verdict (*lane)(struct task *t, struct lane *l, enum lane_event e);
    enum verdict (*tick)(struct task *t);
    void (*stop)(struct task *t);       /* the task ends early: put what is known into the facts */
};

/* A stage with its settings. */
struct stage_use {
    const struct stage *stage;
    const void *config;
};

/* What all tasks share. */
struct task_env {
    struct loop *loop;
    struct dialer *dialer;
    struct admission *admission;
    struct tls_client *tls;             /* NULL: no port is looked into through TLS */
    const char *server_name;            /* --sni: the name to ask for in TLS; NULL: the target's */
    const struct stage_use *stages;
    size_t stage_count;
    void (*trace)(void *owner, const char *text); /* --version-trace; may be NULL */
    void *trace_owner;
};

/* What is known when a task begins. */
struct task_start {
    struct endpoint peer;
    const char *host_name;              /* as the target was given, or NULL; borrowed */
    struct admission_host *host;        /* borrowed */
    struct hearsay *hearsay;            /* of the host; borrowed; may be NULL */
    struct script_target *scripts;      /* what scripts know the host by; borrowed; may be NULL */
    struct channel *channel;            /* connected, nothing promised; or NULL */
    int64_t rtt_us;                     /* an estimate; 0 unknown */
    struct bytes reply;                 /* udp: what the scan's question drew */
    const void *reply_to;               /* udp: the stage's own name for that question (a probe) */
    bool surely_open;                   /* false: open|filtered */
};

typedef void task_done_fn(struct task *t, void *owner);

struct task {
    const struct task_env *env;
    struct task_start known;
    struct arena arena;
    struct facts facts;
    struct lane lanes[LIMIT_LANES];
    struct timer tick;
    unsigned connections;               /* dialled or taken over so far */
    int64_t started_at;
    int64_t rtt;                        /* best estimate so far, microseconds; 0 unknown */
    struct tls_memory *tls_memory;      /* of its sessions; NULL until the first */
    uint8_t asked[128];                 /* bits: questions of clear text that were asked, for the stage that asks them */
    const struct tls_settings *tunnel;  /* set: lanes are opened through TLS with these; NULL: in clear text */
    size_t stage_at;
    void *stage_state;
    task_done_fn *done;
    void *owner;
    bool ended;
};

/* `done` is called once, on a later turn, when the last stage has ended; then task_free. */
struct task *task_new(const struct task_env *env, const struct task_start *known, task_done_fn *done, void *owner);
void task_stop(struct task *t);         /* stop now: what is known stands in the facts; `done` is not called */
void task_free(struct task *t);

/* For stages. */
struct lane *task_free_lane(struct task *t);    /* NULL: all are in use */
void task_tick_at(struct task *t, int64_t at);  /* stage->tick comes then; a later call replaces an earlier one */
void task_tick_never(struct task *t);
int64_t task_now(const struct task *t);
void task_trace(struct task *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
