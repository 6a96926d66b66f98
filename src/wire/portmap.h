/* portmap.h owns what a portmapper tells (RFC 1833): its list of registrations in versions 2, 3 and 4, its clock, universal addresses. No I/O. */
#ifndef DESCRY_WIRE_PORTMAP_H
#define DESCRY_WIRE_PORTMAP_H

#include "base/addr.h"
#include "base/arena.h"

/* The procedures that are asked; both are the same in every version that has them (sections 2.2.1, 3.2). */
enum { PORTMAP_DUMP = 4, PORTMAP_GETTIME = 6 };

struct registration {
    struct registration *next;
    uint32_t program, version;
    bool has_port;                      /* a tcp or udp port; else a local path, or a transport that descry does not speak */
    uint8_t proto;                      /* enum proto */
    uint16_t port;
    const char *netid;                  /* "tcp6"; version 2: "tcp", "udp", or the protocol's number */
    const char *address;                /* as it was told; NULL in version 2 */
    const char *owner;                  /* NULL in version 2 */
};

struct registrations {
    struct registration *first, *last;
    size_t count;                       /* at most LIMIT_RPC_REGISTRATIONS */
};

/*
 * Appends the results of DUMP in version 2, 3 or 4 to *out, in the arena. OK: the whole list. MORE: it ends inside an entry, or is longer than the limit.
 * BAD: it is no such list. What came before the fault is kept.
 */
enum decoded portmap_read_dump(struct bytes results, uint32_t version, struct arena *a, struct registrations *out);
/* The results of GETTIME: seconds since 1970. */
enum decoded portmap_read_time(struct bytes results, uint32_t *seconds);
/* "127.0.0.1.192.173" is port 49325 of 127.0.0.1 (RFC 5665, section 5.2.3.3). False: it is no such address. */
bool portmap_read_address(const char *text, struct addr *addr, uint16_t *port);

#endif
