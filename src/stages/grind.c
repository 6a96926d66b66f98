/* grind.c owns the choice of calls, their window, and what becomes of those that are not answered. */
#include "stages/grind.h"

#include "base/hash.h"
#include "base/limits.h"

#include <string.h>

#define MS 1000LL
#define SECOND (1000 * MS)

enum {
    CANARIES = 9,
    CANARY_EVERY = 5, /* they stand among the first programs */
    EXTRAS = 2048, /* versions and the like */
    VERSIONS_FIRST = 1, /* asked where no range is told ... */
    VERSIONS_LAST = 12,
    RANGE_MOST = 32, /* a wider one is not looked into for gaps */
    CLAIMS_ASKED = 24, /* for versions: who claims more is no honest server */
    LEAST_WINDOW = 4,
    BURST = 8, /* datagrams a millisecond */
    DATAGRAM_TRIES = 6,
    DATAGRAM_TRIES_FEW = 2, /* where hardly anything is answered */
    STREAM_TRIES = 2,
    FEW_SILENT = 64,
    TACITURN_WINDOW = 32,
    LOSSES_MOST = 3, /* connections that end in full flight; then one call at a time */
    MUTE_CALLS = 8, /* so many unanswered, and none answered: nobody is there */
    WORTH_A_LOSS = 8, /* answers for each lost connection, to go beyond the first tier one call at a time */
    SLOW_RATE = 50 /* answers a second */
};
static const int64_t TIME = 30 * SECOND;
static const int64_t QUIET = SECOND, QUIET_FEW = 250 * MS;
static const int64_t LEAST_RESEND = 100 * MS;

/* ---- lists */

static void put_last(struct grind *g, struct grind_list *l, int32_t at)
{
    struct grind_item *i = &g->items[at];
    i->prev = l->last;
    i->next = -1;
    *(l->last >= 0 ? &g->items[l->last].next : &l->first) = at;
    l->last = at;
    l->count++;
}

static void put_first(struct grind *g, struct grind_list *l, int32_t at)
{
    struct grind_item *i = &g->items[at];
    i->prev = -1;
    i->next = l->first;
    *(l->first >= 0 ? &g->items[l->first].prev : &l->last) = at;
    l->first = at;
    l->count++;
}

static void take(struct grind *g, struct grind_list *l, int32_t at)
{
    struct grind_item *i = &g->items[at];
    *(i->prev >= 0 ? &g->items[i->prev].next : &l->first) = i->next;
    *(i->next >= 0 ? &g->items[i->next].prev : &l->last) = i->prev;
    l->count--;
}

static int32_t index_of(const struct grind *g, const struct grind_item *i)
{
    return (int32_t)(i - g->items);
}

/* ---- what is asked */

static void add(struct grind *g, enum grind_purpose purpose, uint32_t program, uint32_t version, uint8_t procedure)
{
    if (g->count == g->cap)
        return;
    struct grind_item *i = &g->items[g->count++];
    *i = (struct grind_item){.program = program, .version = version, .procedure = procedure, .purpose = (uint8_t)purpose};
    if (purpose == GRIND_PROGRAM || purpose == GRIND_CANARY)
        put_last(g, &g->waiting, index_of(g, i));
    else
        put_first(g, &g->urgent, index_of(g, i));
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
    add(g, GRIND_CANARY, number, g->version, 0);
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
            add(g, GRIND_PROGRAM, number, g->version, 0);
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
    g->window_most = setup->datagrams ? GRIND_DATAGRAM_WINDOW : GRIND_STREAM_WINDOW;
    g->window = setup->datagrams ? GRIND_DATAGRAM_START : GRIND_STREAM_WINDOW;
    g->srtt = g->least_rtt = setup->rtt;
    for (size_t i = 0; i < g->setup.first_count; i++)
        add(g, GRIND_PROGRAM, setup->first[i], g->version, 0);
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
            add(g, GRIND_VERSION, program, v, 0);
}

static bool tells_range(const struct grind_item *i)
{
    return i->answer == RPC_PROG_MISMATCH && i->low <= i->high && i->high;
}

