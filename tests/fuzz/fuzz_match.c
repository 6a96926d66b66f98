/* fuzz_match.c owns the fuzz target of matching: any reply, by all rules of the collection, with and without the prefilter. */
#include <stdlib.h>
#include "fuzz.h"
#include "probes/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static struct probe_db *db; /* reading the collection for each input would leave no time for inputs */
    struct arena arena;
    struct match m = {0}, plain = {0};
    if (!db)
        db = probe_db_builtin();
    if (!len || !probe_db_count(db))
        return 0;
    arena_init(&arena);
    const struct probe *p = probe_db_at(db, at[0] % probe_db_count(db));
    struct bytes reply = bytes_of(at + 1, len - 1);
    uint64_t hits = match_limits_hit(db);
    bool found = match_reply(db, p, reply, &arena, &m);
    match_reply_plain(db, p, reply, &arena, &plain);
    if (hits == match_limits_hit(db) && m.rule != plain.rule)
        abort();
    for (size_t i = 0; found && i < m.cpe_count; i++)
        cpe_to_23(&arena, m.cpe[i]);
    arena_free(&arena);
    return 0;
}
