/* rpc_peer.h owns a played ONC RPC server: it answers calls from a table of programs, with whatever bad manners a test asks of it. */
#ifndef DESCRY_TESTS_SCENARIO_RPC_PEER_H
#define DESCRY_TESTS_SCENARIO_RPC_PEER_H

#include "net/mem.h"
#include "wire/portmap.h"

enum rpc_manners {
    RPC_CLAIMS_ALL = 1 << 0,            /* PROG_MISMATCH 2-4 for every program */
    RPC_SUCCEEDS_ALL = 1 << 1,          /* SUCCESS for every call */
    RPC_WANTS_AUTH = 1 << 2,            /* AUTH_ERROR for every call */
    RPC_DROPS_UNKNOWN = 1 << 3,         /* ends the connection at an unknown program */
    RPC_DROPS_PIPELINE = 1 << 4,        /* ends the connection if two calls come at once */
    RPC_SILENT_UNKNOWN = 1 << 5,        /* answers only what it knows */
    RPC_NO_RANGE = 1 << 6,              /* tells 0-0 as its versions, and says nothing to a right version */
    RPC_SHUFFLES = 1 << 7,              /* answers out of order */
    RPC_FRAGMENTS = 1 << 8,             /* cuts its replies into fragments */
    RPC_EMPTY_RECORDS = 1 << 9,         /* sends empty records after a while */
    RPC_HUGE_RECORDS = 1 << 10,
    RPC_ENDLESS_FRAGMENTS = 1 << 11,
    RPC_GARBAGE = 1 << 12,              /* what it sends after a while is no RPC */
    RPC_STRANGE_IDS = 1 << 13,          /* answers with transaction ids that nobody used */
    RPC_OFFERS_TLS = 1 << 14,
    RPC_OTHER_VERSION = 1 << 15,        /* of RPC itself */
    RPC_AUTH_FOR_KNOWN = 1 << 16,       /* AUTH_ERROR only for what it knows */
    RPC_VERIFIERS = 1 << 17,            /* replies carry a verifier */
    RPC_ODD_BYTES = 1 << 18,            /* replies come in pieces of seven bytes */
    RPC_ANSWERS_TWICE = 1 << 19,
    RPC_STUCK = 1 << 20 /* stops answering at `poison` */
};

struct rpc_played {
    uint32_t program, low, high;
    uint32_t gap;                       /* a version between them that is not there; 0: none */
};

struct rpc_peer {
    const struct rpc_played *programs;  /* ends with program 0 */
    unsigned manners;                   /* enum rpc_manners */
    uint32_t poison;                    /* a program at which the connection ends; 0: none */
    uint32_t mute;                      /* a program that is never answered; 0: none */
    unsigned loss;                      /* percent, each way (udp) */
    int64_t jitter;                     /* microseconds at most, on each answer */
    int64_t pause_at, pause;            /* from so many answers on it says nothing for so long (microseconds); then all that came */
    unsigned per_second;                /* answers; 0: as many as come. udp: what is above is dropped, tcp: it waits */
    unsigned after;                     /* bad records begin after so many answers */
    const struct registration *list;    /* of a portmapper, or NULL */
    /* what happened */
    unsigned calls, answers, most_at_once;
    unsigned last_connection, stuck_on; /* numbers of connections */
    int64_t free_at, paused_until;
    uint64_t dice;
    struct buf pending;                 /* half a record */
};

/* The port plays it; `p` outlives the net. */
struct mem_port rpc_peer_port(struct rpc_peer *p, enum proto proto);
void rpc_peer_free(struct rpc_peer *p);

#endif
