/* admission.c owns the queue of lanes that wait for a connection. */
#include "task/admission.h"

#include "base/arena.h"

#include <stdlib.h>

struct admission {
    struct loop *loop;
    struct timer pump;
    struct ticket *first, *last;
    unsigned open, resting, queued, max;
    unsigned sends; /* of what is queued */
    struct rate *rate; /* NULL: none */
    int64_t booked; /* a time of the rate that is ours; 0: none */
    int64_t wanted; /* a time that we hoped for; 0: none */
};

static bool is_room(unsigned open, unsigned resting, unsigned max)
{
    return open < max || (resting && resting == open);
}

static bool has_place(const struct admission *a)
{
    return is_room(a->open, a->resting, a->max);
}

static bool may_open(const struct admission *a, const struct ticket *t)
{
    return t->sends || (has_place(a) && is_room(t->host->open, t->host->resting, t->host->max));
}

/* Where nothing is bounded a second, a datagram does not stand behind those who wait for a place. */
static bool is_first(const struct admission *a, const struct ticket *t)
{
    return !a->first || (t->sends && (!a->rate || !a->rate->interval_ns));
}

/*
 * When the rate allows the next grant; not after now: at once. Others who share the rate go first at a time that all want; who was outrun
 * like that books the time after it. So both take turns.
 */
static int64_t rate_allows(struct admission *a)
{
    int64_t now = loop_now(a->loop);
    if (!a->rate || a->booked)
        return a->booked;
    int64_t next = rate_next(a->rate);
    if (next <= now)
        return now;
    if (a->wanted && a->wanted < now) {
        rate_spend(a->rate, now);
        a->booked = next;
        return next;
    }
    if (!a->wanted)
        a->wanted = next;
    return a->wanted + 1;
}

static void hold(struct admission *a, struct ticket *t)
{
    if (!t->sends) {
        t->held = true;
        a->open++;
        t->host->open++;
    }
    if (a->rate && !a->booked)
        rate_spend(a->rate, loop_now(a->loop));
    a->booked = a->wanted = 0;
}

static void leave_queue(struct admission *a, struct ticket *t)
{
    *(t->prev ? &t->prev->next : &a->first) = t->next;
    *(t->next ? &t->next->prev : &a->last) = t->prev;
    t->next = t->prev = NULL;
    t->queued = false;
    a->queued--;
    a->sends -= t->sends;
}

static void join_queue(struct admission *a, struct ticket *t)
{
    t->prev = a->last;
    t->next = NULL;
    *(a->last ? &a->last->next : &a->first) = t;
    a->last = t;
    t->queued = true;
    a->queued++;
    a->sends += t->sends;
}

static void arm(struct admission *a)
{
    if (a->first && !timer_running(&a->pump))
        timer_start(&a->pump, 0);
}

/* Grants in the order of asking; a host that has its share is passed over. A grant may change the queue: begin again after each. */
static void pump(struct timer *timer)
{
    struct admission *a = timer->owner;
    struct ticket *t = a->first;
    while (t && (has_place(a) || a->sends)) {
        if (!may_open(a, t)) {
            t = t->next;
            continue;
        }
        int64_t when = rate_allows(a);
        if (when > loop_now(a->loop)) {
            timer_start_at(&a->pump, when);
            return;
        }
        leave_queue(a, t);
        hold(a, t);
        t->granted(t);
        t = a->first;
    }
}

struct admission *admission_new(struct loop *l, unsigned max, struct rate *rate)
{
    struct admission *a = must_zalloc(sizeof *a);
    a->loop = l;
    a->max = max;
    a->rate = rate;
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
    if (is_first(a, t) && may_open(a, t) && rate_allows(a) <= loop_now(a->loop)) {
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

void ticket_rest(struct admission *a, struct ticket *t, bool rests)
{
    if (!t->held || t->resting == rests)
        return;
    t->resting = rests;
    a->resting += rests ? 1 : -1;
    t->host->resting += rests ? 1 : -1;
    arm(a);
}

void ticket_return(struct admission *a, struct ticket *t)
{
    if (t->queued)
        leave_queue(a, t);
    if (!t->held)
        return;
    ticket_rest(a, t, false);
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
