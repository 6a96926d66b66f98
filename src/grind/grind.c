/* grind.c owns the window of calls: what goes out when, what is heard, what is lost with a connection. */
#include "grind/grind_inside.h"

#include "base/hash.h"
#include "base/limits.h"

enum {
    BURST = 8, /* datagrams a millisecond */
    STREAM_TRIES = 2,
    LOSSES_MOST = 3, /* connections that end in full flight; then one call at a time */
    WORTH_A_LOSS = 8 /* answers for each lost connection, to go beyond the first tier one call at a time */
};
static const int64_t LEAST_RESEND = 100 * MS, MOST_RESEND = 2 * SECOND;

/* ---- sending */

static unsigned links_open(const struct grind *g)
{
    unsigned n = 0;
    for (size_t i = 0; i < GRIND_LINKS; i++)
        n += g->links[i].open;
    return n;
}

unsigned grind_calls_out(const struct grind *g)
{
    unsigned n = 0;
    for (size_t i = 0; i < GRIND_LINKS; i++)
        n += g->links[i].out.count;
    return n;
}

/* All ports of a host that are ground together have two windows. */
unsigned grind_window(const struct grind *g)
{
    unsigned window = g->share > 2 ? g->window * 2 / g->share : g->window;
    window = window < GRIND_LEAST_WINDOW ? GRIND_LEAST_WINDOW : window;
    return g->single ? 1 : window < g->window_most ? window : g->window_most;
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
    int64_t usual = 2 * g->srtt, careful = g->srtt + 4 * g->rtt_var, wait = usual > careful ? usual : careful;
    wait = wait < LEAST_RESEND ? LEAST_RESEND : wait > MOST_RESEND ? MOST_RESEND : wait;
    unsigned most = g->answered ? 2 : 4, backoff = i->tries - 1u < most ? i->tries - 1u : most;
    return (wait << backoff) + (int64_t)(hash_u64(g->order, g->setup.seed) % (uint64_t)(wait / 8 + 1));
}

/* A repeated call shows whether the full window will ever be answered: it must not wait for it. */
static bool has_room(const struct grind *g, const struct grind_link *k)
{
    bool ping = g->urgent.count && g->items[g->urgent.first].purpose == GRIND_PING;
    return k->out.count < grind_window(g) || ping;
}

bool grind_next(struct grind *g, unsigned link, int64_t now, struct rpc_call *out)
{
    struct grind_link *k = &g->links[link];
    if (g->ended || !k->open || k->stuck || !has_room(g, k) || !may_pace(g, now))
        return false;
    if (!g->urgent.count && !g->waiting.count)
        grind_ask_for_tls(g);
    struct grind_list *from = next_list(g);
    if (!from)
        return false;
    struct grind_item *i = &g->items[from->first];
    grind_take(g, from, grind_index(g, i));
    i->state = GRIND_OUT;
    i->waits_last = false;
    i->tries++;
    i->link = (uint8_t)link;
    i->order = ++g->order;
    i->sent_at = now;
    i->due_at = g->setup.datagrams ? now + resend_after(g, i) : 0;
    if (!k->out.count)
        k->progress_at = now;
    grind_put_last(g, &k->out, grind_index(g, i));
    g->sent++;
    g->paced++;
    *out = (struct rpc_call){.xid = g->setup.base + (uint32_t)grind_index(g, i),
        .program = i->program,
        .version = i->version,
        .procedure = i->procedure,
        .flavor = i->purpose == GRIND_TLS ? RPC_AUTH_TLS : RPC_AUTH_NONE};
    return true;
}

void grind_take_back(struct grind *g, struct grind_item *i)
{
    grind_take(g, &g->links[i->link].out, grind_index(g, i));
    i->state = GRIND_WAITING;
    grind_put_first(g, &g->urgent, grind_index(g, i));
}

void grind_unsent(struct grind *g, uint32_t xid)
{
    struct grind_item *i = &g->items[xid - g->setup.base];
    grind_take_back(g, i);
    i->tries--;
    g->sent--;
}

/* ---- hearing */

