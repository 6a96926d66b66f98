/* rpc_run.h owns what the files of the stage share: its state, and what rpc_report.c does for rpc.c. For these only. */
#ifndef DESCRY_STAGES_RPC_RUN_H
#define DESCRY_STAGES_RPC_RUN_H

#include "grind/grind.h"
#include "stages/rpc.h"
#include "wire/portmap.h"

/* What is done. */
enum phase {
    PHASE_OPEN, /* a lane is opened for the grinder */
    PHASE_FIRST,                        /* early: one call is out */
    PHASE_GRIND
};

struct rpc_run {
    const struct rpc_config *config;
    enum phase phase;
    struct grind *grind;
    bool datagrams;
    uint32_t first_xid;                 /* of the early call */
    unsigned first_calls;
    bool shares;                        /* counted in the host's share */
    struct buf joined;                  /* a record that came in fragments */
    bool malformed;                     /* a stream that is no stream of records any more */
    unsigned refusals;
    int64_t reconnect_at;               /* 0: at once */
    struct registrations told;
    uint32_t clock;
    bool list_was_right;
    uint32_t preferred[GRIND_CLAIMS_MOST]; /* udp: programs that tcp has shown at the same port */
    size_t preferred_count, heard_count;
    bool shortened;                     /* one of them has been confirmed */
};

/* ---- rpc_report.c */

/* What a portmapper answered to a call for its list or its clock: kept, and passed on to the host's other ports. */
void rpc_report_portmapper(struct task *t, struct rpc_run *r, const struct grind_item *i, const struct rpc_reply *reply);
/* Tcp: what the port serves, for the udp port of the same number. */
void rpc_report_pass_on(struct task *t, const struct rpc_run *r);
/* Puts what the grinder has found so far into the facts. */
void rpc_report(struct task *t, const struct rpc_run *r);

#endif
