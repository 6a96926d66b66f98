/* credssp.h owns the first token of CredSSP (MS-CSSP 2.2.1), with which RDP's network level authentication begins inside TLS, and RDP's own request. */
#ifndef DESCRY_WIRE_CREDSSP_H
#define DESCRY_WIRE_CREDSSP_H

#include "base/bytes.h"

/* A TSRequest whose only token is `ntlm`. The answer is a TSRequest, too: one element of DER (wire/der.h), with the challenge in it. */
bool credssp_write_request(struct buf *out, struct bytes ntlm);

/* RDP's connection request (MS-RDPBCGR 2.2.1.1): TLS and CredSSP are offered. */
bool rdp_write_request(struct buf *out);
/* The confirmation (2.2.1.2). OK: CredSSP was chosen. BAD: it was not. */
enum decoded rdp_read_confirm(struct bytes reply);

#endif
