/* mem_test.c owns the tests of the played network: its times are exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heard.h"
#include "net/mem.h"

enum { RTT = 20000, PATIENCE = 1000000 };

struct played {
    struct loop *loop;
    struct mem_net *net;
};

static struct played play(const struct mem_port *port)
{
    struct played p = {.loop = loop_new_fake()};
    p.net = mem_net_new(p.loop, RTT);
    if (port)
        mem_serve(p.net, port);
    return p;
}

static void open_one(struct played *p, struct heard *h, enum proto proto)
{
    if (!h->patience)
        h->patience = PATIENCE;
    heard_open(h, p->loop, mem_net_dialer(p->net), "192.0.2.1", 22, proto);
}

static void end(struct played *p)
{
    assert_int_equal(mem_connections_open(p->net), 0);
    mem_net_free(p->net);
    loop_free(p->loop);
}

static void run_one(const struct mem_port *port, struct heard *h, enum proto proto)
{
    struct played p = play(port);
    open_one(&p, h, proto);
    loop_run_fake(p.loop, INT64_MAX);
    channel_close(h->channel, CLOSE_RESET);
    end(&p);
}

static void a_banner_comes_half_a_round_trip_after_it_was_sent(void **state)
{
    (void)state;
    static const struct mem_step steps[] = {MEM_WAIT(20), MEM_SEND("SSH-2.0-x\n"), MEM_WAIT(5), MEM_CLOSE};
    struct heard h = {0};
    run_one(&(struct mem_port){.port = 22, .steps = steps}, &h, PROTO_TCP);
    assert_string_equal(h.story, "connected@20000 data(SSH-2.0-x\n)@50000 closed(closed)@55000 ");
}

static void a_question_draws_its_reply_after_one_round_trip(void **state)
{
    (void)state;
    static const struct mem_step steps[] = {MEM_EXPECT("HELLO"), MEM_SEND("hi"), MEM_RESET};
    struct heard h = {.question = "say HELLO\r\n"};
    run_one(&(struct mem_port){.port = 22, .steps = steps}, &h, PROTO_TCP);
    assert_string_equal(h.story, "connected@20000 data(hi)@40000 closed(reset)@40000 ");
}

static void another_question_draws_nothing(void **state)
{
    (void)state;
    static const struct mem_step steps[] = {MEM_EXPECT("HELLO"), MEM_SEND("hi"), MEM_END};
    struct heard h = {.question = "GET /\r\n"};
    run_one(&(struct mem_port){.port = 22, .steps = steps}, &h, PROTO_TCP);
    assert_string_equal(h.story, "connected@20000 deadline@1020000 ");
}

static void a_port_that_is_not_served_refuses(void **state)
{
    (void)state;
    struct heard h = {0};
    run_one(NULL, &h, PROTO_TCP);
    assert_string_equal(h.story, "closed(refused)@20000 ");
}

static void a_filtered_port_never_answers(void **state)
{
    (void)state;
    struct heard h = {.deadlines_left = 1};
    run_one(&(struct mem_port){.port = 22, .filtered = true}, &h, PROTO_TCP);
    assert_string_equal(h.story, "deadline@1000000 deadline@2000000 ");
}

static void the_second_client_waits_for_the_first(void **state)
{
    (void)state;
    static const struct mem_step steps[] = {MEM_SEND("hi"), MEM_END};
    struct played p = play(&(struct mem_port){.port = 22, .steps = steps, .clients = 1});
    struct heard a = {0}, b = {.deadlines_left = 1};
    open_one(&p, &a, PROTO_TCP);
    open_one(&p, &b, PROTO_TCP);
    loop_advance(p.loop, 100000);
    assert_string_equal(a.story, "connected@20000 data(hi)@30000 ");
    assert_string_equal(b.story, "connected@20000 ");
    channel_close(a.channel, CLOSE_ORDERLY);
    loop_run_fake(p.loop, INT64_MAX);
    assert_string_equal(b.story, "connected@20000 data(hi)@120000 deadline@1120000 deadline@2120000 ");
    channel_close(b.channel, CLOSE_RESET);
    assert_int_equal(mem_connections(p.net), 2);
    assert_int_equal(mem_connections_most(p.net), 2);
    end(&p);
}

static void refuses_after_so_many(void **state)
{
    (void)state;
    struct played p = play(&(struct mem_port){.port = 22, .accepts = 1});
    struct heard a = {0}, b = {0};
    open_one(&p, &a, PROTO_TCP);
    open_one(&p, &b, PROTO_TCP);
    loop_run_fake(p.loop, INT64_MAX);
    assert_string_equal(a.story, "connected@20000 deadline@1020000 ");
    assert_string_equal(b.story, "closed(refused)@20000 ");
    channel_close(a.channel, CLOSE_RESET);
    channel_close(b.channel, CLOSE_RESET);
    end(&p);
}

static void udp_loses_the_first_and_answers_the_second(void **state)
{
    (void)state;
    static const struct mem_step steps[] = {MEM_EXPECT(""), MEM_SEND("pong"), MEM_LOOP};
    struct played p = play(&(struct mem_port){.port = 22, .proto = PROTO_UDP, .steps = steps, .drop_first = 1});
    struct heard h = {.question = "ping"};
    open_one(&p, &h, PROTO_UDP);
    loop_advance(p.loop, 100000);
    assert_string_equal(h.story, "connected@0 ");
    channel_send(h.channel, bytes_str("ping"));
    loop_advance(p.loop, 100000);
    assert_string_equal(h.story, "connected@0 data(pong)@120000 ");
    channel_send(h.channel, bytes_str("ping"));
    loop_advance(p.loop, 100000);
    assert_string_equal(h.story, "connected@0 data(pong)@120000 data(pong)@220000 ");
    channel_close(h.channel, CLOSE_RESET);
    end(&p);
}

static void udp_unreachable_comes_after_one_round_trip(void **state)
{
    (void)state;
    struct heard h = {.question = "ping"};
    run_one(NULL, &h, PROTO_UDP);
    assert_string_equal(h.story, "connected@0 closed(refused)@20000 ");
}

static void everything_is_logged_with_its_time(void **state)
{
    (void)state;
    struct played p = play(&(struct mem_port){.port = 22});
    struct heard h = {.question = "abc"};
    open_one(&p, &h, PROTO_TCP);
    loop_run_fake(p.loop, INT64_MAX);
    channel_close(h.channel, CLOSE_RESET);
    static const struct {
        enum mem_log_kind kind;
        int64_t at;
    } want[] = {{MEM_LOG_DIAL, 0}, {MEM_LOG_SENT, RTT}, {MEM_LOG_CLOSE, RTT + PATIENCE}};
    assert_int_equal(mem_log_count(p.net), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mem_log_at(p.net, i)->kind, want[i].kind);
        assert_int_equal(mem_log_at(p.net, i)->at, want[i].at);
        assert_int_equal(mem_log_at(p.net, i)->connection, 1);
    }
    assert_true(bytes_equal(mem_log_at(p.net, 1)->data, bytes_str("abc")));
    end(&p);
}

static void a_promise_taken_back_is_not_kept(void **state)
{
    (void)state;
    static const struct mem_step steps[] = {MEM_SEND("hi"), MEM_END};
    struct played p = play(&(struct mem_port){.port = 22, .steps = steps});
    struct heard h = {0};
    open_one(&p, &h, PROTO_TCP);
    channel_unwait(h.channel);
    loop_advance(p.loop, 100000);
    assert_string_equal(h.story, "");
    channel_wait(h.channel, PATIENCE); /* what happened meanwhile is told now, in order */
    loop_advance(p.loop, 1);
    assert_string_equal(h.story, "connected@100000 data(hi)@100000 ");
    channel_close(h.channel, CLOSE_RESET);
    end(&p);
}

