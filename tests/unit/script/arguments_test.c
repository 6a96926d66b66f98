/* arguments_test.c owns the grammar of --script-args. */
#include "script/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* As the specification writes it: {"a", k="v", {..}}. */
static void show(struct buf *out, const struct value *v)
{
    if (v->key)
        buf_printf(out, "%s=", v->key);
    if (v->kind == VALUE_TEXT) {
        buf_printf(out, "\"%s\"", v->text);
        return;
    }
    buf_append_str(out, "{");
    for (const struct value *at = v->first; at; at = at->next) {
        show(out, at);
        buf_append_str(out, at->next ? "," : "");
    }
    buf_append_str(out, "}");
}

static void reads(const char *text, const char *expected)
{
    struct arena a;
    struct buf out;
    size_t bad_at;
    arena_init(&a);
    buf_init(&out, 4096);
    const struct value *v = arguments_read(bytes_str(text), &a, &bad_at);
    if (v)
        show(&out, v);
    else
        buf_append_str(&out, "does not parse");
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
    arena_free(&a);
}

static void test_grammar(void **state)
{
    reads("", "{}");
    reads("a", "{\"a\"}");
    reads("a={b,c=d},e=\"x\\\"y\", f = g h ,i=", "{a={\"b\",c=\"d\"},e=\"x\"y\",f=\"g h\",i=\"\"}");
    reads("a,,b", "{\"a\",\"\",\"b\"}");
    reads("{a}", "{{\"a\"}}");
    reads("a={}", "{a={}}");
    reads("a\nb=c", "{\"a\",b=\"c\"}");
    reads("a = { b ,\n c }", "{a={\"b\",\"c\"}}");
    reads("x='a,b={c}'", "{x=\"a,b={c}\"}");
    reads("x='a\\b\\\\'", "{x=\"a\\b\\\"}");
    reads("http.useragent=Mozilla/5.0 (X11; Linux)", "{http.useragent=\"Mozilla/5.0 (X11; Linux)\"}");
}

static void test_faults(void **state)
{
    reads("a=b=c", "does not parse");
    reads("a={b", "does not parse");
    reads("a}", "does not parse");
    reads("\"a", "does not parse");
    reads("\"a\"b", "does not parse");
    reads("{a}={b}", "does not parse");
}

static void test_depth_is_bounded(void **state)
{
    char text[2000];
    memset(text, '{', 1000);
    memset(text + 1000, '}', 999);
    text[1999] = 0;
    reads(text, "does not parse");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar), cmocka_unit_test(test_faults), cmocka_unit_test(test_depth_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
