/* scan_host.h owns what scan.c and scan_host.c and ask.c know of each other: the scan, its hosts, and the questions that are under way. */
#ifndef DESCRY_SCAN_SCAN_HOST_H
#define DESCRY_SCAN_SCAN_HOST_H

#include "base/hash.h"
#include "base/rate.h"
#include "scan/pacing.h"
#include "scan/scan.h"

/*
 * Questions have numbers: first the tcp ports of the list, then the udp ports (together `total`), then the discovery ports that are not in the
 * list. Nothing is kept for a question that is not under way: a host costs the same for one port as for 65,535.
 */
struct ask {
    struct scan_host *host;
    struct channel *channel;            /* NULL: to be dialled */
    struct ask *next, *prev;            /* in flight, or waiting to be asked again */
    int64_t sent_at;
    uint32_t number;
    uint8_t tries;                      /* retransmissions so far */
    uint8_t local_tries;                /* times that our surroundings prevented it */
    bool in_flight;
};
struct ask_list {
    struct ask *first, *last;
};

/* A result that waits until the host is known to be up: silence on a host that is down is no result. */
struct held {
    uint32_t number;
    uint8_t state, reason;
};

struct scan_host {
    struct scan *scan;
    struct addr addr;
    void *tag;
    struct rtt rtt;
    struct window window;
    struct permutation tcp_order, udp_order;
    uint32_t next;                      /* how many of the list were asked, in the mixed order */
    uint32_t next_discovery;            /* how many of the discovery ports */
    uint32_t decided;
    unsigned in_flight;
    struct ask_list flying, again;
    struct held *held;
    size_t held_count;
    unsigned retry_limit;               /* how often asking again has been worth it here, and one more */
    bool small;                         /* list and discovery are asked side by side */
    bool begun, up, stopping, done, freed;
    bool unreachable;                   /* something said so */
    bool udp_limited;                   /* unreachables come at a limited rate */
    int64_t udp_pace, udp_paced_at;
    int64_t not_before;
    unsigned busy;                      /* calls that still hold the pointer */
    struct timer turn;                  /* stop, and the pause between questions */
    struct timer limit;                 /* the host's time-out */
    bool ready;                         /* in the scan's list */
    struct scan_host *next_ready, *prev_ready;
};

struct scan {
    struct loop *loop;
    struct dialer *dialer;
    struct scan_options options;
    struct scan_calls calls;
    void *owner;
    uint32_t total;
    uint32_t *discovery;                /* the number of the question for each discovery port */
    uint8_t *discovery_slot;            /* for each tcp port of the list: its place among the discovery ports + 1, or 0 */
    struct window window;
    struct rate own, slowest;
    struct rate *fastest;               /* the options', or `own` */
    int64_t paused_until;               /* our surroundings refused: let others give back what they hold */
    unsigned in_flight, channels, reserved, hosts, active;
    uint64_t started;
    uint64_t probes_done, probes_total;
    struct scan_host *first_ready, *last_ready;
    struct timer pump;
};

/* scan.c */
void scan_wake(struct scan *s);         /* a pump will run on the next turn */
void scan_ready(struct scan_host *h);   /* the host has a question to ask */
void scan_unready(struct scan_host *h);

/* scan_host.c */
void host_begin(struct scan_host *h);
bool host_has_work(const struct scan_host *h);
/* Asks the next question; false if there is none. */
bool host_ask(struct scan_host *h);
void host_wake(struct scan_host *h);
/* A question is decided; `c` is the open port's channel (taken over) or NULL. Frees the question. */
struct verdict {
    enum port_state state;
    enum port_reason reason;
    bool answered;                      /* by the host itself */
    struct channel *open;
    struct bytes reply;
    size_t payload_index;
};
void host_decide(struct ask *a, const struct verdict *v);
/* Ends if nothing is left to ask or to wait for. */
void host_settle(struct scan_host *h);

/* ask.c */
void ask_send(struct ask *a);
void ask_land(struct ask *a);           /* out of flight */
void ask_close(struct ask *a);          /* its channel, if any, by reset */
void ask_free(struct ask *a);
void ask_list_add(struct ask_list *l, struct ask *a);
void ask_list_remove(struct ask_list *l, struct ask *a);
bool ask_is_udp(const struct ask *a);
bool ask_is_extra(const struct ask *a); /* a discovery port that nobody wants to know of */
uint16_t ask_port(const struct ask *a);

#endif
