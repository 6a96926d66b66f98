/* ask.c owns one question: sending it, asking again, and reading what comes back. */
#include "scan/scan_host.h"

#include "base/arena.h"

#include <errno.h>
#include <stdlib.h>

enum {
    LOCAL_TRIES_MAX = 200,
    LOCAL_PAUSE = 20000,
    UDP_PACE_FIRST = 200000,
    UDP_PACE_MAX = 1000000 /* Linux sends one unreachable a second to one peer (icmp(7), icmp_ratelimit) */
};

void ask_list_add(struct ask_list *l, struct ask *a)
{
    a->next = NULL;
    a->prev = l->last;
    *(l->last ? &l->last->next : &l->first) = a;
    l->last = a;
}

void ask_list_remove(struct ask_list *l, struct ask *a)
{
    *(a->prev ? &a->prev->next : &l->first) = a->next;
    *(a->next ? &a->next->prev : &l->last) = a->prev;
    a->next = a->prev = NULL;
}

bool ask_is_udp(const struct ask *a)
{
    const struct scan *s = a->host->scan;
    return a->number >= s->options.tcp_count && a->number < s->total;
}

bool ask_is_extra(const struct ask *a)
{
    return a->number >= a->host->scan->total;
}

uint16_t ask_port(const struct ask *a)
{
    const struct scan *s = a->host->scan;
    if (ask_is_extra(a))
        return s->options.discovery_ports[a->number - s->total];
    return ask_is_udp(a) ? s->options.udp[a->number - s->options.tcp_count] : s->options.tcp[a->number];
}

void ask_close(struct ask *a)
{
    if (!a->channel)
        return;
    channel_close(a->channel, CLOSE_RESET);
    a->channel = NULL;
    a->host->scan->channels--;
}

void ask_land(struct ask *a)
{
    struct scan_host *h = a->host;
    if (!a->in_flight)
        return;
    a->in_flight = false;
    ask_list_remove(&h->flying, a);
    h->in_flight--;
    h->scan->in_flight--;
}

void ask_free(struct ask *a)
{
    ask_close(a);
    free(a);
}

/* ---- sending */

/* A later try waits longer: the estimate may be what is wrong. */
static int64_t patience(const struct ask *a)
{
    const struct scan_timing *t = &a->host->scan->options.timing;
    int64_t timeout = rtt_timeout(&a->host->rtt, t);
    for (unsigned i = 0; i < a->tries && timeout < t->rtt_max; i++)
        timeout += timeout / 2;
    return timeout < t->rtt_max ? timeout : t->rtt_max;
}

static size_t payloads(const struct ask *a, struct bytes *out)
{
    const struct scan_options *o = &a->host->scan->options;
    size_t count = o->payloads ? o->payloads(a->host->scan->owner, ask_port(a), out, SCAN_PAYLOADS) : 0;
    return count < SCAN_PAYLOADS ? count : SCAN_PAYLOADS;
}

static void send_datagram(struct ask *a)
{
    struct bytes list[SCAN_PAYLOADS];
    size_t count = payloads(a, list);
    struct bytes chosen = count ? list[a->tries % count] : bytes_str("\r\n\r\n");
    if (!chosen.len)
        chosen = bytes_str("\r\n\r\n");
    channel_send(a->channel, chosen); /* a failure shows in the wait */
    a->sent_at = loop_now(a->host->scan->loop);
    channel_wait(a->channel, patience(a));
}

static void on_event(void *owner, struct channel *c, enum channel_event event);

static void put_back(struct ask *a);

void ask_send(struct ask *a)
{
    struct scan_host *h = a->host;
    struct scan *s = h->scan;
    a->in_flight = true;
    a->sent_at = loop_now(s->loop);
    ask_list_add(&h->flying, a);
    h->in_flight++;
    s->in_flight++;
    if (a->channel) {
        send_datagram(a);
        return;
    }
    struct endpoint peer = {.addr = h->addr, .port = ask_port(a), .proto = ask_is_udp(a) ? PROTO_UDP : PROTO_TCP};
    a->channel = dial(s->dialer, &peer);
    if (!a->channel) {
        put_back(a);
        return;
    }
    s->channels++;
    channel_own(a->channel, on_event, a);
    channel_open(a->channel, patience(a));
}

/* ---- what comes back */

static void again(struct ask *a)
{
    ask_land(a);
    ask_list_add(&a->host->again, a);
    host_wake(a->host);
    scan_wake(a->host->scan);
}

/* Nothing was learnt: the question waits until others have given back what they hold. */
static void put_back(struct ask *a)
{
    struct scan *s = a->host->scan;
    s->paused_until = loop_now(s->loop) + LOCAL_PAUSE;
    window_shrink_to(&s->window, s->in_flight - 1);
    again(a);
}

