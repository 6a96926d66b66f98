/*
 * hello.h owns the hellos that open TLS and DTLS sessions, in the order in which they are tried, and the signs by which TLS is recognised. The race says
 * the first one on a lane of its own; the stage tls goes on where that was refused.
 */
#ifndef DESCRY_STAGES_HELLO_H
#define DESCRY_STAGES_HELLO_H

#include "task/task.h"

/* The name to ask for: --sni, or the target's; NULL: none. */
const char *hello_name(const struct task *t);

/* How the session of the `attempt`-th hello of this port is opened, from 0; in the task's arena. NULL: there are no more. */
struct tls_settings *hello_settings(struct task *t, unsigned attempt);
/* The one that offers every protocol by name (ALPN), for who demands one. */
struct tls_settings *hello_of_all_protocols(struct task *t);
/* The first one with another name. */
struct tls_settings *hello_with_name(struct task *t, const char *name);

/* An alert or a handshake message in a record (RFC 8446, section 5.1; RFC 6347, section 4.1). */
bool hello_has_tls_shape(struct bytes reply, enum proto proto);
/* What web servers say to whom does not speak TLS. A rule may have read no more than their name. */
bool hello_complains(struct bytes reply);
/* Do the facts so far say that TLS is spoken here? */
bool hello_met_tls(const struct facts *f, enum proto proto);

#endif
