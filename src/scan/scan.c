/* scan.c owns the scan as a whole: its hosts take turns as window, rate and descriptors allow. */
#include "scan/scan_host.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

enum {
    HOSTS_MAX = 2048, /* begun and not done */
    DISCOVERY_MAX = 255
};

/* ---- hosts that have something to ask */

void scan_ready(struct scan_host *h)
{
    struct scan *s = h->scan;
    if (h->ready)
        return;
    h->ready = true;
    h->next_ready = NULL;
    h->prev_ready = s->last_ready;
    *(s->last_ready ? &s->last_ready->next_ready : &s->first_ready) = h;
    s->last_ready = h;
    scan_wake(s);
}

void scan_unready(struct scan_host *h)
{
    struct scan *s = h->scan;
    if (!h->ready)
        return;
    h->ready = false;
    *(h->prev_ready ? &h->prev_ready->next_ready : &s->first_ready) = h->next_ready;
    *(h->next_ready ? &h->next_ready->prev_ready : &s->last_ready) = h->prev_ready;
    h->next_ready = h->prev_ready = NULL;
}

void scan_wake(struct scan *s)
{
    int64_t now = loop_now(s->loop);
    if (!timer_running(&s->pump) || s->pump.due > now)
        timer_start_at(&s->pump, now);
}

/* ---- may another question go out? */

static bool window_open(const struct scan *s, int64_t now)
{
    if (window_allows(&s->window, s->in_flight))
        return true;
    return s->slowest.interval_ns && rate_next(&s->slowest) <= now;
}

static bool descriptor_free(const struct scan *s)
{
    return s->channels + s->reserved < s->options.descriptors;
}

/* When it is time alone that holds the next question back: until when; else INT64_MAX. */
static int64_t held_until(const struct scan *s, int64_t now)
{
    if (s->paused_until > now)
        return s->paused_until;
    if (s->fastest->interval_ns && rate_next(s->fastest) > now)
        return rate_next(s->fastest);
    if (!window_open(s, now) && s->slowest.interval_ns)
        return rate_next(&s->slowest);
    return INT64_MAX;
}

/* Whose turn it is. Without a free descriptor only those can go on who ask again on a channel that they have. */
static struct scan_host *whose_turn(const struct scan *s, int64_t now)
{
    struct scan_host *h = s->first_ready;
    if (!h || held_until(s, now) != INT64_MAX || !window_open(s, now))
        return NULL;
    while (h && !descriptor_free(s) && !(h->again.first && h->again.first->channel))
        h = h->next_ready;
    return h;
}

/* ---- the turn */

static void ask_one(struct scan *s, struct scan_host *h, int64_t now)
{
    if (!h->begun) {
        scan_ready(h); /* a turn of its own: the call-back may free it */
        host_begin(h);
        return;
    }
    if (h->not_before > now) {
        timer_start_at(&h->turn, h->not_before);
        return;
    }
    if (!host_has_work(h)) {
        host_settle(h);
        return;
    }
    rate_spend(s->fastest, now);
    rate_spend(&s->slowest, now);
    if (host_ask(h))
        host_wake(h);
    else
        host_settle(h);
}

static void ask_while_allowed(struct scan *s)
{
    int64_t now = loop_now(s->loop);
    struct scan_host *h;
    while ((h = whose_turn(s, now))) {
        scan_unready(h);
        ask_one(s, h, now);
    }
}

static void on_pump(struct timer *t)
{
    struct scan *s = t->owner;
    uint64_t started;
    do {
        ask_while_allowed(s);
        started = s->started;
        if (scan_has_room(s))
            s->calls.room(s->owner);
    } while (s->started != started);
    int64_t now = loop_now(s->loop), until = held_until(s, now);
    if (s->first_ready && until != INT64_MAX && (!timer_running(&s->pump) || s->pump.due > now))
        timer_start_at(&s->pump, until);
}

bool scan_has_room(const struct scan *s)
{
    int64_t now = loop_now(s->loop);
    return !s->first_ready && s->active < HOSTS_MAX && window_open(s, now) && descriptor_free(s) && s->paused_until <= now;
}

/* ---- the life of a scan */

static void index_discovery(struct scan *s)
{
    const struct scan_options *o = &s->options;
    s->discovery = must_zalloc((o->discovery_count + 1) * sizeof *s->discovery);
    s->discovery_slot = must_zalloc(o->tcp_count + 1);
    for (size_t j = 0; j < o->discovery_count; j++)
        s->discovery[j] = s->total + (uint32_t)j;
    for (size_t i = 0; i < o->tcp_count; i++)
        for (size_t j = 0; j < o->discovery_count && !s->discovery_slot[i]; j++)
            if (o->discovery_ports[j] == o->tcp[i]) {
                s->discovery[j] = (uint32_t)i;
                s->discovery_slot[i] = (uint8_t)(j + 1);
            }
}

struct scan *scan_new(struct loop *l, struct dialer *d, const struct scan_options *o, const struct scan_calls *calls, void *owner)
{
    struct scan *s = must_zalloc(sizeof *s);
    s->loop = l;
    s->dialer = d;
    s->options = *o;
    s->calls = *calls;
    s->owner = owner;
    if (s->options.discovery_count > DISCOVERY_MAX)
        s->options.discovery_count = DISCOVERY_MAX;
    if (!s->options.descriptors)
        s->options.descriptors = 1;
    s->total = (uint32_t)(o->tcp_count + o->udp_count);
    s->window = window_of(o->timing.window_first, o->timing.window_max);
    s->own = rate_of(o->timing.rate_max, loop_now(l));
    s->fastest = o->fastest ? o->fastest : &s->own;
    s->slowest = rate_of(o->timing.rate_min, loop_now(l));
    index_discovery(s);
    timer_init(&s->pump, l, on_pump, s);
    scan_wake(s);
    return s;
}

void scan_free(struct scan *s)
{
    if (!s)
        return;
    assert(s->hosts == 0);
    timer_stop(&s->pump);
    free(s->discovery);
    free(s->discovery_slot);
    free(s);
}

void scan_set_reserved(struct scan *s, unsigned descriptors)
{
    bool fewer = descriptors < s->reserved;
    s->reserved = descriptors;
    if (fewer)
        scan_wake(s);
}

void scan_progress_fill(const struct scan *s, struct scan_progress *p)
{
    p->probes_done = s->probes_done;
    p->probes_total = s->probes_total;
}
