/* put.h owns the writing of numbers in little-endian order, as Microsoft's protocols have them. */
#ifndef DESCRY_WIRE_PUT_H
#define DESCRY_WIRE_PUT_H

#include "base/bytes.h"

static inline bool put_le(struct buf *out, uint64_t value, size_t bytes)
{
    uint8_t text[8];
    for (size_t i = 0; i < bytes && i < sizeof text; i++)
        text[i] = (uint8_t)(value >> (8 * i));
    return buf_append(out, text, bytes < sizeof text ? bytes : sizeof text);
}

static inline bool put_le16(struct buf *out, uint16_t value)
{
    return put_le(out, value, 2);
}

static inline bool put_le32(struct buf *out, uint32_t value)
{
    return put_le(out, value, 4);
}

static inline bool put_zeros(struct buf *out, size_t count)
{
    bool ok = true;
    while (count-- && ok)
        ok = buf_append_u8(out, 0);
    return ok;
}

#endif
