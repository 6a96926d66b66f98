/* tcp_test.c owns the tests of tcp channels, against a server of the test itself on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "house.h"

#include <sys/resource.h>

static void hears_all_and_the_end(const char *address)
{
    struct house o;
    house_open(&o, address, SOCK_STREAM);
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

static void tcp_hears_what_the_server_says_and_how_it_ends(void **state)
{
    (void)state;
    hears_all_and_the_end("127.0.0.1");
}

static void tcp_hears_what_the_server_says_and_how_it_ends_over_ipv6(void **state)
{
    (void)state;
    hears_all_and_the_end("::1");
}

static void tcp_tells_a_reset_from_a_close(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, "127.0.0.1", SOCK_STREAM);
    house_dial(&o, PROTO_TCP);
    int client = accept(o.server, NULL, NULL);
    struct linger at_once = {1, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "connectedclosed(reset)");
    house_close(&o);
}

static void is_refused(const char *address)
{
    struct house o;
    house_open(&o, address, SOCK_STREAM);
    house_close_server(&o);
    house_dial(&o, PROTO_TCP);
    loop_run(o.loop);
    assert_string_equal(o.h.story, "closed(refused)");
    house_close(&o);
}

static void tcp_refused(void **state)
{
    (void)state;
    is_refused("127.0.0.1");
}

static void tcp_refused_over_ipv6(void **state)
{
    (void)state;
    is_refused("::1");
}

static void closing_by_reset_is_seen_by_the_server(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, "127.0.0.1", SOCK_STREAM);
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
    house_open(&o, "127.0.0.1", SOCK_STREAM);
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
    house_open(&o, "127.0.0.1", SOCK_STREAM);
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
    house_open(&o, "127.0.0.1", SOCK_STREAM);
    house_dial(&o, PROTO_TCP);
    static uint8_t block[60000];
    int sent = 0;
    while (channel_send(o.h.channel, bytes_of(block, sizeof block)) && sent < 10000)
        sent++;
    assert_true(sent >= 1 && sent < 10000);
    house_close(&o);
}

static void no_descriptor_is_our_surroundings(void **state)
{
    (void)state;
    struct house o;
    house_open(&o, "127.0.0.1", SOCK_STREAM);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_hears_what_the_server_says_and_how_it_ends),
        cmocka_unit_test(tcp_hears_what_the_server_says_and_how_it_ends_over_ipv6),
        cmocka_unit_test(tcp_tells_a_reset_from_a_close),
        cmocka_unit_test(tcp_refused),
        cmocka_unit_test(tcp_refused_over_ipv6),
        cmocka_unit_test(closing_by_reset_is_seen_by_the_server),
        cmocka_unit_test(closing_in_order_delivers_what_was_sent),
        cmocka_unit_test(much_is_read_in_chunks_and_all_of_it),
        cmocka_unit_test(the_queue_for_sending_is_bounded),
        cmocka_unit_test(no_descriptor_is_our_surroundings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
