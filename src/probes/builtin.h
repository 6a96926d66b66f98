/* builtin.h owns the names of the collection that tools/bundle-probes.py writes as C. */
#ifndef DESCRY_PROBES_BUILTIN_H
#define DESCRY_PROBES_BUILTIN_H

#include <stddef.h>

extern const char builtin_probes[];
extern const size_t builtin_probes_len;

#endif
