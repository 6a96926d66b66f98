/*
 * prefilter.c owns the index of rules by the rarest four bytes that each needs.
 *
 * A rule stands under one four-byte piece ("gram") of a run of literal bytes: the one that the fewest rules hold. Or under one gram of
 * each branch of an alternation, if all those together are rarer: "(?:Foobar|Quux)" needs one of the two. Or, if it has no run that long
 * but begins with a known byte, under that first byte; or among those that are always tried.
 */
#include <stdlib.h>
#include <string.h>
#include "probes/prefilter.h"
#include "base/hash.h"

enum {
    GRAM = 4,
    COUNT_BITS = 17, /* counters of grams; two grams that share one only make the choice worse */
    BLOOM_BITS = 16,
    PREFIX_MAX = 64, /* symbols compared by prefix_fits */
    VISITS_MAX = 32 /* looks at the rules of one gram per reply; then they all are candidates */
};

/* A rule under a gram: the run around it is compared before the rule becomes a candidate. */
struct posting {
    uint32_t rule;
    uint16_t before; /* bytes of the run before the gram */
    uint16_t len; /* of the run */
    const uint8_t *run;
};

struct slot {
    uint32_t gram;
    uint32_t first, count; /* postings; count 0: an empty slot */
    uint32_t scan, visits; /* visits in the scan of that number */
};

struct prefix {
    const uint16_t *symbols;
    uint32_t count;
};

struct prefilter {
    size_t rule_count;
    struct prefix *prefixes; /* by rule */
    struct slot *slots;
    uint32_t mask;
    struct posting *postings;
    uint64_t bloom[(1u << BLOOM_BITS) / 64];
    uint32_t *by_byte[256]; /* rules by first byte */
    uint32_t by_byte_count[256];
    uint32_t *always;
    uint32_t always_count;
    uint32_t scan;
};

struct draft {
    size_t first; /* symbols */
    uint32_t count;
    size_t first_alternative;
    uint32_t alternative_count;
};

/* A gram, and the run of literal bytes that it is part of. */
struct place {
    uint32_t rule, gram;
    uint16_t before, len;
    const uint8_t *run;
};

struct places {
    struct place *list;
    size_t count, cap;
    bool *is_placed; /* by rule */
};

struct prefilter_builder {
    uint16_t *symbols;
    size_t symbol_count, symbol_cap;
    struct draft *drafts;
    size_t draft_count, draft_cap;
    struct alternative *alternatives;
    size_t alternative_count, alternative_cap;
    uint32_t counts[1u << COUNT_BITS];
};

static uint32_t mix(uint32_t gram)
{
    uint32_t h = gram * 2654435761u;
    return h ^ h >> 15;
}

struct prefilter_builder *prefilter_begin(void)
{
    return must_zalloc(sizeof(struct prefilter_builder));
}

static void *grown(void *list, size_t need, size_t *cap, size_t size)
{
    if (list && need <= *cap)
        return list;
    *cap = need * 2 + 1024;
    return must_realloc(list, *cap * size);
}

static uint32_t *count_of(struct prefilter_builder *b, uint32_t gram)
{
    return &b->counts[mix(gram) >> (32 - COUNT_BITS)];
}

static void count_grams(struct prefilter_builder *b, const struct pattern *seen)
{
    uint32_t gram = 0;
    size_t run = 0;
    for (size_t i = 0; i < seen->count; i++) {
        run = seen->symbols[i] < 256 ? run + 1 : 0;
        gram = gram << 8 | (seen->symbols[i] & 0xff);
        if (run >= GRAM)
            (*count_of(b, gram))++;
    }
    for (size_t i = 0; i < seen->alternative_count; i++)
        for (size_t k = 0; k < seen->alternatives[i].len; k++) {
            gram = gram << 8 | seen->alternatives[i].text[k];
            if (k + 1 >= GRAM)
                (*count_of(b, gram))++;
        }
}

void prefilter_add(struct prefilter_builder *b, const struct pattern *seen)
{
    b->symbols = grown(b->symbols, b->symbol_count + seen->count, &b->symbol_cap, sizeof *b->symbols);
    b->drafts = grown(b->drafts, b->draft_count + 1, &b->draft_cap, sizeof *b->drafts);
    b->alternatives = grown(b->alternatives, b->alternative_count + seen->alternative_count, &b->alternative_cap, sizeof *b->alternatives);
    b->drafts[b->draft_count++] =
        (struct draft){b->symbol_count, (uint32_t)seen->count, b->alternative_count, (uint32_t)seen->alternative_count};
    if (seen->count)
        memcpy(b->symbols + b->symbol_count, seen->symbols, seen->count * sizeof *seen->symbols);
    if (seen->alternative_count)
        memcpy(b->alternatives + b->alternative_count, seen->alternatives, seen->alternative_count * sizeof *seen->alternatives);
    b->symbol_count += seen->count;
    b->alternative_count += seen->alternative_count;
    count_grams(b, seen);
}