/* Smoothed time and its variation (RFC 6298, section 2); of calls that were sent once. */
static void measure(struct grind *g, const struct grind_item *i, int64_t now)
{
    int64_t took = now > i->sent_at ? now - i->sent_at : 1;
    if (!g->setup.datagrams || i->tries > 1)
        return;
    int64_t off = g->srtt > took ? g->srtt - took : took - g->srtt;
    g->rtt_var = g->srtt ? (3 * g->rtt_var + off) / 4 : took / 2;
    g->srtt = g->srtt ? (7 * g->srtt + took) / 8 : took;
    if (!g->least_rtt || took < g->least_rtt)
        g->least_rtt = took;
}

/* An answer to a call that was given up a moment ago: it was not lost, the peer is slower than was thought. */
static void hear_late(struct grind *g, struct grind_item *i, int64_t now)
{
    grind_take(g, i->waits_last ? &g->waiting : &g->urgent, grind_index(g, i));
    g->epoch_lost -= g->epoch_lost > 0;
    measure(g, i, now);
}

/* Whatever it says of programs means nothing: of what waits only the portmapper's list is still asked for. */
static void expose_liar(struct grind *g)
{
    g->liar = true;
    g->waiting = (struct grind_list){-1, -1, 0};
    for (int32_t at = g->urgent.first, next; at >= 0; at = next) {
        next = g->items[at].next;
        if (g->items[at].purpose != GRIND_PORTMAP)
            grind_take(g, &g->urgent, at);
    }
}

static void consider(struct grind *g, const struct grind_item *i)
{
    if (i->purpose == GRIND_CANARY && rpc_answer_claims((enum rpc_answer)i->answer))
        expose_liar(g);
    if (i->purpose != GRIND_PROGRAM || !rpc_answer_claims((enum rpc_answer)i->answer))
        return;
    if (i->program == RPC_PORTMAPPER)
        grind_ask_portmapper(g, i);
    if (++g->claims <= GRIND_CLAIMS_ASKED && !g->liar)
        grind_ask_versions(g, i);
}

/* What was sent before a call that is answered now, a long time later, will not be. A few are asked once more: it may be an accident. */
static void pass_over(struct grind *g, struct grind_link *k, const struct grind_item *answered)
{
    unsigned tries = k->out.count <= GRIND_FEW_SILENT ? STREAM_TRIES : 1;
    for (int32_t at = k->out.first, next; at >= 0; at = next) {
        struct grind_item *i = &g->items[at];
        next = i->next;
        if (i->order < answered->order)
            grind_not_answered(g, i, i->purpose == GRIND_VERSION ? 1 : tries);
    }
}

const struct grind_item *grind_hear(struct grind *g, const struct rpc_reply *reply, int64_t now)
{
    uint32_t at = reply->xid - g->setup.base;
    if (at >= g->count)
        return NULL;
    struct grind_item *i = &g->items[at];
    struct grind_link *k = &g->links[i->link];
    if (!i->tries || i->state == GRIND_ANSWERED || i->state == GRIND_DROPPED || (g->liar && i->state == GRIND_WAITING))
        return NULL;
    if (i->state == GRIND_OUT) {
        measure(g, i, now);
        grind_take(g, &k->out, (int32_t)at);
    } else if (i->state == GRIND_WAITING) {
        hear_late(g, i, now);
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
    g->heard_at = now;
    g->rate_answered++;
    g->epoch_answered++;
    if (i->purpose == GRIND_PROGRAM || i->purpose == GRIND_CANARY) {
        g->alive_program = i->program;
        g->alive_version = i->version;
    }
    if (i->purpose == GRIND_PING)
        pass_over(g, k, i);
    k->pinged = false;
    grind_adapt(g);
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
    grind_take(g, &g->links[i->link].out, grind_index(g, i));
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
    grind_put_last(g, &g->waiting, grind_index(g, i));
}

/* In the order of sending they go back to the front. */
static void take_back_all(struct grind *g, struct grind_link *k)
{
    while (k->out.last >= 0) {
        struct grind_item *i = &g->items[k->out.last];
        if (i->purpose == GRIND_PING)
            drop(g, i);
        else
            grind_take_back(g, i);
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
    if (g->ended || (!left && !grind_calls_out(g)))
        return 0;
    unsigned wanted = open + left;
    return !g->single || wanted <= 1 ? 1 : wanted < GRIND_LINKS ? wanted : GRIND_LINKS;
}
