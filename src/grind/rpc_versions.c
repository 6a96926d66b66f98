/* rpc_versions.c owns the keeping of versions in order. */
#include "grind/rpc_versions.h"

#include <string.h>

void rpc_versions_add(struct rpc_versions *v, uint32_t version)
{
    size_t at = v->count;
    while (at && v->list[at - 1] > version)
        at--;
    if (v->count == RPC_VERSIONS_MOST || (at && v->list[at - 1] == version))
        return;
    memmove(v->list + at + 1, v->list + at, (v->count - at) * sizeof *v->list);
    v->list[at] = version;
    v->count++;
}

const char *rpc_versions_text(const struct rpc_versions *v, struct arena *a)
{
    const char *text = "";
    for (size_t i = 0, last; i < v->count; i = last + 1) {
        const char *comma = i ? "," : "";
        for (last = i; last + 1 < v->count && v->list[last + 1] == v->list[last] + 1;)
            last++;
        if (last == i)
            text = arena_printf(a, "%s%s%u", text, comma, v->list[i]);
        else
            text = arena_printf(a, "%s%s%u-%u", text, comma, v->list[i], v->list[last]);
    }
    return v->count ? text : NULL;
}
