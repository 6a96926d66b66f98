/* audit.c owns the questions that are asked of every rule, each a function in one table. */
#include <stdlib.h>
#include <string.h>
#include "probes/audit.h"
#include "probes/example.h"
#include "probes/field.h"
#include "probes/inside.h"
#include "probes/match.h"
#include "probes/rule.h"
#include "probes/template.h"
#include "base/text.h"

/* What peers might send to cost us time, each repeated to this length. */
enum { HOSTILE_BYTES = 16 * 1024 };
static const struct hostile {
    const char *head, *repeated, *name;
} hostiles[] = {
    {"", "A", "'A' repeated"},
    {"", "a", "'a' repeated"},
    {"", "1", "'1' repeated"},
    {"", " ", "spaces"},
    {"", "\r\n", "empty lines"},
    {"", "1.", "digits and dots"},
    {"HTTP/1.1 200 OK\r\n", "X-A: b\r\n", "a long HTTP header"},
    {"HTTP/1.1 401 Unauthorized\r\nServer: a\r\n", "Set-Cookie: a=1; path=/\r\n", "a long HTTP header of cookies"},
    {"HTTP/1.0 200 OK\r\n\r\n<html><head>", "<title>a</title> ", "a long HTML page"},
    {"SIP/2.0 200 OK\r\n", "Via: SIP/2.0/TCP a\r\n", "a long SIP header"},
    {"220 ", "a-b.c ", "a long greeting"},
    {"220-a\r\n", "220-a b c\r\n", "a greeting of many lines"},
    {"* OK [CAPABILITY ", "IMAP4rev1 ", "a long list of capabilities"},
    {"{", "\"a\":1,", "a long JSON object"},
};
enum { HOSTILES = sizeof hostiles / sizeof *hostiles };

struct audit {
    struct probe_db *db;
    struct diags *d;
    struct buf replies[HOSTILES];
    struct buf mixed;
    bool *slow; /* by rule: told already */
};

static void say(struct audit *a, const struct rule *r, enum diag_level level, const uint8_t *at, const char *why, const char *quoted)
{
    unsigned column = r->column + (unsigned)(at - r->pattern.at);
    diags_add(a->d, level, r->file, r->line, column, "%s%s", why, quoted);
}

/* ---- the expression */

static void ask_anchor(struct audit *a, struct rule *r)
{
    if (!regex_anchored(r->regex))
        say(a, r, DIAG_NOTE, r->pattern.at, "the expression is not anchored: it may match anywhere in a reply", "");
}

/* Would a reply that both match never come to the later one? The tiers are match.h's. */
static bool hides(const struct rule *earlier, const struct rule *later)
{
    return !earlier->generic || later->generic || later->soft;
}

static void ask_twin(struct audit *a, struct rule *r)
{
    for (size_t i = 0; i < r->owner->rule_count && r->owner->rules[i] != r; i++) {
        const struct rule *e = r->owner->rules[i];
        if (e->caseless != r->caseless || e->dotall != r->dotall || !bytes_equal(e->pattern, r->pattern) || !hides(e, r))
            continue;
        diags_add(a->d, DIAG_WARNING, r->file, r->line, r->column, "the rule is shadowed: %s:%u has the same expression", e->file, e->line);
        return;
    }
}

static bool gives_up(struct audit *a, struct rule *r, struct bytes reply, const struct hostile *h)
{
    struct captures captured;
    if (rule_run(r, a->db->space, reply, &captured) != REGEX_LIMIT)
        return false;
    say(a, r, DIAG_WARNING, r->pattern.at, "the expression is slow: it gives up on ", h->name);
    return a->slow[r->index] = true;
}

static void ask_time(struct audit *a, struct rule *r)
{
    for (size_t i = 0; i < HOSTILES && !a->slow[r->index]; i++)
        gives_up(a, r, buf_view(&a->replies[i]), &hostiles[i]);
}

/* The same after half of a reply that the rule knows: so far an expression comes before it is in trouble. */
static void ask_time_after(struct audit *a, struct rule *r, struct bytes half)
{
    for (size_t i = 0; i < HOSTILES && !a->slow[r->index]; i++) {
        buf_clear(&a->mixed);
        buf_append_some(&a->mixed, half.at, half.len);
        buf_append_some(&a->mixed, a->replies[i].at, a->replies[i].len);
        gives_up(a, r, buf_view(&a->mixed), &hostiles[i]);
    }
}

