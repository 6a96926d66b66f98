/* session.h owns what is kept of a TLS session when its channel is gone. */
#ifndef DESCRY_STAGES_SESSION_H
#define DESCRY_STAGES_SESSION_H

#include "model/record.h"
#include "net/tls.h"

/* In the arena, but for `server_name` (the name that was asked for), which is borrowed. */
struct tls_record *session_record(struct arena *a, const struct tls_session *s, const char *server_name);

#endif
