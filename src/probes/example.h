/* example.h owns the examples that stand beside our rules: "#= q|reply| p/product/ v/version/ ..." after the rule's line. */
#ifndef DESCRY_PROBES_EXAMPLE_H
#define DESCRY_PROBES_EXAMPLE_H

#include "probes/probe_db.h"

/*
 * Reads every example's reply by match_reply with the probe in whose block it stands, so among all rules of the database (which must have been read as
 * PROBE_DB_OURS), and adds an error to `d` for each that is not read as it says: nothing matches; another rule takes it; a field differs, is absent, or
 * is there although the example does not say so. A rule all of whose examples others take is an error too, and one without any if `each_needs_one`.
 * Gives the number of examples.
 */
size_t example_check_all(struct probe_db *db, bool each_needs_one, struct diags *d);

size_t example_count(const struct probe_db *db);
/* The reply of an example, appended to `out`; `probe`: in whose block it stands. False if it cannot be read. */
bool example_reply(const struct probe_db *db, size_t i, struct buf *out, const struct probe **probe);

#endif
