/* dcerpc.c owns the units of DCE/RPC. */
#include "wire/dcerpc.h"

#include "base/limits.h"
#include "wire/put.h"

#include <stdio.h>
#include <string.h>

enum { HEAD = 16, TRAILER = 8, VERSION = 5, LITTLE_ENDIAN_ASCII = 0x10, AUTH_NTLM = 10, LEVEL_CONNECT = 2 };

/* NDR, version 2 */
static const struct dcerpc_interface transfer = {
    {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}, 2, 0};

enum decoded dcerpc_read(struct bytes stream, struct dcerpc_pdu *out)
{
    struct reader r = reader_of(stream);
    uint8_t version = reader_u8(&r), minor = reader_u8(&r);
    *out = (struct dcerpc_pdu){0};
    out->type = reader_u8(&r);
    out->flags = reader_u8(&r);
    uint8_t order = reader_u8(&r);
    reader_skip(&r, 3);
    size_t length = reader_le16(&r), auth = reader_le16(&r);
    out->call = reader_le32(&r);
    if (stream.len && (version != VERSION || (stream.len > 1 && minor > 1) || (stream.len > 4 && order != LITTLE_ENDIAN_ASCII)))
        return DECODED_BAD;
    if (r.bad)
        return DECODED_MORE;
    size_t tail = auth ? auth + TRAILER : 0;
    if (length < HEAD + tail || length > LIMIT_REPLY)
        return DECODED_BAD;
    out->body = reader_take(&r, length - HEAD - tail);
    reader_skip(&r, auth ? TRAILER : 0);
    out->auth = reader_take(&r, auth);
    out->size = length;
    return r.bad ? DECODED_MORE : DECODED_OK;
}

/* ---- writing */

static bool begin(struct buf *out, uint8_t type, uint32_t call)
{
    return buf_append_u8(out, VERSION) && buf_append_u8(out, 0) && buf_append_u8(out, type) &&
           buf_append_u8(out, DCERPC_FIRST | DCERPC_LAST) && put_le32(out, LITTLE_ENDIAN_ASCII) && put_le32(out, 0) && put_le32(out, call);
}

static bool end(struct buf *out, size_t start, size_t auth)
{
    enum { LENGTH_AT = 8 };
    size_t n = out->len - start;
    out->at[start + LENGTH_AT] = (uint8_t)n;
    out->at[start + LENGTH_AT + 1] = (uint8_t)(n >> 8);
    out->at[start + LENGTH_AT + 2] = (uint8_t)auth;
    out->at[start + LENGTH_AT + 3] = (uint8_t)(auth >> 8);
    return true;
}

static bool write_interface(struct buf *out, const struct dcerpc_interface *i)
{
    return buf_append(out, i->uuid, sizeof i->uuid) && put_le16(out, i->major) && put_le16(out, i->minor);
}

bool dcerpc_write_bind(struct buf *out, const struct dcerpc_interface *interfaces, size_t count, struct bytes ntlm)
{
    size_t start = out->len;
    bool ok = begin(out, DCERPC_BIND, 1) && put_le16(out, DCERPC_FRAGMENT) && put_le16(out, DCERPC_FRAGMENT) && put_le32(out, 0) &&
              put_le32(out, (uint32_t)count);
    for (size_t i = 0; i < count && ok; i++)
        ok = put_le16(out, (uint16_t)i) && put_le16(out, 1) && write_interface(out, &interfaces[i]) && write_interface(out, &transfer);
    if (ok && ntlm.len)
        ok = buf_append_u8(out, AUTH_NTLM) && buf_append_u8(out, LEVEL_CONNECT) && put_zeros(out, 2 + 4) &&
             buf_append(out, ntlm.at, ntlm.len);
    return ok && end(out, start, ntlm.len);
}

bool dcerpc_write_request(struct buf *out, uint32_t call, uint16_t context, uint16_t operation, struct bytes arguments)
{
    size_t start = out->len;
    return begin(out, DCERPC_REQUEST, call) && put_le32(out, (uint32_t)arguments.len) && put_le16(out, context) &&
           put_le16(out, operation) && buf_append(out, arguments.at, arguments.len) && end(out, start, 0);
}

/* ---- reading */

bool dcerpc_read_ack(const struct dcerpc_pdu *pdu, bool accepted[DCERPC_CONTEXTS])
{
    struct reader r = reader_of(pdu->body);
    memset(accepted, 0, DCERPC_CONTEXTS * sizeof *accepted);
    if (pdu->type != DCERPC_BIND_ACK)
        return false;
    reader_skip(&r, 2 + 2 + 4);
    size_t address = reader_le16(&r);
    reader_skip(&r, address);
    reader_skip(&r, (4 - (2 + address) % 4) % 4); /* the body begins at a multiple of four */
    size_t count = reader_u8(&r);
    reader_skip(&r, 3);
    for (size_t i = 0; i < count && i < DCERPC_CONTEXTS && !r.bad; i++) {
        bool yes = reader_le16(&r) == 0;
        reader_skip(&r, 2 + DCERPC_UUID + 4);
        accepted[i] = yes && !r.bad;
    }
    return !r.bad;
}

bool dcerpc_read_response(const struct dcerpc_pdu *pdu, struct bytes *piece)
{
    struct reader r = reader_of(pdu->body);
    reader_skip(&r, 4 + 2 + 2);
    *piece = reader_take(&r, reader_left(&r));
    return pdu->type == DCERPC_RESPONSE && !r.bad;
}

const char *dcerpc_uuid_text(const uint8_t uuid[DCERPC_UUID], char out[DCERPC_UUID_TEXT])
{
    const uint8_t *u = uuid;
    snprintf(out, DCERPC_UUID_TEXT, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[3], u[2], u[1], u[0], u[5],
        u[4], u[7], u[6], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
    return out;
}
