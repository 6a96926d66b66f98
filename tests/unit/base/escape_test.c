/* escape_test.c checks reading and writing escapes and base64. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/base64.h"
#include "base/escape.h"

static void reads_escapes(void **state)
{
    struct buf b;

    buf_init(&b, 100);
    assert_true(escape_read(bytes_str("a\\\\\\0\\n\\r\\t\\x41\\xfF\\012\xe4"), &b, NULL));
    assert_true(bytes_equal(buf_view(&b), bytes_of("a\\\0\n\r\tA\xff\0"
                                                   "12\xe4",
                                              12)));
    buf_free(&b);
}

static void refuses_bad_escapes(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } cases[] = {{"\\", 0}, {"ab\\", 2}, {"\\q", 0}, {"a\\x1", 1}, {"a\\x", 1}, {"\\xg1", 0}, {"\\x1g", 0}, {"\\X41", 0}, {"\\n\\a", 2}};
    struct buf b;

    buf_init(&b, 100);
    assert_true(buf_append_str(&b, "kept"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t at = 99;
        assert_false(escape_read(bytes_str(cases[i].text), &b, &at));
        assert_int_equal(at, cases[i].at);
        assert_string_equal(buf_text(&b), "kept");
    }
    buf_free(&b);
}

static void escapes_round_trip(void **state)
{
    uint8_t all[512];
    struct buf text, back, small;

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)(i < 256 ? i : i * 7 + i / 3);
    buf_init(&text, 4096);
    buf_init(&back, sizeof all);
    assert_true(escape_write(bytes_of(all, sizeof all), &text));
    for (size_t i = 0; i < text.len; i++)
        assert_in_range(text.at[i], 0x20, 0x7e);
    assert_true(escape_read(buf_view(&text), &back, NULL));
    assert_true(bytes_equal(buf_view(&back), bytes_of(all, sizeof all)));
    buf_init(&small, 5);
    assert_false(escape_write(bytes_of("ab\1\1", 4), &small));
    assert_int_equal(small.len, 0);
    assert_false(escape_read(bytes_str("abcdef"), &small, NULL));
    assert_int_equal(small.len, 0);
    buf_free(&small);
    buf_free(&text);
    buf_free(&back);
}

/* RFC 4648, section 10. */
static void base64_vectors(void **state)
{
    static const char *const cases[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    struct buf b;

    buf_init(&b, 100);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&b);
        assert_true(base64_write(bytes_str(cases[i][0]), &b));
        assert_string_equal(buf_text(&b), cases[i][1]);
        buf_clear(&b);
        assert_true(base64_read(bytes_str(cases[i][1]), &b));
        assert_string_equal(buf_text(&b), cases[i][0]);
        buf_clear(&b);
        assert_true(base64_read(bytes_of(cases[i][1], strcspn(cases[i][1], "=")), &b));
        assert_string_equal(buf_text(&b), cases[i][0]);
    }
    buf_free(&b);
}

static void base64_refuses(void **state)
{
    static const char *const cases[] = {
        "Z", "Zm9vY", "Zg=", "Zg===", "====", "=", "Z===", "Zm 9", "Zm9-", "Zm=v", "Zm9v\n", "Zm9v=", "Z\xe4=="};
    struct buf b;

    buf_init(&b, 100);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (base64_read(bytes_str(cases[i]), &b))
            fail_msg("%s was accepted", cases[i]);
        assert_int_equal(b.len, 0);
    }
    buf_free(&b);
    buf_init(&b, 5);
    assert_false(base64_read(bytes_str("Zm9vYmFy"), &b));
    assert_false(base64_write(bytes_str("abcd"), &b));
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_escapes),
        cmocka_unit_test(refuses_bad_escapes),
        cmocka_unit_test(escapes_round_trip),
        cmocka_unit_test(base64_vectors),
        cmocka_unit_test(base64_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
