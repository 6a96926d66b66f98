/* text_test.c checks character classes, patterns, numbers, durations and UTF-8. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/text.h"

static void classes(void **state)
{
    assert_true(text_is_digit('0') && text_is_digit('9') && !text_is_digit('a') && !text_is_digit(0xb2));
    assert_true(text_is_alpha('a') && text_is_alpha('Z') && !text_is_alpha('@') && !text_is_alpha(0xe4));
    assert_true(text_is_alnum('5') && !text_is_alnum('_'));
    assert_true(text_is_space(' ') && text_is_space('\v') && text_is_space('\r') && !text_is_space(0) && !text_is_space(0xa0));
    assert_true(text_is_printable(' ') && text_is_printable('~') && !text_is_printable(0x7f) && !text_is_printable(0x1f));
    assert_int_equal(text_lower('Q'), 'q');
    assert_int_equal(text_lower('['), '[');
    assert_int_equal(text_hex_value('f'), 15);
    assert_int_equal(text_hex_value('A'), 10);
    assert_int_equal(text_hex_value('g'), -1);
    assert_true(text_equal_nocase("aBc", "AbC") && !text_equal_nocase("ab", "abc") && !text_equal_nocase("abc", "ab"));
    assert_true(text_starts("abc", "ab") && text_starts("abc", "") && !text_starts("a", "ab"));
}

static void globs(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"?", "", false},
        {"a*", "A", true},
        {"a*c", "abbc", true},
        {"a*c", "abcb", false},
        {"*a*b*", "xxaxxbxx", true},
        {"*ab", "aab", true},
        {"?b?", "abc", true},
        {"http*", "https", true},
        {"**", "x", true},
        {"*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (text_glob(cases[i].pattern, cases[i].text) != cases[i].fits)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

static void numbers(void **state)
{
    uint64_t n = 7;

    assert_true(text_number("0", 0, &n) && n == 0);
    assert_true(text_number("0065535", 65535, &n) && n == 65535);
    assert_false(text_number("65536", 65535, &n));
    assert_true(text_number("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
    assert_false(text_number("18446744073709551616", UINT64_MAX, &n));
    assert_false(text_number("99999999999999999999999", UINT64_MAX, &n));
    assert_false(text_number("", 9, &n) || text_number("-1", 9, &n) || text_number("+1", 9, &n) || text_number(" 1", 9, &n) ||
                 text_number("1x", 9, &n));
    assert_true(n == UINT64_MAX);
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"30", 30000000},
        {"30s", 30000000},
        {"100ms", 100000},
        {"5m", 300000000},
        {"2h", 7200000000},
        {"1.5", 1500000},
        {"0", 0},
        {"0.25h", 900000000},
        {"1.5ms", 1500},
        {"0.0000019", 1},
        {"9223372036854.775807", INT64_MAX},
    };
    static const char *const bad[] = {
        "", "s", "-1", "1.", ".5", "1 s", "1d", "1.5.5", "9223372036854.775808", "99999999999999999999h", "1e3", "1sx"};
    int64_t us;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!text_duration(good[i].text, &us) || us != good[i].us)
            fail_msg("%s", good[i].text);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (text_duration(bad[i], &us))
            fail_msg("%s was accepted", bad[i]);
}

static void utf8(void **state)
{
    static const char *const bad[] = {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3\x41", "\xe2\x82\x41", "\xff"};

    assert_int_equal(text_utf8_length(bytes_str("a")), 1);
    assert_int_equal(text_utf8_length(bytes_of("\0", 1)), 1);
    assert_int_equal(text_utf8_length(bytes_str("\xc3\xa4z")), 2);
    assert_int_equal(text_utf8_length(bytes_str("\xe2\x82\xac")), 3);
    assert_int_equal(text_utf8_length(bytes_str("\xed\x9f\xbf")), 3);
    assert_int_equal(text_utf8_length(bytes_str("\xf4\x8f\xbf\xbf")), 4);
    assert_int_equal(text_utf8_length(bytes_of(NULL, 0)), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(text_utf8_length(bytes_str(bad[i])), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(globs),
        cmocka_unit_test(numbers),
        cmocka_unit_test(durations),
        cmocka_unit_test(utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
