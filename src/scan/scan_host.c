/* scan_host.c owns one host: which question is next, whether the host is up, and when it is done. */
#include "scan/scan_host.h"

#include "base/arena.h"

#include <stdlib.h>

/* ---- a host may be freed in any call-back: whoever calls out holds it first */

static void host_destroy(struct scan_host *h)
{
    free(h->held);
    free(h);
}

static void hold(struct scan_host *h)
{
    h->busy++;
}

/* False if the host has gone meanwhile. */
static bool release(struct scan_host *h)
{
    h->busy--;
    if (!h->freed)
        return true;
    if (!h->busy)
        host_destroy(h);
    return false;
}

/* ---- the next question */

bool host_has_work(const struct scan_host *h)
{
    const struct scan *s = h->scan;
    bool discovering = !h->up && h->next_discovery < s->options.discovery_count;
    if (h->stopping || h->done)
        return false;
    if (h->again.first)
        return true;
    return (h->up || h->small) ? h->next < s->total || discovering : discovering;
}

/* In the list's mixed order, tcp before udp (unreachables may be rationed); without what discovery has asked already. */
static bool next_listed(struct scan_host *h, uint32_t *number)
{
    const struct scan *s = h->scan;
    uint32_t tcp = (uint32_t)s->options.tcp_count;
    while (h->next < s->total) {
        uint32_t i = h->next++;
        if (i >= tcp) {
            *number = tcp + (uint32_t)permutation_at(&h->udp_order, i - tcp);
            return true;
        }
        *number = (uint32_t)permutation_at(&h->tcp_order, i);
        uint8_t slot = s->discovery_slot[*number];
        if (h->small || !slot || slot > h->next_discovery)
            return true;
    }
    return false;
}

static bool next_discovery(struct scan_host *h, uint32_t *number)
{
    const struct scan *s = h->scan;
    while (h->next_discovery < s->options.discovery_count) {
        *number = s->discovery[h->next_discovery++];
        if (!h->small || *number >= s->total)
            return true;
    }
    return false;
}

static bool next_number(struct scan_host *h, uint32_t *number)
{
    if (!h->up && !h->small)
        return next_discovery(h, number);
    return next_listed(h, number) || (!h->up && next_discovery(h, number));
}

static void set_pause(struct scan_host *h, bool udp)
{
    int64_t pause = h->scan->options.timing.scan_delay;
    if (udp && h->udp_pace > pause)
        pause = h->udp_pace;
    if (pause)
        h->not_before = loop_now(h->scan->loop) + pause;
}

bool host_ask(struct scan_host *h)
{
    struct ask *a = h->again.first;
    uint32_t number;
    if (a) {
        ask_list_remove(&h->again, a);
    } else if (next_number(h, &number)) {
        a = must_zalloc(sizeof *a);
        a->host = h;
        a->number = number;
    } else {
        return false;
    }
    set_pause(h, ask_is_udp(a));
    ask_send(a);
    return true;
}

void host_wake(struct scan_host *h)
{
    bool room = window_allows(&h->window, h->in_flight) || h->scan->options.timing.rate_min > 0;
    if (!h->ready && room && host_has_work(h) && !timer_running(&h->turn))
        scan_ready(h);
}

/* ---- the end */

static void drop_all(struct scan_host *h)
{
    struct ask *a;
    while ((a = h->flying.first)) {
        ask_land(a);
        ask_free(a);
    }
    while ((a = h->again.first)) {
        ask_list_remove(&h->again, a);
        ask_free(a);
    }
}

static void finish(struct scan_host *h)
{
    struct scan *s = h->scan;
    if (h->done)
        return;
    h->done = true;
    drop_all(h);
    scan_unready(h);
    timer_stop(&h->turn);
    timer_stop(&h->limit);
    s->probes_done += s->total - h->decided;
    s->active--;
    scan_wake(s);
    if (h->stopping || h->up) {
        s->calls.done(s->owner, h);
        return;
    }
    hold(h);
    s->calls.up(s->owner, h, false, h->unreachable ? REASON_HOST_UNREACH : REASON_NO_RESPONSE);
    if (release(h))
        s->calls.done(s->owner, h);
}

void host_settle(struct scan_host *h)
{
    if (h->done || h->stopping)
        return;
    host_wake(h);
    if (h->in_flight || h->again.first || host_has_work(h))
        return;
    finish(h);
}

/* ---- up, and what was decided */

/* Only the extra ones: a port of the list is still wanted. */
static void drop_extras(struct ask_list *l)
{
    struct ask *next;
    for (struct ask *a = l->first; a; a = next) {
        next = a->next;
        if (!ask_is_extra(a))
            continue;
        if (a->in_flight)
            ask_land(a);
        else
            ask_list_remove(l, a);
        ask_free(a);
    }
}

