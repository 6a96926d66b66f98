/* addr.h owns one network address as a value: IPv4, or IPv6 with its zone. */
#ifndef DESCRY_BASE_ADDR_H
#define DESCRY_BASE_ADDR_H

#include "base/bytes.h"

enum { ADDR_TEXT_MAX = 64 };            /* bytes for addr_format, with NUL and zone */

struct addr {
    uint8_t family;                     /* 0 none, 4, 6 */
    uint8_t octet[16];                  /* network order; IPv4 uses the first four */
    uint32_t zone;                      /* IPv6 scope id, 0 none */
};

/* Numeric forms only: "192.0.2.1", "2001:db8::1", "fe80::1%eth0" or "%2". */
bool addr_parse(const char *text, struct addr *out);
/* Canonical text (RFC 5952 for IPv6). Writes at most `size` bytes with NUL; gives `out`. */
char *addr_format(const struct addr *a, char *out, size_t size);
bool addr_equal(const struct addr *a, const struct addr *b);
int addr_compare(const struct addr *a, const struct addr *b); /* IPv4 before IPv6, then numerically */
struct addr addr_from_v4(uint32_t host_order);
uint32_t addr_v4(const struct addr *a);                       /* host order; family must be 4 */
bool addr_is_loopback(const struct addr *a);

enum proto { PROTO_TCP, PROTO_UDP };
const char *proto_name(enum proto p);   /* "tcp", "udp" */

/* A target's port. */
struct endpoint {
    struct addr addr;
    uint16_t port;
    uint8_t proto;                      /* enum proto */
};

#endif