/* The lowest and the highest exist if they were told; what lies between them may not. */
static void look_into_versions(struct grind *g, const struct grind_item *i)
{
    const struct rpc_program *known = rpc_programs_of(g->setup.programs, i->program);
    if (tells_range(i)) {
        if (i->high - i->low >= 2 && i->high - i->low <= RANGE_MOST)
            ask_versions(g, i->program, i->low + 1, i->high - 1);
        return;
    }
    ask_versions(g, i->program, VERSIONS_FIRST, VERSIONS_LAST);
    for (size_t k = 0; known && k < known->range_count; k++)
        ask_versions(g, i->program, known->versions[k].low, known->versions[k].high);
}

/* A server that claims everything is asked for its list too: only a right list makes it a portmapper. */
static void ask_portmapper(struct grind *g, const struct grind_item *i)
{
    bool told = tells_range(i);
    if (g->portmapped)
        return;
    g->portmapped = true;
    for (uint32_t v = 4; v >= 2; v--)
        if (v == 2 || !told || (i->low <= v && v <= i->high))
            add(g, GRIND_PORTMAP, RPC_PORTMAPPER, v, 4);
    for (uint32_t v = 4; v >= 3; v--)
        if (told && i->low <= v && v <= i->high) {
            add(g, GRIND_PORTMAP, RPC_PORTMAPPER, v, 6);
            break;
        }
}

/* The last call of a connection: behind a "yes" the server waits for a handshake. A program and a version that are there answer it. */
static void ask_for_tls(struct grind *g)
{
    if (g->tls_asked || g->setup.datagrams || g->single || g->claims > CLAIMS_ASKED || g->losses)
        return;
    for (size_t i = 0; i < g->count; i++) {
        const struct grind_item *k = &g->items[i];
        if (k->purpose != GRIND_PROGRAM || k->state != GRIND_ANSWERED || !tells_range(k))
            continue;
        g->tls_asked = true;
        add(g, GRIND_TLS, k->program, k->high, 0);
        return;
    }
}

/* ---- sending */

static unsigned links_open(const struct grind *g)
{
    unsigned n = 0;
    for (size_t i = 0; i < GRIND_LINKS; i++)
        n += g->links[i].open;
    return n;
}

static unsigned calls_out(const struct grind *g)
{
    unsigned n = 0;
    for (size_t i = 0; i < GRIND_LINKS; i++)
        n += g->links[i].out.count;
    return n;
}

/* All ports of a host that are ground together have two windows. */
static unsigned window_now(const struct grind *g)
{
    unsigned window = g->share > 2 ? g->window * 2 / g->share : g->window;
    return g->single ? 1 : window < LEAST_WINDOW ? LEAST_WINDOW : window;
}

/* One call at a time, each with a connection of its own, is for the likeliest programs only. */
static bool is_worth_it(const struct grind *g, int32_t at)
{
    return !g->single || (size_t)at < g->first_tier || g->items[at].purpose == GRIND_VERSION || g->answered >= g->losses * WORTH_A_LOSS;
}

static struct grind_list *next_list(struct grind *g)
{
    struct grind_list *l = g->urgent.count ? &g->urgent : &g->waiting;
    return l->count && is_worth_it(g, l->first) ? l : NULL;
}

static bool may_pace(struct grind *g, int64_t now)
{
    if (!g->setup.datagrams)
        return true;
    if (now >= g->paced_at + MS) {
        g->paced_at = now;
        g->paced = 0;
    }
    return g->paced < BURST;
}

static int64_t resend_after(const struct grind *g, const struct grind_item *i)
{
    int64_t wait = 2 * g->srtt > LEAST_RESEND ? 2 * g->srtt : LEAST_RESEND;
    unsigned backoff = i->tries < 3 ? i->tries - 1u : 2;
    return (wait << backoff) + (int64_t)(hash_u64(g->order, g->setup.seed) % (uint64_t)(wait / 8 + 1));
}

