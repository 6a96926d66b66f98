/* der.c owns the reading and writing of DER's elements. */
#include "wire/der.h"

#include <string.h>

enum { LONG_TAG = 0x1f, LENGTH_BYTES_MOST = 4, WRAP_MOST = 0xffff };

static size_t take_length(struct reader *r)
{
    uint8_t first = reader_u8(r);
    if (first < 0x80)
        return first;
    size_t length = 0, bytes = first & 0x7f;
    if (!bytes || bytes > LENGTH_BYTES_MOST)
        r->bad = true;
    for (size_t i = 0; i < bytes && !r->bad; i++)
        length = length << 8 | reader_u8(r);
    return length;
}

bool der_next(struct reader *r, uint8_t *tag, struct bytes *inside)
{
    *tag = reader_u8(r);
    if ((*tag & LONG_TAG) == LONG_TAG)
        r->bad = true;
    *inside = reader_take(r, take_length(r));
    return !r->bad;
}

bool der_take(struct reader *r, uint8_t tag, struct bytes *inside)
{
    uint8_t found;
    if (der_next(r, &found, inside) && found != tag)
        r->bad = true;
    return !r->bad;
}

bool der_maybe(struct reader *r, uint8_t tag, struct bytes *inside)
{
    return reader_left(r) && *r->at == tag && der_take(r, tag, inside);
}

bool der_wrap(struct buf *out, size_t from, uint8_t tag)
{
    static const uint8_t room[4] = {0};
    size_t n = out->len - from;
    size_t head = n < 0x80 ? 2 : n < 0x100 ? 3 : 4;
    if (n > WRAP_MOST || !buf_append(out, room, head))
        return false;
    uint8_t *at = out->at + from;
    memmove(at + head, at, n);
    at[0] = tag;
    at[1] = (uint8_t)(head == 2 ? n : 0x80 | (head - 2));
    if (head == 4)
        at[2] = (uint8_t)(n >> 8);
    if (head > 2)
        at[head - 1] = (uint8_t)n;
    return true;
}

enum decoded der_length(struct bytes at, size_t *length)
{
    struct reader r = reader_of(at);
    size_t need = 2;
    if (at.len >= 2 && at.at[1] > 0x80)
        need += at.at[1] & 0x7f;
    if (at.len >= 2 && (at.at[1] == 0x80 || need > 2 + LENGTH_BYTES_MOST))
        return DECODED_BAD;
    if (at.len < need)
        return DECODED_MORE;
    reader_u8(&r);
    *length = take_length(&r);
    if (r.bad || *length > SIZE_MAX / 2)
        return DECODED_BAD;
    *length += need;
    return DECODED_OK;
}