/* Calls out for one port; the channel is closed unless the callee takes it. The host must be held. */
static void tell(struct scan_host *h, uint32_t number, const struct verdict *v)
{
    struct scan *s = h->scan;
    struct ask of = {.host = h, .number = number};
    h->decided++;
    s->probes_done++;
    bool taken = s->calls.port(
        s->owner, h, ask_port(&of), ask_is_udp(&of) ? PROTO_UDP : PROTO_TCP, v->state, v->reason, v->open, v->reply, v->payload_index);
    if (v->open && !taken) /* in order: a reset before anything was said makes some servers exit */
        channel_close(v->open, CLOSE_ORDERLY);
}

static void tell_held(struct scan_host *h)
{
    for (size_t i = 0; i < h->held_count && !h->freed && !h->stopping; i++)
        tell(h, h->held[i].number,
            &(struct verdict){.state = h->held[i].state, .reason = h->held[i].reason, .payload_index = SCAN_NO_PAYLOAD});
    h->held_count = 0;
}

/* The host must be held. */
static void found_up(struct scan_host *h, enum port_reason reason)
{
    struct scan *s = h->scan;
    h->up = true;
    drop_extras(&h->flying);
    drop_extras(&h->again);
    s->calls.up(s->owner, h, true, reason);
    if (!h->freed && !h->stopping)
        tell_held(h);
}

static void keep_for_later(struct scan_host *h, uint32_t number, const struct verdict *v)
{
    h->held = must_realloc(h->held, (h->held_count + 1) * sizeof *h->held);
    h->held[h->held_count++] = (struct held){.number = number, .state = (uint8_t)v->state, .reason = (uint8_t)v->reason};
}

void host_decide(struct ask *a, const struct verdict *v)
{
    struct scan_host *h = a->host;
    uint32_t number = a->number;
    bool extra = ask_is_extra(a);
    ask_land(a);
    ask_free(a);
    scan_wake(h->scan);
    hold(h);
    if (!v->answered && v->reason != REASON_NO_RESPONSE)
        h->unreachable = true;
    if (v->answered && !h->up)
        found_up(h, v->reason);
    bool wanted = !extra && !h->freed && !h->stopping;
    if (wanted && !v->answered && !h->up)
        keep_for_later(h, number, v);
    else if (wanted)
        tell(h, number, v);
    else if (v->open)
        channel_close(v->open, CLOSE_ORDERLY);
    if (release(h))
        host_settle(h);
}

/* ---- the life of a host */

void host_begin(struct scan_host *h)
{
    const struct scan_options *o = &h->scan->options;
    bool local = addr_is_loopback(&h->addr);
    h->begun = true;
    if (!local && !o->skip_discovery && o->discovery_count)
        return;
    hold(h);
    found_up(h, local && !o->skip_discovery ? REASON_LOCALHOST : REASON_USER_SET);
    release(h);
}

/* The pause is over, or the host was stopped. */
static void on_turn(struct timer *t)
{
    struct scan_host *h = t->owner;
    if (h->stopping)
        finish(h);
    else
        host_wake(h);
}

static void on_limit(struct timer *t)
{
    struct scan_host *h = t->owner;
    h->stopping = true;
    finish(h);
}

struct scan_host *scan_host_start(struct scan *s, const struct addr *a, void *tag)
{
    const struct scan_options *o = &s->options;
    struct scan_host *h = must_zalloc(sizeof *h);
    uint64_t seed = hash_bytes(bytes_of(a->octet, sizeof a->octet), o->seed);
    *h = (struct scan_host){.scan = s, .addr = *a, .tag = tag, .retry_limit = 1, .not_before = INT64_MIN, .udp_paced_at = INT64_MIN};
    h->window = window_of(o->timing.window_first, o->timing.host_window_max);
    h->small = s->total <= o->discovery_count;
    h->tcp_order = permutation_of(o->tcp_count, seed);
    h->udp_order = permutation_of(o->udp_count, seed + 1);
    timer_init(&h->turn, s->loop, on_turn, h);
    timer_init(&h->limit, s->loop, on_limit, h);
    if (o->timing.host_timeout)
        timer_start(&h->limit, o->timing.host_timeout);
    s->hosts++;
    s->active++;
    s->started++;
    s->probes_total += s->total;
    scan_ready(h);
    return h;
}

void *scan_host_tag(const struct scan_host *h)
{
    return h->tag;
}

const struct addr *scan_host_addr(const struct scan_host *h)
{
    return &h->addr;
}

const struct rtt *scan_host_rtt(const struct scan_host *h)
{
    return &h->rtt;
}

void scan_host_stop(struct scan_host *h)
{
    if (h->done || h->stopping)
        return;
    h->stopping = true;
    drop_all(h);
    scan_unready(h);
    timer_start(&h->turn, 0);
}

void scan_host_free(struct scan_host *h)
{
    if (!h)
        return;
    drop_all(h);
    scan_unready(h);
    timer_stop(&h->turn);
    timer_stop(&h->limit);
    if (!h->done) {
        h->done = true;
        h->scan->active--;
        h->scan->probes_done += h->scan->total - h->decided;
    }
    h->scan->hosts--;
    scan_wake(h->scan);
    h->freed = true;
    if (!h->busy)
        host_destroy(h);
}
