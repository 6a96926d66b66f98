/* sockets_test.c owns the tests of tcp and udp channels and of the resolver, against sockets of the test itself on 127.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heard.h"
#include "net/resolver.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 60 * 1000000 };

struct house {
    struct loop *loop;
    struct dialer *dialer;
    int server;
    uint16_t port;
    struct heard h;
};

static int server_open(int type, uint16_t *port)
{
    int fd = socket(AF_INET, type, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void house_open(struct house *o, int type)
{
    memset(o, 0, sizeof *o);
    o->loop = loop_new();
    o->dialer = dialer_sockets(o->loop);
    o->server = server_open(type, &o->port);
    o->h.patience = PATIENCE;
    o->h.stop_loop = true;
}

static void house_close(struct house *o)
{
    channel_close(o->h.channel, CLOSE_RESET);
    if (o->server >= 0)
        close(o->server);
    dialer_free(o->dialer);
    loop_free(o->loop);
}

static void house_dial(struct house *o, enum proto proto)
{
    heard_open(&o->h, o->loop, o->dialer, "127.0.0.1", o->port, proto);
}

static void tcp_hears_what_the_server_says_and_how_it_ends(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    o.h.question = "hello";
    house_dial(&o, PROTO_TCP);
    int client = accept(o.server, NULL, NULL);
    assert_int_equal(write(client, "banner", 6), 6);
    shutdown(client, SHUT_WR);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connecteddata(banner)closed(closed)");
    assert_true(o.h.channel->facts.rtt > 0);
    assert_int_equal(o.h.channel->facts.sent, 5);
    assert_int_equal(o.h.channel->facts.received, 6);
    char got[16];
    assert_int_equal(read(client, got, sizeof got), 5);
    close(client);
    house_close(&o);
}

static void tcp_tells_a_reset_from_a_close(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    house_dial(&o, PROTO_TCP);
    int client = accept(o.server, NULL, NULL);
    struct linger at_once = {1, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connectedclosed(reset)");
    house_close(&o);
}

static void tcp_refused(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    close(o.server);
    o.server = -1;
    house_dial(&o, PROTO_TCP);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "closed(refused)");
    house_close(&o);
}

static void closing_by_reset_is_seen_by_the_server(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    house_dial(&o, PROTO_TCP);
    int client = accept(o.server, NULL, NULL);
    o.h.patience = 0;
    loop_run(o.loop); /* connected, then a wait that ends at once */
    assert_string_equal(o.h.story, "connecteddeadline");
    house_close(&o);
    char got;
    assert_int_equal(read(client, &got, 1), -1);
    close(client);
}

static void closing_in_order_delivers_what_was_sent(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    o.h.question = "last words";
    house_dial(&o, PROTO_TCP);
    int client = accept(o.server, NULL, NULL);
    o.h.patience = 0;
    loop_run(o.loop);
    channel_close(o.h.channel, CLOSE_ORDERLY);
    char got[32];
    assert_int_equal(read(client, got, sizeof got), 10);
    assert_int_equal(read(client, got, sizeof got), 0);
    close(client);
    close(o.server);
    dialer_free(o.dialer);
    loop_free(o.loop);
}

static void much_is_read_in_chunks_and_all_of_it(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    house_dial(&o, PROTO_TCP);
    int client = accept(o.server, NULL, NULL);
    static char much[50000];
    memset(much, 'x', sizeof much);
    assert_int_equal(write(client, much, sizeof much), sizeof much);
    close(client);
    loop_run(o.loop);
    assert_int_equal(o.h.channel->facts.received, sizeof much);
    assert_int_equal(o.h.channel->facts.end, END_EOF);
    house_close(&o);
}

static void the_queue_for_sending_is_bounded(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    house_dial(&o, PROTO_TCP);
    static uint8_t block[60000];
    int sent = 0;
    while (channel_send(o.h.channel, bytes_of(block, sizeof block)) && sent < 10000)
        sent++;
    assert_true(sent >= 1 && sent < 10000);
    house_close(&o);
}

static void udp_hears_the_answer(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_DGRAM);
    o.h.question = "ping";
    house_dial(&o, PROTO_UDP);
    o.h.patience = 1000; /* nobody answers yet: the first wait ends by itself */
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connecteddeadline");
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    char got[16];
    assert_int_equal(recvfrom(o.server, got, sizeof got, 0, (struct sockaddr *)&from, &length), 4);
    assert_int_equal(sendto(o.server, "pong", 4, 0, (struct sockaddr *)&from, length), 4);
    assert_int_equal(sendto(o.server, "", 0, 0, (struct sockaddr *)&from, length), 0);
    channel_wait(o.h.channel, PATIENCE);
    o.h.patience = 1000;
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connecteddeadlinedata(pong)data()deadline");
    assert_true(o.h.channel->facts.rtt > 0);
    house_close(&o);
}

static void udp_port_unreachable_is_a_refusal(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_DGRAM);
    close(o.server);
    o.server = -1;
    o.h.question = "ping";
    house_dial(&o, PROTO_UDP);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connectedclosed(refused)");
    house_close(&o);
}

static void no_descriptor_is_our_surroundings(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, SOCK_STREAM);
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    int next = dup(0);
    close(next);
    none.rlim_cur = (rlim_t)next;
    setrlimit(RLIMIT_NOFILE, &none);
    house_dial(&o, PROTO_TCP);
    loop_run(o.loop);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_string_equal(o.h.story, "closed(local error)");
    house_close(&o);
}

struct answers {
    struct loop *loop;
    size_t count;
    struct addr first;
    bool unknown;
};

static void on_addrs(void *owner, const struct addr *addrs, size_t count, const char *why)
{
    struct answers *a = owner;
    a->count = count;
    a->unknown = why != NULL;
    if (count)
        a->first = addrs[0];
    loop_stop(a->loop);
}

static void numbers_resolve_to_themselves(void **state)
{
    (void)state;
    struct answers a = {.loop = loop_new()};
    struct resolver *r = resolver_system(a.loop);
    r->forward(r, "127.0.0.3", 4, on_addrs, &a);
    loop_run(a.loop);
    assert_int_equal(a.count, 1);
    assert_int_equal(addr_v4(&a.first), 0x7f000003);
    r->forward(r, "not a name", 0, on_addrs, &a);
    loop_run(a.loop);
    assert_true(a.unknown);
    r->forward(r, "127.0.0.4", 4, on_addrs, &a);
    r->free(r); /* and nobody is called */
    loop_free(a.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_hears_what_the_server_says_and_how_it_ends),
        cmocka_unit_test(tcp_tells_a_reset_from_a_close),
        cmocka_unit_test(tcp_refused),
        cmocka_unit_test(closing_by_reset_is_seen_by_the_server),
        cmocka_unit_test(closing_in_order_delivers_what_was_sent),
        cmocka_unit_test(much_is_read_in_chunks_and_all_of_it),
        cmocka_unit_test(the_queue_for_sending_is_bounded),
        cmocka_unit_test(udp_hears_the_answer),
        cmocka_unit_test(udp_port_unreachable_is_a_refusal),
        cmocka_unit_test(no_descriptor_is_our_surroundings),
        cmocka_unit_test(numbers_resolve_to_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
