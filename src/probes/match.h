/* match.h owns the reading of replies: which rule recognises these bytes, and what its templates make of them. */
#ifndef DESCRY_PROBES_MATCH_H
#define DESCRY_PROBES_MATCH_H

#include "probes/probe_db.h"
#include "base/limits.h"

/* What a rule made of a reply. Texts live in the arena given to the match. NULL: the rule does not say. */
struct match {
    const struct rule *rule;
    const struct probe *owner;          /* the probe whose rule it is (the probe sent, or one of its fallbacks) */
    const char *service;                /* as written: may begin with "ssl/" */
    bool soft;
    bool generic;
    const char *product, *version, *info, *hostname, *os, *device;
    const char *cpe[LIMIT_CPE];         /* "cpe:/a:..." in the order a, h, o */
    size_t cpe_count;
    const char *where;                  /* "file:line" */
};

/*
 * The winner among the rules of probe->chain, by these tiers: the first hard rule in file order (probe's own, then each fallback's), but a generic
 * rule loses to any later hard rule that is not generic. A soft rule that stands before a hard one hides it, as in the reference, unless it is generic.
 * False: none, and *out is left as it was. Limits are hit quietly (see match_limits_hit).
 */
bool match_reply(struct probe_db *db, const struct probe *probe, struct bytes reply, struct arena *arena, struct match *out);

/* The same over all rules of a protocol, in file order; for replies whose probe is not known. */
bool match_any(struct probe_db *db, enum proto proto, struct bytes reply, struct arena *arena, struct match *out);

/* The same as match_reply without the prefilter: every rule tried in order. For the test that proves them equal. */
bool match_reply_plain(struct probe_db *db, const struct probe *probe, struct bytes reply, struct arena *arena, struct match *out);

uint64_t match_limits_hit(const struct probe_db *db);

/* CPE 2.2 URI to a CPE 2.3 formatted string (NIST IR 7695, section 6); NULL if it is no CPE. */
char *cpe_to_23(struct arena *arena, const char *uri);

#endif
