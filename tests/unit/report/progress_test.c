/* progress_test.c owns when the progress line is drawn and cleared. */
#include "rendered.h"

static char *text;
static size_t length;

static const char *drawn(struct sink *s, FILE *to, const struct scan_progress *p)
{
    rewind(to);
    s->ops->progress(s, p);
    fflush(to);
    return length ? text : "";
}

static void test_line(void **state)
{
    FILE *to = open_memstream(&text, &length);
    struct sink *s = report_progress(to);
    struct scan_record scan = {0};
    struct scan_progress p = {.elapsed_us = 2000000,
        .probes_done = 450,
        .probes_total = 1000,
        .hosts_done = 1,
        .hosts_total = 4,
        .tasks_done = 3,
        .tasks_open = 2,
        .rate = 3200,
        .left_us = 61000000};
    s->ops->begin(s, &scan);
    assert_string_equal(drawn(s, to, &p), "\r2 s, 45%, about 1 min 01 s left; ports 450/1000 (3200/s), hosts 1/4, services 3\x1b[K");
    p.elapsed_us += 100000;
    assert_string_equal(drawn(s, to, &p), "");
    p.elapsed_us += 100000;
    p.hosts_total = 1;
    p.left_us = -1;
    assert_string_equal(drawn(s, to, &p), "\r3 s, 45%; ports 450/1000 (3200/s), services 3/5\x1b[K");
    rewind(to);
    report_progress_hide(s);
    assert_string_equal(text, "\r\x1b[K");
    rewind(to);
    report_progress_hide(s);
    fflush(to);
    assert_int_equal(length, 0);
    s->ops->end(s, &(struct scan_totals){0});
    s->ops->free(s);
    fclose(to);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
