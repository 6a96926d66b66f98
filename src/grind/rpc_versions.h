/* rpc_versions.h owns a small ordered set of version numbers, and its text: "1-3,5". */
#ifndef DESCRY_GRIND_RPC_VERSIONS_H
#define DESCRY_GRIND_RPC_VERSIONS_H

#include "base/arena.h"

#include <stdbool.h>

enum { RPC_VERSIONS_MOST = 64 };

struct rpc_versions {
    uint32_t list[RPC_VERSIONS_MOST];   /* ascending */
    size_t count;
};

/* Nothing happens if it is in already, or if the set is full. */
void rpc_versions_add(struct rpc_versions *v, uint32_t version);
/* NULL if there are none. */
const char *rpc_versions_text(const struct rpc_versions *v, struct arena *a);

#endif
