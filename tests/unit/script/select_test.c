/* select_test.c owns what the expressions of --script mean. */
#include "script/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const char *const categories[] = {"default", "safe"};
static const struct select_entry hostkey = {"ssh-hostkey", categories, 2};

struct row {
    const char *rule;
    enum select_answer answer;
};

static void test_rules(void **state)
{
    static const struct row rows[] = {
        {"default", SELECT_YES},
        {"DEFAULT", SELECT_YES},
        {"all", SELECT_YES},
        {"true", SELECT_YES},
        {"false", SELECT_NO},
        {"vuln", SELECT_NO},
        {"ssh-hostkey", SELECT_BY_NAME},
        {"ssh-hostkey.nse", SELECT_BY_NAME},
        {"SSH-hostkey", SELECT_NO},
        {"ssh-*", SELECT_BY_NAME},
        {"*key", SELECT_BY_NAME},
        {"*s*h*", SELECT_BY_NAME},
        {"ssh-", SELECT_NO},
        {"not vuln", SELECT_YES},
        {"not default", SELECT_NO},
        {"not not default", SELECT_YES},
        {"default and safe", SELECT_YES},
        {"default and vuln", SELECT_NO},
        {"default or vuln", SELECT_YES},
        {"vuln or brute", SELECT_NO},
        {"(default)and(safe)", SELECT_YES},
        {"( default and ( vuln or safe ) )", SELECT_YES},
        /* no precedence: the right side of `and` is all that follows */
        {"vuln and safe or default", SELECT_NO},
        {"default or vuln and brute", SELECT_YES},
        /* a name that matched anywhere counts */
        {"safe and ssh-*", SELECT_BY_NAME},
        {"vuln or ssh-*", SELECT_BY_NAME},
        /* not an expression */
        {"", SELECT_NO},
        {"default and", SELECT_NO},
        {"(default", SELECT_NO},
        {"default)", SELECT_NO},
        {"default safe", SELECT_NO},
        {"and", SELECT_NO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (select_match(bytes_str(rows[i].rule), &hostkey) != rows[i].answer)
            fail_msg("\"%s\"", rows[i].rule);
}

static void test_depth_is_bounded(void **state)
{
    char text[4096];
    memset(text, '(', sizeof text);
    assert_int_equal(select_match(bytes_of(text, sizeof text), &hostkey), SELECT_NO);
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "not ", 4);
    assert_int_equal(select_match(bytes_of(text, sizeof text), &hostkey), SELECT_NO);
}

static void test_lists(void **state)
{
    struct bytes list = bytes_str(" default ,+ http-* ,, safe and not vuln"), rule;
    bool forced;
    assert_true(select_next(&list, &rule, &forced));
    assert_true(bytes_equal(rule, bytes_str("default")) && !forced);
    assert_true(select_next(&list, &rule, &forced));
    assert_true(bytes_equal(rule, bytes_str("http-*")) && forced);
    assert_true(select_next(&list, &rule, &forced));
    assert_true(bytes_equal(rule, bytes_str("safe and not vuln")) && !forced);
    assert_false(select_next(&list, &rule, &forced));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_depth_is_bounded), cmocka_unit_test(test_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
