/* admission_test.c owns the rules of the queue for connections. */
#include "task/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct wish {
    struct ticket ticket;
    unsigned granted;
};

static void on_granted(struct ticket *t)
{
    struct wish *w = t->owner;
    w->granted++;
}

static struct wish *wish(struct wish *w, struct admission_host *h)
{
    *w = (struct wish){.ticket = {.host = h, .granted = on_granted}};
    w->ticket.owner = w;
    return w;
}

static void bounds_hold_and_the_queue_moves(void **state)
{
    struct loop *l = loop_new_fake();
    struct admission *a = admission_new(l, 2, NULL);
    struct admission_host h = {.max = 10};
    struct wish w[3];
    assert_true(ticket_ask(a, &wish(&w[0], &h)->ticket));
    assert_true(ticket_ask(a, &wish(&w[1], &h)->ticket));
    assert_false(ticket_ask(a, &wish(&w[2], &h)->ticket));
    assert_int_equal(admission_queued(a), 1);
    ticket_return(a, &w[0].ticket);
    assert_int_equal(w[2].granted, 0); /* not inside the call */
    loop_run_fake(l, 1000);
    assert_int_equal(w[2].granted, 1);
    assert_int_equal(admission_open(a), 2);
    ticket_return(a, &w[1].ticket);
    ticket_return(a, &w[2].ticket);
    ticket_return(a, &w[2].ticket); /* harmless */
    assert_int_equal(admission_open(a), 0);
    assert_int_equal(h.open, 0);
    admission_free(a);
    loop_free(l);
}

static void a_full_host_is_passed_over(void **state)
{
    struct loop *l = loop_new_fake();
    struct admission *a = admission_new(l, 3, NULL);
    struct admission_host full = {.max = 1}, other = {.max = 1};
    struct wish w[4];
    assert_true(ticket_ask(a, &wish(&w[0], &full)->ticket));
    assert_false(ticket_ask(a, &wish(&w[1], &full)->ticket));
    assert_false(ticket_ask(a, &wish(&w[2], &other)->ticket)); /* behind the one that waits, granted on the next turn */
    loop_run_fake(l, 1000);
    assert_int_equal(w[1].granted, 0);
    assert_int_equal(w[2].granted, 1);
    ticket_return(a, &w[1].ticket); /* leaves the queue */
    assert_int_equal(admission_queued(a), 0);
    ticket_return(a, &w[0].ticket);
    ticket_return(a, &w[2].ticket);
    admission_free(a);
    loop_free(l);
}

static void the_rate_is_kept(void **state)
{
    struct loop *l = loop_new_fake();
    struct rate ten = rate_of(10, loop_now(l));
    struct admission *a = admission_new(l, 100, &ten);
    struct admission_host h = {.max = 100};
    struct wish w[5];
    unsigned granted = 0;
    for (size_t i = 0; i < 5; i++)
        granted += ticket_ask(a, &wish(&w[i], &h)->ticket);
    assert_int_equal(granted, 1);
    loop_advance(l, 250 * 1000);
    for (size_t i = 0; i < 5; i++)
        granted += w[i].granted;
    assert_int_equal(granted, 3);
    for (size_t i = 0; i < 5; i++)
        ticket_return(a, &w[i].ticket);
    admission_free(a);
    loop_free(l);
}

/* The scan spends from the same rate whenever it may: together no more than the rate, and nobody starves. */
static void a_shared_rate_is_shared(void **state)
{
    struct loop *l = loop_new_fake();
    struct rate ten = rate_of(10, loop_now(l));
    struct admission *a = admission_new(l, 100, &ten);
    struct admission_host h = {.max = 100};
    struct wish w[20];
    unsigned granted = 0, others = 0;
    for (size_t i = 0; i < 20; i++)
        granted += ticket_ask(a, &wish(&w[i], &h)->ticket);
    for (int64_t at = 0; at < 1000 * 1000; at += 1000) {
        if (rate_next(&ten) <= loop_now(l)) {
            rate_spend(&ten, loop_now(l));
            others++;
        }
        loop_advance(l, 1000);
    }
    for (size_t i = 0; i < 20; i++) {
        granted += w[i].granted;
        ticket_return(a, &w[i].ticket);
    }
    assert_in_range(granted + others, 9, 11);
    assert_in_range(granted, 4, 7);
    admission_free(a);
    loop_free(l);
}

