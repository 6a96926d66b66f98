/* rule_index.h owns the prefilters of a database: each is made when a reply first needs it, for most of what we can recognise is never met in one run. */
#ifndef DESCRY_PROBES_RULE_INDEX_H
#define DESCRY_PROBES_RULE_INDEX_H

#include "probes/inside.h"
#include "probes/prefilter.h"

/* Of the probe's own rules, counted from 0; the probe has some. The database's. */
struct prefilter *rule_index_of(struct probe_db *db, const struct probe *p);
/* Of all rules of the database, by their index. */
struct prefilter *rule_index_of_all(struct probe_db *db);

#endif
