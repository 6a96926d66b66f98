/* target_source.c owns the walk over all targets: blocks of expressions, each block's addresses in a mixed order. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "targets/exclusions.h"
#include "targets/target_words.h"
#include "targets/targets.h"

/* An expression in its place. */
struct entry {
    struct target_expr expr;
    uint64_t number;
};

/* A name that has been handed out, and once it is resolved the walk over its addresses. */
struct named {
    struct named *next;
    struct entry entry;
    bool resolved;
    struct permutation order;
    uint64_t index;
};

struct entries {
    struct entry *list;
    size_t count, cap;
};

struct target_source {
    const struct exclusions *exclusions;
    uint64_t seed;
    bool in_order;

    struct entries given; /* of the command line */
    size_t given_next;
    struct target_words *files;
    size_t file_count, file_next;
    uint64_t next_number;

    /* the block: `first[i]` is the place of the i-th expression's first address in the block's index space */
    struct entries block;
    uint64_t first[TARGET_BLOCK];
    struct permutation order;
    uint64_t index;
    uint64_t block_number;

    struct named *named;
    char *last_name; /* of the target that was given last */
    uint64_t known;
};

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void forget(struct target_source *s, uint64_t n)
{
    if (s->known != UINT64_MAX)
        s->known -= n;
}

static struct permutation order_of(const struct target_source *s, uint64_t count, uint64_t what)
{
    return permutation_of(count, hash_u64(what, s->seed));
}

static void entries_add(struct entries *e, struct entry one)
{
    if (e->count == e->cap) {
        e->cap = e->cap ? e->cap * 2 : 16;
        e->list = must_realloc(e->list, e->cap * sizeof *e->list);
    }
    e->list[e->count++] = one;
}

struct target_source *target_source_new(uint64_t seed, bool in_order, const struct exclusions *x)
{
    struct target_source *s = must_zalloc(sizeof *s);

    s->exclusions = x;
    s->seed = seed;
    s->in_order = in_order;
    return s;
}

static void named_free(struct named *n)
{
    target_expr_free(&n->entry.expr);
    free(n);
}

void target_source_free(struct target_source *s)
{
    if (!s)
        return;
    while (s->named) {
        struct named *next = s->named->next;
        named_free(s->named);
        s->named = next;
    }
    for (size_t i = s->given_next; i < s->given.count; i++)
        target_expr_free(&s->given.list[i].expr);
    for (size_t i = 0; i < s->block.count; i++)
        target_expr_free(&s->block.list[i].expr);
    for (size_t i = s->file_next; i < s->file_count; i++)
        target_words_close(&s->files[i]);
    free(s->given.list);
    free(s->block.list);
    free(s->files);
    free(s->last_name);
    free(s);
}

static struct entry number_entry(struct target_source *s, const struct target_expr *e)
{
    s->known = add_saturated(s->known, e->count);
    return (struct entry){*e, s->next_number++};
}

bool target_source_add(struct target_source *s, const char *text, struct diags *d)
{
    struct target_expr e;

    if (!target_expr_parse("target", text, &e, d))
        return false;
    entries_add(&s->given, number_entry(s, &e));
    return true;
}

bool target_source_add_file(struct target_source *s, const char *path, struct diags *d)
{
    struct target_words words;

    if (!target_words_open(&words, path, d))
        return false;
    s->files = must_realloc(s->files, (s->file_count + 1) * sizeof *s->files);
    s->files[s->file_count++] = words;
    return true;
}

/* ---- blocks */

/* The next expression of the command line, then of the files. */
static bool next_entry(struct target_source *s, struct entry *out, struct diags *later)
{
    if (s->given_next < s->given.count) {
        *out = s->given.list[s->given_next++];
        return true;
    }
    while (s->file_next < s->file_count) {
        struct target_words *words = &s->files[s->file_next];
        struct target_expr e;
        while (target_words_next(words, later)) {
            if (target_expr_parse(words->path, words->word, &e, NULL)) {
                *out = number_entry(s, &e);
                return true;
            }
            diags_add(later, DIAG_ERROR, words->path, words->line, words->column, "not a target: \"%.100s\"", words->word);
        }
        target_words_close(words);
        s->file_next++;
    }
    return false;
}

/* What is wholly excluded is not even walked: nobody would wait for the end of an IPv6 network. */
static bool is_excluded(struct target_source *s, struct entry *e)
{
    if (!s->exclusions || !exclusions_has_all(s->exclusions, &e->expr))
        return false;
    forget(s, e->expr.count);
    target_expr_free(&e->expr);
    return true;
}

