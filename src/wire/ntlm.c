/* ntlm.c owns the reading of NTLM's challenge: a head of fixed places, and descriptors that point anywhere into the message. */
#include "wire/ntlm.h"

#include "base/base64.h"
#include "base/text.h"
#include "wire/utf16.h"

#include <string.h>

enum {
    FLAG_UNICODE = 0x00000001,
    FLAG_TARGET_INFO = 0x00800000,
    FLAG_VERSION = 0x02000000,
    PAIRS_MOST = 32, /* attributes looked at of one challenge */
    ENCODED_MOST = 8 * 1024 /* bytes of one base64 text */
};

#define SIGNATURE "NTLMSSP\0"
#define CHALLENGE SIGNATURE "\2\0\0\0"
#define CHALLENGE_BASE64 "TlRMTVNTUAACAAAA" /* twelve bytes: the same at any place that a token begins at */

/*
 * Flags e2088297: Unicode or OEM, target and version wanted, signing, extended session security, keys of 56 and 128 bits: those of an
 * ordinary client, since some servers leave out what others than ordinary clients do not ask for. No names. Version 6.1.7601.
 */
static const uint8_t negotiate[] = SIGNATURE "\1\0\0\0\x97\x82\x08\xe2"
                                             "\0\0\0\0\x28\0\0\0"
                                             "\0\0\0\0\x28\0\0\0"
                                             "\x06\x01\xb1\x1d\0\0\0\x0f";

struct bytes ntlm_negotiate(void)
{
    return bytes_of(negotiate, sizeof negotiate - 1);
}

const char *ntlm_negotiate_base64(void)
{
    return "TlRMTVNTUAABAAAAl4II4gAAAAAoAAAAAAAAACgAAAAGAbEdAAAADw==";
}

/* Length, the same once more, offset (2.2.1.2): a view into the message, empty if it leads out of it. */
static struct bytes described(struct bytes message, struct reader *r)
{
    size_t length = reader_le16(r);
    reader_skip(r, 2);
    size_t offset = reader_le32(r);
    if (r->bad || offset > message.len || length > message.len - offset)
        return bytes_of(NULL, 0);
    return bytes_of(message.at + offset, length);
}

static void read_pairs(struct bytes info, struct arena *a, struct ntlm_challenge *c)
{
    const char **texts[] = {NULL, &c->netbios_computer, &c->netbios_domain, &c->dns_computer, &c->dns_domain, &c->dns_forest};
    enum { END = 0, TIME = 7, TEXTS = sizeof texts / sizeof *texts };
    struct reader r = reader_of(info);
    for (int i = 0; i < PAIRS_MOST; i++) {
        uint16_t id = reader_le16(&r);
        struct bytes value = reader_take(&r, reader_le16(&r));
        struct reader inside = reader_of(value);
        if (r.bad || id == END)
            return;
        if (id < TEXTS)
            *texts[id] = utf16_text(a, value);
        else if (id == TIME && value.len == 8)
            c->time = reader_le64(&inside);
    }
}

static const char *target_text(struct arena *a, struct bytes raw, uint32_t flags)
{
    if (flags & FLAG_UNICODE)
        return utf16_text(a, raw);
    size_t n = 0;
    while (n < raw.len && n < UTF16_TEXT_MAX && raw.at[n])
        n++;
    return n ? arena_strndup(a, raw.at, n) : NULL;
}

bool ntlm_read_challenge(struct bytes message, struct arena *a, struct ntlm_challenge *out)
{
    struct reader r = reader_of(message);
    *out = (struct ntlm_challenge){0};
    struct bytes head = reader_take(&r, sizeof CHALLENGE - 1);
    if (!bytes_equal(head, bytes_of(CHALLENGE, sizeof CHALLENGE - 1)))
        return false;
    struct bytes target = described(message, &r);
    uint32_t flags = reader_le32(&r);
    reader_skip(&r, 8); /* the challenge itself */
    if (r.bad)
        return false;
    out->flags = flags;
    out->target = target_text(a, target, flags);
    reader_skip(&r, 8);
    struct bytes info = described(message, &r);
    if (!r.bad && flags & FLAG_TARGET_INFO)
        read_pairs(info, a, out);
    struct bytes version = reader_take(&r, 8);
    if (r.bad || !(flags & FLAG_VERSION))
        return true;
    r = reader_of(version);
    out->has_version = true;
    out->major = reader_u8(&r);
    out->minor = reader_u8(&r);
    out->build = reader_le16(&r);
    reader_skip(&r, 3);
    out->revision = reader_u8(&r);
    return true;
}

/* ---- finding */

static struct bytes from(struct bytes whole, const uint8_t *at)
{
    return at ? bytes_of(at, (size_t)(whole.at + whole.len - at)) : bytes_of(NULL, 0);
}

static struct bytes raw_challenge(struct bytes reply)
{
    return from(reply, bytes_find(reply, bytes_of(CHALLENGE, sizeof CHALLENGE - 1)));
}

static bool is_base64(uint8_t c)
{
    return text_is_alnum(c) || c == '+' || c == '/';
}

/* The text from its first letter of base64 on to the last; padding is not missed. */
static size_t base64_length(struct bytes text)
{
    size_t n = 0;
    while (n < text.len && n < ENCODED_MOST && is_base64(text.at[n]))
        n++;
    return n % 4 == 1 ? n - 1 : n;
}

static bool read_encoded(struct bytes text, struct arena *a, struct ntlm_challenge *out)
{
    struct buf raw;
    buf_init(&raw, ENCODED_MOST);
    bool found = base64_read(text, &raw) && ntlm_read_challenge(raw_challenge(buf_view(&raw)), a, out);
    buf_free(&raw);
    return found;
}

/* A SPNEGO token in base64: the challenge in it may begin at any of three places of a group. */
static bool read_tokens(struct bytes reply, struct arena *a, struct ntlm_challenge *out)
{
    enum { SHORTEST = 64 };
    while (reply.len >= SHORTEST) {
        size_t n = is_base64(reply.at[0]) ? base64_length(reply) : 0;
        if (n >= SHORTEST && read_encoded(bytes_of(reply.at, n), a, out))
            return true;
        n = n ? n : 1;
        reply = bytes_of(reply.at + n, reply.len - n);
    }
    return false;
}

bool ntlm_find_challenge(struct bytes reply, struct arena *a, struct ntlm_challenge *out)
{
    struct bytes raw = raw_challenge(reply);
    struct bytes encoded = from(reply, bytes_find(reply, bytes_str(CHALLENGE_BASE64)));
    if (raw.len && ntlm_read_challenge(raw, a, out))
        return true;
    if (encoded.len && read_encoded(bytes_of(encoded.at, base64_length(encoded)), a, out))
        return true;
    return read_tokens(reply, a, out);
}
