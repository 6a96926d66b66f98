/* smb2.c owns the messages of SMB 2 and 3. Offsets in them count from the message's own first byte. */
#include "wire/smb2.h"

#include "wire/put.h"

#include <string.h>

enum { HEADER = 64, NEGOTIATE = 0, SESSION_SETUP = 1, FLAG_ANSWER = 1, DIALECT_311 = 0x0311, CONTEXTS_MOST = 16 };
enum { HASHES = 1, ENCRYPTION = 2, COMPRESSION = 3, SIGNING = 8, POSIX = 0x100 };

#define MAGIC "\xfeSMB"

bool smb2_is_message(struct bytes message)
{
    return bytes_starts(message, bytes_str(MAGIC));
}

/* ---- writing */

static bool write_header(struct buf *out, uint16_t command, uint64_t message_id)
{
    enum { PROCESS = 0xfeff };
    return buf_append_str(out, MAGIC) && put_le16(out, HEADER) && put_le16(out, 0) && put_le32(out, 0) && put_le16(out, command) &&
           put_le16(out, 1) && put_zeros(out, 8) && put_le(out, message_id, 8) && put_le32(out, PROCESS) && put_zeros(out, 4 + 8 + 16);
}

/* Each context begins at a multiple of eight, of the message. */
static bool write_context(struct buf *out, size_t message, uint16_t type, struct bytes inside)
{
    return put_zeros(out, (8 - (out->len - message) % 8) % 8) && put_le16(out, type) && put_le16(out, (uint16_t)inside.len) &&
           put_zeros(out, 4) && buf_append(out, inside.at, inside.len);
}

#define BYTES(text) bytes_of(text, sizeof(text) - 1)

static bool write_contexts(struct buf *out, size_t message, const uint8_t *salt)
{
    static const char posix[] = "\x93\xad\x25\x50\x9c\xb4\x11\xe7\xb4\x23\x83\xde\x96\x8b\xcd\x7c";
    uint8_t hashes[6 + SMB2_SALT] = {1, 0, SMB2_SALT, 0, 1, 0}; /* SHA-512 */
    memcpy(hashes + 6, salt, SMB2_SALT);
    return write_context(out, message, HASHES, bytes_of(hashes, sizeof hashes)) &&
           write_context(out, message, ENCRYPTION, BYTES("\4\0\2\0\1\0\4\0\3\0")) &&
           write_context(out, message, COMPRESSION, BYTES("\5\0\0\0\0\0\0\0\2\0\3\0\1\0\4\0\5\0")) &&
           write_context(out, message, SIGNING, BYTES("\3\0\2\0\1\0\0\0")) && write_context(out, message, POSIX, BYTES(posix));
}

bool smb2_write_negotiate(struct buf *out, uint64_t message_id, const uint8_t salt[SMB2_SALT])
{
    enum { DIALECTS = 5, CONTEXTS = 5, CAPABILITIES = 0x7f, CONTEXTS_AT = HEADER + 36 + 2 * DIALECTS + 2 };
    size_t message = out->len;
    return write_header(out, NEGOTIATE, message_id) && put_le16(out, 36) && put_le16(out, DIALECTS) &&
           put_le16(out, SMB2_SIGNING_ENABLED) && put_le16(out, 0) && put_le32(out, CAPABILITIES) &&
           buf_append(out, salt, 16) /* any bytes: the client's GUID */
           && put_le32(out, CONTEXTS_AT) && put_le16(out, CONTEXTS) && put_le16(out, 0) &&
           buf_append(out, "\x02\x02\x10\x02\0\x03\x02\x03\x11\x03", 2 * DIALECTS) && write_contexts(out, message, salt);
}

bool smb2_write_session_setup(struct buf *out, uint64_t message_id, struct bytes token)
{
    enum { TOKEN_AT = HEADER + 24 };
    return write_header(out, SESSION_SETUP, message_id) && put_le16(out, 25) && buf_append_u8(out, 0) &&
           buf_append_u8(out, SMB2_SIGNING_ENABLED) && put_le32(out, 0) && put_le32(out, 0) && put_le16(out, TOKEN_AT) &&
           put_le16(out, (uint16_t)token.len) && put_zeros(out, 8) && buf_append(out, token.at, token.len);
}

/* ---- reading */

struct header {
    uint32_t status;
    uint16_t command;
    uint32_t flags;
};

static bool read_header(struct reader *r, struct header *h)
{
    struct bytes magic = reader_take(r, 4);
    uint16_t size = reader_le16(r);
    reader_skip(r, 2);
    h->status = reader_le32(r);
    h->command = reader_le16(r);
    reader_skip(r, 2);
    h->flags = reader_le32(r);
    reader_skip(r, 4 + 8 + 4 + 4 + 8 + 16);
    return !r->bad && smb2_is_message(magic) && size == HEADER && h->flags & FLAG_ANSWER;
}

static struct bytes part(struct bytes message, size_t offset, size_t length)
{
    if (!length || offset < HEADER || offset > message.len || length > message.len - offset)
        return bytes_of(NULL, 0);
    return bytes_of(message.at + offset, length);
}

static void read_algorithms(struct reader *r, size_t count, struct smb2_algorithms *out)
{
    while (count-- && reader_left(r) >= 2 && out->count < SMB2_ALGORITHMS)
        out->ids[out->count++] = reader_le16(r);
}