static bool must_wait(const struct target_source *s)
{
    return s->given_next == s->given.count && s->file_next < s->file_count && target_words_must_wait(&s->files[s->file_next]);
}

/* What has come of a stream is walked at once; the rest makes other blocks. */
static bool fill_block(struct target_source *s, struct diags *later)
{
    uint64_t total = 0;
    struct entry e;

    for (size_t i = 0; i < s->block.count; i++)
        target_expr_free(&s->block.list[i].expr);
    s->block.count = 0;
    while (s->block.count < TARGET_BLOCK && total < UINT64_MAX && !must_wait(s) && next_entry(s, &e, later)) {
        if (is_excluded(s, &e))
            continue;
        s->first[s->block.count] = total;
        entries_add(&s->block, e);
        total = add_saturated(total, e.expr.count);
    }
    s->order = order_of(s, total, s->block_number++);
    s->index = 0;
    return total > 0;
}

/* The entry of the block that holds a place of its index space. */
static size_t entry_at(const struct target_source *s, uint64_t place)
{
    size_t low = 0, high = s->block.count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->first[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool may_touch(struct target_source *s, const struct addr *a)
{
    if (!s->exclusions || !exclusions_has(s->exclusions, a))
        return true;
    forget(s, 1);
    return false;
}

/* ---- names */

static enum target_next hand_out_name(struct target_source *s, struct entry *e, struct target *out)
{
    struct named *n = must_zalloc(sizeof *n);

    n->entry = *e;
    e->expr.name = NULL;
    n->next = s->named;
    s->named = n;
    *out = (struct target){.name = n->entry.expr.name, .expr = n->entry.number};
    return TARGET_NEEDS_NAME;
}

static void drop_named(struct target_source *s, struct named **at)
{
    struct named *gone = *at;

    *at = gone->next;
    s->last_name = gone->entry.expr.name;
    gone->entry.expr.name = NULL;
    named_free(gone);
}

/* The next address of a resolved name. The name stays valid until the next call, although its last address has been given. */
static bool next_named(struct target_source *s, struct target *out)
{
    free(s->last_name);
    s->last_name = NULL;
    for (struct named **at = &s->named; *at;) {
        struct named *n = *at;
        if (!n->resolved) {
            at = &n->next;
            continue;
        }
        if (n->index == n->entry.expr.count) {
            drop_named(s, at);
            free(s->last_name);
            s->last_name = NULL;
            continue;
        }
        uint64_t place = s->in_order ? n->index : permutation_at(&n->order, n->index);
        n->index++;
        struct addr a = target_expr_at(&n->entry.expr, place);
        if (!may_touch(s, &a))
            continue;
        *out = (struct target){.addr = a, .name = n->entry.expr.name, .expr = n->entry.number};
        if (n->index == n->entry.expr.count)
            drop_named(s, at);
        return true;
    }
    return false;
}

static struct named **find_named(struct target_source *s, uint64_t expr)
{
    struct named **at = &s->named;

    while (*at && ((*at)->entry.number != expr || (*at)->resolved))
        at = &(*at)->next;
    return at;
}

void target_source_resolved(struct target_source *s, uint64_t expr, const struct addr *to)
{
    struct named **at = find_named(s, expr);
    struct named *n = *at;

    if (!n)
        return;
    if (to) {
        target_expr_resolve(&n->entry.expr, to);
        s->known = add_saturated(s->known, n->entry.expr.count - 1);
        n->order = order_of(s, n->entry.expr.count, ~expr);
        n->resolved = true;
    }
    if (!to || (s->exclusions && exclusions_has_all(s->exclusions, &n->entry.expr))) {
        forget(s, n->entry.expr.count);
        *at = n->next;
        named_free(n);
    }
}

/* ---- the walk */

enum target_next target_source_next(struct target_source *s, struct target *out, struct diags *later)
{
    if (next_named(s, out))
        return TARGET_GIVEN;
    for (;;) {
        if (s->index == s->order.count && !fill_block(s, later))
            return must_wait(s) ? TARGET_LATER : TARGET_NONE;
        uint64_t place = s->in_order ? s->index : permutation_at(&s->order, s->index);
        s->index++;
        size_t i = entry_at(s, place);
        struct entry *e = &s->block.list[i];
        if (e->expr.kind == TARGET_NAME)
            return hand_out_name(s, e, out);
        struct addr a = target_expr_at(&e->expr, place - s->first[i]);
        if (!may_touch(s, &a))
            continue;
        *out = (struct target){.addr = a, .expr = e->number};
        return TARGET_GIVEN;
    }
}

uint64_t target_source_known(const struct target_source *s, bool *more)
{
    *more = s->file_next < s->file_count;
    return s->known;
}
