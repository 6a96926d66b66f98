/*
 * tls.h owns the stage that goes on where identification met TLS: it opens a session, keeps what the session tells, and lets the port be identified
 * again inside. When that is done it is asked once more, and joins what both sides told.
 */
#ifndef DESCRY_STAGES_TLS_H
#define DESCRY_STAGES_TLS_H

#include "task/task.h"

struct tls_config {
    bool with_chain;                    /* the certificates are told as they were sent */
};

extern const struct stage stage_tls;

#endif
