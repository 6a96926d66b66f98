/* rpc_label.h owns the way from programs to what is said of a port: its service's name, version and remark. Without I/O and without a task. */
#ifndef DESCRY_STAGES_RPC_LABEL_H
#define DESCRY_STAGES_RPC_LABEL_H

#include "model/facts.h"
#include "probes/rpc_programs.h"
#include "task/hearsay.h"

/*
 * Puts together what the port itself said (s->rpc, or NULL: nothing) and what the host's portmapper says of it, and names the service after the program
 * whose port this is. `denies`: the port is closed, or spoke to us as something else: what the portmapper says of it is stale. Everything new is
 * in the arena; s->rpc is replaced. Called again when more has been heard, it comes to the same or better. Does nothing where neither speaks of RPC.
 */
void rpc_label(struct service_record *s, struct arena *a, struct rpc_programs *programs, const struct hearsay *h, enum proto proto,
    uint16_t port, bool denies);
/* A whole copy. NULL gives NULL. */
struct rpc_record *rpc_record_copy(struct arena *a, const struct rpc_record *from);
/* The finding with the id "rpc", and "rpc_scan" for what is about the asking. */
void rpc_detail(struct detail **details, struct arena *a, const struct rpc_record *r);

#endif
