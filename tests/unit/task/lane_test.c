/* lane_test.c owns what a lane does when our surroundings give it nothing to talk with. */
#include "task/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static unsigned dialled;

static struct channel *dial_nothing(struct dialer *d, const struct endpoint *peer)
{
    dialled++;
    return NULL;
}

static bool wants(const struct task *t, const void *config)
{
    return true;
}

static enum verdict start(struct task *t, const void *config)
{
    lane_open(&t->lanes[0], 1000 * 1000);
    return VERDICT_WAIT;
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event e)
{
    assert_int_equal(e, LANE_CLOSED);
    assert_int_equal(l->end, END_LOCAL);
    return VERDICT_DONE;
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

static void on_done(struct task *t, void *owner)
{
    *(bool *)owner = true;
    task_free(t);
}

static void a_shortage_without_end_ends_the_lane(void **state)
{
    static const struct stage stage = {.name = "one", .wants = wants, .start = start, .lane = on_lane, .tick = on_tick};
    const struct stage_use use = {.stage = &stage};
    struct loop *l = loop_new_fake();
    struct dialer nothing = {.dial = dial_nothing};
    struct admission *a = admission_new(l, 10, NULL);
    struct admission_host host = {.max = 10};
    struct task_env env = {.loop = l, .dialer = &nothing, .admission = a, .stages = &use, .stage_count = 1};
    struct task_start known = {.host = &host};
    bool done = false;
    task_new(&env, &known, on_done, &done);
    loop_run_fake(l, 60 * 1000 * 1000);
    assert_true(done);
    assert_in_range(dialled, 100, 1000);
    assert_int_equal(admission_open(a), 0);
    admission_free(a);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_shortage_without_end_ends_the_lane)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
