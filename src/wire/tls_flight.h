/*
 * tls_flight.h owns old TLS by hand: a hello for servers that are too old for any library (SSL 3.0, export suites; RFC 6101, RFC 2246 appendix A), and the
 * reading of what comes back in the clear: the ServerHello, the certificates (RFC 5246, section 7.4), or an alert. Nothing is computed.
 */
#ifndef DESCRY_WIRE_TLS_FLIGHT_H
#define DESCRY_WIRE_TLS_FLIGHT_H

#include "base/arena.h"
#include "base/limits.h"

struct tls_flight {
    bool hello;                         /* a ServerHello was read: version and cipher stand */
    uint16_t version;                   /* 0x0300 SSL 3.0, 0x0301 TLS 1.0, ... */
    uint16_t cipher;                    /* its number in the registry */
    int alert;                          /* the description of an alert, or -1 */
    struct bytes certificates[LIMIT_CERTIFICATES]; /* DER, the server's own first; copies in the arena */
    size_t certificate_count;
};

/* A hello from SSL 3.0 up to TLS 1.2 with the old suites only, without extensions; `random` has 32 bytes. False: it does not fit. */
bool tls_old_hello(struct buf *out, const uint8_t random[32]);

/*
 * OK: the flight has ended (ServerHelloDone or an alert). MORE: what is there so far stands in `out`, more may come. BAD: it is no TLS; what was
 * read before stands.
 */
enum decoded tls_flight_read(struct bytes reply, struct arena *a, struct tls_flight *out);

const char *tls_version_name(uint16_t version); /* "SSLv3", "TLSv1.2"; NULL: none that we know */
/* The registry's name of an old suite, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"; NULL: not an old one. */
const char *tls_suite_name(uint16_t cipher);

#endif
