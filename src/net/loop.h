/* loop.h owns the event loop, its clock and its timers: the real one over libuv, and a fake one whose clock tests move. */
#ifndef DESCRY_NET_LOOP_H
#define DESCRY_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct uv_loop_s;

struct loop *loop_new(void);            /* real; NULL if the system refuses */
struct loop *loop_new_fake(void);       /* time stands still but for loop_advance and loop_run_fake */
void loop_free(struct loop *l);         /* every timer must be stopped and every channel closed */

/* Microseconds on a steady clock, never 0; cached for the current turn of the loop. */
int64_t loop_now(const struct loop *l);
void loop_refresh(struct loop *l);      /* for this room: a callback from the kernel begins a new turn */

/* The real loop's libuv loop, for this room only. NULL on a fake one. */
struct uv_loop_s *loop_uv(struct loop *l);

/*
 * Timers are embedded in their owner and are kept in a heap; libuv has only one. A timer fires once. A timer that is due never
 * fires inside timer_start: also with delay 0 it waits for the next turn. Among timers due at the same microsecond the one
 * started first fires first (tests rely on it).
 */
struct timer;
typedef void timer_fn(struct timer *t);
struct timer {
    struct loop *loop;
    timer_fn *fn;
    void *owner;
    int64_t due;                        /* microseconds, loop_now's clock */
    uint64_t order;
    size_t slot;                        /* place in the heap + 1; 0 when stopped */
};

void timer_init(struct timer *t, struct loop *l, timer_fn *fn, void *owner);
void timer_start(struct timer *t, int64_t delay_us); /* a running one is moved; negative counts as 0 */
void timer_start_at(struct timer *t, int64_t due_us);
void timer_stop(struct timer *t);       /* may be stopped twice; may be called in any callback, its own included */
bool timer_running(const struct timer *t);

/* Real: runs until loop_stop. Fake: runs timers, jumping from one to the next, until none is left, loop_stop, or `max_us` have gone by
 * since the call (INT64_MAX: no bound). */
void loop_run(struct loop *l);
void loop_run_fake(struct loop *l, int64_t max_us);
void loop_stop(struct loop *l);
/* Fake: moves the clock by `us` and runs what becomes due on the way, in order. */
void loop_advance(struct loop *l, int64_t us);

/* Real: calls fn(owner) on the loop when the process receives SIGINT or SIGTERM; later signals end the process as usual. */
void loop_on_interrupt(struct loop *l, void (*fn)(void *owner), void *owner);

#endif
