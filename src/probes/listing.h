/* listing.h owns what people are shown of a database: its services; one service's probes and rules. */
#ifndef DESCRY_PROBES_LISTING_H
#define DESCRY_PROBES_LISTING_H

#include "probes/probe_db.h"

/* A table in alphabetical order: service, rules, probes that have such rules, product templates that differ. "ssl/x" counts as x. */
void listing_services(const struct probe_db *db, struct buf *out);

/* Each probe with rules for the service, and under it the rules: "  file:line: match p/../ v/../". Bytes are escaped. False if there are none. */
bool listing_service(const struct probe_db *db, const char *service, struct buf *out);

#endif
