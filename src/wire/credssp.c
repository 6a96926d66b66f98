/* credssp.c owns CredSSP's first token. */
#include "wire/credssp.h"

#include "wire/der.h"

enum { SEQUENCE = 0x30, OCTETS = 0x04, INTEGER = 0x02, FIELD_0 = 0xa0, FIELD_1 = 0xa1, VERSION = 6 };

bool credssp_write_request(struct buf *out, struct bytes ntlm)
{
    size_t start = out->len;
    bool ok = buf_append_u8(out, VERSION) && der_wrap(out, start, INTEGER) && der_wrap(out, start, FIELD_0);
    size_t tokens = out->len;
    return ok && buf_append(out, ntlm.at, ntlm.len) && der_wrap(out, tokens, OCTETS) && der_wrap(out, tokens, FIELD_0) &&
           der_wrap(out, tokens, SEQUENCE) && der_wrap(out, tokens, SEQUENCE) && der_wrap(out, tokens, FIELD_1) &&
           der_wrap(out, start, SEQUENCE);
}

/* ---- TPKT (RFC 1006), X.224, and the negotiation behind it */

enum { RDP_SIZE = 19, CONFIRM = 0xd0, NEGOTIATED = 2, HYBRID = 2, HYBRID_EX = 8 };

bool rdp_write_request(struct buf *out)
{
    return buf_append(out, "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", RDP_SIZE);
}

enum decoded rdp_read_confirm(struct bytes reply)
{
    struct reader r = reader_of(reply);
    uint8_t version = reader_u8(&r);
    reader_skip(&r, 1);
    size_t length = reader_be16(&r);
    if (reply.len && version != 3)
        return DECODED_BAD;
    if (r.bad || reply.len < length)
        return DECODED_MORE;
    reader_skip(&r, 1);
    uint8_t type = reader_u8(&r);
    reader_skip(&r, 2 + 2 + 1);
    uint8_t answer = reader_u8(&r);
    reader_skip(&r, 1 + 2);
    uint32_t chosen = reader_le32(&r);
    bool yes = !r.bad && type == CONFIRM && answer == NEGOTIATED && (chosen == HYBRID || chosen == HYBRID_EX);
    return yes ? DECODED_OK : DECODED_BAD;
}