static void read_context(uint16_t type, struct bytes inside, struct smb2_negotiated *n)
{
    struct reader r = reader_of(inside);
    size_t count = type == POSIX ? 0 : reader_le16(&r);
    switch (type) {
    case HASHES:
        reader_skip(&r, 2); /* the salt's length */
        read_algorithms(&r, count, &n->hashes);
        break;
    case ENCRYPTION:
        read_algorithms(&r, count, &n->ciphers);
        break;
    case COMPRESSION:
        reader_skip(&r, 2 + 4);
        read_algorithms(&r, count, &n->compressions);
        break;
    case SIGNING:
        read_algorithms(&r, count, &n->signings);
        break;
    case POSIX:
        n->posix = true;
        break;
    default:
        break;
    }
}

static void read_contexts(struct bytes message, size_t offset, size_t count, struct smb2_negotiated *n)
{
    struct reader r = reader_of(offset <= message.len ? bytes_of(message.at + offset, message.len - offset) : bytes_of(NULL, 0));
    for (size_t i = 0; i < count && i < CONTEXTS_MOST && reader_left(&r); i++) {
        uint16_t type = reader_le16(&r);
        size_t length = reader_le16(&r);
        reader_skip(&r, 4);
        struct bytes inside = reader_take(&r, length);
        if (r.bad)
            return;
        read_context(type, inside, n);
        size_t pad = (8 - length % 8) % 8;
        reader_skip(&r, pad < reader_left(&r) ? pad : reader_left(&r));
    }
}

enum decoded smb2_read_negotiated(struct bytes message, struct smb2_negotiated *out)
{
    struct reader r = reader_of(message);
    struct header h;
    *out = (struct smb2_negotiated){0};
    if (!read_header(&r, &h) || h.command != NEGOTIATE || h.status || reader_le16(&r) != 65)
        return DECODED_BAD;
    out->security_mode = reader_le16(&r);
    out->dialect = reader_le16(&r);
    size_t contexts = reader_le16(&r);
    out->guid = reader_take(&r, 16);
    out->capabilities = reader_le32(&r);
    out->max_transact = reader_le32(&r);
    out->max_read = reader_le32(&r);
    out->max_write = reader_le32(&r);
    out->time = reader_le64(&r);
    out->started = reader_le64(&r);
    size_t security_at = reader_le16(&r), security_length = reader_le16(&r), contexts_at = reader_le32(&r);
    if (r.bad)
        return DECODED_BAD;
    out->security = part(message, security_at, security_length);
    if (out->dialect == DIALECT_311 && contexts_at >= HEADER)
        read_contexts(message, contexts_at, contexts, out);
    return DECODED_OK;
}

enum decoded smb2_read_session(struct bytes message, uint32_t *status, struct bytes *security)
{
    struct reader r = reader_of(message);
    struct header h;
    *security = bytes_of(NULL, 0);
    if (!read_header(&r, &h) || h.command != SESSION_SETUP)
        return DECODED_BAD;
    *status = h.status;
    if (reader_le16(&r) != 9)
        return DECODED_OK; /* an error's body: it refuses */
    reader_skip(&r, 2);
    size_t offset = reader_le16(&r), length = reader_le16(&r);
    if (!r.bad)
        *security = part(message, offset, length);
    return DECODED_OK;
}

/* ---- names */

struct named {
    uint32_t id;
    const char *name;
};

static const char *name_in(const struct named *list, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].id == id)
            return list[i].name;
    return NULL;
}
#define NAME_IN(list, id) name_in(list, sizeof(list) / sizeof *(list), id)

const char *smb2_dialect_name(uint16_t dialect)
{
    static const struct named names[] = {
        {0x0202, "2.0.2"}, {0x0210, "2.1"}, {0x0300, "3.0"}, {0x0302, "3.0.2"}, {0x0311, "3.1.1"}, {SMB2_DIALECT_ANY, "2.x"}};
    return NAME_IN(names, dialect);
}

const char *smb2_cipher_name(uint16_t id)
{
    static const struct named names[] = {{1, "AES-128-CCM"}, {2, "AES-128-GCM"}, {3, "AES-256-CCM"}, {4, "AES-256-GCM"}};
    return NAME_IN(names, id);
}

const char *smb2_compression_name(uint16_t id)
{
    static const struct named names[] = {{1, "LZNT1"}, {2, "LZ77"}, {3, "LZ77+Huffman"}, {4, "Pattern_V1"}, {5, "LZ4"}};
    return NAME_IN(names, id);
}

const char *smb2_signing_name(uint16_t id)
{
    static const struct named names[] = {{0, "HMAC-SHA256"}, {1, "AES-CMAC"}, {2, "AES-GMAC"}};
    return NAME_IN(names, id);
}

const char *smb2_capability_name(uint32_t bit)
{
    static const struct named names[] = {{0x01, "dfs"}, {0x02, "leasing"}, {0x04, "large-mtu"}, {0x08, "multi-channel"},
        {0x10, "persistent-handles"}, {0x20, "directory-leasing"}, {0x40, "encryption"}, {0x80, "notifications"}};
    return NAME_IN(names, bit);
}
