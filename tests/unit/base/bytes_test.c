/* bytes_test.c checks views, the cursor's bounds, and the buffer's maximum. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"

static void views(void **state)
{
    struct bytes none = bytes_of(NULL, 0);

    assert_true(bytes_equal(bytes_str("ab"), bytes_of("abc", 2)));
    assert_false(bytes_equal(bytes_str("ab"), bytes_str("ac")));
    assert_false(bytes_equal(bytes_str("ab"), bytes_str("abc")));
    assert_true(bytes_equal(none, bytes_str("")));
    assert_true(bytes_starts(bytes_str("abc"), bytes_str("ab")));
    assert_true(bytes_starts(bytes_str("abc"), none));
    assert_false(bytes_starts(bytes_str("a"), bytes_str("ab")));
    assert_false(bytes_starts(none, bytes_str("a")));
}

static void finds(void **state)
{
    struct bytes hay = bytes_of("a\0bcbd", 6);

    assert_ptr_equal(bytes_find(hay, bytes_str("b")), hay.at + 2);
    assert_ptr_equal(bytes_find(hay, bytes_str("bd")), hay.at + 4);
    assert_ptr_equal(bytes_find(hay, bytes_of("\0", 1)), hay.at + 1);
    assert_ptr_equal(bytes_find(hay, bytes_str("")), hay.at);
    assert_null(bytes_find(hay, bytes_str("bde")));
    assert_null(bytes_find(bytes_of(NULL, 0), bytes_str("x")));
    assert_non_null(bytes_find(bytes_of(NULL, 0), bytes_str("")));
}

static void reads_both_orders(void **state)
{
    static const uint8_t wire[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0xfe};
    struct reader r = reader_of(bytes_of(wire, sizeof wire));

    assert_int_equal(reader_u8(&r), 1);
    assert_int_equal(reader_be16(&r), 0x0203);
    assert_int_equal(reader_be24(&r), 0x040506);
    assert_int_equal(reader_left(&r), 4);
    struct reader s = r;
    assert_int_equal(reader_be32(&r), 0x070809fe);
    assert_int_equal(reader_le32(&s), 0xfe090807);
    assert_int_equal(reader_left(&r), 0);
    assert_false(r.bad || s.bad);
    r = s = reader_of(bytes_of(wire, sizeof wire));
    assert_true(reader_be64(&r) == 0x0102030405060708ULL);
    assert_true(reader_le64(&s) == 0x0807060504030201ULL);
    assert_int_equal(reader_le16(&s), 0xfe09);
}

static void short_reads_stay_bad(void **state)
{
    static const uint8_t wire[7] = {1, 2, 3, 4, 5, 6, 7};

    for (size_t len = 0; len < 8; len++) {
        struct reader r = reader_of(bytes_of(wire, len));
        assert_int_equal(reader_be64(&r), 0);
        assert_true(r.bad);
        assert_int_equal(reader_left(&r), 0);
        assert_int_equal(reader_u8(&r), 0);
        assert_int_equal(reader_take(&r, 0).len, 0);
        assert_true(r.bad);
        if (len == 7)
            break;
    }
    struct reader r = reader_of(bytes_of(wire, 7));
    reader_skip(&r, SIZE_MAX);
    assert_true(r.bad);
    r = reader_of(bytes_of(NULL, 0));
    assert_int_equal(reader_take(&r, 0).len, 0);
    assert_false(r.bad);
    assert_null(reader_take(&r, 1).at);
    assert_true(r.bad);
}

static void buffer_keeps_its_maximum(void **state)
{
    struct buf b;

    buf_init(&b, 5);
    assert_string_equal(buf_text(&b), "");
    assert_true(buf_append_str(&b, "abc"));
    assert_false(buf_append_str(&b, "def"));
    assert_string_equal(buf_text(&b), "abc");
    assert_false(buf_printf(&b, "%d", 123));
    assert_true(buf_printf(&b, "%d", 12));
    assert_string_equal(buf_text(&b), "abc12");
    assert_false(buf_append_u8(&b, 'x'));
    assert_true(buf_append(&b, NULL, 0));
    assert_int_equal(buf_append_some(&b, "x", 1), 0);
    buf_drop_front(&b, 2);
    assert_string_equal(buf_text(&b), "c12");
    assert_int_equal(buf_append_some(&b, "xyz", 3), 2);
    assert_true(bytes_equal(buf_view(&b), bytes_str("c12xy")));
    buf_drop_front(&b, 99);
    assert_int_equal(b.len, 0);
    assert_true(buf_append_str(&b, "again"));
    buf_clear(&b);
    assert_string_equal(buf_text(&b), "");
    buf_free(&b);
    assert_null(b.at);
}

static void buffer_grows(void **state)
{
    struct buf b;

    buf_init(&b, 100000);
    for (size_t i = 0; i < 100000; i++)
        assert_true(buf_append_u8(&b, (uint8_t)i));
    assert_false(buf_append_u8(&b, 0));
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(b.at[i], (uint8_t)i);
    assert_true(b.cap <= 100001);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views),
        cmocka_unit_test(finds),
        cmocka_unit_test(reads_both_orders),
        cmocka_unit_test(short_reads_stay_bad),
        cmocka_unit_test(buffer_keeps_its_maximum),
        cmocka_unit_test(buffer_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