/* A repeated call shows whether the full window will ever be answered: it must not wait for it. */
static bool has_room(const struct grind *g, const struct grind_link *k)
{
    bool ping = g->urgent.count && g->items[g->urgent.first].purpose == GRIND_PING;
    return k->out.count < window_now(g) || ping;
}

bool grind_next(struct grind *g, unsigned link, int64_t now, struct rpc_call *out)
{
    struct grind_link *k = &g->links[link];
    if (g->ended || !k->open || k->stuck || !has_room(g, k) || !may_pace(g, now))
        return false;
    if (!g->urgent.count && !g->waiting.count)
        ask_for_tls(g);
    struct grind_list *from = next_list(g);
    if (!from)
        return false;
    struct grind_item *i = &g->items[from->first];
    take(g, from, index_of(g, i));
    i->state = GRIND_OUT;
    i->waits_last = false;
    i->tries++;
    i->link = (uint8_t)link;
    i->order = ++g->order;
    i->sent_at = now;
    i->due_at = g->setup.datagrams ? now + resend_after(g, i) : 0;
    if (!k->out.count)
        k->progress_at = now;
    put_last(g, &k->out, index_of(g, i));
    g->sent++;
    g->paced++;
    *out = (struct rpc_call){.xid = g->setup.base + (uint32_t)index_of(g, i),
        .program = i->program,
        .version = i->version,
        .procedure = i->procedure,
        .flavor = i->purpose == GRIND_TLS ? RPC_AUTH_TLS : RPC_AUTH_NONE};
    return true;
}

static void back_to_waiting(struct grind *g, struct grind_item *i)
{
    take(g, &g->links[i->link].out, index_of(g, i));
    i->state = GRIND_WAITING;
    put_first(g, &g->urgent, index_of(g, i));
}

void grind_unsent(struct grind *g, uint32_t xid)
{
    struct grind_item *i = &g->items[xid - g->setup.base];
    back_to_waiting(g, i);
    i->tries--;
    g->sent--;
}

/* ---- hearing */

static void measure(struct grind *g, const struct grind_item *i, int64_t now)
{
    int64_t took = now > i->sent_at ? now - i->sent_at : 1;
    if (!g->setup.datagrams || i->tries > 1)
        return;
    g->srtt = g->srtt ? (7 * g->srtt + took) / 8 : took;
    if (!g->least_rtt || took < g->least_rtt)
        g->least_rtt = took;
}

/* Hardly anything is answered, but not nothing: a server that says nothing to what it does not know. */
static bool is_taciturn(const struct grind *g)
{
    return g->answered && g->sent > 100 && g->answered * 20 < g->sent;
}

/* A window's worth of calls has been decided: was it too much? */
static void adapt(struct grind *g)
{
    unsigned decided = g->epoch_answered + g->epoch_lost;
    if (!g->setup.datagrams || decided < g->window)
        return;
    bool slow = g->least_rtt && g->srtt > 4 * g->least_rtt + 20 * MS;
    if (g->epoch_lost * 4 > decided || slow)
        g->window = is_taciturn(g) ? TACITURN_WINDOW : g->window / 2 > LEAST_WINDOW ? g->window / 2 : LEAST_WINDOW;
    else if (g->epoch_lost * 6 < decided)
        g->window = g->window + 16 < g->window_most ? g->window + 16 : g->window_most;
    g->epoch_answered = g->epoch_lost = 0;
}

static void consider(struct grind *g, const struct grind_item *i)
{
    if (i->purpose != GRIND_PROGRAM || !rpc_answer_claims((enum rpc_answer)i->answer))
        return;
    if (i->program == RPC_PORTMAPPER)
        ask_portmapper(g, i);
    if (++g->claims <= CLAIMS_ASKED)
        look_into_versions(g, i);
}

static void not_answered(struct grind *g, struct grind_item *i, unsigned tries_most)
{
    if (i->tries < tries_most) {
        back_to_waiting(g, i);
        return;
    }
    take(g, &g->links[i->link].out, index_of(g, i));
    i->state = GRIND_SILENT;
}

