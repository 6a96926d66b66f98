/* session.h owns the telling of TLS: the detail "tls" of a port (docs/formats/json.md), with the certificate, from a session or from the lack of one. */
#ifndef DESCRY_STAGES_SESSION_H
#define DESCRY_STAGES_SESSION_H

#include "task/task.h"

struct session_story {
    const struct tls_session *session;  /* NULL: nothing is known of one */
    const char *server_name;            /* the name that was asked for, or NULL */
    const char *failure;                /* why none came up: "alert: handshake failure"; NULL: it did, or none was tried */
    bool starttls;                      /* a clear-text service that offers it */
    bool with_chain;                    /* the certificates themselves, too */
};

/* Puts the story among the task's facts, in the place of an earlier one; everything is copied. */
void session_tell(struct task *t, const struct session_story *story);

#endif
