/* match.c owns the reading of a reply by the rules that may apply. */
#include <string.h>
#include "probes/match.h"
#include "probes/cpe.h"
#include "probes/field.h"
#include "probes/inside.h"
#include "probes/rule.h"
#include "probes/rule_index.h"
#include "probes/template.h"
#include "base/text.h"

/* One reply on its way through the rules. */
struct reading {
    struct probe_db *db;
    struct bytes reply;
    struct bytes folded;
    struct prefilter *index; /* of the rules that are tried now; NULL: every rule is tried */
    uint32_t base; /* the rule that the index counts from */
    struct rule *best; /* so far; may be beaten by a later one */
    unsigned gave_up; /* rules that ran into their limits */
    bool over;
};

/* ---- which rule */

/* The tiers of match.h. */
static void consider(struct reading *g, struct rule *r)
{
    bool first = !g->best;
    bool hard_stands = g->best && !g->best->soft; /* then it is generic */
    if (!r->generic && (!r->soft || !hard_stands)) {
        g->best = r;
        g->over = true;
    } else if (r->generic && (first || (!r->soft && g->best->soft))) {
        g->best = r;
    }
}

static void try_rule(struct reading *g, struct rule *r)
{
    struct captures captured;
    if (g->index && !prefilter_prefix_fits(g->index, r->index - g->base, g->folded))
        return;
    if (r->generic && g->best && (!g->best->soft || r->soft))
        return; /* could not win */
    enum regex_answer answer = rule_run(r, g->db->space, g->reply, &captured);
    if (answer == REGEX_YES)
        consider(g, r);
    if (answer != REGEX_LIMIT)
        return;
    g->db->limits_hit++;
    if (++g->gave_up >= LIMIT_MATCH_GAVE_UP && g->index)
        g->over = true;
}

static void try_all(struct reading *g, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end && !g->over; i++)
        try_rule(g, g->db->rules[i]);
}

/* `first` and `end` as the index counts. */
static void try_candidates(struct reading *g, uint32_t first, uint32_t end)
{
    for (uint32_t word = first / 64; word * 64 < end && !g->over; word++) {
        uint64_t bits = g->db->candidates[word];
        if (word == first / 64)
            bits &= ~0ull << first % 64;
        for (; bits && !g->over; bits &= bits - 1) {
            uint32_t i = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (i >= end)
                return;
            try_rule(g, g->db->rules[g->base + i]);
        }
    }
}

static void try_probe(struct reading *g, const struct probe *p)
{
    uint32_t first = probe_block_of(p)->first_rule, end = first + (uint32_t)p->rule_count;
    if (g->over || first == end)
        return;
    if (g->index)
        try_candidates(g, first - g->base, end - g->base);
    else
        try_all(g, first, end);
}

static struct reading reading_of(struct probe_db *db, struct bytes reply, bool filtered)
{
    struct reading g = {.db = db, .reply = bytes_of(reply.at, reply.len < LIMIT_REPLY ? reply.len : LIMIT_REPLY)};
    if (!filtered)
        return g;
    for (size_t i = 0; i < g.reply.len; i++) {
        uint8_t c = g.reply.at[i];
        db->folded[i] = (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    g.folded = bytes_of(db->folded, g.reply.len);
    return g;
}

/* From here on the index's rules are tried. */
static void use_index(struct reading *g, struct prefilter *index, uint32_t base)
{
    g->index = index;
    g->base = base;
    prefilter_scan(index, g->folded, g->db->candidates);
}

/* ---- what it makes of the reply */

static void fill_cpe(struct match *out, const char *by_part[LIMIT_CPE])
{
    for (size_t i = 0; i < LIMIT_CPE; i++)
        if (by_part[i])
            out->cpe[out->cpe_count++] = by_part[i];
}

static void fill_fields(struct match *out, const struct rule *r, const struct captures *captured, struct arena *arena)
{
    const char **text[FIELD_KINDS] = {&out->product, &out->version, &out->info, &out->hostname, &out->os, &out->device};
    const char *by_part[LIMIT_CPE] = {NULL};
    struct bytes rest = r->fields;
    struct field f;
    const char *why;
    while (field_next(&rest, &f, &why) == FIELD_FOUND) {
        char *made = template_fill(arena, f.kind, f.text, captured);
        if (f.kind != FIELD_CPE)
            *text[f.kind] = made;
        else if (made && cpe_part(made) >= 0)
            by_part[cpe_part(made)] = made;
    }
    fill_cpe(out, by_part);
}

static bool finish(struct reading *g, struct arena *arena, struct match *out)
{
    struct captures captured;
    struct rule *r = g->best;
    if (!r || rule_run(r, g->db->space, g->reply, &captured) != REGEX_YES)
        return false;
    *out = (struct match){.rule = r,
        .owner = r->owner,
        .service = r->service,
        .soft = r->soft,
        .generic = r->generic,
        .where = arena_printf(arena, "%s:%u", r->file, r->line)};
    fill_fields(out, r, &captured, arena);
    return true;
}

static bool match_chain(struct reading g, const struct probe *probe, bool filtered, struct arena *arena, struct match *out)
{
    for (size_t i = 0; i < probe->chain_count && !g.over; i++) {
        const struct probe *p = probe->chain[i];
        if (filtered && p->rule_count)
            use_index(&g, rule_index_of(g.db, p), probe_block_of(p)->first_rule);
        try_probe(&g, p);
    }
    return finish(&g, arena, out);
}

bool match_reply(struct probe_db *db, const struct probe *probe, struct bytes reply, struct arena *arena, struct match *out)
{
    return match_chain(reading_of(db, reply, true), probe, true, arena, out);
}

bool match_reply_plain(struct probe_db *db, const struct probe *probe, struct bytes reply, struct arena *arena, struct match *out)
{
    return match_chain(reading_of(db, reply, false), probe, false, arena, out);
}

bool match_any(struct probe_db *db, enum proto proto, struct bytes reply, struct arena *arena, struct match *out)
{
    struct reading g = reading_of(db, reply, true);
    use_index(&g, rule_index_of_all(db), 0);
    for (size_t i = 0; i < db->block_count; i++)
        if (db->blocks[i]->probe.proto == proto)
            try_probe(&g, &db->blocks[i]->probe);
    return finish(&g, arena, out);
}

uint64_t match_limits_hit(const struct probe_db *db)
{
    return db->limits_hit;
}
