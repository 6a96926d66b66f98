/* printable_test.c owns what of a peer's text may reach a terminal, and how it is cut. */
#include "rendered.h"
#include "report/printable.h"

static void check(const char *text, size_t max, const char *expected)
{
    struct buf out;
    buf_init(&out, 1024);
    printable_append(&out, text, max);
    assert_string_equal(buf_text(&out), expected);
    assert_true(out.len <= max);
    buf_free(&out);
}

static void test_escapes(void **state)
{
    check("plain ~", 100, "plain ~");
    check("\x1b[2J\x7f\t", 100, "\\x1b[2J\\x7f\\x09");
    check("caf\xc3\xa9 \xe6\x97\xa5", 100, "caf\xc3\xa9 \xe6\x97\xa5");
    check("\xc3 \xff\xed\xa0\x80", 100, "\\xc3 \\xff\\xed\\xa0\\x80");
    check("\xc2\x9b\xe2\x80\xae\xef\xbb\xbf", 100, "\\xc2\\x9b\\xe2\\x80\\xae\\xef\\xbb\\xbf");
    check(NULL, 100, "");
}

static void test_cuts_between_characters(void **state)
{
    check("1234567890", 10, "1234567890");
    check("12345678901", 10, "1234567...");
    check("123456\xc3\xa9\xc3\xa9\xc3\xa9", 10, "123456...");
    check("12345\x1b\x1b", 10, "12345...");
    check("1234", 2, "..");
}

static void test_columns(void **state)
{
    assert_int_equal(printable_columns(bytes_str("caf\xc3\xa9")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes), cmocka_unit_test(test_cuts_between_characters), cmocka_unit_test(test_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
