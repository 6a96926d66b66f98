/* diag_test.c checks the list of diagnostics: its maximum, its counts, and how one reads. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/diag.h"
#include "base/limits.h"

static void keeps_at_most_the_limit(void **state)
{
    struct diags d;
    char file[] = "a.probes";

    diags_init(&d);
    for (unsigned i = 0; i < LIMIT_DIAGNOSTICS + 10; i++)
        diags_add(&d, i % 2 ? DIAG_ERROR : DIAG_WARNING, file, i, 0, "number %u", i);
    file[0] = 'b';
    assert_int_equal(d.count, LIMIT_DIAGNOSTICS);
    assert_int_equal(d.errors, LIMIT_DIAGNOSTICS / 2 + 5);
    assert_int_equal(d.warnings, LIMIT_DIAGNOSTICS / 2 + 5);
    assert_string_equal(d.list[999].file, "a.probes");
    assert_string_equal(d.list[999].message, "number 999");
    diags_free(&d);
    assert_int_equal(d.errors, 0);
    diags_add(NULL, DIAG_ERROR, "x", 1, 1, "nothing is kept");
}

static void formats(void **state)
{
    static const struct {
        struct diag one;
        const char *text;
    } cases[] = {
        {{DIAG_ERROR, "-p", 0, 3, "bad"}, "-p:3: error: bad"},
        {{DIAG_WARNING, "f", 7, 9, "odd"}, "f:7:9: warning: odd"},
        {{DIAG_NOTE, "f", 0, 0, "so"}, "f: note: so"},
        {{DIAG_ERROR, "", 0, 0, "bare"}, "error: bare"},
    };
    struct buf b;

    buf_init(&b, 200);
    for (size_t i = 0; i < 4; i++) {
        buf_clear(&b);
        diag_format(&cases[i].one, &b);
        assert_string_equal(buf_text(&b), cases[i].text);
    }
    buf_free(&b);
}

static void long_messages_are_cut(void **state)
{
    struct diags d;

    diags_init(&d);
    diags_add(&d, DIAG_ERROR, NULL, 0, 0, "%5000d", 1);
    assert_string_equal(d.list[0].file, "");
    assert_true(strlen(d.list[0].message) < 5000);
    diags_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_at_most_the_limit), cmocka_unit_test(formats), cmocka_unit_test(long_messages_are_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