/* Where the rarest gram of a rule's symbols begins, or SIZE_MAX. The gram itself goes to *out, how many hold it to *least. */
static size_t rarest(struct prefilter_builder *b, const struct draft *d, uint32_t *out, uint32_t *least)
{
    const uint16_t *s = b->symbols + d->first;
    size_t best = SIZE_MAX, run = 0;
    uint32_t gram = 0;
    *least = UINT32_MAX;
    for (size_t i = 0; i < d->count; i++) {
        run = s[i] < 256 ? run + 1 : 0;
        gram = gram << 8 | (s[i] & 0xff);
        if (run < GRAM)
            continue;
        uint32_t n = *count_of(b, gram);
        if (n < *least) {
            *least = n;
            best = i + 1 - GRAM;
            *out = gram;
        }
    }
    return best;
}

/* The same of one branch's text; the texts outlive the builder, in the arena. */
static struct place place_of_text(
    struct prefilter_builder *b, uint32_t rule, const struct alternative *a, struct arena *arena, uint32_t *least)
{
    struct place out = {.rule = rule, .len = a->len};
    uint32_t gram = 0;
    *least = UINT32_MAX;
    for (size_t i = 0; i < a->len; i++) {
        gram = gram << 8 | a->text[i];
        uint32_t n = *count_of(b, gram);
        if (i + 1 < GRAM || n >= *least)
            continue;
        *least = n;
        out.gram = gram;
        out.before = (uint16_t)(i + 1 - GRAM);
    }
    uint8_t *run = arena_alloc(arena, a->len);
    memcpy(run, a->text, a->len);
    out.run = run;
    return out;
}

static struct prefix prefix_of(const struct prefilter_builder *b, const struct draft *d, struct arena *arena)
{
    const uint16_t *s = b->symbols + d->first;
    struct prefix out = {0};
    if (!d->count || s[0] != SYMBOL_START)
        return out;
    while (out.count < PREFIX_MAX && out.count + 1 < d->count && s[out.count + 1] <= SYMBOL_ANY)
        out.count++;
    uint16_t *copy = arena_alloc(arena, (out.count + 1) * sizeof *copy);
    memcpy(copy, s + 1, out.count * sizeof *copy);
    out.symbols = copy;
    return out;
}

static struct slot *slot_for(struct slot *slots, uint32_t mask, uint32_t gram)
{
    uint32_t i = mix(gram) & mask;
    while (slots[i].count && slots[i].gram != gram)
        i = (i + 1) & mask;
    return &slots[i];
}

static struct place place_of_symbols(const struct prefilter_builder *b, uint32_t rule, size_t at, uint32_t gram, struct arena *arena)
{
    const struct draft *d = &b->drafts[rule];
    const uint16_t *s = b->symbols + d->first;
    size_t from = at, to = at;
    while (from && s[from - 1] < 256)
        from--;
    while (to < d->count && s[to] < 256)
        to++;
    uint8_t *run = arena_alloc(arena, to - from);
    for (size_t i = from; i < to; i++)
        run[i - from] = (uint8_t)s[i];
    return (struct place){rule, gram, (uint16_t)(at - from), (uint16_t)(to - from), run};
}

static void put_place(struct places *out, struct place p)
{
    out->list = grown(out->list, out->count + 1, &out->cap, sizeof *out->list);
    out->list[out->count++] = p;
    out->is_placed[p.rule] = true;
}

static void place_rule(struct prefilter_builder *b, uint32_t rule, struct places *out, struct arena *arena)
{
    const struct draft *d = &b->drafts[rule];
    uint32_t gram = 0, least, sum = 0, n;
    size_t at = rarest(b, d, &gram, &least), mark = out->count;
    for (uint32_t i = 0; i < d->alternative_count && sum < least; i++) {
        put_place(out, place_of_text(b, rule, &b->alternatives[d->first_alternative + i], arena, &n));
        sum += n;
    }
    if (d->alternative_count && sum < least)
        return;
    out->count = mark;
    out->is_placed[rule] = false;
    if (at != SIZE_MAX)
        put_place(out, place_of_symbols(b, rule, at, gram, arena));
}

/* Rules without a gram, in two rounds: count, then fill. */
static void place_short(struct prefilter *p, uint32_t rule, bool fill)
{
    const struct prefix *f = &p->prefixes[rule];
    bool by_byte = f->count && f->symbols[0] < 256;
    uint32_t *count = by_byte ? &p->by_byte_count[f->symbols[0]] : &p->always_count;
    if (fill)
        (by_byte ? p->by_byte[f->symbols[0]] : p->always)[*count] = rule;
    (*count)++;
}

