/* audit.h owns what there is to say of a probe file beyond its syntax: for those who write rules. */
#ifndef DESCRY_PROBES_AUDIT_H
#define DESCRY_PROBES_AUDIT_H

#include "probes/probe_db.h"

/*
 * Runs the examples (probes/example.h) and looks at every rule. The database must have been read as PROBE_DB_OURS. What it adds to `d`:
 *  - errors: what example_check_all says; an expression that is refused;
 *  - warnings: an expression that an earlier rule of the probe has; a CPE that is none; a soft rule with a product; an expression that gives up
 *    on long hostile replies;
 *  - notes: an expression that may match anywhere in a reply. That can be right; it costs time and takes what is others'.
 * Rules without examples are told if the file has any example at all, or with `each_needs_one`. Gives the number of examples.
 */
size_t audit_all(struct probe_db *db, bool each_needs_one, struct diags *d);

#endif
