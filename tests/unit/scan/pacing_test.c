/* pacing_test.c owns the tests of windows, rates and round-trip estimates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rate.h"
#include "scan/pacing.h"
#include "scan/scan.h"

static void a_window_doubles_on_a_quiet_network(void **state)
{
    (void)state;
    struct window w = window_of(64, 1000);
    for (int i = 0; i < 64; i++)
        window_grow(&w, 1);
    assert_true(window_allows(&w, 127));
    assert_false(window_allows(&w, 128));
    for (int i = 0; i < 5000; i++)
        window_grow(&w, 1);
    assert_false(window_allows(&w, 1000));
    assert_true(window_allows(&w, 999));
}

static void a_loss_cuts_it_once_for_what_was_in_flight(void **state)
{
    (void)state;
    struct window w = window_of(100, 1000);
    window_lost(&w, 10, 50);
    assert_int_equal((int)w.size, 70);
    window_lost(&w, 20, 60); /* sent before the cut */
    assert_int_equal((int)w.size, 70);
    window_lost(&w, 55, 70);
    assert_int_equal((int)w.size, 49);
    double before = w.size;
    window_grow(&w, 1); /* above the threshold: one for a whole window */
    assert_true(w.size < before + 0.1);
}

static void losses_leave_a_few(void **state)
{
    (void)state;
    struct window w = window_of(100, 1000), one = window_of(1, 1);
    for (int i = 1; i < 100; i++) {
        window_lost(&w, 2 * i, 2 * i + 1);
        window_lost(&one, 2 * i, 2 * i + 1);
    }
    assert_int_equal((int)w.size, 8);
    assert_true(window_allows(&one, 0));
    window_shrink_to(&w, 0);
    assert_true(window_allows(&w, 0));
    assert_false(window_allows(&w, 1));
}

static void a_rate_spaces_and_catches_up_only_a_little(void **state)
{
    (void)state;
    struct rate r = rate_of(1000, 0);
    int64_t now = 0;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(rate_next(&r), 1000 * i);
        now = rate_next(&r);
        rate_spend(&r, now);
    }
    now += 1000000; /* a second of idleness is worth 2 ms */
    int sent = 0;
    while (rate_next(&r) <= now || sent == 0) {
        rate_spend(&r, now);
        sent++;
    }
    assert_in_range(sent, 2, 4);
}

static void the_estimate_follows_rfc_6298(void **state)
{
    (void)state;
    struct scan_timing t = scan_timing_preset(3);
    struct rtt r = {0};
    assert_int_equal(rtt_timeout(&r, &t), t.rtt_first);
    rtt_measure(&r, 80000);
    assert_int_equal(r.srtt, 80000);
    assert_int_equal(r.var, 40000);
    assert_int_equal(rtt_timeout(&r, &t), 240000);
    rtt_measure(&r, 120000);
    assert_int_equal(r.var, 40000);
    assert_int_equal(r.srtt, 85000);
    for (int i = 0; i < 200; i++)
        rtt_measure(&r, 1000);
    assert_int_equal(rtt_timeout(&r, &t), t.rtt_min);
}

static void presets_grow_bolder(void **state)
{
    (void)state;
    for (int i = 1; i <= 5; i++) {
        struct scan_timing a = scan_timing_preset(i - 1), b = scan_timing_preset(i);
        assert_true(b.window_max >= a.window_max && b.scan_delay <= a.scan_delay && b.rtt_max <= a.rtt_max);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_doubles_on_a_quiet_network),
        cmocka_unit_test(a_loss_cuts_it_once_for_what_was_in_flight),
        cmocka_unit_test(losses_leave_a_few),
        cmocka_unit_test(a_rate_spaces_and_catches_up_only_a_little),
        cmocka_unit_test(the_estimate_follows_rfc_6298),
        cmocka_unit_test(presets_grow_bolder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
