/* progress_test.c owns when the progress line is drawn and cleared. */
#include <unistd.h>

#include "rendered.h"

/* What was written to `to` since the last call. */
static void assert_written(FILE *to, const char *expected)
{
    char text[512] = {0};
    fflush(to);
    rewind(to);
    text[fread(text, 1, sizeof text - 1, to)] = '\0';
    rewind(to);
    assert_int_equal(ftruncate(fileno(to), 0), 0);
    assert_string_equal(text, expected);
}

static void test_line(void **state)
{
    FILE *to = tmpfile();
    assert_non_null(to);
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
    s->ops->progress(s, &p);
    assert_written(to, "\r2 s, 45%, about 1 min 01 s left; ports 450/1000 (3200/s), hosts 1/4, services 3\x1b[K");
    p.elapsed_us += 100000; /* too soon to draw again */
    s->ops->progress(s, &p);
    assert_written(to, "");
    p.elapsed_us += 100000;
    p.hosts_total = 1;
    p.left_us = -1;
    s->ops->progress(s, &p);
    assert_written(to, "\r3 s, 45%; ports 450/1000 (3200/s), services 3/5\x1b[K");
    report_progress_hide(s);
    assert_written(to, "\r\x1b[K");
    s->ops->note(s, "nothing is shown any more");
    assert_written(to, "");
    p.elapsed_us += 200000;
    p.probes_total = 0;
    p.rate = 0;
    s->ops->progress(s, &p);
    assert_written(to, "\r3 s; ports 450, services 3/5\x1b[K");
    s->ops->end(s, &(struct scan_totals){0});
    assert_written(to, "\r\x1b[K");
    s->ops->free(s);
    assert_written(to, "");
    fclose(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
