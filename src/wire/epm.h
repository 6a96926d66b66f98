/*
 * epm.h owns the endpoint mapper's directory (C706 appendix O, MS-RPCE 2.2.1.2): which interfaces listen where; and the question that the object
 * exporter beside it answers to anybody: the host's own names and addresses (MS-DCOM 3.1.2.5.1.6, ServerAlive2).
 */
#ifndef DESCRY_WIRE_EPM_H
#define DESCRY_WIRE_EPM_H

#include "base/addr.h"
#include "base/arena.h"
#include "wire/dcerpc.h"

enum { EPM_HANDLE = 20, EPM_ENTRIES = 48, EPM_LOOKUP = 2, EPM_BINDINGS = 32, EPM_ALIVE = 5 };
extern const struct dcerpc_interface epm_interface, epm_exporter;
extern const struct dcerpc_interface epm_management; /* that every server has (C706 appendix Q) */

enum epm_transport { EPM_OTHER, EPM_TCP, EPM_UDP, EPM_HTTP, EPM_PIPE, EPM_LOCAL };

struct epm_entry {
    struct dcerpc_interface interface;
    enum epm_transport transport;
    uint16_t port;                      /* EPM_TCP, EPM_UDP, EPM_HTTP */
    bool has_address;
    struct addr address;                /* not 0.0.0.0 */
    const char *pipe;                   /* EPM_PIPE: "\\pipe\\lsass" */
    const char *host;                   /* EPM_PIPE: "\\\\SERVER" */
    const char *annotation;             /* what the server calls it; NULL: nothing */
};

struct epm_page {
    struct epm_entry entries[EPM_ENTRIES];
    size_t count;
    uint8_t handle[EPM_HANDLE];         /* for the next page */
    bool last;
};

/* The arguments of a lookup of everything; `handle` zeros: from the beginning. */
bool epm_write_lookup(struct buf *out, const uint8_t handle[EPM_HANDLE]);
/* The results, put together from all fragments. Texts are in the arena. */
enum decoded epm_read_page(struct bytes results, struct arena *a, struct epm_page *out);
/* Names and addresses, as texts. */
size_t epm_read_bindings(struct bytes results, struct arena *a, const char *out[EPM_BINDINGS]);

/* What an interface that Microsoft has published is called, "samr"; NULL: not known. */
const char *epm_interface_name(const uint8_t uuid[DCERPC_UUID]);
const char *epm_transport_name(enum epm_transport t); /* "ncacn_ip_tcp" */

#endif
