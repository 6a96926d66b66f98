/* tls_flight.c owns the old hello, and the way from records over handshake messages to what a server says of itself in the clear. */
#include "wire/tls_flight.h"

enum { RECORD_ALERT = 0x15, RECORD_HANDSHAKE = 0x16, RECORD_MOST = 16384 + 2048 };
enum { SERVER_HELLO = 2, CERTIFICATE = 11, SERVER_HELLO_DONE = 14 };
enum { HELLO_MAX = 512, MESSAGES_MOST = 64, CLIENT_VERSION = 0x0303, RECORD_VERSION = 0x0300 };

/* The suites before AES-GCM and ECDHE, in the registry's words (IANA, "TLS Cipher Suites"). All of them are offered. */
static const struct {
    uint16_t number;
    const char *name;
} suites[] = {
    {0x0005, "TLS_RSA_WITH_RC4_128_SHA"},
    {0x0004, "TLS_RSA_WITH_RC4_128_MD5"},
    {0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
    {0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    {0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA"},
    {0x000d, "TLS_DH_DSS_WITH_3DES_EDE_CBC_SHA"},
    {0x0010, "TLS_DH_RSA_WITH_3DES_EDE_CBC_SHA"},
    {0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    {0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"},
    {0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
    {0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"},
    {0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
    {0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"},
    {0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"},
    {0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"},
    {0x0007, "TLS_RSA_WITH_IDEA_CBC_SHA"},
    {0x0066, "TLS_DHE_DSS_WITH_RC4_128_SHA"},
    {0x0009, "TLS_RSA_WITH_DES_CBC_SHA"},
    {0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"},
    {0x0012, "TLS_DHE_DSS_WITH_DES_CBC_SHA"},
    {0x000c, "TLS_DH_DSS_WITH_DES_CBC_SHA"},
    {0x000f, "TLS_DH_RSA_WITH_DES_CBC_SHA"},
    {0x0062, "TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA"},
    {0x0064, "TLS_RSA_EXPORT1024_WITH_RC4_56_SHA"},
    {0x0063, "TLS_DHE_DSS_EXPORT1024_WITH_DES_CBC_SHA"},
    {0x0065, "TLS_DHE_DSS_EXPORT1024_WITH_RC4_56_SHA"},
    {0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
    {0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"},
    {0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"},
    {0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"},
    {0x0011, "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"},
    {0x0018, "TLS_DH_anon_WITH_RC4_128_MD5"},
    {0x001b, "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA"},
    {0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
    {0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA"},
    {0x001a, "TLS_DH_anon_WITH_DES_CBC_SHA"},
    {0x0017, "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"},
    {0x0019, "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA"},
    {0x0002, "TLS_RSA_WITH_NULL_SHA"},
    {0x0001, "TLS_RSA_WITH_NULL_MD5"},
};
enum { SUITES = sizeof suites / sizeof *suites };

/* ---- the hello */

static void be16(struct buf *out, unsigned n)
{
    buf_append_u8(out, (uint8_t)(n >> 8));
    buf_append_u8(out, (uint8_t)n);
}

bool tls_old_hello(struct buf *out, const uint8_t random[32])
{
    const unsigned list = 2 * (SUITES + 1), body = 2 + 32 + 1 + 2 + list + 2;
    if (out->max - out->len < HELLO_MAX)
        return false;
    buf_append_u8(out, RECORD_HANDSHAKE);
    be16(out, RECORD_VERSION);
    be16(out, body + 4);
    buf_append_u8(out, 1); /* ClientHello */
    buf_append_u8(out, 0);
    be16(out, body);
    be16(out, CLIENT_VERSION);
    buf_append(out, random, 32);
    buf_append_u8(out, 0); /* no session */
    be16(out, list);
    for (size_t i = 0; i < SUITES; i++)
        be16(out, suites[i].number);
    be16(out, 0x00ff); /* secure renegotiation (RFC 5746, section 3.3) */
    buf_append_u8(out, 1);
    buf_append_u8(out, 0); /* no compression */
    return true;
}

/* ---- the flight */

static bool read_server_hello(struct bytes body, struct tls_flight *out)
{
    struct reader r = reader_of(body);
    out->version = reader_be16(&r);
    reader_skip(&r, 32);
    reader_skip(&r, reader_u8(&r));
    out->cipher = reader_be16(&r);
    return out->hello = !r.bad && out->version >> 8 == 3;
}

static bool read_certificates(struct bytes body, struct arena *a, struct tls_flight *out)
{
    struct reader r = reader_of(body);
    struct reader list = reader_of(reader_take(&r, reader_be24(&r)));
    while (!r.bad && reader_left(&list) && out->certificate_count < LIMIT_CERTIFICATES) {
        struct bytes der = reader_take(&list, reader_be24(&list));
        if (list.bad)
            return false;
        out->certificates[out->certificate_count++] = arena_bytes(a, der);
    }
    return !r.bad;
}

/* The messages of a handshake that lies in one piece. */
static enum decoded read_messages(struct bytes handshake, struct arena *a, struct tls_flight *out)
{
    struct reader r = reader_of(handshake);
    for (int i = 0; reader_left(&r) >= 4 && i < MESSAGES_MOST; i++) {
        uint8_t type = reader_u8(&r);
        struct bytes body = reader_take(&r, reader_be24(&r));
        if (r.bad)
            return DECODED_MORE;
        if (i == 0 && !(type == SERVER_HELLO && read_server_hello(body, out)))
            return DECODED_BAD;
        if (type == CERTIFICATE && !read_certificates(body, a, out))
            return DECODED_BAD;
        if (type == SERVER_HELLO_DONE)
            return DECODED_OK;
    }
    return DECODED_MORE;
}

/* Messages may be spread over records: they are put together first. */
enum decoded tls_flight_read(struct bytes reply, struct arena *a, struct tls_flight *out)
{
    struct buf handshake;
    struct reader r = reader_of(reply);
    enum decoded end = DECODED_MORE;
    *out = (struct tls_flight){.alert = -1};
    buf_init(&handshake, LIMIT_CHAIN);
    while (end == DECODED_MORE && reader_left(&r) >= 5) {
        uint8_t type = reader_u8(&r);
        uint8_t major = reader_u8(&r);
        reader_skip(&r, 1);
        size_t length = reader_be16(&r);
        if (major != 3 || length > RECORD_MOST || (type != RECORD_ALERT && type != RECORD_HANDSHAKE)) {
            end = DECODED_BAD;
            break;
        }
        struct bytes record = bytes_of(r.at, length < reader_left(&r) ? length : reader_left(&r));
        reader_skip(&r, record.len);
        if (type == RECORD_ALERT && record.len == 2) {
            out->alert = record.at[1];
            end = DECODED_OK;
        } else if (type == RECORD_HANDSHAKE) {
            buf_append_some(&handshake, record.at, record.len);
        }
    }
    enum decoded read = read_messages(buf_view(&handshake), a, out);
    buf_free(&handshake);
    return end == DECODED_MORE ? read : end;
}

/* ---- names */

const char *tls_version_name(uint16_t version)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    return version >= 0x0300 && version <= 0x0304 ? names[version - 0x0300] : NULL;
}

const char *tls_suite_name(uint16_t cipher)
{
    for (size_t i = 0; i < SUITES; i++)
        if (suites[i].number == cipher)
            return suites[i].name;
    return NULL;
}
