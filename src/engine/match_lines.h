/* match_lines.h owns `descry match`: replies as JSON lines in, what they tell as JSON lines out. docs/formats/match.md. */
#ifndef DESCRY_ENGINE_MATCH_LINES_H
#define DESCRY_ENGINE_MATCH_LINES_H

#include "probes/match.h"

#include <stdio.h>

/* False if writing failed. `message` gets a line for each line of input that is not what it should be. */
bool match_lines(struct probe_db *db, FILE *in, FILE *out, void (*message)(void *owner, const char *text), void *owner);

/* One reply: the probe by name ("NULL": the NULL probe; NULL or unknown: all rules of the protocol). */
bool match_named(struct probe_db *db, enum proto proto, const char *probe, struct bytes reply, struct arena *arena, struct match *out);

#endif
