/*
 * rpc.h owns the stage that finds out which ONC RPC programs a port serves (docs/ARCHITECTURE.md, "Which RPC programs"). It stands twice among the
 * stages: before identification for ports that are RPC by all that is known (a program's own port, a portmapper's word), behind it for those
 * that turned out to be.
 */
#ifndef DESCRY_STAGES_RPC_H
#define DESCRY_STAGES_RPC_H

#include "base/rate.h"
#include "probes/rpc_programs.h"
#include "task/task.h"

enum { RPC_INTENSITY_NAMED = 3, RPC_INTENSITY_ALL = 7 }; /* from these on the second tier is asked for, and the third */

struct rpc_config {
    struct rpc_programs *programs;
    bool early;                         /* before identification: one call first; if that is not answered as RPC, the port goes on to it */
    bool every;                         /* early, and for every port */
    bool heard_only;                    /* early, and only for ports that a portmapper told of */
    int intensity;                      /* 0..9 */
    unsigned window;                    /* calls in flight at most; 0: as many as are good for the peer */
    struct rate *rate;                  /* of calls, shared with others who ask; NULL: no bound */
};

extern const struct stage stage_rpc;

#endif
