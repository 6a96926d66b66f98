/* loop.c owns the clock, the heap of timers, and the turning of both loops: the real one over libuv and the fake one. */
#include "net/loop.h"

#include "base/arena.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

enum { SIGNALS = 2 };

struct loop {
    struct timer **heap;
    size_t count, cap;
    uint64_t order;
    int64_t now;
    bool fake, stopped;
    /* the real loop only */
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t alarm;
    int64_t alarm_due; /* what the alarm is set to; -1: not set */
    uv_signal_t signals[SIGNALS];
    bool watching;
    void (*interrupted)(void *owner);
    void *interrupted_owner;
};

static int64_t steady_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- the heap: slot is the index + 1 */

static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void heap_put(struct loop *l, size_t i, struct timer *t)
{
    l->heap[i] = t;
    t->slot = i + 1;
}

static void heap_up(struct loop *l, size_t i)
{
    struct timer *t = l->heap[i];
    while (i > 0 && earlier(t, l->heap[(i - 1) / 2])) {
        heap_put(l, i, l->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_put(l, i, t);
}

static void heap_down(struct loop *l, size_t i)
{
    struct timer *t = l->heap[i];
    for (size_t child = 2 * i + 1; child < l->count; child = 2 * i + 1) {
        if (child + 1 < l->count && earlier(l->heap[child + 1], l->heap[child]))
            child++;
        if (!earlier(l->heap[child], t))
            break;
        heap_put(l, i, l->heap[child]);
        i = child;
    }
    heap_put(l, i, t);
}

/* ---- timers */

void timer_init(struct timer *t, struct loop *l, timer_fn *fn, void *owner)
{
    *t = (struct timer){.loop = l, .fn = fn, .owner = owner};
}

void timer_start(struct timer *t, int64_t delay_us)
{
    int64_t now = loop_now(t->loop);
    if (delay_us < 0)
        delay_us = 0;
    timer_start_at(t, delay_us > INT64_MAX - now ? INT64_MAX : now + delay_us);
}

void timer_start_at(struct timer *t, int64_t due_us)
{
    struct loop *l = t->loop;
    timer_stop(t);
    if (l->count == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->heap = must_realloc(l->heap, l->cap * sizeof *l->heap);
    }
    t->due = due_us;
    t->order = l->order++;
    heap_put(l, l->count++, t);
    heap_up(l, l->count - 1);
}

void timer_stop(struct timer *t)
{
    struct loop *l = t->loop;
    if (!t->slot)
        return;
    size_t i = t->slot - 1;
    t->slot = 0;
    struct timer *last = l->heap[--l->count];
    if (last == t)
        return;
    heap_put(l, i, last);
    heap_up(l, i);
    heap_down(l, last->slot - 1);
}

bool timer_running(const struct timer *t)
{
    return t->slot != 0;
}

/* Fires what was started before this turn and is due; what the callbacks start waits for the next turn. */
static void fire_due(struct loop *l)
{
    uint64_t first_new = l->order;
    while (l->count && !l->stopped && l->heap[0]->due <= l->now && l->heap[0]->order < first_new) {
        struct timer *t = l->heap[0];
        timer_stop(t);
        t->fn(t);
    }
}

/* ---- the real loop */

/* libuv's timer only limits the sleep, in its whole milliseconds; the heap is read after every sleep, with our own finer clock. */
static void on_alarm(uv_timer_t *h)
{
    struct loop *l = h->data;
    l->alarm_due = -1;
}

static void before_sleep(uv_prepare_t *h)
{
    struct loop *l = h->data;
    int64_t due = l->count ? l->heap[0]->due : -1;
    if (due < 0) {
        uv_timer_stop(&l->alarm);
        l->alarm_due = -1;
        return;
    }
    if (due == l->alarm_due)
        return;
    loop_refresh(l);
    uint64_t sleep_ms = due > l->now ? ((uint64_t)(due - l->now) + 999) / 1000 : 0;
    uv_timer_start(&l->alarm, on_alarm, sleep_ms, 0);
    l->alarm_due = due;
}

static void after_sleep(uv_check_t *h)
{
    struct loop *l = h->data;
    loop_refresh(l);
    fire_due(l);
}

void loop_refresh(struct loop *l)
{
    if (!l->fake)
        l->now = steady_clock();
}

struct loop *loop_new(void)
{
    struct loop *l = must_zalloc(sizeof *l);
    l->alarm_due = -1;
    l->now = steady_clock();
    if (uv_loop_init(&l->uv) != 0) {
        free(l);
        return NULL;
    }
    uv_prepare_init(&l->uv, &l->prepare);
    uv_check_init(&l->uv, &l->check);
    uv_timer_init(&l->uv, &l->alarm);
    l->prepare.data = l->check.data = l->alarm.data = l;
    uv_prepare_start(&l->prepare, before_sleep);
    uv_check_start(&l->check, after_sleep);
    return l;
}

void loop_run(struct loop *l)
{
    assert(!l->fake);
    l->stopped = false;
    while (!l->stopped)
        uv_run(&l->uv, UV_RUN_DEFAULT);
}

static void on_signal(uv_signal_t *h, int number)
{
    (void)number;
    struct loop *l = h->data;
    for (int i = 0; i < SIGNALS; i++)
        uv_signal_stop(&l->signals[i]);
    loop_refresh(l);
    l->interrupted(l->interrupted_owner);
}

void loop_on_interrupt(struct loop *l, void (*fn)(void *owner), void *owner)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM};
    assert(!l->fake);
    l->interrupted = fn;
    l->interrupted_owner = owner;
    for (int i = 0; i < SIGNALS; i++) {
        if (!l->watching)
            uv_signal_init(&l->uv, &l->signals[i]);
        l->signals[i].data = l;
        uv_signal_start(&l->signals[i], on_signal, numbers[i]);
    }
    l->watching = true;
}

