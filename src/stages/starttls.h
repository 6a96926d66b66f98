/*
 * starttls.h owns the stage that tells whether a clear-text service offers TLS (STARTTLS), and, if that is wanted, takes the offer to collect the
 * session's facts and the certificate. The service keeps its name and stays in clear text.
 */
#ifndef DESCRY_STAGES_STARTTLS_H
#define DESCRY_STAGES_STARTTLS_H

#include "task/task.h"

struct starttls_config {
    bool upgrade;                       /* false: only what the replies so far tell counts; nothing is asked */
    bool with_chain;                    /* the certificates are told as they were sent */
};

extern const struct stage stage_starttls;

#endif
