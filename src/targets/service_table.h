/* service_table.h owns the form of the compiled-in table of services. */
#ifndef DESCRY_TARGETS_SERVICE_TABLE_H
#define DESCRY_TARGETS_SERVICE_TABLE_H

#include "base/addr.h"

/* One protocol: parallel arrays of `count` known ports. */
struct service_table {
    size_t count;
    const uint16_t *ports;              /* ascending */
    const uint32_t *name_at;            /* where the name stands in `names`; 0: the port has a likelihood but no name */
    const uint16_t *order;              /* the same ports, likeliest first */
    const char *names;
};

extern const struct service_table service_tables[2]; /* by enum proto; made by tools/gen-services.py */

/* The name of the i-th known port of a protocol, or NULL. */
const char *service_table_name(const struct service_table *t, size_t i);

#endif
