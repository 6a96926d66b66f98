/* detail_report_test.c owns how findings of stages and scripts are told. */
#include "report/detail_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct findings {
    struct arena arena;
    struct detail *list;
    struct buf out;
};

static struct value *texts(struct findings *f, const char *one, const char *two)
{
    struct value *v = value_list(&f->arena, NULL, NULL);
    value_text(&f->arena, v, NULL, one);
    value_text(&f->arena, v, NULL, two);
    return v;
}

static void add_findings(struct findings *f)
{
    arena_init(&f->arena);
    buf_init(&f->out, 4096);
    f->list = NULL;
    struct detail *stage = detail_add(&f->list, &f->arena, "tls", DETAIL_STAGE);
    stage->lines = texts(f, "expired\n| fake", NULL);
    stage->verbose_lines = texts(f, "TLSv1.3", "expired");
    struct value *v = value_table(&f->arena, NULL, NULL);
    value_number(&f->arena, v, "bits", -5);
    value_flag(&f->arena, v, "expired", true);
    stage->values = v;
    detail_add(&f->list, &f->arena, "one-line", DETAIL_SCRIPT)->lines = texts(f, "only", NULL);
    detail_add(&f->list, &f->arena, "more", DETAIL_SCRIPT)->lines = texts(f, "", "  b: <\x1b>");
    detail_add(&f->list, &f->arena, "nothing", DETAIL_SCRIPT);
}

static void drop_findings(struct findings *f)
{
    buf_free(&f->out);
    arena_free(&f->arena);
}

static void lines_are(struct findings *f, const char *id, bool verbose, const char *expected)
{
    buf_clear(&f->out);
    detail_report_lines(&f->out, detail_find(f->list, id), verbose);
    assert_string_equal(buf_text(&f->out), expected);
}

/* A peer's line feed begins no line of its own. */
static void test_lines(void **state)
{
    struct findings f;
    add_findings(&f);
    lines_are(&f, "tls", false, "  expired\\x0a| fake");
    lines_are(&f, "tls", true, "  TLSv1.3\n  expired");
    lines_are(&f, "one-line", false, "|_one-line: only");
    lines_are(&f, "more", true, "| more: \n|_  b: <\\x1b>");
    lines_are(&f, "nothing", true, "");
    drop_findings(&f);
}

static void test_json(void **state)
{
    struct findings f;
    add_findings(&f);
    struct json j = json_into(&f.out);
    json_object(&j, NULL);
    detail_report_json(&j, f.list);
    json_object_end(&j);
    assert_string_equal(buf_text(&f.out), "{\"tls\":{\"bits\":-5,\"expired\":true},\"scripts\":[{\"id\":\"one-line\",\"output\":\"only\"},"
                                          "{\"id\":\"more\",\"output\":\"\\n  b: <\\u001b>\"},{\"id\":\"nothing\",\"output\":\"\"}]}");
    drop_findings(&f);
}

static void test_xml(void **state)
{
    struct findings f;
    add_findings(&f);
    detail_report_xml(&f.out, f.list);
    assert_string_equal(buf_text(&f.out),
        "<script id=\"tls\" output=\"TLSv1.3&#xa;expired\"><elem key=\"bits\">-5</elem>\n<elem key=\"expired\">true</elem>\n</script>"
        "<script id=\"one-line\" output=\"only\"/><script id=\"more\" output=\"&#xa;  b: &lt;\\x1b&gt;\"/>"
        "<script id=\"nothing\" output=\"\"/>");
    drop_findings(&f);
}

/* Elements and tables each end with a line feed; what a script says leaves as ASCII, what a stage says as UTF-8. */
static void test_xml_of_values(void **state)
{
    struct findings f;
    add_findings(&f);
    for (int i = 0; i < 2; i++) {
        struct detail *d = detail_add(&f.list, &f.arena, i ? "script" : "stage", i ? DETAIL_SCRIPT : DETAIL_STAGE);
        struct value *values = value_list(&f.arena, NULL, NULL);
        value_text(&f.arena, values, NULL, "a--b");
        struct value *table = value_table(&f.arena, values, "k\xc3\xa9");
        value_text(&f.arena, value_list(&f.arena, table, "list"), NULL, "\xc3\xa9");
        value_list(&f.arena, values, "empty");
        d->values = values;
        buf_clear(&f.out);
        detail_report_xml(&f.out, d);
        assert_string_equal(buf_text(&f.out),
            i ? "<script id=\"script\" output=\"\"><elem>a-&#45;b</elem>\n<table key=\"k\\xC3\\xA9\">\n<table key=\"list\">\n"
                "<elem>\\xC3\\xA9</elem>\n</table>\n</table>\n<table key=\"empty\">\n</table>\n</script>"
              : "<script id=\"stage\" output=\"\"><elem>a-&#45;b</elem>\n<table key=\"k\xc3\xa9\">\n<table key=\"list\">\n"
                "<elem>\xc3\xa9</elem>\n</table>\n</table>\n<table key=\"empty\">\n</table>\n</script>");
    }
    drop_findings(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_json), cmocka_unit_test(test_xml), cmocka_unit_test(test_xml_of_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
