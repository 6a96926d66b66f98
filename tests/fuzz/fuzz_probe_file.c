/* fuzz_probe_file.c owns the fuzz target of probe files: whatever is in one, reading ends, and what was read can be used. */
#include "fuzz.h"
#include "probes/example.h"
#include "probes/match.h"
#include "probes/select.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct diags d;
    struct arena arena;
    struct match m;
    diags_init(&d);
    arena_init(&arena);
    struct probe_db *db = probe_db_read("fuzz", bytes_of(at, len), len % 2 ? PROBE_DB_OURS : PROBE_DB_USER, &d);
    for (size_t i = 0; i < probe_db_count(db) && i < 4; i++)
        match_reply(db, probe_db_at(db, i), bytes_str("220 ftp\r\nHTTP/1.0"), &arena, &m);
    struct probe_walk w;
    probe_walk_begin(&w, db, PROTO_TCP, 80, 7, PROBE_ORDER_LIKELIEST);
    while (probe_walk_next(&w, NULL))
        ;
    example_check_all(db, true, &d);
    probe_db_free(db);
    arena_free(&arena);
    diags_free(&d);
    return 0;
}
