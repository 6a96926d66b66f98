/* template_test.c owns the tests of template expansion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "probes/template.h"

/* Captures of "ab\0c|1.2 |\xc3\xa4\xff\x01|A B/c+~|": four groups cut at '|'; a fifth is unset. */
static const char subject[] = "ab\0c|1.2 |\xc3\xa4\xff\x01\xc2\x85|A B/c+~|\x12\x34|";
static const size_t offsets[] = {0, 26, 0, 4, 5, 9, 10, 16, 17, 24, 25, 27, SIZE_MAX, SIZE_MAX};

static const struct row {
    enum field_kind kind;
    const char *text, *want; /* NULL: empty */
} rows[] = {
    {FIELD_PRODUCT, "plain", "plain"},
    {FIELD_PRODUCT, "x$1", "xab.c"},
    {FIELD_PRODUCT, "$P(1)", "abc"},
    {FIELD_VERSION, "$2", "1.2"},
    {FIELD_VERSION, "$2,, ", "1.2"},
    {FIELD_VERSION, "$22", "1.2 2"},
    {FIELD_INFO, "$3", "\xc3\xa4...."},
    {FIELD_INFO, "$SUBST(2,\".\",\"_\")", "1_2"},
    {FIELD_INFO, "$SUBST(1,\"\\0\",\"\")", "abc"},
    {FIELD_INFO, "$SUBST(2, \"1.2\", \"\")", NULL},
    {FIELD_INFO, "$I(5,\">\") $I(5,\"<\")", "4660 13330"},
    {FIELD_INFO, "a $6", NULL},
    {FIELD_INFO, "a $9", NULL},
    {FIELD_INFO, "$0", NULL},
    {FIELD_INFO, "cost $", NULL},
    {FIELD_INFO, "$NO(1)", NULL},
    {FIELD_INFO, "$P(1", NULL},
    {FIELD_INFO, "$P()", NULL},
    {FIELD_INFO, "$P(1,2)", NULL},
    {FIELD_INFO, "$P(\"x\")", NULL},
    {FIELD_INFO, "$I(5,\"=\")", NULL},
    {FIELD_INFO, "$SUBST(2,\"\",\"x\")", NULL},
    {FIELD_INFO, "$SUBST(2,\"\\q\",\"x\")", NULL},
    {FIELD_INFO, " , ", NULL},
    {FIELD_OS, "1234567890123456789012345678901", "1234567890123456789012345678901"},
    {FIELD_OS, "12345678901234567890123456789012", NULL},
    {FIELD_OS, "1234567890123456789012345678$2", NULL}, /* 32 bytes before the space goes */
    {FIELD_OS, "123456789012345678901234567$P(1)", "123456789012345678901234567abc"},
    {FIELD_OS, "1234567890123456789012345678$P(1)", NULL}, /* 31 bytes, but it ends in a piece */
    {FIELD_OS, "123456789012345678901234567$P(1).", "123456789012345678901234567abc."},
    {FIELD_CPE, "a:V:$4", "cpe:/a:V:a_b%2Fc%2B%7E"},
    {FIELD_CPE, "a:v:$1", "cpe:/a:v:ab.c"},
};

static void expansions(void **state)
{
    struct captures c = {bytes_of(subject, sizeof subject - 1), offsets, 7};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = template_fill(&arena, rows[i].kind, bytes_str(rows[i].text), &c);
        if (!rows[i].want && got)
            fail_msg("%s gives '%s'", rows[i].text, got);
        if (rows[i].want && (!got || strcmp(got, rows[i].want)))
            fail_msg("%s gives '%s'", rows[i].text, got ? got : "nothing");
    }
    arena_free(&arena);
}

static void checks(void **state)
{
    size_t at = 0;
    assert_null(template_check(bytes_str("a $1 $P(2) $SUBST(1,\"a\",\"b\") $I(1,\">\")"), &at));
    assert_non_null(template_check(bytes_str("ab$"), &at));
    assert_int_equal(at, 2);
    assert_non_null(template_check(bytes_str("$SUBST(1,\"a\")"), &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(expansions), cmocka_unit_test(checks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
