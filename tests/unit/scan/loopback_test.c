/* loopback_test.c owns the test of the scan over real sockets: all 65,535 ports of a loopback address, and many addresses on one port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/dialer.h"
#include "scan/scan.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct walk {
    struct loop *loop;
    struct scan *scan;
    uint32_t next, last; /* addresses */
    unsigned open, closed, other, done, hosts;
    uint16_t open_port;
};

static bool on_port(void *owner, struct scan_host *h, uint16_t port, enum proto proto, enum port_state state, enum port_reason reason,
    struct channel *open, struct bytes reply, size_t payload_index)
{
    (void)h, (void)proto, (void)reason, (void)open, (void)reply, (void)payload_index;
    struct walk *w = owner;
    w->open += state == PORT_OPEN;
    w->closed += state == PORT_CLOSED;
    w->other += state != PORT_OPEN && state != PORT_CLOSED;
    if (state == PORT_OPEN)
        w->open_port = port;
    return false;
}

static void on_up(void *owner, struct scan_host *h, bool up, enum port_reason reason)
{
    (void)owner, (void)h, (void)up, (void)reason;
}

static void on_done(void *owner, struct scan_host *h)
{
    struct walk *w = owner;
    scan_host_free(h);
    if (++w->done == w->hosts)
        loop_stop(w->loop);
}

static void on_room(void *owner)
{
    struct walk *w = owner;
    while (w->next < w->last && scan_has_room(w->scan)) {
        struct addr a = addr_from_v4(w->next++);
        scan_host_start(w->scan, &a, NULL);
    }
}

static void walk(struct walk *w, uint32_t first, unsigned hosts, const uint16_t *ports, size_t count)
{
    struct scan_options o = {.timing = scan_timing_preset(3), .descriptors = 500, .tcp = ports, .tcp_count = count, .seed = 1};
    struct scan_calls calls = {.port = on_port, .done = on_done, .up = on_up, .room = on_room};
    w->loop = loop_new();
    struct dialer *d = dialer_sockets(w->loop);
    w->next = first;
    w->last = first + hosts;
    w->hosts = hosts;
    w->scan = scan_new(w->loop, d, &o, &calls, w);
    loop_run(w->loop);
    scan_free(w->scan);
    dialer_free(d);
    loop_free(w->loop);
}

static int listen_on(uint32_t address, uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    socklen_t length = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 4096), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* An address of 127.0.0.0/8 that only this test uses: what listens on 0.0.0.0 may still be found open. */
static void finds_one_listener_among_all_ports(void **state)
{
    (void)state;
    static uint16_t all[65535];
    for (unsigned i = 0; i < 65535; i++)
        all[i] = (uint16_t)(i + 1);
    uint16_t port;
    int fd = listen_on(0x7f4d4d01, &port);
    struct walk w = {0};
    walk(&w, 0x7f4d4d01, 1, all, 65535);
    assert_true(w.open >= 1);
    assert_int_equal(w.open + w.closed, 65535);
    close(fd);
}

static void asks_4096_addresses_on_one_port(void **state)
{
    (void)state;
    uint16_t port;
    int fd = listen_on(INADDR_ANY, &port);
    struct walk w = {0};
    walk(&w, 0x7f4d0001, 4096, &port, 1);
    assert_int_equal(w.open, 4096);
    close(fd);
    struct walk again = {0};
    walk(&again, 0x7f4d0001, 4096, &port, 1);
    assert_int_equal(again.closed, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_one_listener_among_all_ports),
        cmocka_unit_test(asks_4096_addresses_on_one_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
