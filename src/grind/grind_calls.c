/* grind_calls.c owns the list of calls: which programs, canaries and versions are asked for, in which order. */
#include "grind/grind_inside.h"

#include "base/hash.h"
#include "base/limits.h"

enum {
    CANARIES = 9,
    CANARY_EVERY = 5, /* they stand among the first programs */
    EXTRAS = 1024, /* versions and the like */
    VERSIONS_FIRST = 1, /* asked where no range is told ... */
    VERSIONS_LAST = 12,
    RANGE_MOST = 32 /* a wider one is not looked into for gaps */
};

/* ---- lists */

void grind_put_last(struct grind *g, struct grind_list *l, int32_t at)
{
    struct grind_item *i = &g->items[at];
    i->prev = l->last;
    i->next = -1;
    *(l->last >= 0 ? &g->items[l->last].next : &l->first) = at;
    l->last = at;
    l->count++;
}

void grind_put_first(struct grind *g, struct grind_list *l, int32_t at)
{
    struct grind_item *i = &g->items[at];
    i->prev = -1;
    i->next = l->first;
    *(l->first >= 0 ? &g->items[l->first].prev : &l->last) = at;
    l->first = at;
    l->count++;
}

void grind_take(struct grind *g, struct grind_list *l, int32_t at)
{
    struct grind_item *i = &g->items[at];
    *(i->prev >= 0 ? &g->items[i->prev].next : &l->first) = i->next;
    *(i->next >= 0 ? &g->items[i->next].prev : &l->last) = i->prev;
    l->count--;
}

int32_t grind_index(const struct grind *g, const struct grind_item *i)
{
    return (int32_t)(i - g->items);
}

/* ---- what is asked */

void grind_add(struct grind *g, enum grind_purpose purpose, uint32_t program, uint32_t version, uint8_t procedure)
{
    if (g->count == g->cap)
        return;
    struct grind_item *i = &g->items[g->count++];
    *i = (struct grind_item){.program = program, .version = version, .procedure = procedure, .purpose = (uint8_t)purpose};
    if (purpose == GRIND_PROGRAM || purpose == GRIND_CANARY)
        grind_put_last(g, &g->waiting, grind_index(g, i));
    else
        grind_put_first(g, &g->urgent, grind_index(g, i));
}

static uint32_t mixed(const struct grind *g, uint32_t n, uint32_t range)
{
    return (uint32_t)(hash_u64(n, g->setup.seed) % range);
}

/* Numbers that nobody has: of a part of the space that was never given out, and one between the oldest that were. */
static void add_canary(struct grind *g, unsigned n)
{
    uint32_t number;
    do
        number = n == 0 ? 101004 + mixed(g, n, 896) : 0x0c000000 + mixed(g, n, 0x01000000);
    while (rpc_programs_of(g->setup.programs, number) && (n += CANARIES));
    grind_add(g, GRIND_CANARY, number, g->version, 0);
}

static bool is_first(const struct grind_setup *s, uint32_t number)
{
    for (size_t i = 0; i < s->first_count; i++)
        if (s->first[i] == number)
            return true;
    return false;
}

static void add_programs(struct grind *g, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint32_t number = rpc_programs_at(g->setup.programs, i)->number;
        if (!is_first(&g->setup, number))
            grind_add(g, GRIND_PROGRAM, number, g->version, 0);
        if (i % CANARY_EVERY == 0 && i / CANARY_EVERY < CANARIES)
            add_canary(g, (unsigned)(i / CANARY_EVERY));
    }
}

struct grind *grind_new(struct arena *a, const struct grind_setup *setup, int64_t now)
{
    struct grind *g = arena_alloc(a, sizeof *g);
    size_t first = rpc_programs_count(setup->programs, 1), all = rpc_programs_count(setup->programs, setup->tier);
    *g = (struct grind){.setup = *setup, .urgent = {-1, -1, 0}, .waiting = {-1, -1, 0}, .share = 1, .began_at = now, .rate_at = now};
    g->setup.first_count = setup->first_count < LIMIT_HEARSAY ? setup->first_count : LIMIT_HEARSAY;
    g->cap = all + g->setup.first_count + CANARIES + EXTRAS;
    if (g->cap > LIMIT_RPC_CALLS)
        g->cap = LIMIT_RPC_CALLS;
    g->items = arena_alloc(a, g->cap * sizeof *g->items);
    for (size_t i = 0; i < GRIND_LINKS; i++)
        g->links[i].out = (struct grind_list){-1, -1, 0};
    g->version = 0xfffffff0u - mixed(g, 77, 0x10000000);
    unsigned most = setup->datagrams ? GRIND_DATAGRAM_WINDOW : GRIND_STREAM_WINDOW, start = setup->datagrams ? GRIND_DATAGRAM_START : most;
    g->window_most = setup->window && setup->window < most ? setup->window : most;
    g->window = start < g->window_most ? start : g->window_most;
    g->srtt = g->least_rtt = setup->rtt;
    for (size_t i = 0; i < g->setup.first_count; i++)
        grind_add(g, GRIND_PROGRAM, setup->first[i], g->version, 0);
    add_programs(g, 0, first);
    g->first_tier = g->count;
    add_programs(g, first, all);
    return g;
}

