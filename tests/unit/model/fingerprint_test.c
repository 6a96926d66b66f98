/* fingerprint_test.c owns the exact text of fingerprints (specs/engine-behaviour.md, 3.6). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/fingerprint.h"

static struct reply_record reply(const char *probe, const char *tunnel, const char *at, size_t len)
{
    return (struct reply_record){.probe = probe, .tunnel = tunnel, .data = bytes_of(at, len), .length = len};
}

static char *made(struct arena *a, const char *tunnel, const struct reply_record *r, size_t count)
{
    setenv("TZ", "UTC", 1);
    struct fingerprint_of what = {.port = 7006,
        .proto = PROTO_TCP,
        .tunnel = tunnel,
        .version = "0.1.0",
        .platform = "x86_64-linux",
        .intensity = 7,
        .time = 1795437000,
        .replies = r,
        .reply_count = count};
    return fingerprint_text(a, &what);
}

static void test_escapes(void **state)
{
    static const char data[] = "a\0b\0001\\?\"[]().*+$^|\r\n\t -_/<\x7f\xff\x01";
    struct arena a;
    arena_init(&a);
    struct reply_record r = reply("NULL", NULL, data, sizeof data - 1);
    char head[200];
    snprintf(head, sizeof head, "%%Time=%X%%", 1795437000u);
    char *text = made(&a, NULL, &r, 1);
    assert_non_null(strstr(text, head));
    assert_string_equal(
        strstr(text, "%r("), "%r(NULL,1D,\"a\\0b\\x001\\\\\\?\\\"\\[\\]\\(\\)\\.\\*\\+\\$\\^\\|\\r\\n\\t\\x20-_/<\\x7f\\xff\\x01\");");
    arena_free(&a);
}

static void test_tunnel_chooses_replies(void **state)
{
    struct arena a;
    arena_init(&a);
    struct reply_record r[] = {reply("NULL", NULL, "x", 1), reply("GetRequest", "tls", "y", 1)};
    char *text = made(&a, "tls", r, 2);
    assert_non_null(strstr(text, ":V=0.1.0%T=SSL%I=7%D=11/23%"));
    assert_null(strstr(text, "NULL"));
    assert_non_null(strstr(text, "%r(GetRequest,1,\"y\");"));
    assert_null(made(&a, "tls", r, 1));
    assert_null(made(&a, NULL, NULL, 0));
    arena_free(&a);
}

static void test_bounds(void **state)
{
    char big[3000];
    memset(big, 'a', sizeof big);
    struct arena a;
    arena_init(&a);
    struct reply_record r[] = {
        reply("A", NULL, big, 3000), reply("B", NULL, big, 3000), reply("C", NULL, big, 3000), reply("D", NULL, big, 3000)};
    char *text = made(&a, NULL, r, 4);
    assert_non_null(strstr(text, "%r(A,BB8,\"aaa"));
    assert_non_null(strstr(text, "%r(C,"));
    assert_null(strstr(text, "%r(D,"));
    assert_int_equal(strspn(strstr(text, "\"") + 1, "a"), 900);
    arena_free(&a);
}

/* Lines of 74; taking "\nSF:" away gives the text back, whatever its length. */
static void test_wrap(void **state)
{
    for (size_t len = 1; len < 400; len++) {
        char text[401];
        memset(text, 'x', len);
        text[len - 1] = ';';
        text[len] = '\0';
        struct buf out;
        buf_init(&out, 4096);
        assert_true(fingerprint_wrap(text, &out));
        char *at = (char *)(uintptr_t)buf_text(&out), *line = strtok(at, "\n");
        size_t total = 0;
        for (bool first = true; line; line = strtok(NULL, "\n"), first = false) {
            size_t n = strlen(line);
            assert_true(n <= 74 || (n == 75 && line[74] == ';'));
            assert_true(first || strncmp(line, "SF:", 3) == 0);
            assert_string_not_equal(line, "SF:;");
            total += n - (first ? 0 : 3);
        }
        assert_int_equal(total, len);
        buf_free(&out);
    }
}

static void test_platform(void **state)
{
    struct arena a;
    arena_init(&a);
    assert_non_null(strchr(fingerprint_platform(&a), '-'));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_escapes), cmocka_unit_test(test_tunnel_chooses_replies),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_wrap), cmocka_unit_test(test_platform)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
