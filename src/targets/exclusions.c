/* exclusions.c owns the addresses that must not be touched: sorted ranges, octet ranges, and names still to be resolved. */
#include "targets/exclusions.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "targets/target_words.h"

/* Every address is compared as an IPv6 one (IPv4 in its mapped form), so that writing it differently does not get around an exclusion. */
struct key {
    uint8_t octet[16];
};

struct range {
    struct key low, high;
};

struct exclusions {
    struct range *ranges; /* after settle: ascending, apart from each other */
    size_t range_count, range_cap;
    struct target_expr *octets;
    size_t octet_count;
    char **names;
    size_t name_count;
};

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static struct key key_of(const struct addr *a)
{
    struct key k = {0};

    if (a->family == 4) {
        memcpy(k.octet, mapped, sizeof mapped);
        memcpy(k.octet + sizeof mapped, a->octet, 4);
    } else {
        memcpy(k.octet, a->octet, sizeof k.octet);
    }
    return k;
}

static int key_compare(const struct key *a, const struct key *b)
{
    return memcmp(a->octet, b->octet, sizeof a->octet);
}

struct exclusions *exclusions_new(void)
{
    return must_zalloc(sizeof(struct exclusions));
}

void exclusions_free(struct exclusions *x)
{
    if (!x)
        return;
    for (size_t i = 0; i < x->name_count; i++)
        free(x->names[i]);
    free(x->names);
    free(x->octets);
    free(x->ranges);
    free(x);
}

static int by_low(const void *a, const void *b)
{
    const struct range *left = a, *right = b;

    return key_compare(&left->low, &right->low);
}

/* Sorts the ranges and joins those that overlap. */
static void settle(struct exclusions *x)
{
    size_t kept = 0;

    if (x->range_count == 0)
        return;
    qsort(x->ranges, x->range_count, sizeof *x->ranges, by_low);
    for (size_t i = 1; i < x->range_count; i++) {
        struct range *last = &x->ranges[kept];
        if (key_compare(&x->ranges[i].low, &last->high) > 0)
            x->ranges[++kept] = x->ranges[i];
        else if (key_compare(&x->ranges[i].high, &last->high) > 0)
            last->high = x->ranges[i].high;
    }
    x->range_count = kept + 1;
}

/* The range of a network: counts of 2^64 and more are not exact, so the free bits are found from the host bits themselves. */
static struct range range_of(const struct target_expr *e)
{
    struct range r = {key_of(&e->base), key_of(&e->base)};
    unsigned bits = e->base.family == 4 ? 32 : 128;
    unsigned kept = e->prefix < 0 || (unsigned)e->prefix > bits ? bits : (unsigned)e->prefix;