static void addresses_differ_where_the_test_says_so(void **state)
{
    (void)state;
    struct played p = play(&(struct mem_port){.port = 22});
    struct addr other, dead;
    addr_parse("192.0.2.1", &other);
    addr_parse("192.0.2.9", &dead);
    mem_serve_at(p.net, &other, &(struct mem_port){.port = 22, .refused = true});
    mem_down(p.net, &dead);
    struct heard a = {.patience = PATIENCE}, b = a, c = a;
    heard_open(&a, p.loop, mem_net_dialer(p.net), "192.0.2.1", 22, PROTO_TCP);
    heard_open(&b, p.loop, mem_net_dialer(p.net), "192.0.2.2", 22, PROTO_TCP);
    heard_open(&c, p.loop, mem_net_dialer(p.net), "192.0.2.9", 22, PROTO_TCP);
    loop_run_fake(p.loop, INT64_MAX);
    assert_string_equal(a.story, "closed(refused)@20000 ");
    assert_string_equal(b.story, "connected@20000 deadline@1020000 ");
    assert_string_equal(c.story, "deadline@1000000 ");
    channel_close(a.channel, CLOSE_RESET);
    channel_close(b.channel, CLOSE_RESET);
    channel_close(c.channel, CLOSE_RESET);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_banner_comes_half_a_round_trip_after_it_was_sent),
        cmocka_unit_test(a_question_draws_its_reply_after_one_round_trip),
        cmocka_unit_test(another_question_draws_nothing),
        cmocka_unit_test(a_port_that_is_not_served_refuses),
        cmocka_unit_test(a_filtered_port_never_answers),
        cmocka_unit_test(the_second_client_waits_for_the_first),
        cmocka_unit_test(refuses_after_so_many),
        cmocka_unit_test(udp_loses_the_first_and_answers_the_second),
        cmocka_unit_test(udp_unreachable_comes_after_one_round_trip),
        cmocka_unit_test(everything_is_logged_with_its_time),
        cmocka_unit_test(a_promise_taken_back_is_not_kept),
        cmocka_unit_test(addresses_differ_where_the_test_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
