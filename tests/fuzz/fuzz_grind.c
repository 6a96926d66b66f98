/*
 * fuzz_grind.c owns the fuzzing of the grinder's core: the input is a list of events (sends, replies, lost connections, time),
 * after each of which every call must stand where its state says.
 */
#include "grind/grind.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

enum { EVENTS_MOST = 4000, MS = 1000 };

static const char table[] =
    "a 100000\nb 100003 #: versions 3-4\nc 100005\nd 100021\ne 100024\nf 100011\n#: tier 2\ng 7\nh 8\ni 9\nj 10\nk 11\nl 12\n";

static unsigned count_state(const struct grind *g, enum grind_state s)
{
    unsigned n = 0;
    for (size_t i = 0; i < g->count; i++)
        n += g->items[i].state == s;
    return n;
}

/* Walks a list both ways by its own count. */
static void check_list(const struct grind *g, const struct grind_list *l, enum grind_state s)
{
    int32_t before = -1;
    unsigned n = 0;
    for (int32_t i = l->first; i >= 0; before = i, i = g->items[i].next)
        if (g->items[i].prev != before || g->items[i].state != s || ++n > g->count)
            abort();
    if (n != l->count || l->last != before)
        abort();
}

static void check(const struct grind *g)
{
    unsigned out = 0;
    check_list(g, &g->urgent, GRIND_WAITING);
    check_list(g, &g->waiting, GRIND_WAITING);
    for (size_t i = 0; i < GRIND_LINKS; i++) {
        check_list(g, &g->links[i].out, GRIND_OUT);
        out += g->links[i].out.count;
    }
    if (out != count_state(g, GRIND_OUT) || g->window > g->window_most + 32)
        abort();
}

static void hear(struct grind *g, struct reader *r, int64_t now)
{
    struct rpc_reply reply = {.xid = g->setup.base + reader_u8(r), .answer = (enum rpc_answer)(reader_u8(r) % RPC_ANSWERS)};
    reply.low = reader_u8(r) % 8;
    reply.high = reader_u8(r) % 8;
    grind_hear(g, &reply, now);
}

static void one_event(struct grind *g, struct reader *r, int64_t *now)
{
    uint8_t what = reader_u8(r);
    unsigned link = g->setup.datagrams ? 0 : what >> 4 & 3; /* one socket */
    struct rpc_call call;
    switch (what & 7) {
    case 0:
        if (!g->links[link].open && !grind_is_done(g))
            grind_connected(g, link, what >> 7, *now);
        break;
    case 1:
    case 2:
        while (grind_next(g, link, *now, &call) && call.xid % 7)
            continue;
        break;
    case 3:
    case 4:
        hear(g, r, *now);
        break;
    case 5:
        grind_lost(g, link);
        break;
    case 6:
        *now += (int64_t)reader_u8(r) * 20 * MS;
        grind_tick(g, *now);
        break;
    default:
        if (grind_next(g, link, *now, &call))
            grind_unsent(g, call.xid);
        grind_prefer(g, reader_u8(r));
        if (what & 0x80)
            grind_shorten(g);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct reader r = reader_of(bytes_of(at, len));
    struct rpc_programs *programs = rpc_programs_new();
    struct arena arena;
    struct grind_findings found;
    int64_t now = 0;
    uint8_t how = reader_u8(&r);
    static const uint32_t first[] = {100003, 7};
    arena_init(&arena);
    rpc_programs_add(programs, "fuzz", bytes_str(table), NULL);
    struct grind_setup setup = {
        .programs = programs, .tier = 3, .datagrams = how & 1, .window = how >> 1 & 15, .base = 0xfffffff0, .seed = 1};
    setup.first = first;
    setup.first_count = how >> 5 & 1 ? 2 : 0;
    struct grind *g = grind_new(&arena, &setup, now);
    for (int i = 0; i < EVENTS_MOST && reader_left(&r); i++) {
        one_event(g, &r, &now);
        check(g);
        if (grind_due(g, now) < now)
            abort();
    }
    grind_read(g, &arena, &found);
    if (found.count > GRIND_CLAIMS_MOST || found.answered > found.asked || (found.liar && found.count))
        abort();
    arena_free(&arena);
    rpc_programs_free(programs);
    return 0;
}
