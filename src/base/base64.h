/* base64.h owns base64 (RFC 4648, section 4). */
#ifndef DESCRY_BASE_BASE64_H
#define DESCRY_BASE_BASE64_H

#include "base/bytes.h"

/* Appends the decoded bytes. False on any character that is not of the alphabet, or bad padding; missing padding is tolerated. */
bool base64_read(struct bytes text, struct buf *out);
bool base64_write(struct bytes raw, struct buf *out);

#endif