    for (unsigned bit = 128 - bits + kept; bit < 128; bit++)
        r.high.octet[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    return r;
}

static void add_range(struct exclusions *x, const struct target_expr *e)
{
    if (x->range_count == x->range_cap) {
        x->range_cap = x->range_cap ? x->range_cap * 2 : 16;
        x->ranges = must_realloc(x->ranges, x->range_cap * sizeof *x->ranges);
    }
    x->ranges[x->range_count++] = range_of(e);
}

static void add_octets(struct exclusions *x, const struct target_expr *e)
{
    x->octets = must_realloc(x->octets, (x->octet_count + 1) * sizeof *x->octets);
    x->octets[x->octet_count] = *e;
    x->octets[x->octet_count++].name = NULL;
}

/* "name" or "name/24", as it was given. */
static void add_name(struct exclusions *x, const char *text)
{
    x->names = must_realloc(x->names, (x->name_count + 1) * sizeof *x->names);
    x->names[x->name_count++] = must_strdup(text);
}

static bool add_text(struct exclusions *x, const char *what, const char *text, struct diags *d)
{
    struct target_expr e;

    if (!target_expr_parse(what, text, &e, d))
        return false;
    if (e.kind == TARGET_NAME)
        add_name(x, text);
    else if (e.octets)
        add_octets(x, &e);
    else
        add_range(x, &e);
    target_expr_free(&e);
    return true;
}

bool exclusions_add(struct exclusions *x, const char *what, const char *comma_list, struct diags *d)
{
    bool ok = true;

    for (const char *at = comma_list;; at++) {
        size_t len = strcspn(at, ",");
        char *one = must_alloc(len + 1);
        memcpy(one, at, len);
        one[len] = 0;
        ok = add_text(x, what, one, d) && ok;
        free(one);
        at += len;
        if (!*at)
            break;
    }
    settle(x);
    return ok;
}

bool exclusions_add_file(struct exclusions *x, const char *path, struct diags *d)
{
    struct target_words words;
    struct diags bad;
    bool ok = true;

    if (!target_words_open(&words, path, d))
        return false;
    diags_init(&bad);
    while (target_words_next(&words, &bad)) {
        if (!add_text(x, "", words.word, NULL)) {
            diags_add(d, DIAG_ERROR, words.path, words.line, words.column, "not a target: \"%.100s\"", words.word);
            ok = false;
        }
    }
    for (size_t i = 0; i < bad.count; i++)
        diags_add(d, bad.list[i].level, bad.list[i].file, bad.list[i].line, bad.list[i].column, "%s", bad.list[i].message);
    ok = ok && bad.errors == 0;
    diags_free(&bad);
    target_words_close(&words);
    settle(x);
    return ok;
}

bool exclusions_add_expr(struct exclusions *x, const struct target_expr *e)
{
    if (e->kind != TARGET_ADDRESSES)
        return false;
    if (e->octets)
        add_octets(x, e);
    else
        add_range(x, e);
    settle(x);
    return true;
}

const char *exclusions_name(const struct exclusions *x, size_t i)
{
    return i < x->name_count ? x->names[i] : NULL;
}

/* The range that begins at or before a key, or NULL. */
static const struct range *range_before(const struct exclusions *x, const struct key *k)
{
    size_t low = 0, high = x->range_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (key_compare(&x->ranges[middle].low, k) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &x->ranges[low - 1] : NULL;
}

static bool in_octets(const struct target_expr *e, const uint8_t *v4)
{
    for (unsigned i = 0; i < 4; i++)
        if (!(e->allowed[i][v4[i] / 32] >> v4[i] % 32 & 1))
            return false;
    return true;
}

static bool has_key(const struct exclusions *x, const struct key *k)
{
    const struct range *r = range_before(x, k);

    if (r && key_compare(k, &r->high) <= 0)
        return true;
    if (memcmp(k->octet, mapped, sizeof mapped) != 0)
        return false;
    for (size_t i = 0; i < x->octet_count; i++)
        if (in_octets(&x->octets[i], k->octet + sizeof mapped))
            return true;
    return false;
}

/* Whoever connects to the unspecified address (0.0.0.0, ::) is connected to this machine. */
static bool reaches_this_machine(const struct key *k, struct key *loopback)
{
    static const struct addr unspecified[] = {{.family = 4}, {.family = 6}};
    static const struct addr own[] = {{.family = 4, .octet = {127, 0, 0, 1}}, {.family = 6, .octet = {[15] = 1}}};
    for (size_t i = 0; i < 2; i++) {
        struct key u = key_of(&unspecified[i]);
        *loopback = key_of(&own[i]);
        if (key_compare(k, &u) == 0)
            return true;
    }
    return false;
}

bool exclusions_has(const struct exclusions *x, const struct addr *a)
{
    struct key k = key_of(a), loopback;

    return has_key(x, &k) || (reaches_this_machine(&k, &loopback) && has_key(x, &loopback));
}

bool exclusions_has_all(const struct exclusions *x, const struct target_expr *e)
{
    if (e->kind != TARGET_ADDRESSES || e->octets)
        return false;
    struct range network = range_of(e);
    const struct range *r = range_before(x, &network.low);

    return r && key_compare(&network.high, &r->high) <= 0;
}