/* ---- versions, the portmapper's list, TLS */

static bool is_asked_version(const struct grind *g, uint32_t program, uint32_t version)
{
    for (size_t i = g->count; i-- > 0 && g->items[i].purpose != GRIND_PROGRAM;)
        if (g->items[i].purpose == GRIND_VERSION && g->items[i].program == program && g->items[i].version == version)
            return true;
    return false;
}

static void ask_versions(struct grind *g, uint32_t program, uint32_t low, uint32_t high)
{
    for (uint32_t v = low; v <= high && v - low < RANGE_MOST; v++)
        if (!is_asked_version(g, program, v))
            grind_add(g, GRIND_VERSION, program, v, 0);
}

bool grind_tells_range(const struct grind_item *i)
{
    return i->answer == RPC_PROG_MISMATCH && i->low <= i->high && i->high;
}

/* The lowest and the highest exist if they were told; what lies between them may not. */
void grind_ask_versions(struct grind *g, const struct grind_item *i)
{
    const struct rpc_program *known = rpc_programs_of(g->setup.programs, i->program);
    if (grind_tells_range(i)) {
        if (i->high - i->low >= 2 && i->high - i->low <= RANGE_MOST)
            ask_versions(g, i->program, i->low + 1, i->high - 1);
        return;
    }
    ask_versions(g, i->program, VERSIONS_FIRST, VERSIONS_LAST);
    for (size_t k = 0; known && k < known->range_count; k++)
        ask_versions(g, i->program, known->versions[k].low, known->versions[k].high);
}

/* A server that claims everything is asked for its list too: only a right list makes it a portmapper. */
void grind_ask_portmapper(struct grind *g, const struct grind_item *i)
{
    bool told = grind_tells_range(i);
    if (g->portmapped)
        return;
    g->portmapped = true;
    for (uint32_t v = 4; v >= 2; v--)
        if (v == 2 || !told || (i->low <= v && v <= i->high))
            grind_add(g, GRIND_PORTMAP, RPC_PORTMAPPER, v, 4);
    for (uint32_t v = 4; v >= 3; v--)
        if (told && i->low <= v && v <= i->high) {
            grind_add(g, GRIND_PORTMAP, RPC_PORTMAPPER, v, 6);
            break;
        }
}

/* The last call of a connection: behind a "yes" the server waits for a handshake. A program and a version that are there answer it. */
void grind_ask_for_tls(struct grind *g)
{
    if (g->tls_asked || g->liar || g->setup.datagrams || g->single || g->claims > GRIND_CLAIMS_ASKED || g->losses)
        return;
    for (size_t i = 0; i < g->count; i++) {
        const struct grind_item *k = &g->items[i];
        if (k->purpose != GRIND_PROGRAM || k->state != GRIND_ANSWERED || !grind_tells_range(k))
            continue;
        g->tls_asked = true;
        grind_add(g, GRIND_TLS, k->program, k->high, 0);
        return;
    }
}

/* ---- what is known from elsewhere */

void grind_prefer(struct grind *g, uint32_t program)
{
    for (int32_t at = g->waiting.first; at >= 0; at = g->items[at].next)
        if (g->items[at].program == program && g->items[at].purpose == GRIND_PROGRAM) {
            g->items[at].waits_last = false;
            grind_take(g, &g->waiting, at);
            grind_put_first(g, &g->urgent, at);
            return;
        }
}

bool grind_has(const struct grind *g, uint32_t program)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct grind_item *k = &g->items[i];
        if (k->purpose == GRIND_PROGRAM && k->program == program)
            return k->state == GRIND_ANSWERED && rpc_answer_claims((enum rpc_answer)k->answer);
    }
    return false;
}

void grind_shorten(struct grind *g)
{
    for (int32_t at = g->waiting.first, next; at >= 0; at = next) {
        next = g->items[at].next;
        if ((size_t)at >= g->first_tier && !g->items[at].tries)
            grind_take(g, &g->waiting, at);
    }
}
