/* smb1.c owns the messages of SMB 1. A message is a head, a count of words, the words, a count of bytes, the bytes. */
#include "wire/smb1.h"

#include "wire/put.h"
#include "wire/utf16.h"

#include <string.h>

enum { HEADER = 32, NEGOTIATE = 0x72, SESSION_SETUP = 0x73, FLAG_ANSWER = 0x80, FLAG2_UNICODE = 0x8000, NO_MORE = 0xff };
static const uint32_t EXTENDED_SECURITY = 0x80000000;

#define MAGIC "\xffSMB"

bool smb1_is_message(struct bytes message)
{
    return bytes_starts(message, bytes_str(MAGIC));
}

/* ---- writing */

static bool write_header(struct buf *out, uint8_t command, uint16_t multiplex)
{
    enum { FLAGS = 0x18, FLAGS2 = 0xc801, NO_TREE = 0xffff, PROCESS = 0xfeff };
    return buf_append_str(out, MAGIC) && buf_append_u8(out, command) && put_le32(out, 0) && buf_append_u8(out, FLAGS) &&
           put_le16(out, FLAGS2) && put_zeros(out, 2 + 8 + 2) && put_le16(out, NO_TREE) && put_le16(out, PROCESS) && put_le16(out, 0) &&
           put_le16(out, multiplex);
}

bool smb1_write_negotiate(struct buf *out)
{
    static const char offer[] = "\2NT LM 0.12"; /* with its NUL */
    return write_header(out, NEGOTIATE, 1) && buf_append_u8(out, 0) && put_le16(out, sizeof offer) && buf_append(out, offer, sizeof offer);
}

/* Virtual circuit 1: number 0 tells old servers to drop what others from our address have open (MS-CIFS 2.2.4.53.1). */
bool smb1_write_session_setup(struct buf *out, struct bytes token)
{
    enum { WORDS = 12, BUFFER = 16644, CIRCUIT = 1, NAMES = 6 };
    static const uint32_t capabilities = 0x80000000 | 0x5c;
    size_t before = HEADER + 1 + 2 * WORDS + 2 + token.len, pad = before % 2;
    return write_header(out, SESSION_SETUP, 2) && buf_append_u8(out, WORDS) && buf_append_u8(out, NO_MORE) && put_zeros(out, 3) &&
           put_le16(out, BUFFER) && put_le16(out, 1) && put_le16(out, CIRCUIT) && put_le32(out, 0) && put_le16(out, (uint16_t)token.len) &&
           put_le32(out, 0) && put_le32(out, capabilities) && put_le16(out, (uint16_t)(token.len + pad + NAMES)) &&
           buf_append(out, token.at, token.len) && put_zeros(out, pad + NAMES);
}

/* ---- reading */

struct message {
    uint32_t status;
    uint16_t flags2;
    struct bytes whole, words, bytes;
};

static bool read_message(struct bytes whole, uint8_t command, struct message *m)
{
    struct reader r = reader_of(whole);
    *m = (struct message){.whole = whole};
    struct bytes magic = reader_take(&r, 4);
    uint8_t found = reader_u8(&r);
    m->status = reader_le32(&r);
    uint8_t flags = reader_u8(&r);
    m->flags2 = reader_le16(&r);
    reader_skip(&r, HEADER - 12);
    m->words = reader_take(&r, 2 * (size_t)reader_u8(&r));
    size_t count = reader_le16(&r);
    if (r.bad || !smb1_is_message(magic) || found != command || !(flags & FLAG_ANSWER))
        return false;
    m->bytes = reader_take(&r, count < reader_left(&r) ? count : reader_left(&r)); /* some servers count wrongly */
    return true;
}

static const char *take_ascii(struct arena *a, struct reader *r)
{
    size_t n = 0, left = reader_left(r);
    while (n < left && r->at[n])
        n++;
    struct bytes text = reader_take(r, n);
    if (reader_left(r))
        reader_u8(r);
    n = n < UTF16_TEXT_MAX ? n : UTF16_TEXT_MAX;
    return n ? arena_strndup(a, text.at, n) : NULL;
}

/* The words of "NT LM 0.12": 17 of them. */
static enum decoded read_nt_words(const struct message *m, struct arena *a, struct smb1_negotiated *n)
{
    struct reader r = reader_of(m->words);
    reader_skip(&r, 2);
    n->security_mode = reader_u8(&r);
    reader_skip(&r, 2 + 2 + 4 + 4 + 4);
    n->capabilities = reader_le32(&r);
    n->time = reader_le64(&r);
    n->zone = (int16_t)reader_le16(&r);
    size_t challenge = reader_u8(&r);
    if (r.bad)
        return DECODED_BAD;
    r = reader_of(m->bytes);
    n->extended = n->capabilities & EXTENDED_SECURITY && m->bytes.len >= 16;
    if (n->extended) {
        n->guid = reader_take(&r, 16);
        n->security = reader_take(&r, reader_left(&r));
        return DECODED_OK;
    }
    reader_take(&r, challenge);
    bool unicode = m->flags2 & FLAG2_UNICODE; /* not aligned here (MS-CIFS 2.2.4.52.2) */
    n->domain = unicode ? utf16_take(a, &r) : take_ascii(a, &r);
    n->server = unicode ? utf16_take(a, &r) : take_ascii(a, &r);
    return DECODED_OK;
}

enum decoded smb1_read_negotiated(struct bytes message, struct arena *a, struct smb1_negotiated *out)
{
    struct message m;
    *out = (struct smb1_negotiated){.dialect = SMB1_NO_DIALECT};
    if (!read_message(message, NEGOTIATE, &m) || m.words.len < 2)
        return DECODED_BAD;
    struct reader r = reader_of(m.words);
    out->dialect = reader_le16(&r);
    if (out->dialect == SMB1_NO_DIALECT)
        return DECODED_OK;
    return m.words.len == 34 ? read_nt_words(&m, a, out) : DECODED_BAD;
}

/* Texts in UTF-16 begin at an even place of the message. */
static struct reader texts_of(const struct message *m, struct bytes rest)
{
    size_t at = (size_t)(rest.at - m->whole.at);
    struct reader r = reader_of(rest);
    if (rest.len && at % 2)
        reader_skip(&r, 1);
    return r;
}

enum decoded smb1_read_session(struct bytes message, struct arena *a, struct smb1_session *out)
{
    struct message m;
    *out = (struct smb1_session){0};
    if (!read_message(message, SESSION_SETUP, &m))
        return DECODED_BAD;
    out->status = m.status;
    struct reader r = reader_of(m.words);
    reader_skip(&r, 2 + 2 + 2); /* what follows, the action */
    size_t length = m.words.len == 8 ? reader_le16(&r) : 0;
    r = reader_of(m.bytes);
    out->security = reader_take(&r, length);
    if (r.bad || !m.words.len)
        return DECODED_OK;
    bool unicode = m.flags2 & FLAG2_UNICODE;
    struct bytes rest = reader_take(&r, reader_left(&r));
    r = unicode ? texts_of(&m, rest) : reader_of(rest);
    const char **texts[] = {&out->native_os, &out->native_lanman, &out->domain};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = unicode ? utf16_take(a, &r) : take_ascii(a, &r);
    return DECODED_OK;
}