static void close_uv(struct loop *l)
{
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->check, NULL);
    uv_close((uv_handle_t *)&l->alarm, NULL);
    for (int i = 0; i < SIGNALS && l->watching; i++)
        uv_close((uv_handle_t *)&l->signals[i], NULL);
    uv_run(&l->uv, UV_RUN_NOWAIT);
    uv_run(&l->uv, UV_RUN_NOWAIT);
}

/* ---- both */

struct loop *loop_new_fake(void)
{
    struct loop *l = must_zalloc(sizeof *l);
    l->fake = true;
    l->now = 1000000; /* 0 means "unknown" in many places */
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    assert(l->count == 0);
    free(l->heap);
    l->heap = NULL;
    if (!l->fake) {
        close_uv(l);
        /* A name look-up on a thread cannot be called back: its loop is left to it rather than waited for. */
        if (uv_loop_close(&l->uv) != 0)
            return;
    }
    free(l);
}

int64_t loop_now(const struct loop *l)
{
    return l->now;
}

struct uv_loop_s *loop_uv(struct loop *l)
{
    return l->fake ? NULL : &l->uv;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
    if (!l->fake)
        uv_stop(&l->uv);
}

/* ---- the fake loop */

/* True if a timer up to `end` was run. */
static bool fake_turn(struct loop *l, int64_t end)
{
    if (!l->count || l->stopped || l->heap[0]->due > end)
        return false;
    if (l->heap[0]->due > l->now)
        l->now = l->heap[0]->due;
    fire_due(l);
    return true;
}

void loop_run_fake(struct loop *l, int64_t max_us)
{
    assert(l->fake);
    l->stopped = false;
    int64_t end = max_us > INT64_MAX - l->now ? INT64_MAX : l->now + max_us;
    while (fake_turn(l, end))
        ;
    if (l->count && !l->stopped && end != INT64_MAX)
        l->now = end;
}

void loop_advance(struct loop *l, int64_t us)
{
    assert(l->fake);
    l->stopped = false;
    int64_t end = l->now + us;
    while (fake_turn(l, end))
        ;
    if (!l->stopped)
        l->now = end;
}
