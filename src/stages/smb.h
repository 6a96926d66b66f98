/*
 * smb.h owns the stage that asks a file server what it is: SMB 2 and 3 on one lane, SMB 1 on another, side by side. Two questions each: NEGOTIATE, and
 * a SESSION_SETUP that ends with the server's challenge. Nobody is logged in, nothing is pipelined, connections end in order.
 */
#ifndef DESCRY_STAGES_SMB_H
#define DESCRY_STAGES_SMB_H

#include "task/task.h"

extern const struct stage stage_smb;

#endif
