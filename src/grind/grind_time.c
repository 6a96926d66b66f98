/* grind_time.c owns what follows from time: lost datagrams, silent connections, slow servers, and the window that suits them. */
#include "grind/grind_inside.h"

enum {
    DATAGRAM_TRIES = 6,
    DATAGRAM_TRIES_VERSION = 12, /* about four seconds */
    DATAGRAM_TRIES_FEW = 2, /* where hardly anything is answered */
    TACITURN_WINDOW = 32,
    MUTE_CALLS = 8, /* so many unanswered, and none answered: nobody is there */
    MUTE_TRIES = 5,
    HUSHED_CALLS = 8, /* so many open ones that are all silent are no silent programs */
    HUSHED_TRIES = 3,
    SLOW_RATE = 50 /* answers a second */
};
static const int64_t TIME = 30 * SECOND;
static const int64_t QUIET = SECOND, QUIET_FEW = 250 * MS;
static const int64_t STALL = 4 * SECOND; /* servers are busy with themselves for so long, and go on then */
static const int64_t HUSH = SECOND / 2;

/* ---- the window */

/* Hardly anything is answered, but not nothing: a server that says nothing to what it does not know. */
static bool is_taciturn(const struct grind *g)
{
    return g->answered && g->sent > 100 && g->answered * 20 < g->sent;
}

/* A window's worth of calls has been decided: was it too much? */
void grind_adapt(struct grind *g)
{
    unsigned decided = g->epoch_answered + g->epoch_lost;
    if (!g->setup.datagrams || decided < g->window)
        return;
    bool slow = g->least_rtt && g->srtt > 4 * g->least_rtt + 20 * MS;
    if (g->epoch_lost * 4 > decided || slow)
        g->window = is_taciturn(g) ? TACITURN_WINDOW : g->window / 2 > GRIND_LEAST_WINDOW ? g->window / 2 : GRIND_LEAST_WINDOW;
    else if (g->epoch_lost * 6 < decided)
        g->window = g->window + 16 < g->window_most ? g->window + 16 : g->window_most;
    g->epoch_answered = g->epoch_lost = 0;
}

/* ---- time */

void grind_not_answered(struct grind *g, struct grind_item *i, unsigned tries_most)
{
    if (i->tries < tries_most) {
        grind_take_back(g, i);
        return;
    }
    grind_take(g, &g->links[i->link].out, grind_index(g, i));
    i->state = GRIND_SILENT;
}

static bool may_ping(const struct grind *g, const struct grind_link *k)
{
    return !g->single && k->answered && g->alive_version && !k->pinged;
}

/* When the next conclusion is drawn from silence. Few open calls (the last ones, versions) are not waited for as long as a whole window. */
static int64_t quiet_time(const struct grind *g, const struct grind_link *k)
{
    int64_t least = g->single ? QUIET : !may_ping(g, k) ? STALL : k->out.count <= GRIND_FEW_SILENT ? QUIET_FEW : QUIET;
    return 4 * g->setup.rtt > least ? 4 * g->setup.rtt : least;
}

/* Nothing at all comes from a server that answered before: it pauses. */
static bool is_hushed(const struct grind *g, const struct grind_link *k, int64_t now)
{
    int64_t silence = now - g->heard_at;
    return g->answered && k->out.count > HUSHED_CALLS && !is_taciturn(g) && silence > HUSH && silence < STALL;
}

/* Calls for versions are few, and the last ones out: a server that pauses just then shall not have a gap passed over. */
static unsigned tries_of(const struct grind *g, const struct grind_item *i)
{
    if (is_taciturn(g))
        return DATAGRAM_TRIES_FEW;
    return i->purpose == GRIND_VERSION ? DATAGRAM_TRIES_VERSION : DATAGRAM_TRIES;
}

static void resend_late(struct grind *g, struct grind_link *k, int64_t now)
{
    for (int32_t at = k->out.first, next; at >= 0; at = next) {
        struct grind_item *i = &g->items[at];
        next = i->next;
        if (i->due_at > now)
            continue;
        g->epoch_lost++;
        if (is_hushed(g, k, now) && i->tries > HUSHED_TRIES)
            i->tries = HUSHED_TRIES;
        if (!g->answered && i->tries >= MUTE_TRIES && g->sent >= MUTE_CALLS) {
            grind_end(g);
            return;
        }
        grind_not_answered(g, i, tries_of(g, i));
    }
    grind_adapt(g);
}

/* Long silence on a connection: is the server stuck, or does it only not answer these? */
static void see_silence(struct grind *g, struct grind_link *k, int64_t now)
{
    if (!k->open || k->stuck || !k->out.count || now < k->progress_at + quiet_time(g, k))
        return;
    k->stuck = !may_ping(g, k);
    k->pinged = true;
    if (!k->stuck)
        grind_add(g, GRIND_PING, g->alive_program, g->alive_version, 0);
}

/* A server that answers few calls a second has few before it. */
static void see_rate(struct grind *g, int64_t now)
{
    if (g->setup.datagrams || now < g->rate_at + SECOND)
        return;
    if (g->rate_answered < SLOW_RATE && grind_calls_out(g) > GRIND_LEAST_WINDOW)
        g->window = g->window / 2 > GRIND_LEAST_WINDOW ? g->window / 2 : GRIND_LEAST_WINDOW;
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
    if (g->setup.datagrams && more && g->links[0].out.count < grind_window(g))
        earlier(&at, g->paced_at + MS);
    return at > now ? at : now;
}
