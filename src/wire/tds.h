/*
 * tds.h owns the beginning of TDS (MS-TDS) as Microsoft's SQL Server speaks it: a pre-login without encryption, and a login that begins with NTLM's first
 * message. The server's challenge answers it; the login is not gone on with.
 */
#ifndef DESCRY_WIRE_TDS_H
#define DESCRY_WIRE_TDS_H

#include "base/bytes.h"

bool tds_write_prelogin(struct buf *out);
/* OK: it does without encryption. BAD: it does not, or this is no answer to a pre-login. */
enum decoded tds_read_prelogin(struct bytes reply);
bool tds_write_login(struct buf *out, struct bytes ntlm);
/* OK as soon as the packet is whole. */
enum decoded tds_read_packet(struct bytes reply);

#endif
