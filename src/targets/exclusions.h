/* exclusions.h owns the question that only the walk over targets asks of exclusions. */
#ifndef DESCRY_TARGETS_EXCLUSIONS_H
#define DESCRY_TARGETS_EXCLUSIONS_H

#include "targets/targets.h"

/* Is a whole network excluded, so that walking it would find nothing? May say false for a network that is excluded in pieces. */
bool exclusions_has_all(const struct exclusions *x, const struct target_expr *e);

#endif