static void ask_examples_time(struct audit *a)
{
    for (size_t i = 0; i < a->db->example_count; i++) {
        struct rule *r = a->db->rules[a->db->examples[i].rule->index];
        const struct probe *probe;
        struct buf reply;
        buf_init(&reply, LIMIT_REPLY);
        if (example_reply(a->db, i, &reply, &probe))
            ask_time_after(a, r, bytes_of(reply.at, reply.len / 2));
        buf_free(&reply);
    }
}

/* ---- the fields */

/* A CPE as it comes out when every capture is "1". */
static char *cpe_of_ones(struct arena *arena, struct bytes text)
{
    size_t offsets[2 * 10];
    for (size_t i = 0; i < 20; i++)
        offsets[i] = i % 2;
    struct captures ones = {.subject = bytes_of("1", 1), .offsets = offsets, .count = 10};
    return template_fill(arena, FIELD_CPE, text, &ones);
}

static size_t colons(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == ':';
    return n;
}

/* NULL: nothing. NIST IR 7695, 6.1.2: what is no letter, digit, '-', '.' or '_' is written %xx. */
static const char *cpe_fault(struct arena *arena, const char *uri)
{
    for (const char *c = uri + sizeof "cpe:/" - 1; *c; c++)
        if (!text_is_alnum((uint8_t)*c) && !strchr("-._~%:", *c))
            return "a character of the CPE must be written as %xx";
        else if (*c >= 'A' && *c <= 'Z' && !(c[-1] == '%' || c[-2] == '%'))
            return "a CPE is written in lower case";
    if (!cpe_to_23(arena, uri))
        return "the CPE cannot be read";
    return colons(uri) < 3 ? "the CPE needs a vendor and a product" : NULL;
}

static void check_cpe(struct audit *a, struct rule *r, struct bytes text)
{
    struct arena arena;
    if (!text.len || !text.at[0] || !strchr("aho", text.at[0]))
        return; /* the part comes from the reply, or the reader has complained */
    arena_init(&arena);
    char *uri = cpe_of_ones(&arena, text);
    const char *why = uri ? cpe_fault(&arena, uri) : "the CPE is always empty";
    if (why)
        say(a, r, DIAG_WARNING, text.at, why, "");
    arena_free(&arena);
}

static void ask_fields(struct audit *a, struct rule *r)
{
    struct bytes rest = r->fields;
    struct field f;
    const char *why;
    while (field_next(&rest, &f, &why) == FIELD_FOUND)
        if (f.kind == FIELD_CPE)
            check_cpe(a, r, f.text);
        else if (f.kind == FIELD_PRODUCT && r->soft)
            say(a, r, DIAG_WARNING, f.text.at, "a soft rule names the service only; one with a product is a match line", "");
}

/* ---- all of it */

static void fill_hostile(const struct hostile *h, struct buf *out)
{
    buf_init(out, HOSTILE_BYTES);
    buf_append_str(out, h->head);
    while (buf_append_str(out, h->repeated))
        continue;
}

static void ask_all(struct audit *a, struct rule *r)
{
    static void (*const questions[])(struct audit *, struct rule *) = {ask_anchor, ask_twin, ask_time, ask_fields};
    struct regex_fault odd;
    if (!rule_regex(r, &odd)) {
        say(a, r, DIAG_ERROR, r->pattern.at + odd.at, "the expression is refused: ", odd.why);
        return;
    }
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        questions[i](a, r);
}

size_t audit_all(struct probe_db *db, bool each_needs_one, struct diags *d)
{
    struct audit a = {.db = db, .d = d, .slow = must_zalloc((db->rule_count + 1) * sizeof *a.slow)};
    for (size_t i = 0; i < HOSTILES; i++)
        fill_hostile(&hostiles[i], &a.replies[i]);
    buf_init(&a.mixed, HOSTILE_BYTES);
    size_t examples = example_check_all(db, each_needs_one || db->example_count, d);
    for (size_t i = 0; i < db->rule_count; i++)
        ask_all(&a, db->rules[i]);
    ask_examples_time(&a);
    for (size_t i = 0; i < HOSTILES; i++)
        buf_free(&a.replies[i]);
    buf_free(&a.mixed);
    free(a.slow);
    return examples;
}
