/* grind_findings.c owns the reading of answers: which programs are there, in which versions, and whether the server can be believed. */
#include "grind/grind_inside.h"

#include "grind/rpc_versions.h"

enum { ALIKE_MOST = 5 };

/* ---- versions of one program */

static const struct grind_item *version_item(const struct grind *g, uint32_t program, uint32_t version)
{
    for (size_t i = g->count; i-- > 0;)
        if (g->items[i].purpose == GRIND_VERSION && g->items[i].program == program && g->items[i].version == version)
            return &g->items[i];
    return NULL;
}

static bool is_absent(const struct grind_item *i)
{
    return i && i->state == GRIND_ANSWERED && (i->answer == RPC_PROG_MISMATCH || i->answer == RPC_PROG_UNAVAIL);
}

/* What the range spans, without those between its ends that are denied. */
static void versions_of_range(const struct grind *g, const struct grind_item *p, struct rpc_versions *v)
{
    for (uint32_t k = 0; k <= p->high - p->low && k < RPC_VERSIONS_MOST; k++) {
        bool end = k == 0 || p->low + k == p->high;
        if (end || !is_absent(version_item(g, p->program, p->low + k)))
            rpc_versions_add(v, p->low + k);
    }
}

/* Each version was asked for. Some servers do not answer a call that is right, while they deny those beside it. */
static void versions_by_asking(const struct grind *g, const struct grind_item *p, struct rpc_versions *v)
{
    bool denied = false;
    for (size_t i = 0; i < g->count; i++)
        denied |= g->items[i].purpose == GRIND_VERSION && g->items[i].program == p->program && is_absent(&g->items[i]);
    for (size_t i = 0; i < g->count; i++) {
        const struct grind_item *k = &g->items[i];
        if (k->purpose != GRIND_VERSION || k->program != p->program)
            continue;
        bool answers =
            k->state == GRIND_ANSWERED && (rpc_answer_claims((enum rpc_answer)k->answer) || k->answer == RPC_AUTH_ERROR) && !is_absent(k);
        if (answers || (k->state == GRIND_SILENT && denied))
            rpc_versions_add(v, k->version);
    }
}

static struct grind_claim claim_of(const struct grind *g, const struct grind_item *p, struct arena *a)
{
    struct rpc_versions v = {.count = 0};
    struct grind_claim c = {.program = p->program, .wants_auth = p->answer == RPC_AUTH_ERROR};
    bool wide = grind_tells_range(p) && p->high - p->low >= RPC_VERSIONS_MOST;
    if (grind_tells_range(p))
        versions_of_range(g, p, &v);
    else
        versions_by_asking(g, p, &v);
    c.versions = wide ? arena_printf(a, "%u-%u", p->low, p->high) : rpc_versions_text(&v, a);
    if (v.count) {
        c.low = v.list[0];
        c.high = wide ? p->high : v.list[v.count - 1];
    }
    return c;
}

/* ---- can it be believed? */

struct tally {
    unsigned claimed, denied, auth, other; /* answers of this kind */
};

static void count(struct tally *t, const struct grind_item *i)
{
    t->claimed += rpc_answer_claims((enum rpc_answer)i->answer);
    t->denied += i->answer == RPC_PROG_UNAVAIL;
    t->auth += i->answer == RPC_AUTH_ERROR;
    t->other += i->answer == RPC_MISMATCH;
}

/* More than a handful of programs with one and the same range: nobody is all of these. */
static bool has_many_alike(const struct grind *g)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct grind_item *p = &g->items[i];
        unsigned alike = 0;
        if (p->purpose != GRIND_PROGRAM || p->state != GRIND_ANSWERED || !grind_tells_range(p))
            continue;
        for (size_t k = i; k < g->count; k++) {
            const struct grind_item *q = &g->items[k];
            alike +=
                q->purpose == GRIND_PROGRAM && q->state == GRIND_ANSWERED && grind_tells_range(q) && q->low == p->low && q->high == p->high;
        }
        if (alike > ALIKE_MOST)
            return true;
    }
    return false;
}

static void judge(const struct grind *g, struct grind_findings *f)
{
    struct tally canaries = {0}, all = {0};
    bool denied = false;
    for (size_t i = 0; i < g->count; i++) {
        const struct grind_item *k = &g->items[i];
        bool number = k->purpose == GRIND_PROGRAM || k->purpose == GRIND_CANARY;
        denied |= number && (k->state == GRIND_DROPPED || (k->state == GRIND_SILENT && g->answered));
        if (number && k->state == GRIND_ANSWERED)
            count(&all, k);
        if (k->purpose == GRIND_CANARY && k->state == GRIND_ANSWERED)
            count(&canaries, k);
        if (k->purpose == GRIND_PROGRAM && k->state == GRIND_ANSWERED && k->answer == RPC_AUTH_ERROR && !f->auth_stat)
            f->auth_stat = k->auth_stat;
    }
    f->discerning = denied || all.denied > 0;
    f->liar = g->liar || canaries.claimed > 0 || all.claimed > GRIND_CLAIMS_MOST || has_many_alike(g);
    f->wants_auth = all.auth > 0 && !all.denied && !all.claimed;
    f->other_rpc = all.other > 0 && !all.denied && !all.claimed;
}

void grind_read(const struct grind *g, struct arena *a, struct grind_findings *f)
{
    *f = (struct grind_findings){0};
    judge(g, f);
    for (size_t i = 0; i < g->count; i++) {
        const struct grind_item *k = &g->items[i];
        if (k->purpose == GRIND_TLS && k->state == GRIND_ANSWERED)
            f->tls = k->auth_stat;
        if (k->purpose != GRIND_PROGRAM || k->state == GRIND_WAITING)
            continue;
        f->asked++;
        f->answered += k->state == GRIND_ANSWERED;
        f->dropped += k->state == GRIND_DROPPED;
        bool silent = k->state == GRIND_SILENT && g->answered > 2;
        if (silent && f->silent_count < sizeof f->silent / sizeof *f->silent)
            f->silent[f->silent_count++] = k->program;
        bool there = k->state == GRIND_ANSWERED &&
                     (rpc_answer_claims((enum rpc_answer)k->answer) || (k->answer == RPC_AUTH_ERROR && !f->wants_auth && f->discerning));
        if (there && !f->liar && f->count < GRIND_CLAIMS_MOST)
            f->claims[f->count++] = claim_of(g, k, a);
    }
}
