/* prefilter.h owns the index that tells which rules can match a reply at all, in one pass over it. */
#ifndef DESCRY_PROBES_PREFILTER_H
#define DESCRY_PROBES_PREFILTER_H

#include "base/arena.h"
#include "probes/pattern.h"

struct prefilter;

/* While a file is read: one call a rule, in the order of their indexes. `finish` frees the builder. */
struct prefilter_builder;
struct prefilter_builder *prefilter_begin(void);
void prefilter_add(struct prefilter_builder *b, const struct pattern *seen);
struct prefilter *prefilter_finish(struct prefilter_builder *b, struct arena *arena);

/* `folded`: the reply in ASCII lower case. Sets the bit of every rule that may match, and of some that do not; `bits` are cleared first. */
void prefilter_scan(struct prefilter *p, struct bytes folded, uint64_t *bits);
/* A second look at one rule: may its expression match from the begin of the reply? */
bool prefilter_prefix_fits(const struct prefilter *p, uint32_t rule, struct bytes folded);
size_t prefilter_words(const struct prefilter *p); /* in `bits` */

#endif
