/* loop_test.c owns the tests of timers and of the fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { MANY = 500 };

struct seen {
    struct loop *loop;
    struct timer timers[MANY];
    int order[2 * MANY];
    int64_t at[2 * MANY];
    int count;
    int64_t began;
};

static struct seen *seen_new(void)
{
    struct seen *s = calloc(1, sizeof *s);
    s->loop = loop_new_fake();
    s->began = loop_now(s->loop);
    return s;
}

static void seen_free(struct seen *s)
{
    loop_free(s->loop);
    free(s);
}

static void note(struct timer *t)
{
    struct seen *s = t->owner;
    s->order[s->count] = (int)(t - s->timers);
    s->at[s->count++] = loop_now(s->loop) - s->began;
}

static void note_and_restart(struct timer *t)
{
    struct seen *s = t->owner;
    note(t);
    if (s->count < 5)
        timer_start(t, 0);
}

static void note_and_stop_next(struct timer *t)
{
    note(t);
    timer_stop(t + 1);
}

static void fires_in_order_of_due_time(void **state)
{
    (void)state;
    struct seen *s = seen_new();
    for (int i = 0; i < MANY; i++) {
        timer_init(&s->timers[i], s->loop, note, s);
        timer_start(&s->timers[i], (i * 7919) % MANY);
    }
    loop_run_fake(s->loop, INT64_MAX);
    assert_int_equal(s->count, MANY);
    for (int i = 1; i < MANY; i++)
        assert_true(s->at[i - 1] <= s->at[i]);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(s->at[i], (s->order[i] * 7919) % MANY);
    seen_free(s);
}

static void equal_times_fire_in_order_of_starting(void **state)
{
    (void)state;
    struct seen *s = seen_new();
    for (int i = 0; i < 50; i++) {
        timer_init(&s->timers[i], s->loop, note, s);
        timer_start(&s->timers[i], 10);
    }
    timer_start(&s->timers[0], 10); /* moved: now the last */
    loop_advance(s->loop, 10);
    for (int i = 0; i < 49; i++)
        assert_int_equal(s->order[i], i + 1);
    assert_int_equal(s->order[49], 0);
    seen_free(s);
}

static void restarts_in_its_own_callback(void **state)
{
    (void)state;
    struct seen *s = seen_new();
    timer_init(&s->timers[0], s->loop, note_and_restart, s);
    timer_start(&s->timers[0], -5);
    assert_int_equal(s->count, 0);
    loop_run_fake(s->loop, INT64_MAX);
    assert_int_equal(s->count, 5);
    assert_int_equal(s->at[4], 0);
    assert_false(timer_running(&s->timers[0]));
    seen_free(s);
}

static void is_stopped_by_an_earlier_one(void **state)
{
    (void)state;
    struct seen *s = seen_new();
    for (int i = 0; i < 3; i++) {
        timer_init(&s->timers[i], s->loop, i == 0 ? note_and_stop_next : note, s);
        timer_start(&s->timers[i], 3);
    }
    timer_stop(&s->timers[2]);
    timer_stop(&s->timers[2]);
    timer_start(&s->timers[2], 4);
    loop_run_fake(s->loop, INT64_MAX);
    assert_int_equal(s->count, 2);
    assert_int_equal(s->order[1], 2);
    seen_free(s);
}

static void a_bounded_run_ends_at_its_bound(void **state)
{
    (void)state;
    struct seen *s = seen_new();
    for (int i = 0; i < 2; i++) {
        timer_init(&s->timers[i], s->loop, note, s);
        timer_start(&s->timers[i], 10 + 10 * i);
    }
    loop_run_fake(s->loop, 15);
    assert_int_equal(s->count, 1);
    assert_int_equal(loop_now(s->loop) - s->began, 15);
    loop_run_fake(s->loop, 100);
    assert_int_equal(s->count, 2);
    assert_int_equal(loop_now(s->loop) - s->began, 20);
    seen_free(s);
}

/* ---- the real loop: only what does not depend on how fast the machine is */

static void note_and_end(struct timer *t)
{
    note(t);
    loop_stop(((struct seen *)t->owner)->loop);
}

static void the_real_loop_keeps_the_order(void **state)
{
    (void)state;
    struct seen *s = calloc(1, sizeof *s);
    s->loop = loop_new();
    timer_init(&s->timers[0], s->loop, note_and_end, s);
    timer_init(&s->timers[1], s->loop, note, s);
    timer_init(&s->timers[2], s->loop, note, s);
    timer_start(&s->timers[0], 300);
    timer_start(&s->timers[1], 200);
    timer_start(&s->timers[2], 0);
    loop_run(s->loop);
    assert_int_equal(s->count, 3);
    assert_int_equal(s->order[0], 2);
    assert_int_equal(s->order[1], 1);
    seen_free(s);
}

static void interrupted(void *owner)
{
    struct seen *s = owner;
    s->count++;
    loop_stop(s->loop);
}

static void a_signal_calls_back_once(void **state)
{
    (void)state;
    struct seen *s = calloc(1, sizeof *s);
    s->loop = loop_new();
    loop_on_interrupt(s->loop, interrupted, s);
    kill(getpid(), SIGTERM);
    loop_run(s->loop);
    assert_int_equal(s->count, 1);
    struct sigaction now;
    sigaction(SIGTERM, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL); /* a second one ends the process */
    seen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_in_order_of_due_time),
        cmocka_unit_test(equal_times_fire_in_order_of_starting),
        cmocka_unit_test(restarts_in_its_own_callback),
        cmocka_unit_test(is_stopped_by_an_earlier_one),
        cmocka_unit_test(a_bounded_run_ends_at_its_bound),
        cmocka_unit_test(the_real_loop_keeps_the_order),
        cmocka_unit_test(a_signal_calls_back_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
