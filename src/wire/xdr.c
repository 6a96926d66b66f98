/* xdr.c owns opaque data and its padding. */
#include "wire/xdr.h"

struct bytes xdr_opaque(struct reader *r, size_t most)
{
    uint32_t len = reader_be32(r);
    if (len > most) {
        r->bad = true;
        return bytes_of(NULL, 0);
    }
    struct bytes data = reader_take(r, len);
    reader_skip(r, xdr_padded(len) - len);
    return data;
}

bool xdr_put_u32(struct buf *b, uint32_t value)
{
    uint8_t word[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    return buf_append(b, word, sizeof word);
}

bool xdr_put_opaque(struct buf *b, struct bytes data)
{
    static const uint8_t zeros[3];
    return xdr_put_u32(b, (uint32_t)data.len) && buf_append(b, data.at, data.len) && buf_append(b, zeros, xdr_padded(data.len) - data.len);
}
