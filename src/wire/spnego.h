/*
 * spnego.h owns the negotiation of a mechanism (RFC 4178, MS-SPNG): what a server offers before anyone asked (NegTokenInit2), and our first token.
 * A server's answer is not taken apart: the NTLM challenge inside is found by its signature (wire/ntlm.h).
 */
#ifndef DESCRY_WIRE_SPNEGO_H
#define DESCRY_WIRE_SPNEGO_H

#include "base/bytes.h"

enum { SPNEGO_MECHS = 16 };

struct spnego_offer {
    struct bytes mechs[SPNEGO_MECHS];   /* object identifiers as they stand, the preferred first */
    size_t mech_count;
    struct bytes hint;                  /* MS-SPNG 2.2.1: a name, or "not_defined_in_RFC4178@please_ignore" */
};

/* False: this is no offer. What could be read before a fault is not given. */
bool spnego_read_offer(struct bytes token, struct spnego_offer *out);
/* The field's name of a mechanism, or NULL. */
const char *spnego_mech_name(struct bytes oid);
/* Does Windows offer it? Other systems have mechanisms of their own. */
bool spnego_is_windows_mech(struct bytes oid);
/* Windows alone speaks it (MS-NEGOEX). */
bool spnego_is_negoex(struct bytes oid);

/* A first token that offers NTLM alone and carries its first message. */
bool spnego_write_init(struct buf *out, struct bytes ntlm);

#endif
