/*
 * grind.h owns the question which ONC RPC programs a port serves: every program of the table is called (procedure 0, in a version that nobody has),
 * many calls at a time, and the answers tell. A state machine without I/O: whoever drives it (stages/rpc.c) sends the calls that it gives out, hands it the
 * replies, and tells of lost connections and of the time.
 *
 *   - Replies are known by their transaction id, which is a random base plus the call's index: order does not matter, and strangers are seen.
 *   - A claimed program without a range of versions (or with a range that may have gaps) is asked for versions in a second flight, at once.
 *   - A program 100000 is asked for its list in all versions, and for its clock.
 *   - Streams: a window of calls on one connection. A server that ends connections is asked one call at a time on a few of them; one that ends them at
 *     a single program is asked on behind that one, and for that one once more at the end. When all is silent, a call that was answered before is
 *     repeated: if it is answered again, the others are not going to be.
 *   - Datagrams: a paced window; what is not answered is sent again with growing waits. The window is halved when more is lost than a bad line
 *     loses (halving it at each loss would leave four calls in flight at 10 % of loss).
 *   - Numbers that nobody has (canaries) show who claims everything: it is not asked on.
 */
#ifndef DESCRY_GRIND_GRIND_H
#define DESCRY_GRIND_GRIND_H

#include "base/arena.h"
#include "probes/rpc_programs.h"
#include "wire/rpc.h"

enum {
    GRIND_LINKS = 4,                    /* connections at a time, to a server that ends them */
    GRIND_STREAM_WINDOW = 1000,         /* 44 KB of calls, 36 KB of replies: less than any receive window */
    GRIND_DATAGRAM_WINDOW = 128,        /* a receive buffer of the usual size holds 277 small datagrams */
    GRIND_DATAGRAM_START = 64,
    GRIND_CLAIMS_MOST = 64 /* nobody serves more */
};

enum grind_purpose { GRIND_PROGRAM, GRIND_CANARY, GRIND_VERSION, GRIND_PORTMAP, GRIND_PING, GRIND_TLS };
enum grind_state {
    GRIND_WAITING,
    GRIND_OUT,
    GRIND_ANSWERED,
    GRIND_SILENT,                       /* asked, and asked again, without an answer */
    GRIND_DROPPED /* the connection ended at this call */
};

struct grind_item {
    uint32_t program, version;
    uint8_t procedure;
    uint8_t purpose, state, answer;     /* enums grind_purpose, grind_state, rpc_answer */
    uint8_t tries, link;
    bool suspected;                     /* a connection has ended at it */
    bool waits_last;                    /* in `waiting`, though it was asked before */
    uint32_t low, high;                 /* as answered */
    uint32_t auth_stat;
    uint32_t order;                     /* of sending */
    int32_t next, prev;                 /* in the queue or list that it stands in */
    int64_t sent_at, due_at;
};

struct grind_list {
    int32_t first, last;
    unsigned count;
};

/* One connection, or the one socket. */
struct grind_link {
    struct grind_list out;              /* in the order of sending */
    unsigned answered;                  /* since it was connected */
    uint32_t last_answered;             /* the latest in the order of sending */
    bool open;
    bool pinged;                        /* a call that was answered before is repeated, to see whether it still would be */
    bool stuck;                         /* nothing comes any more: close it, then tell grind_lost */
    int64_t progress_at;
};

struct grind_setup {
    struct rpc_programs *programs;
    unsigned tier;                      /* 1..3: up to which programs are asked for */
    bool datagrams;
    unsigned window;                    /* calls in flight at most; 0: as many as are good for the peer */
    int64_t rtt;                        /* 0: unknown */
    uint32_t base;                      /* of transaction ids: random */
    uint64_t seed;                      /* of canaries and of the version that nobody has */
    const uint32_t *first;              /* programs to be asked before all others: those that a portmapper told of, the port's own */
    size_t first_count;
};

struct grind {
    struct grind_setup setup;
    struct grind_item *items;
    size_t count, cap;
    size_t first_tier;                  /* items below are of tier 1, canaries, or heard of */
    struct grind_list urgent, waiting;
    struct grind_link links[GRIND_LINKS];
    bool single;                        /* one call at a time on a link */
    bool ended;                         /* by grind_end, or there is no sense in going on */
    bool liar;                          /* a canary was claimed: nothing more is asked, but the portmapper's list */
    bool portmapped, tls_asked;
    unsigned window, window_most;
    unsigned share;                     /* how many ports of the host are ground at this time, this one included: they share two windows */
    unsigned sent, answered, connections, losses;
    uint32_t alive_program, alive_version; /* of a call that was answered */
    unsigned claims;
    unsigned epoch_answered, epoch_lost;
    uint32_t order;
    int64_t began_at, paced_at, rate_at, heard_at;
    unsigned paced, rate_answered;
    int64_t srtt, rtt_var, least_rtt;
    uint32_t version;                   /* that nobody has */
};

struct grind *grind_new(struct arena *a, const struct grind_setup *setup, int64_t now);

/* How many connections are wanted now (datagrams: one socket). 0: nothing is left to ask or to wait for. */
unsigned grind_links_wanted(const struct grind *g);
/* A connection is up, on a link that has none; `answered`: replies that it has given already. */
void grind_connected(struct grind *g, unsigned link, unsigned answered, int64_t now);
/* The next call to be sent on this link now; false: none, see grind_due. */
bool grind_next(struct grind *g, unsigned link, int64_t now, struct rpc_call *out);
/* The call could not be sent: it comes again. */
void grind_unsent(struct grind *g, uint32_t xid);
/* The call that a reply answers, or NULL: it answers none that is out. */
const struct grind_item *grind_hear(struct grind *g, const struct rpc_reply *reply, int64_t now);
/* A connection ended, or was closed because it was stuck. */
void grind_lost(struct grind *g, unsigned link);
/* The time has come: resends, gives up, sees which links are stuck. */
void grind_tick(struct grind *g, int64_t now);
/* When to call grind_tick and grind_next again; INT64_MAX: nothing is waited for but replies. */
int64_t grind_due(const struct grind *g, int64_t now);
/* What is known of the port from elsewhere: this program is asked for before the others that still wait. */
void grind_prefer(struct grind *g, uint32_t program);
/* Is the program there, by the port's own answer? */
bool grind_has(const struct grind *g, uint32_t program);
/* Only the first tier, and what is asked for already: the rest is known from elsewhere. */
void grind_shorten(struct grind *g);
/* No more calls: what is known counts. */
void grind_end(struct grind *g);
bool grind_is_done(const struct grind *g);

/* ---- what it has shown (grind_findings.c) */

struct grind_claim {
    uint32_t program;
    uint32_t low, high;                 /* 0, 0: versions are not known */
    const char *versions;               /* "3-4", "1-3,5"; NULL */
    bool wants_auth;                    /* it is there, but tells only who logs in */
};

struct grind_findings {
    struct grind_claim claims[GRIND_CLAIMS_MOST];
    size_t count;                       /* in the order of asking */
    unsigned asked, answered, dropped;  /* programs */
    uint32_t silent[8];                 /* programs that were not answered while others were: perhaps they are there */
    size_t silent_count;
    bool liar;                          /* claims every program: no claim counts */
    bool wants_auth;                    /* demands authentication before anything else */
    uint32_t auth_stat;
    bool other_rpc;                     /* speaks another version of RPC */
    bool tls;                           /* offers RPC over TLS */
    bool discerning;                    /* some numbers were denied: claims can be believed */
};
void grind_read(const struct grind *g, struct arena *a, struct grind_findings *out);

#endif
