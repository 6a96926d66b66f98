/* nbss.c owns the frames of NetBIOS sessions. */
#include "wire/nbss.h"

#include "base/limits.h"

enum { HEAD = 4, NAME_LENGTH = 16 };

enum decoded nbss_read(struct bytes stream, struct nbss_frame *out)
{
    struct reader r = reader_of(stream);
    uint8_t type = reader_u8(&r);
    uint32_t length = reader_be24(&r); /* at 139 all but 17 bits are zero anyway */
    bool known = type == NBSS_MESSAGE || (type >= NBSS_REQUEST && type <= NBSS_KEEP_ALIVE);
    if (stream.len && !known)
        return DECODED_BAD;
    if (r.bad)
        return DECODED_MORE;
    if (length > LIMIT_REPLY - HEAD)
        return DECODED_BAD;
    *out = (struct nbss_frame){.type = type, .body = reader_take(&r, length), .size = HEAD + (size_t)length};
    return r.bad ? DECODED_MORE : DECODED_OK;
}

/* Each half of a byte is a letter from A on (RFC 1001, 14.1). */
static bool write_name(struct buf *out, const char *name, uint8_t suffix)
{
    bool ok = buf_append_u8(out, 2 * NAME_LENGTH);
    for (int i = 0; i < NAME_LENGTH && ok; i++) {
        uint8_t c = i == NAME_LENGTH - 1 ? suffix : *name ? (uint8_t)*name++ : ' ';
        ok = buf_append_u8(out, (uint8_t)('A' + (c >> 4))) && buf_append_u8(out, (uint8_t)('A' + (c & 15)));
    }
    return ok && buf_append_u8(out, 0);
}

bool nbss_write_request(struct buf *out)
{
    enum { SERVER = 0x20, WORKSTATION = 0x00 };
    return buf_append(out, "\x81\0\0\x44", HEAD) && write_name(out, "*SMBSERVER", SERVER) && write_name(out, "DESCRY", WORKSTATION);
}

bool nbss_begin(struct buf *out, size_t *start)
{
    *start = out->len;
    return buf_append(out, "\0\0\0\0", HEAD);
}

bool nbss_end(struct buf *out, size_t start)
{
    if (out->len < start + HEAD)
        return false;
    size_t n = out->len - start - HEAD;
    out->at[start + 1] = (uint8_t)(n >> 16);
    out->at[start + 2] = (uint8_t)(n >> 8);
    out->at[start + 3] = (uint8_t)n;
    return true;
}
