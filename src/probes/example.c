/* example.c owns the reading and the checking of the examples beside our rules. */
#include <stdlib.h>
#include <string.h>
#include "probes/example.h"
#include "probes/cpe.h"
#include "probes/field.h"
#include "probes/inside.h"
#include "probes/match.h"
#include "base/escape.h"

/* One check: an example, what was read, and where to complain. */
struct checking {
    const struct example_line *line;
    struct match found;
    struct diags *d;
};

size_t example_count(const struct probe_db *db)
{
    return db->example_count;
}

/* " q|reply| fields": appends the reply, leaves the fields in `rest`. */
static const char *read_reply(struct bytes *rest, struct buf *out)
{
    struct bytes escaped;
    while (rest->len && rest->at[0] == ' ')
        *rest = bytes_of(rest->at + 1, rest->len - 1);
    if (!rest->len || rest->at[0] != 'q')
        return "an example begins with q|reply|";
    *rest = bytes_of(rest->at + 1, rest->len - 1);
    if (!field_delimited(rest, &escaped))
        return "the example's reply is not closed";
    return escape_read(escaped, out, NULL) ? NULL : "the example's reply has a bad escape or is too long";
}

bool example_reply(const struct probe_db *db, size_t i, struct buf *out, const struct probe **probe)
{
    struct bytes rest = db->examples[i].text;
    *probe = db->examples[i].rule->owner;
    return !read_reply(&rest, out);
}

#define complain(c, ...) diags_add((c)->d, DIAG_ERROR, (c)->line->file, (c)->line->line, 1, __VA_ARGS__)

static void compare(struct checking *c, const char *name, struct bytes want, const char *got)
{
    struct bytes have = got ? bytes_str(got) : bytes_of(NULL, 0);
    if (!bytes_equal(want, have))
        complain(c, "%s: expected '%.*s', got '%s'", name, (int)want.len, (const char *)want.at, got ? got : "");
}

static void compare_cpe(struct checking *c, struct bytes want[LIMIT_CPE])
{
    const char *got[LIMIT_CPE] = {NULL};
    for (size_t i = 0; i < c->found.cpe_count; i++)
        got[cpe_part(c->found.cpe[i])] = c->found.cpe[i] + sizeof "cpe:/" - 1;
    for (size_t i = 0; i < LIMIT_CPE; i++)
        compare(c, "cpe", want[i], got[i]);
}

static int part_of(struct bytes text)
{
    static const char parts[] = "aho";
    const char *at = text.len && text.at[0] ? strchr(parts, text.at[0]) : NULL;
    return at ? (int)(at - parts) : -1;
}

static void compare_fields(struct checking *c, struct bytes rest)
{
    const struct match *m = &c->found;
    const char *got[FIELD_CPE] = {m->product, m->version, m->info, m->hostname, m->os, m->device};
    struct bytes want[FIELD_KINDS] = {{0}}, want_cpe[LIMIT_CPE] = {{0}};
    struct field f;
    enum field_step step;
    const char *why = NULL;
    while ((step = field_next(&rest, &f, &why)) == FIELD_FOUND) {
        int part = f.kind == FIELD_CPE ? part_of(f.text) : 0;
        if (part < 0)
            complain(c, "the expected cpe has no part a, h or o");
        else if (f.kind == FIELD_CPE)
            want_cpe[part] = f.text;
        else
            want[f.kind] = f.text;
    }
    if (step == FIELD_BAD) {
        complain(c, "in the example: %s", why);
        return;
    }
    for (int k = 0; k < FIELD_CPE; k++)
        compare(c, field_kinds[k].name, want[k], got[k]);
    compare_cpe(c, want_cpe);
}

/* True if another rule took it. */
static bool check_one(struct probe_db *db, struct checking *c, struct arena *arena)
{
    const struct rule *r = c->line->rule;
    struct bytes rest = c->line->text;
    bool taken = false;
    struct buf reply;
    buf_init(&reply, LIMIT_REPLY);
    const char *why = read_reply(&rest, &reply);
    if (why)
        complain(c, "%s", why);
    else if (!match_reply(db, r->owner, buf_view(&reply), arena, &c->found))
        complain(c, "nothing matches the example of the rule in line %u", r->line);
    else if ((taken = c->found.rule != r))
        complain(c, "the example is taken by another rule, %s (%s)", c->found.where, c->found.service);
    else
        compare_fields(c, rest);
    buf_free(&reply);
    return taken;
}

/* What became of one rule's examples. */
struct tally {
    size_t seen, taken;
};

static void judge(const struct rule *r, const struct tally *t, bool each_needs_one, struct diags *d)
{
    if (t->seen && t->taken == t->seen)
        diags_add(d, DIAG_ERROR, r->file, r->line, r->column, "the rule is shadowed: other rules take every example of it");
    if (!t->seen && each_needs_one)
        diags_add(d, DIAG_ERROR, r->file, r->line, r->column, "the rule has no example");
}

size_t example_check_all(struct probe_db *db, bool each_needs_one, struct diags *d)
{
    struct tally *tally = must_zalloc((db->rule_count + 1) * sizeof *tally);
    for (size_t i = 0; i < db->example_count; i++) {
        struct checking c = {.line = &db->examples[i], .d = d};
        struct tally *t = &tally[c.line->rule->index];
        struct arena arena;
        arena_init(&arena);
        t->seen++;
        t->taken += check_one(db, &c, &arena);
        arena_free(&arena);
    }
    for (size_t i = 0; i < db->rule_count; i++)
        judge(db->rules[i], &tally[i], each_needs_one, d);
    free(tally);
    return db->example_count;
}
