/* experience.h owns what a scan has learnt on the way: which probe named the service of a port last time, and hosts whose ports all answer alike. */
#ifndef DESCRY_STAGES_EXPERIENCE_H
#define DESCRY_STAGES_EXPERIENCE_H

#include "probes/probe_db.h"

struct experience;
struct experience *experience_new(void);
void experience_free(struct experience *e);

/* The probe that worked last on this port, or NULL. `e` may be NULL. */
const struct probe *experience_of(const struct experience *e, enum proto proto, uint16_t port);
void experience_learn(struct experience *e, enum proto proto, uint16_t port, const struct probe *worked);

/*
 * Hosts whose every port answers alike (a firewall that accepts everything, a tarpit). Counted by host and by what was seen; when the same
 * thing was seen on ALIKE_PORTS ports of a host and nothing else ever was, further ports of that host are asked the first questions only.
 */
enum { ALIKE_PORTS = 24 };
bool experience_alike(const struct experience *e, const struct addr *host);
/* `seen`: a hash of the outcome (how lanes ended, what the replies were); 0: the port was identified, which ends the suspicion for good. */
void experience_outcome(struct experience *e, const struct addr *host, uint64_t seen);
void experience_forget(struct experience *e, const struct addr *host); /* the host is done */

#endif
