/*
 * msrpc.h owns the stage that asks the endpoint mapper of DCE/RPC (tcp 135) what it tells anybody: the host's names and addresses, and which
 * interfaces listen where. What is told of the host's other ports goes to the hearsay among them. The detail is "msrpc".
 */
#ifndef DESCRY_STAGES_MSRPC_H
#define DESCRY_STAGES_MSRPC_H

#include "task/task.h"

extern const struct stage stage_msrpc;

#endif
