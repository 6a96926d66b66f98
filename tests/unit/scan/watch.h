/* watch.h owns an engine for tests: it starts a scan and keeps what it is told. */
#ifndef DESCRY_TEST_WATCH_H
#define DESCRY_TEST_WATCH_H

#include "net/mem.h"
#include "scan/scan.h"

#include <stdlib.h>
#include <string.h>

enum { WATCH_HOSTS = 4096 };

struct watch {
    struct loop *loop;
    struct mem_net *net;
    struct scan *scan;
    struct scan_options o;
    struct scan_host *hosts[WATCH_HOSTS];
    uint8_t state[2][65536], reason[2][65536];
    unsigned told, open, closed, filtered, open_filtered, doubles, done, up, down;
    enum port_reason up_reason;
    int64_t born, done_at, up_at;
    uint32_t next_address, last_address; /* started in room() */
    size_t payload_index;
    char reply[64];
    unsigned stop_after;                /* scan_host_stop after so many ports */
    bool keep_open, free_when_done, stop_when_up;
    struct channel *kept;
};

static inline bool watch_port(void *owner, struct scan_host *h, uint16_t port, enum proto proto, enum port_state state,
    enum port_reason reason, struct channel *open, struct bytes reply, size_t payload_index)
{
    struct watch *w = owner;
    w->doubles += w->state[proto][port] != 0 && w->last_address == 0;
    w->state[proto][port] = (uint8_t)state;
    w->reason[proto][port] = (uint8_t)reason;
    w->told++;
    w->open += state == PORT_OPEN;
    w->closed += state == PORT_CLOSED;
    w->filtered += state == PORT_FILTERED;
    w->open_filtered += state == PORT_OPEN_FILTERED;
    if (state == PORT_OPEN) {
        w->payload_index = payload_index;
        memcpy(w->reply, reply.at ? reply.at : (const uint8_t *)"", reply.len < 63 ? reply.len : 63);
    }
    if (w->stop_after && w->told == w->stop_after)
        scan_host_stop(h);
    if (open && w->keep_open && !w->kept) {
        w->kept = open;
        return true;
    }
    return false;
}

static inline void watch_done(void *owner, struct scan_host *h)
{
    struct watch *w = owner;
    w->done++;
    w->done_at = loop_now(w->loop) - w->born;
    if (w->free_when_done)
        scan_host_free(h);
}

static inline void watch_up(void *owner, struct scan_host *h, bool up, enum port_reason reason)
{
    struct watch *w = owner;
    if (w->stop_when_up)
        scan_host_stop(h);
    w->up += up;
    w->down += !up;
    w->up_reason = reason;
    w->up_at = loop_now(w->loop) - w->born;
}

static inline void watch_room(void *owner)
{
    struct watch *w = owner;
    while (w->next_address < w->last_address && scan_has_room(w->scan)) {
        struct addr a = addr_from_v4(w->next_address++);
        scan_host_start(w->scan, &a, NULL);
    }
}

static const struct scan_calls watch_calls = {.port = watch_port, .done = watch_done, .up = watch_up, .room = watch_room};

static inline struct watch *watch_new(int64_t rtt_us)
{
    struct watch *w = calloc(1, sizeof *w);
    w->loop = loop_new_fake();
    w->net = mem_net_new(w->loop, rtt_us);
    w->born = loop_now(w->loop);
    w->o.timing = scan_timing_preset(3);
    w->o.skip_discovery = true;
    w->o.descriptors = 1000;
    w->o.seed = 7;
    return w;
}

static inline struct scan_host *watch_start(struct watch *w, const char *address)
{
    struct addr a;
    addr_parse(address, &a);
    if (!w->scan)
        w->scan = scan_new(w->loop, mem_net_dialer(w->net), &w->o, &watch_calls, w);
    struct scan_host *h = scan_host_start(w->scan, &a, w);
    for (size_t i = 0; i < WATCH_HOSTS; i++)
        if (!w->hosts[i]) {
            w->hosts[i] = h;
            break;
        }
    return h;
}

/* The number of channels that were left open. */
static inline unsigned watch_free(struct watch *w)
{
    for (size_t i = 0; i < WATCH_HOSTS && w->hosts[i]; i++)
        if (!w->free_when_done)
            scan_host_free(w->hosts[i]);
    if (w->kept)
        channel_close(w->kept, CLOSE_RESET);
    unsigned open = mem_connections_open(w->net);
    scan_free(w->scan);
    mem_net_free(w->net);
    loop_free(w->loop);
    free(w);
    return open;
}

#endif
