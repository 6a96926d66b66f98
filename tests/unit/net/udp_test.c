/* udp_test.c owns the tests of udp channels, against servers of the test itself on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "house.h"

#include <errno.h>

/* Whoever asked the server: where answers go. */
struct caller {
    struct sockaddr_storage at;
    socklen_t length;
};

static struct caller server_hears(int server, const char *question)
{
    struct caller who = {.length = sizeof who.at};
    char got[64] = "";
    ssize_t n = recvfrom(server, got, sizeof got - 1, 0, (struct sockaddr *)&who.at, &who.length);
    assert_int_equal(n, strlen(question));
    assert_string_equal(got, question);
    return who;
}

static void server_says(int server, const struct caller *to, const char *text)
{
    assert_int_equal(sendto(server, text, strlen(text), 0, (const struct sockaddr *)&to->at, to->length), strlen(text));
}

/* Goes on until nothing more is there. */
static void listen_on(struct house *o)
{
    o->h.patience = 1000;
    channel_wait(o->h.channel, 1000);
    loop_run(o->loop);
}

/* Sends "ping", and lets the first wait end by itself. */
static struct caller house_asks(struct house *o)
{
    o->h.question = "ping";
    o->h.patience = 1000;
    house_dial(o, PROTO_UDP);
    loop_run(o->loop);
    assert_string_equal(o->h.story, "connecteddeadline");
    o->h.story[0] = '\0';
    return server_hears(o->server, "ping");
}

static void hears_the_answer(const char *address)
{
    struct house o;
    house_open(&o, address, SOCK_DGRAM);
    struct caller us = house_asks(&o);
    assert_int_equal(o.h.channel->facts.rtt, 0);
    server_says(o.server, &us, "pong");
    server_says(o.server, &us, "");
    listen_on(&o);
    assert_string_equal(o.h.story, "data(pong)data()deadline");
    assert_true(o.h.channel->facts.rtt > 0);
    assert_int_equal(o.h.channel->facts.sent, 4);
    assert_int_equal(o.h.channel->facts.received, 4);
    house_close(&o);
}

static void udp_hears_the_answer(void **state)
{
    (void)state;
    hears_the_answer("127.0.0.1");
}

static void udp_hears_the_answer_over_ipv6(void **state)
{
    (void)state;
    hears_the_answer("::1");
}

/* As a TFTP server does. */
static void hears_another_port(const char *address)
{
    struct house o;
    uint16_t port;
    house_open(&o, address, SOCK_DGRAM);
    struct caller us = house_asks(&o);
    int other = server_open(address, SOCK_DGRAM, &port);
    assert_int_not_equal(port, o.port);
    server_says(other, &us, "from elsewhere");
    server_says(o.server, &us, "from here");
    listen_on(&o);
    assert_string_equal(o.h.story, "data(from elsewhere)data(from here)deadline");
    assert_true(o.h.channel->facts.rtt > 0);
    close(other);
    house_close(&o);
}

static void another_port_of_the_peer_is_heard(void **state)
{
    (void)state;
    hears_another_port("127.0.0.1");
}

static void another_port_of_the_peer_is_heard_over_ipv6(void **state)
{
    (void)state;
    hears_another_port("::1");
}

/* More of them than are read in one turn, and then the peer. */
static void a_stranger_is_not_heard(void **state)
{
    (void)state;
    struct house o;
    uint16_t port;
    house_open(&o, "127.0.0.1", SOCK_DGRAM);
    struct caller us = house_asks(&o);
    int stranger = server_open("127.0.0.2", SOCK_DGRAM, &port);
    assert_true(stranger >= 0);
    for (int i = 0; i < 100; i++)
        server_says(stranger, &us, "lie");
    listen_on(&o);
    assert_string_equal(o.h.story, "deadline");
    assert_int_equal(o.h.channel->facts.received, 0);
    assert_int_equal(o.h.channel->facts.rtt, 0);
    for (int i = 0; i < 100; i++)
        server_says(stranger, &us, "lie");
    server_says(o.server, &us, "truth");
    o.h.story[0] = '\0';
    listen_on(&o);
    assert_string_equal(o.h.story, "data(truth)deadline");
    close(stranger);
    house_close(&o);
}

/* A late answer to an earlier conversation, whose local port has come to us, is not taken for the peer's. */
static void a_straggler_from_a_port_given_up_is_not_heard(void **state)
{
    (void)state;
    struct house o;
    uint16_t port = 0;
    house_open(&o, "127.0.0.1", SOCK_DGRAM);
    int earlier = server_open("127.0.0.1", SOCK_DGRAM, &port);
    struct heard first = {.question = "who", .patience = 1000, .stop_loop = true};
    heard_open(&first, o.loop, o.dialer, "127.0.0.1", port, PROTO_UDP);
    loop_run(o.loop);
    channel_close(first.channel, CLOSE_RESET);
    struct caller us = house_asks(&o);
    server_says(earlier, &us, "late");
    listen_on(&o);
    assert_string_equal(o.h.story, "deadline");
    close(earlier);
    house_close(&o);
}

static void is_refused(const char *server, const char *address)
{
    struct house o;
    house_open(&o, server, SOCK_DGRAM);
    o.address = address;
    house_close_server(&o);
    o.h.question = "ping";
    house_dial(&o, PROTO_UDP);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connectedclosed(refused)");
    assert_int_equal(o.h.channel->facts.error, ECONNREFUSED);
    house_close(&o);
}

static void udp_port_unreachable_is_a_refusal(void **state)
{
    (void)state;
    is_refused("127.0.0.1", "127.0.0.1");
}

static void udp_port_unreachable_is_a_refusal_over_ipv6(void **state)
{
    (void)state;
    is_refused("::1", "::1");
}

static void udp_port_unreachable_is_a_refusal_from_an_ipv4_peer_in_ipv6(void **state)
{
    (void)state;
    is_refused("::ffff:127.0.0.1", "::ffff:127.0.0.1");
}

/* The kernel sends to ourselves what is sent to no address; the answer comes from loopback. */
static void the_answer_of_no_address_is_heard(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, "127.0.0.1", SOCK_DGRAM);
    o.address = "0.0.0.0";
    struct caller us = house_asks(&o);
    server_says(o.server, &us, "pong");
    listen_on(&o);
    assert_string_equal(o.h.story, "data(pong)deadline");
    house_close(&o);
}

/* No socket may send to everybody without having asked for it. */
static void a_datagram_that_cannot_go_out_ends_the_channel(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, "127.0.0.1", SOCK_DGRAM);
    o.address = "127.255.255.255";
    o.h.question = "ping";
    house_dial(&o, PROTO_UDP);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connectedclosed(unreachable)");
    assert_int_equal(o.h.channel->facts.sent, 0);
    house_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_hears_the_answer),
        cmocka_unit_test(udp_hears_the_answer_over_ipv6),
        cmocka_unit_test(another_port_of_the_peer_is_heard),
        cmocka_unit_test(another_port_of_the_peer_is_heard_over_ipv6),
        cmocka_unit_test(a_stranger_is_not_heard),
        cmocka_unit_test(a_straggler_from_a_port_given_up_is_not_heard),
        cmocka_unit_test(udp_port_unreachable_is_a_refusal),
        cmocka_unit_test(udp_port_unreachable_is_a_refusal_over_ipv6),
        cmocka_unit_test(udp_port_unreachable_is_a_refusal_from_an_ipv4_peer_in_ipv6),
        cmocka_unit_test(the_answer_of_no_address_is_heard),
        cmocka_unit_test(a_datagram_that_cannot_go_out_ends_the_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
