/*
 * xdr.h owns the few forms of XDR (RFC 4506) that ONC RPC's control messages need, over the cursor and the buffer of base/bytes.h. Everything is
 * big-endian and in units of four bytes.
 */
#ifndef DESCRY_WIRE_XDR_H
#define DESCRY_WIRE_XDR_H

#include "base/bytes.h"

static inline size_t xdr_padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* Variable-length opaque data or a string (sections 4.10, 4.11) of at most `most` bytes: a view without the padding. Longer: `bad`. */
struct bytes xdr_opaque(struct reader *r, size_t most);

/* False: it did not fit. */
bool xdr_put_u32(struct buf *b, uint32_t value);
bool xdr_put_opaque(struct buf *b, struct bytes data);

#endif
