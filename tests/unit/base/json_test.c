/* json_test.c owns the JSON writer's punctuation and escapes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"

static void check_text(struct bytes text, const char *expected)
{
    struct buf out;
    buf_init(&out, 1024);
    struct json j = json_into(&out);
    json_bytes(&j, NULL, text);
    assert_string_equal(buf_text(&out), expected);
    assert_false(j.failed);
    buf_free(&out);
}

static void test_structure(void **state)
{
    struct buf out;
    buf_init(&out, 1024);
    struct json j = json_into(&out);
    json_object(&j, NULL);
    json_text(&j, "a", "x");
    json_text(&j, "gone", NULL);
    json_array(&j, "b");
    json_number(&j, NULL, -5);
    json_unsigned(&j, NULL, UINT64_MAX);
    json_object(&j, NULL);
    json_object_end(&j);
    json_array(&j, NULL);
    json_array_end(&j);
    json_array_end(&j);
    json_bool(&j, "c", true);
    json_null(&j, "d");
    json_base64(&j, "e", bytes_of("\0\xff", 2));
    json_object_end(&j);
    json_line_end(&j);
    json_bool(&j, NULL, false);
    assert_string_equal(buf_text(&out), "{\"a\":\"x\",\"b\":[-5,18446744073709551615,{},[]],\"c\":true,\"d\":null,\"e\":\"AP8=\"}\nfalse");
    assert_false(j.failed);
    buf_free(&out);
}

static void test_escapes(void **state)
{
    check_text(bytes_str(""), "\"\"");
    check_text(bytes_str("a\"\\/\b\f\n\r\t\x01\x1b\x7f"), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001b\\u007f\"");
    check_text(bytes_of("\0", 1), "\"\\u0000\"");
    check_text(bytes_str("caf\xc3\xa9 \xf0\x9f\x90\x8d \xc2\x9b"), "\"caf\xc3\xa9 \xf0\x9f\x90\x8d \\u009b\"");
    check_text(bytes_str("\xff\xc3(\xed\xa0\x80"), "\"\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\"");
    check_text(bytes_of("\xc3\xa9", 1), "\"\\ufffd\"");
}

static void check_millis(int64_t us, const char *expected)
{
    struct buf out;
    buf_init(&out, 64);
    struct json j = json_into(&out);
    json_millis(&j, NULL, us);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void test_millis(void **state)
{
    check_millis(0, "0");
    check_millis(1500, "1.5");
    check_millis(120, "0.12");
    check_millis(100000, "100");
    check_millis(-1001, "-1.001");
}

static void test_full_buffer_is_told(void **state)
{
    struct buf out;
    buf_init(&out, 4);
    struct json j = json_into(&out);
    json_text(&j, NULL, "123456");
    assert_true(j.failed);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_structure), cmocka_unit_test(test_escapes), cmocka_unit_test(test_millis),
        cmocka_unit_test(test_full_buffer_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