static void lay_lists(struct prefilter *p, const struct places *places, struct arena *arena)
{
    for (uint32_t i = 0; i < p->rule_count; i++)
        if (!places->is_placed[i])
            place_short(p, i, false);
    for (int c = 0; c < 256; c++)
        p->by_byte[c] = arena_alloc(arena, (p->by_byte_count[c] + 1) * sizeof(uint32_t));
    p->always = arena_alloc(arena, (p->always_count + 1) * sizeof(uint32_t));
    memset(p->by_byte_count, 0, sizeof p->by_byte_count);
    p->always_count = 0;
    for (uint32_t i = 0; i < p->rule_count; i++)
        if (!places->is_placed[i])
            place_short(p, i, true);
}

static void lay_postings(struct prefilter *p, const struct places *places, struct arena *arena)
{
    uint32_t next = 0;
    p->mask = 63;
    while (p->mask < places->count * 2)
        p->mask = p->mask * 2 + 1;
    p->slots = arena_alloc(arena, (p->mask + 1) * sizeof *p->slots);
    for (size_t i = 0; i < places->count; i++) {
        struct slot *s = slot_for(p->slots, p->mask, places->list[i].gram);
        s->gram = places->list[i].gram;
        s->count++;
    }
    for (uint32_t i = 0; i <= p->mask; i++) {
        p->slots[i].first = next;
        next += p->slots[i].count;
    }
    p->postings = arena_alloc(arena, (next + 1) * sizeof *p->postings);
    for (size_t i = 0; i < places->count; i++) {
        const struct place *from = &places->list[i];
        struct slot *s = slot_for(p->slots, p->mask, from->gram);
        p->postings[s->first + s->visits++] = (struct posting){from->rule, from->before, from->len, from->run};
        uint32_t bit = mix(from->gram) >> (32 - BLOOM_BITS);
        p->bloom[bit / 64] |= 1ull << bit % 64;
    }
}

struct prefilter *prefilter_finish(struct prefilter_builder *b, struct arena *arena)
{
    struct prefilter *p = arena_alloc(arena, sizeof *p);
    p->rule_count = b->draft_count;
    p->prefixes = arena_alloc(arena, (p->rule_count + 1) * sizeof *p->prefixes);
    struct places places = {.is_placed = must_zalloc(p->rule_count + 1)};
    for (uint32_t i = 0; i < p->rule_count; i++) {
        p->prefixes[i] = prefix_of(b, &b->drafts[i], arena);
        place_rule(b, i, &places, arena);
    }
    lay_lists(p, &places, arena);
    lay_postings(p, &places, arena);
    free(places.list);
    free(places.is_placed);
    free(b->symbols);
    free(b->drafts);
    free(b->alternatives);
    free(b);
    return p;
}

size_t prefilter_words(const struct prefilter *p)
{
    return p->rule_count / 64 + 1;
}

static void mark(uint64_t *bits, uint32_t rule)
{
    bits[rule / 64] |= 1ull << rule % 64;
}

static void mark_list(uint64_t *bits, const uint32_t *rules, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        mark(bits, rules[i]);
}

static bool run_fits(const struct posting *g, struct bytes folded, size_t at)
{
    return at >= g->before && folded.len - (at - g->before) >= g->len && !memcmp(folded.at + at - g->before, g->run, g->len);
}

/* A reply that repeats one gram must not cost its length times the gram's rules: after a few looks they all are candidates. */
static void visit(struct prefilter *p, struct slot *s, struct bytes folded, size_t at, uint64_t *bits)
{
    if (s->scan != p->scan) {
        s->scan = p->scan;
        s->visits = 0;
    }
    if (s->visits > VISITS_MAX)
        return;
    bool all = ++s->visits > VISITS_MAX;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct posting *g = &p->postings[s->first + i];
        if (all || run_fits(g, folded, at))
            mark(bits, g->rule);
    }
}

void prefilter_scan(struct prefilter *p, struct bytes folded, uint64_t *bits)
{
    memset(bits, 0, prefilter_words(p) * sizeof *bits);
    p->scan++;
    mark_list(bits, p->always, p->always_count);
    if (folded.len)
        mark_list(bits, p->by_byte[folded.at[0]], p->by_byte_count[folded.at[0]]);
    uint32_t gram = 0;
    for (size_t i = 0; i < folded.len; i++) {
        gram = gram << 8 | folded.at[i];
        uint32_t bit = mix(gram) >> (32 - BLOOM_BITS);
        if (i + 1 < GRAM || !(p->bloom[bit / 64] >> bit % 64 & 1))
            continue;
        struct slot *s = slot_for(p->slots, p->mask, gram);
        if (s->count)
            visit(p, s, folded, i + 1 - GRAM, bits);
    }
}

bool prefilter_prefix_fits(const struct prefilter *p, uint32_t rule, struct bytes folded)
{
    const struct prefix *f = &p->prefixes[rule];
    if (f->count > folded.len)
        return false;
    for (uint32_t i = 0; i < f->count; i++)
        if (f->symbols[i] < 256 && f->symbols[i] != folded.at[i])
            return false;
    return true;
}
