/* admission.c owns the queue of lanes that wait for a connection. */
#include "task/admission.h"

#include "base/arena.h"

#include <stdlib.h>

struct admission {
    struct loop *loop;
    struct timer pump;
    struct ticket *first, *last;
    unsigned open, queued, max;
    int64_t interval; /* least time between two grants; 0: none */
    int64_t next_at;
};

static bool may_open(const struct admission *a, const struct ticket *t)
{
    return a->open < a->max && t->host->open < t->host->max;
}

static bool too_soon(const struct admission *a)
{
    return a->interval && loop_now(a->loop) < a->next_at;
}

static void hold(struct admission *a, struct ticket *t)
{
    t->held = true;
    a->open++;
    t->host->open++;
    if (!a->interval)
        return;
    int64_t now = loop_now(a->loop);
    a->next_at = (a->next_at > now ? a->next_at : now) + a->interval;
}

static void leave_queue(struct admission *a, struct ticket *t)
{
    *(t->prev ? &t->prev->next : &a->first) = t->next;
    *(t->next ? &t->next->prev : &a->last) = t->prev;
    t->next = t->prev = NULL;
    t->queued = false;
    a->queued--;
}

static void join_queue(struct admission *a, struct ticket *t)
{
    t->prev = a->last;
    t->next = NULL;
    *(a->last ? &a->last->next : &a->first) = t;
    a->last = t;
    t->queued = true;
    a->queued++;
}

static void arm(struct admission *a)
{
    if (a->first && !timer_running(&a->pump))
        timer_start_at(&a->pump, too_soon(a) ? a->next_at : loop_now(a->loop));
}

/* Grants in the order of asking; a host that has its share is passed over. A grant may change the queue: begin again after each. */
static void pump(struct timer *timer)
{
    struct admission *a = timer->owner;
    struct ticket *t = a->first;
    while (t && a->open < a->max && !too_soon(a)) {
        if (!may_open(a, t)) {
            t = t->next;
            continue;
        }
        leave_queue(a, t);
        hold(a, t);
        t->granted(t);
        t = a->first;
    }
    if (a->first && too_soon(a))
        arm(a);
}

struct admission *admission_new(struct loop *l, unsigned max, double rate_max)
{
    struct admission *a = must_zalloc(sizeof *a);
    a->loop = l;
    a->max = max;
    a->interval = rate_max > 0 ? (int64_t)(1e6 / rate_max) : 0;
    timer_init(&a->pump, l, pump, a);
    return a;
}

void admission_free(struct admission *a)
{
    if (!a)
        return;
    timer_stop(&a->pump);
    free(a);
}

bool ticket_ask(struct admission *a, struct ticket *t)
{
    if (!a->first && may_open(a, t) && !too_soon(a)) {
        hold(a, t);
        return true;
    }
    join_queue(a, t);
    arm(a);
    return false;
}

void ticket_take(struct admission *a, struct ticket *t)
{
    t->held = true;
    a->open++;
    t->host->open++;
}

void ticket_return(struct admission *a, struct ticket *t)
{
    if (t->queued)
        leave_queue(a, t);
    if (!t->held)
        return;
    t->held = false;
    a->open--;
    t->host->open--;
    arm(a);
}

unsigned admission_open(const struct admission *a)
{
    return a->open;
}

unsigned admission_queued(const struct admission *a)
{
    return a->queued;
}

void admission_shrink(struct admission *a, unsigned least)
{
    unsigned fits = a->open > least ? a->open : least;
    if (fits < a->max)
        a->max = fits;
}
