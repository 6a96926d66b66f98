/* ldap.h owns a bind of LDAP (RFC 4511, 4.2) that begins with NTLM's first message, as Active Directory takes it (MS-ADTS 5.1.1.1.2). */
#ifndef DESCRY_WIRE_LDAP_H
#define DESCRY_WIRE_LDAP_H

#include "base/bytes.h"

/* The answer is one element of DER (wire/der.h), with the challenge in it. */
bool ldap_write_bind(struct buf *out, struct bytes ntlm);

#endif
