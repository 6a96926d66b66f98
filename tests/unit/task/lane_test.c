/* lane_test.c owns what a lane does when our surroundings give it nothing to talk with, and how much it keeps of what it hears. */
#include "task/task.h"

#include "net/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

/* ---- keeping */

enum { SAID = 40 * 1000 };

struct listener {
    size_t keep; /* 0: not said */
    bool takes; /* what has come, at once */
    size_t taken, left;
};

static enum verdict listener_start(struct task *t, const void *config)
{
    t->stage_state = (void *)(uintptr_t)config;
    lane_open(&t->lanes[0], 1000 * 1000);
    return VERDICT_WAIT;
}

static enum verdict listener_lane(struct task *t, struct lane *l, enum lane_event e)
{
    struct listener *k = t->stage_state;
    if (e == LANE_CONNECTED && k->keep)
        lane_keep(l, k->keep);
    if (e == LANE_CONNECTED)
        lane_listen(l, task_now(t) + 1000 * 1000);
    if (e == LANE_DATA && k->takes) {
        k->taken += l->reply.len;
        buf_drop_front(&l->reply, l->reply.len);
    }
    if (e != LANE_CLOSED)
        return VERDICT_WAIT;
    k->left = l->reply.len;
    assert_int_equal(l->received, SAID);
    lane_close(l);
    assert_int_equal(l->reply.max, LIMIT_REPLY);
    return VERDICT_DONE;
}

static void listen_to_much(struct listener *k)
{
    static uint8_t much[SAID];
    const struct mem_step steps[] = {MEM_SEND_BYTES(bytes_of(much, SAID)), MEM_CLOSE, MEM_END};
    static const struct stage stage = {.name = "one", .wants = wants, .start = listener_start, .lane = listener_lane, .tick = on_tick};
    struct mem_port port = {.port = 7, .steps = steps};
    const struct stage_use use = {.stage = &stage, .config = k};
    struct loop *l = loop_new_fake();
    struct mem_net *net = mem_net_new(l, 1000);
    struct admission *a = admission_new(l, 10, NULL);
    struct admission_host host = {.max = 10};
    struct task_env env = {.loop = l, .dialer = mem_net_dialer(net), .admission = a, .stages = &use, .stage_count = 1};
    struct task_start known = {.host = &host, .peer = {.port = 7}};
    bool done = false;
    mem_serve(net, &port);
    task_new(&env, &known, on_done, &done);
    loop_run_fake(l, 60 * 1000 * 1000);
    assert_true(done);
    admission_free(a);
    mem_net_free(net);
    loop_free(l);
}

static void a_lane_keeps_what_it_was_told_to_keep(void **state)
{
    struct listener usual = {.keep = 0}, more = {.keep = 64 * 1024}, stream = {.takes = true};
    listen_to_much(&usual);
    assert_int_equal(usual.left, LIMIT_REPLY);
    listen_to_much(&more);
    assert_int_equal(more.left, SAID);
    listen_to_much(&stream);
    assert_int_equal(stream.taken, SAID); /* nothing is lost of what is taken as it comes */
    assert_int_equal(stream.left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shortage_without_end_ends_the_lane),
        cmocka_unit_test(a_lane_keeps_what_it_was_told_to_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
