/*
 * gentle.h owns the list of questions that must not be asked (data/gentle): a probe that a port or a service is known to take badly.
 *
 *     # probe        where
 *     *              tcp 9100-9107          every one
 *     GetRequest     service jetdirect
 *     !HamlibInfo    tcp 4532-4533          every one but these
 *     ~TLSSessionReq tcp 5001               not among the first
 */
#ifndef DESCRY_PROBES_GENTLE_H
#define DESCRY_PROBES_GENTLE_H

#include "base/addr.h"
#include "base/diag.h"

struct gentle;
struct gentle *gentle_read(const char *file, struct bytes text, struct diags *d); /* bad lines are diagnostics and skipped */
struct gentle *gentle_builtin(void); /* data/gentle, compiled in */
/* The user wants all ports identified: lines that bar every probe from a port ("*") are dropped, the others stay. */
void gentle_open_ports(struct gentle *g);
void gentle_free(struct gentle *g);

/* Must this probe wait there ("~NAME") until another question has been answered, or the server has closed on one? */
bool gentle_delays(const struct gentle *g, const char *probe, enum proto proto, uint16_t port);

/* May this probe not be sent to this port, of which this service is suspected (NULL: none)? `g` may be NULL. */
bool gentle_forbids(const struct gentle *g, const char *probe, enum proto proto, uint16_t port, const char *service);

#endif
