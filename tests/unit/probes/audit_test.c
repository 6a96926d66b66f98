/* audit_test.c owns the tests of what a writer of rules is told; a file a row, and what must be said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "probes/audit.h"
#include "probes/listing.h"

#define HEAD "Probe TCP NULL q||\n"

/* Every finding as a line of text, sorted. */
static void audit(const char *text, bool each_needs_one, struct buf *out, struct diags *d)
{
    diags_init(d);
    buf_init(out, 64 * 1024);
    struct probe_db *db = probe_db_read("f", bytes_str(text), PROBE_DB_OURS, d);
    audit_all(db, each_needs_one, d);
    diags_sort(d);
    for (size_t i = 0; i < d->count; i++) {
        diag_format(&d->list[i], out);
        buf_append_u8(out, '\n');
    }
    probe_db_free(db);
}

static const struct row {
    const char *text, *says; /* NULL: nothing */
} rows[] = {
    {HEAD "match a m|^A (\\d+)| p/A/ v/$1/ cpe:/a:a:a:$1/ cpe:/o:b:b%2bb/\n#= q|A 1| p/A/ v/1/ cpe:/a:a:a:1/ cpe:/o:b:b%2bb/\n", NULL},
    {HEAD "match a m|^A|\n", NULL}, /* no examples at all: a plain file */
    {HEAD "match a m|A|\n", "f:2:11: note: the expression is not anchored"},
    {HEAD "match a m=^A|B=\n", "f:2:11: note: the expression is not anchored"},
    {HEAD "match a m|^A|\n#= q|A|\nmatch a m|^B|\n", "f:4:11: error: the rule has no example"},
    {HEAD "match a m|^A|\n#= q|B|\n", "f:3:1: error: nothing matches"},
    {HEAD "match a m|^A| p/A/\n#= q|A| p/B/\n", "f:3:1: error: product: expected 'B', got 'A'"},
    {HEAD "match a m|^A|\n#= q|A|\nmatch a m|^AB|\n#= q|AB|\n",
        "f:4:11: error: the rule is shadowed: other rules take every example of it"},
    {HEAD "match a m|^A|\n#= q|A|\nmatch a m|^AB|\n#= q|AB|\n", "f:5:1: error: the example is taken by another rule, f:2 (a)"},
    {HEAD "match a m|^A|\nmatch b m|^A|\n", "f:3:11: warning: the rule is shadowed: f:2 has the same expression"},
    {HEAD "match a m|^A|\nmatch b m|^A|i\n", NULL},
    {HEAD "match a m|^A| p/A/g\nmatch b m|^A| p/B/\n", NULL}, /* the generic one loses */
    {HEAD "match a m|^A| cpe:/a:A:b/\n", "f:2:20: warning: a CPE is written in lower case"},
    {HEAD "match a m|^A| cpe:/a:a:b+/\n", "f:2:20: warning: a character of the CPE must be written as %xx"},
    {HEAD "match a m|^A| cpe:/a:a%2/\n", "f:2:20: warning: the CPE cannot be read"},
    {HEAD "match a m|^A| cpe:/a:a/\n", "f:2:20: warning: the CPE needs a vendor and a product"},
    {HEAD "match a m|^A| cpe:/x:a:b/\n", "f:2:20: warning: the CPE is ignored: its part must be a, h or o"},
    {HEAD "softmatch a m|^A| p/A/\n", "f:2:21: warning: a soft rule names the service only"},
    {HEAD "match a m|^(?:a+)+[bc]|\n", "f:2:11: warning: the expression is slow: it gives up on 'a' repeated"},
    {HEAD "match a m|^HELO (?:a+)+[bc]|\n#= q|HELO aaabccccc|\n", "f:2:11: warning: the expression is slow"},
    {HEAD "match a m|^(A|\n", "f:2:14: error: missing closing parenthesis"},
    {HEAD "match a m|^A| p/A/\nnonsense\n", "f:3:1: error: unknown directive"},
};

static void findings(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        struct diags d;
        audit(rows[i].text, false, &out, &d);
        if (rows[i].says ? !strstr(buf_text(&out), rows[i].says) : d.count != 0)
            fail_msg("row %zu: %s instead of %s", i, buf_text(&out), rows[i].says ? rows[i].says : "nothing");
        buf_free(&out);
        diags_free(&d);
    }
}

static void examples_may_be_demanded(void **state)
{
    struct buf out;
    struct diags d;
    audit(HEAD "match a m|^A|\n", true, &out, &d);
    assert_string_equal(buf_text(&out), "f:2:11: error: the rule has no example\n");
    buf_free(&out);
    diags_free(&d);
}

static void lists(void **state)
{
    static const char text[] = HEAD
        "ports 1-3,9\nmatch b m|^B| p/B \x1b/\nmatch ssl/b m|^C| p/B \x1b/\nProbe UDP q q|x\\0|\nsoftmatch a m|^A|\nmatch b m|^B| p/C/\n";
    struct buf out;
    struct probe_db *db = probe_db_read("f", bytes_str(text), PROBE_DB_USER, NULL);
    buf_init(&out, 64 * 1024);
    listing_services(db, &out);
    assert_string_equal(buf_text(&out), "SERVICE                   RULES  PROBES  PRODUCTS\n"
                                        "a                             1       1         0\n"
                                        "b                             3       2         2\n");
    buf_clear(&out);
    assert_true(listing_service(db, "b", &out));
    assert_string_equal(buf_text(&out), "Probe TCP NULL  (listens)  rarity 5  ports 1-3,9\n"
                                        "  f:3: match b p/B \\x1b/\n"
                                        "  f:4: match ssl/b p/B \\x1b/\n"
                                        "Probe UDP q  \"x\\0\"  rarity 5\n"
                                        "  f:7: match b p/C/\n");
    assert_false(listing_service(db, "c", &out));
    buf_free(&out);
    probe_db_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(findings), cmocka_unit_test(examples_may_be_demanded), cmocka_unit_test(lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