/* A datagram over what is open needs no place, and keeps the rate with the others. */
static void datagrams_take_turns(void **state)
{
    struct loop *l = loop_new_fake();
    struct rate ten = rate_of(10, loop_now(l));
    struct admission *a = admission_new(l, 1, &ten), *unbounded = admission_new(l, 1, NULL);
    struct admission_host h = {.max = 1}, other = {.max = 1};
    struct wish w[6];
    for (size_t i = 0; i < 6; i++)
        wish(&w[i], i < 4 ? &h : &other)->ticket.sends = i > 1;
    assert_true(ticket_ask(a, &w[0].ticket));
    assert_false(ticket_ask(a, &w[1].ticket)); /* the place is taken */
    assert_false(ticket_ask(a, &w[2].ticket)); /* too early */
    assert_false(ticket_ask(a, &w[3].ticket));
    loop_advance(l, 150 * 1000);
    assert_int_equal(w[2].granted, 1);
    assert_int_equal(w[3].granted, 0);
    loop_advance(l, 100 * 1000);
    assert_int_equal(w[3].granted, 1);
    assert_int_equal(w[1].granted, 0);
    assert_int_equal(admission_open(a), 1);
    assert_int_equal(h.open, 1);
    wish(&w[4], &other);
    assert_true(ticket_ask(unbounded, &w[4].ticket));
    assert_true(ticket_ask(unbounded, &w[5].ticket)); /* nothing is bounded a second */
    ticket_return(a, &w[0].ticket);
    ticket_return(a, &w[1].ticket);
    ticket_return(unbounded, &w[4].ticket);
    assert_int_equal(admission_open(a) + admission_queued(a) + admission_open(unbounded), 0);
    admission_free(a);
    admission_free(unbounded);
    loop_free(l);
}

/* Where all wait for somebody who may be in the queue, one more is let in; not where one is still busy. */
static void one_more_where_all_rest(void **state)
{
    struct loop *l = loop_new_fake();
    struct admission *a = admission_new(l, 2, NULL);
    struct admission_host h = {.max = 2};
    struct wish w[4];
    assert_true(ticket_ask(a, &wish(&w[0], &h)->ticket));
    assert_true(ticket_ask(a, &wish(&w[1], &h)->ticket));
    assert_false(ticket_ask(a, &wish(&w[2], &h)->ticket));
    assert_false(ticket_ask(a, &wish(&w[3], &h)->ticket));
    ticket_rest(a, &w[0].ticket, true);
    loop_run_fake(l, 1000);
    assert_int_equal(w[2].granted, 0);
    ticket_rest(a, &w[1].ticket, true);
    ticket_rest(a, &w[3].ticket, true); /* harmless */
    loop_run_fake(l, 1000);
    assert_int_equal(w[2].granted, 1);
    assert_int_equal(w[3].granted, 0);
    ticket_rest(a, &w[1].ticket, false);
    ticket_return(a, &w[2].ticket);
    loop_run_fake(l, 1000);
    assert_int_equal(w[3].granted, 0);
    ticket_return(a, &w[0].ticket); /* that rests */
    loop_run_fake(l, 1000);
    assert_int_equal(w[3].granted, 1);
    ticket_return(a, &w[1].ticket);
    ticket_return(a, &w[3].ticket);
    assert_int_equal(admission_open(a) + h.open + h.resting, 0);
    admission_free(a);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold_and_the_queue_moves),
        cmocka_unit_test(a_full_host_is_passed_over),
        cmocka_unit_test(the_rate_is_kept),
        cmocka_unit_test(a_shared_rate_is_shared),
        cmocka_unit_test(datagrams_take_turns),
        cmocka_unit_test(one_more_where_all_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