/* What was sent before a call that is answered now, a long time later, will not be. A few are asked once more: it may be an accident. */
static void pass_over(struct grind *g, struct grind_link *k, const struct grind_item *answered)
{
    unsigned tries = k->out.count <= FEW_SILENT ? STREAM_TRIES : 1;
    for (int32_t at = k->out.first, next; at >= 0; at = next) {
        struct grind_item *i = &g->items[at];
        next = i->next;
        if (i->order < answered->order)
            not_answered(g, i, i->purpose == GRIND_VERSION ? 1 : tries);
    }
}

const struct grind_item *grind_hear(struct grind *g, const struct rpc_reply *reply, int64_t now)
{
    uint32_t at = reply->xid - g->setup.base;
    if (at >= g->count)
        return NULL;
    struct grind_item *i = &g->items[at];
    struct grind_link *k = &g->links[i->link];
    if (!i->tries || i->state == GRIND_ANSWERED || i->state == GRIND_DROPPED)
        return NULL;
    if (i->state == GRIND_OUT) {
        measure(g, i, now);
        take(g, &k->out, (int32_t)at);
    } else if (i->state == GRIND_WAITING) {
        take(g, i->waits_last ? &g->waiting : &g->urgent, (int32_t)at); /* was to be sent once more */
    }
    i->state = GRIND_ANSWERED;
    i->answer = (uint8_t)reply->answer;
    i->low = reply->low;
    i->high = reply->high;
    i->auth_stat = i->purpose == GRIND_TLS ? rpc_offers_tls(reply) : reply->auth_stat;
    k->answered++;
    k->progress_at = now;
    if (i->order > k->last_answered)
        k->last_answered = i->order;
    g->answered++;
    g->rate_answered++;
    g->epoch_answered++;
    if (i->purpose == GRIND_PROGRAM || i->purpose == GRIND_CANARY) {
        g->alive_program = i->program;
        g->alive_version = i->version;
    }
    if (i->purpose == GRIND_PING)
        pass_over(g, k, i);
    k->pinged = false;
    adapt(g);
    consider(g, i);
    return i;
}

/* ---- losing */

void grind_connected(struct grind *g, unsigned link, unsigned answered, int64_t now)
{
    struct grind_link *k = &g->links[link];
    *k = (struct grind_link){.out = {-1, -1, 0}, .answered = answered, .open = true, .progress_at = now};
    g->connections++;
}

static void drop(struct grind *g, struct grind_item *i)
{
    take(g, &g->links[i->link].out, index_of(g, i));
    i->state = GRIND_DROPPED;
}

/* In full flight the first unanswered call is only the likeliest reason: it gets a second chance behind all others. */
static void suspect(struct grind *g, struct grind_item *i)
{
    bool again = !g->single && !i->suspected;
    i->suspected = true;
    drop(g, i);
    if (!again)
        return;
    i->state = GRIND_WAITING;
    i->waits_last = true;
    put_last(g, &g->waiting, index_of(g, i));
}

/* In the order of sending they go back to the front. */
static void take_back_all(struct grind *g, struct grind_link *k)
{
    while (k->out.last >= 0) {
        struct grind_item *i = &g->items[k->out.last];
        if (i->purpose == GRIND_PING)
            drop(g, i);
        else
            back_to_waiting(g, i);
    }
}

void grind_lost(struct grind *g, unsigned link)
{
    struct grind_link *k = &g->links[link];
    bool pipelined = !g->single;
    if (!k->open)
        return;
    k->open = k->stuck = false;
    if (g->setup.datagrams) {
        grind_end(g);
        return;
    }
    g->losses += k->out.count > 0;
    if (pipelined && (!k->answered || g->losses > LOSSES_MOST))
        g->single = k->out.count > 0;
    else if (k->out.count)
        suspect(g, &g->items[k->out.first]);
    take_back_all(g, k);
    unsigned most = g->single ? LIMIT_RPC_CONNECTIONS : 2 * LOSSES_MOST;
    if (g->connections >= most)
        grind_end(g);
}

/* ---- time */

/* Few open calls (the last ones, versions) are not waited for as long as a whole window. */
static int64_t quiet_time(const struct grind *g, const struct grind_link *k)
{
    int64_t least = k->out.count <= FEW_SILENT && !k->pinged ? QUIET_FEW : QUIET;
    return 4 * g->setup.rtt > least ? 4 * g->setup.rtt : least;
}