/* Our surroundings prevented the question: not the peer's doing. */
static void local_failure(struct ask *a, int error)
{
    bool passing = error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == EADDRINUSE || error == ENOBUFS ||
                   error == ENOMEM || error == EAGAIN;
    ask_close(a);
    if (passing && a->local_tries < LOCAL_TRIES_MAX) {
        a->local_tries++;
        put_back(a);
        return;
    }
    enum port_reason reason = error == ENETUNREACH ? REASON_NET_UNREACH : REASON_ERROR;
    host_decide(a, &(struct verdict){.state = passing ? PORT_UNKNOWN : PORT_FILTERED, .reason = reason});
}

/* An answer that came only on asking again tells that something was lost before. */
static void heard_back(struct ask *a, int64_t rtt)
{
    struct scan_host *h = a->host;
    struct scan *s = h->scan;
    int64_t now = loop_now(s->loop);
    if (!a->tries) {
        rtt_measure(&h->rtt, rtt);
        window_grow(&s->window, 1);
        window_grow(&h->window, 1);
        return;
    }
    window_lost(&s->window, a->sent_at, now);
    window_lost(&h->window, a->sent_at, now);
    if (a->tries + 1u > h->retry_limit)
        h->retry_limit = a->tries + 1u;
}

/* The same for unreachables: then they are probably rationed, and asking more slowly is all that helps. */
static void heard_unreachable(struct ask *a)
{
    struct scan_host *h = a->host;
    heard_back(a, loop_now(h->scan->loop) - a->sent_at);
    if (!a->tries || a->sent_at <= h->udp_paced_at)
        return;
    h->udp_limited = true;
    h->udp_paced_at = loop_now(h->scan->loop);
    h->udp_pace = h->udp_pace ? 2 * h->udp_pace : UDP_PACE_FIRST;
    if (h->udp_pace > UDP_PACE_MAX)
        h->udp_pace = UDP_PACE_MAX;
}

static void silent(struct ask *a)
{
    struct scan_host *h = a->host;
    struct scan *s = h->scan;
    bool udp = ask_is_udp(a);
    unsigned allowed = h->retry_limit;
    struct bytes list[SCAN_PAYLOADS];
    if (udp && h->udp_limited)
        allowed = s->options.timing.retries_max;
    if (allowed > s->options.timing.retries_max)
        allowed = s->options.timing.retries_max;
    if (a->tries >= allowed && !(udp && a->tries + 1u < payloads(a, list))) {
        window_grow(&s->window, 0.5); /* a filter that drops all must not hold the scan at its first window */
        window_grow(&h->window, 0.5);
        host_decide(a, &(struct verdict){.state = udp ? PORT_OPEN_FILTERED : PORT_FILTERED, .reason = REASON_NO_RESPONSE});
        return;
    }
    a->tries++;
    if (!udp)
        ask_close(a); /* the kernel's own retransmissions come too late */
    again(a);
}

static enum port_reason reason_of(int error)
{
    switch (error) {
    case ENETUNREACH:
    case ENETDOWN:
        return REASON_NET_UNREACH;
    case EACCES:
    case EPERM:
        return REASON_ADMIN_PROHIBITED;
    default:
        return REASON_HOST_UNREACH;
    }
}

static void ended(struct ask *a, const struct channel_facts *f)
{
    bool udp = ask_is_udp(a);
    switch (f->end) {
    case END_LOCAL:
        local_failure(a, f->error);
        break;
    case END_TIMEOUT:
        silent(a);
        break;
    case END_UNREACHABLE:
        host_decide(a, &(struct verdict){.state = PORT_FILTERED, .reason = reason_of(f->error)});
        break;
    default:
        if (udp)
            heard_unreachable(a);
        else
            heard_back(a, f->ended_at - f->opened_at);
        host_decide(
            a, &(struct verdict){.state = PORT_CLOSED, .reason = udp ? REASON_PORT_UNREACH : REASON_CONN_REFUSED, .answered = true});
        break;
    }
}

static void opened(struct ask *a, enum port_reason reason, struct bytes reply, size_t payload_index)
{
    struct channel *c = a->channel;
    a->channel = NULL; /* no longer the question's, and no longer counted */
    a->host->scan->channels--;
    heard_back(a, ask_is_udp(a) ? loop_now(c->loop) - a->sent_at : c->facts.rtt);
    host_decide(a, &(struct verdict){
                       .state = PORT_OPEN, .reason = reason, .answered = true, .open = c, .reply = reply, .payload_index = payload_index});
}

static void on_event(void *owner, struct channel *c, enum channel_event event)
{
    struct ask *a = owner;
    struct bytes list[SCAN_PAYLOADS];
    bool udp = ask_is_udp(a);
    switch (event) {
    case CHANNEL_CONNECTED:
        if (udp)
            send_datagram(a);
        else
            opened(a, REASON_SYN_ACK, bytes_of(NULL, 0), SCAN_NO_PAYLOAD);
        break;
    case CHANNEL_DATA: {
        size_t count = payloads(a, list);
        opened(a, REASON_UDP_RESPONSE, channel_data(c), count ? a->tries % count : SCAN_NO_PAYLOAD);
        break;
    }
    case CHANNEL_CLOSED:
        ended(a, &c->facts);
        break;
    case CHANNEL_DEADLINE:
        silent(a);
        break;
    }
}
