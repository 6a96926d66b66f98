/* moment.h owns points in time as stages tell them, and how far a peer's clock stands from ours. */
#ifndef DESCRY_STAGES_MOMENT_H
#define DESCRY_STAGES_MOMENT_H

#include "base/arena.h"

#include <stdint.h>

/* Microseconds since 1970 on our own clock. */
int64_t moment_now(void);
/* "2026-11-25T21:33:49Z"; NULL: no such time. */
const char *moment_text(struct arena *a, int64_t us);
/* "as ours", "3 s ahead of ours", "1.5 h behind ours". */
const char *moment_skew(struct arena *a, int64_t us);

#endif
