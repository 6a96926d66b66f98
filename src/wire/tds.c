/* tds.c owns the packets of TDS: a head of eight bytes with a length in it. */
#include "wire/tds.h"

#include "base/limits.h"
#include "wire/put.h"

enum { HEAD = 8, PRELOGIN = 0x12, LOGIN7 = 0x10, TABULAR = 0x04, END_OF_MESSAGE = 1 };
enum { ENCRYPTION = 1, TERMINATOR = 0xff, ENCRYPT_OFF = 0, NOT_SUPPORTED = 2, OPTIONS_MOST = 16 };

static bool begin(struct buf *out, uint8_t type)
{
    return buf_append_u8(out, type) && buf_append_u8(out, END_OF_MESSAGE) && put_zeros(out, HEAD - 2);
}

static bool end(struct buf *out, size_t start)
{
    size_t n = out->len - start;
    out->at[start + 2] = (uint8_t)(n >> 8);
    out->at[start + 3] = (uint8_t)n;
    out->at[start + 6] = 1;
    return true;
}

/* Options: a number, where, how long; big endian. Version, encryption, instance, thread, several results. */
bool tds_write_prelogin(struct buf *out)
{
    static const char options[] = "\0\0\x1a\0\6\1\0\x20\0\1\2\0\x21\0\1\3\0\x22\0\4\4\0\x26\0\1\xff"
                                  "\x0b\0\0\0\0\0\2\0\0\0\0\0\0";
    size_t start = out->len;
    return begin(out, PRELOGIN) && buf_append(out, options, sizeof options - 1) && end(out, start);
}

enum decoded tds_read_packet(struct bytes reply)
{
    struct reader r = reader_of(reply);
    uint8_t type = reader_u8(&r);
    reader_skip(&r, 1);
    size_t length = reader_be16(&r);
    if (reply.len && type != TABULAR)
        return DECODED_BAD;
    if (r.bad)
        return DECODED_MORE;
    if (length < HEAD || length > LIMIT_REPLY)
        return DECODED_BAD;
    return reply.len < length ? DECODED_MORE : DECODED_OK;
}

enum decoded tds_read_prelogin(struct bytes reply)
{
    enum decoded d = tds_read_packet(reply);
    if (d != DECODED_OK)
        return d;
    struct bytes body = bytes_of(reply.at + HEAD, reply.len - HEAD);
    struct reader r = reader_of(body);
    for (int i = 0; i < OPTIONS_MOST; i++) {
        uint8_t option = reader_u8(&r);
        if (r.bad || option == TERMINATOR)
            return DECODED_BAD;
        size_t at = reader_be16(&r), length = reader_be16(&r);
        if (option != ENCRYPTION)
            continue;
        bool none = !r.bad && length == 1 && at < body.len && (body.at[at] == NOT_SUPPORTED || body.at[at] == ENCRYPT_OFF);
        return none ? DECODED_OK : DECODED_BAD;
    }
    return DECODED_BAD;
}

/* LOGIN7 (2.2.6.4): 36 bytes of numbers, 58 of places and lengths, all texts empty, the token behind them. */
bool tds_write_login(struct buf *out, struct bytes ntlm)
{
    enum { FIXED = 94, TEXTS = 9, PACKET = 4096, ODBC_AND_FATAL = 0x03, INTEGRATED = 0x80 };
    static const uint32_t version = 0x74000004;
    size_t start = out->len;
    bool ok = begin(out, LOGIN7) && put_le32(out, (uint32_t)(FIXED + ntlm.len)) && put_le32(out, version) && put_le32(out, PACKET) &&
              put_zeros(out, 4 + 4 + 4) && buf_append_u8(out, 0xe0) && buf_append_u8(out, INTEGRATED | ODBC_AND_FATAL) &&
              put_zeros(out, 1 + 1 + 4 + 4);
    for (int i = 0; i < TEXTS && ok; i++)
        ok = put_le16(out, FIXED) && put_le16(out, 0);
    ok = ok && put_zeros(out, 6) && put_le16(out, FIXED) && put_le16(out, (uint16_t)ntlm.len);
    for (int i = 0; i < 2 && ok; i++)
        ok = put_le16(out, FIXED) && put_le16(out, 0);
    return ok && put_le32(out, 0) && buf_append(out, ntlm.at, ntlm.len) && end(out, start);
}
