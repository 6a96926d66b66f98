/*
 * ntlm.h owns the stage that reads a challenge of NTLM wherever one is given without a login: from a reply that came anyway, or, if that is wanted, by
 * the exchange of the service's protocol (stages/ntlm_exchange.h), in clear text or through the tunnel. What it tells is the detail "ntlm".
 */
#ifndef DESCRY_STAGES_NTLM_H
#define DESCRY_STAGES_NTLM_H

#include "task/task.h"

struct ntlm_config {
    bool ask;                           /* false: only the replies so far are read */
};

extern const struct stage stage_ntlm;

#endif
