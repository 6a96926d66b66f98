/* finding.h owns the way from a match to the facts of a port, and the words for a search that found nothing. */
#ifndef DESCRY_STAGES_FINDING_H
#define DESCRY_STAGES_FINDING_H

#include "probes/match.h"
#include "task/task.h"

/* Puts a match into the facts. Fields are overwritten only where the match says something: what a soft match knew survives. A hard match ends
 * softness. A name "ssl/x" becomes name x in tunnel tls. */
void finding_take(struct task *t, const struct match *m, const struct probe *asked);

/* A name for what is known without a rule: the protocol, and nothing of the product. */
void finding_name_softly(struct task *t, const char *service);

/* The note on a port whose service has no name (or only a soft one). */
void finding_note(struct task *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How a lane ended, in words: "closed", "reset", ... with "at once" or "after 3.0 s" since it was connected. */
const char *finding_ending(struct task *t, const struct lane *l);

#endif
