/* fuzz_portmap.c owns the fuzzing of portmappers' lists: the first byte says in which version the rest is read. */
#include "base/limits.h"
#include "wire/portmap.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct arena arena;
    struct registrations list = {0};
    uint32_t seconds;
    if (!len)
        return 0;
    arena_init(&arena);
    struct bytes results = bytes_of(at + 1, len - 1);
    portmap_read_dump(results, 2 + at[0] % 3, &arena, &list);
    portmap_read_time(results, &seconds);
    if (list.count > LIMIT_RPC_REGISTRATIONS)
        abort();
    for (const struct registration *e = list.first; e; e = e->next)
        if ((e->has_port && !e->port) || !e->netid || strlen(e->netid) > 255)
            abort();
    arena_free(&arena);
    return 0;
}
