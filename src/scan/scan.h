/*
 * scan.h owns the question "is it open?": connect scan (tcp) and udp scan over ordinary sockets, with round-trip estimates, retransmission,
 * a congestion-like window, rates, and closing by reset. It also answers "is it up?".
 *
 * One scan serves many hosts. The engine starts hosts (scan_host_start) and is called back for each port as soon as it is decided, then once when the
 * host is done. The scan takes as many questions from its hosts in turn (mixed order within each host) as window and rate allow.
 */
#ifndef DESCRY_SCAN_SCAN_H
#define DESCRY_SCAN_SCAN_H

#include "base/rate.h"
#include "model/record.h"
#include "net/dialer.h"

/* -T0..-T5 are presets of these (scan_timing_preset). All times in microseconds. */
struct scan_timing {
    unsigned window_first;              /* questions in flight at the start */
    unsigned window_max;
    unsigned host_window_max;           /* in flight to one host */
    double rate_max;                    /* questions per second; 0: no bound */
    double rate_min;                    /* the window does not hold the scan below this; 0: none */
    unsigned retries_max;               /* retransmissions of one question */
    int64_t rtt_first;                  /* time-out before anything was measured */
    int64_t rtt_min, rtt_max;           /* bounds of the time-out */
    int64_t host_timeout;               /* 0: none */
    int64_t scan_delay;                 /* least time between questions to one host; 0 none */
};
struct scan_timing scan_timing_preset(int level); /* 0..5; 3 is the default */

/* Smoothed round trip (RFC 6298, section 2: srtt, rttvar, time-out). */
struct rtt {
    int64_t srtt, var;                  /* 0: nothing measured */
};
void rtt_measure(struct rtt *r, int64_t sample_us);
int64_t rtt_timeout(const struct rtt *r, const struct scan_timing *t);

struct scan;
struct scan_host;

struct scan_calls {
    /* A port is decided. For an open tcp port `open` is its connected channel, nothing promised: the callee owns it now, if it returns
     * true; if false the scan closes it. For an open udp port that answered, `reply` has the first datagram, `payload_index` tells which
     * payload drew it, and `open` is the channel. */
    bool (*port)(void *owner, struct scan_host *h, uint16_t port, enum proto proto, enum port_state state, enum port_reason reason,
        struct channel *open, struct bytes reply, size_t payload_index);
    /* All ports of the host are decided (or the host is down, or its time is over, or scan_host_stop was called). The host is freed by
     * scan_host_free only. */
    void (*done)(void *owner, struct scan_host *h);
    /* A host turned out to be up (once), or down (then done follows). */
    void (*up)(void *owner, struct scan_host *h, bool up, enum port_reason reason);
    /* There is room for another host: called again as long as hosts are started in it. First on the first turn. */
    void (*room)(void *owner);
};

/*
 * The udp questions: the payloads that list the port, at most SCAN_PAYLOADS; one after the other. Never an empty datagram. Count 0: the port is asked
 * with CR LF CR LF instead, and payload_index is SCAN_NO_PAYLOAD.
 */
enum { SCAN_PAYLOADS = 8 };
#define SCAN_NO_PAYLOAD SIZE_MAX
typedef size_t scan_payloads_fn(void *owner, uint16_t port, struct bytes *out, size_t max);

struct scan_options {
    struct scan_timing timing;
    bool skip_discovery;                /* -Pn */
    const uint16_t *discovery_ports;    /* tcp ports that are tried to see whether a host is up */
    size_t discovery_count;
    const uint16_t *tcp;                /* ascending; borrowed */
    size_t tcp_count;
    const uint16_t *udp;
    size_t udp_count;
    scan_payloads_fn *payloads;
    uint64_t seed;
    struct rate *fastest;               /* shared with others who ask; NULL: timing.rate_max, for the scan alone */
    unsigned descriptors;               /* channels that may be open at a time for scanning */
};

struct scan *scan_new(struct loop *l, struct dialer *d, const struct scan_options *o, const struct scan_calls *calls, void *owner);
void scan_free(struct scan *s);         /* all hosts must be freed */
bool scan_has_room(const struct scan *s); /* another host would find work in the window */
struct scan_host *scan_host_start(struct scan *s, const struct addr *a, void *tag);
void *scan_host_tag(const struct scan_host *h);
const struct addr *scan_host_addr(const struct scan_host *h);
const struct rtt *scan_host_rtt(const struct scan_host *h);
void scan_host_stop(struct scan_host *h);  /* decides nothing more: `done` follows on a later turn */
void scan_host_free(struct scan_host *h);  /* at any time; no call-back for it comes afterwards */
/* Descriptors the engine uses for identification at the moment: they count against the limit. */
void scan_set_reserved(struct scan *s, unsigned descriptors);
void scan_progress_fill(const struct scan *s, struct scan_progress *p); /* probes_done, probes_total of the hosts started */

#endif