static void resend_late(struct grind *g, struct grind_link *k, int64_t now)
{
    for (int32_t at = k->out.first, next; at >= 0; at = next) {
        struct grind_item *i = &g->items[at];
        next = i->next;
        if (i->due_at > now)
            continue;
        g->epoch_lost++;
        if (!g->answered && i->tries >= 3 && g->sent >= MUTE_CALLS) {
            grind_end(g);
            return;
        }
        not_answered(g, i, is_taciturn(g) ? DATAGRAM_TRIES_FEW : DATAGRAM_TRIES);
    }
    adapt(g);
}

/* Long silence on a connection: is the server stuck, or does it only not answer these? */
static void see_silence(struct grind *g, struct grind_link *k, int64_t now)
{
    if (!k->open || k->stuck || !k->out.count || now < k->progress_at + quiet_time(g, k))
        return;
    k->progress_at = now;
    k->stuck = g->single || !k->answered || !g->alive_version || k->pinged;
    k->pinged = true;
    if (!k->stuck)
        add(g, GRIND_PING, g->alive_program, g->alive_version, 0);
}

/* A server that answers few calls a second has few before it. */
static void see_rate(struct grind *g, int64_t now)
{
    if (g->setup.datagrams || now < g->rate_at + SECOND)
        return;
    if (g->rate_answered < SLOW_RATE && calls_out(g) > LEAST_WINDOW)
        g->window = g->window / 2 > LEAST_WINDOW ? g->window / 2 : LEAST_WINDOW;
    else if (g->rate_answered > g->window && g->window < g->window_most)
        g->window = 2 * g->window < g->window_most ? 2 * g->window : g->window_most;
    g->rate_at = now;
    g->rate_answered = 0;
}

void grind_tick(struct grind *g, int64_t now)
{
    if (now >= g->began_at + TIME)
        grind_end(g);
    see_rate(g, now);
    for (size_t i = 0; i < GRIND_LINKS && !g->ended; i++) {
        if (g->setup.datagrams)
            resend_late(g, &g->links[i], now);
        else
            see_silence(g, &g->links[i], now);
    }
}

static void earlier(int64_t *at, int64_t candidate)
{
    if (candidate < *at)
        *at = candidate;
}

int64_t grind_due(const struct grind *g, int64_t now)
{
    int64_t at = g->began_at + TIME;
    if (grind_is_done(g))
        return INT64_MAX;
    for (size_t i = 0; i < GRIND_LINKS; i++) {
        const struct grind_link *k = &g->links[i];
        if (!k->open || !k->out.count)
            continue;
        if (!g->setup.datagrams) {
            earlier(&at, k->progress_at + quiet_time(g, k));
            earlier(&at, g->rate_at + SECOND);
        }
        for (int32_t o = k->out.first; g->setup.datagrams && o >= 0; o = g->items[o].next)
            earlier(&at, g->items[o].due_at);
    }
    bool more = g->urgent.count || g->waiting.count;
    if (g->setup.datagrams && more && g->links[0].out.count < window_now(g))
        earlier(&at, g->paced_at + MS);
    return at > now ? at : now;
}

/* ---- the end */

void grind_end(struct grind *g)
{
    g->ended = true;
}

bool grind_is_done(const struct grind *g)
{
    return grind_links_wanted(g) == 0;
}

static unsigned calls_left(const struct grind *g)
{
    const struct grind_list *l = g->urgent.count ? &g->urgent : &g->waiting;
    return l->count && is_worth_it(g, l->first) ? g->urgent.count + g->waiting.count : 0;
}

unsigned grind_links_wanted(const struct grind *g)
{
    unsigned left = calls_left(g), open = links_open(g);
    if (g->ended || (!left && !calls_out(g)))
        return 0;
    unsigned wanted = open + left;
    return !g->single || wanted <= 1 ? 1 : wanted < GRIND_LINKS ? wanted : GRIND_LINKS;
}
