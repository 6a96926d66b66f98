/* scan_test.c owns the tests of the scan on a played network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scan/scan_host.h"
#include "watch.h"

#include <errno.h>

enum { RTT = 20000 };
#define HOST "192.0.2.1"

static const uint16_t three[] = {21, 22, 23};
static const uint16_t discovery[] = {22, 80, 443};

static uint16_t *ports_to(uint16_t last)
{
    uint16_t *all = malloc(last * sizeof *all);
    for (unsigned i = 0; i < last; i++)
        all[i] = (uint16_t)(i + 1);
    return all;
}

static struct watch *tcp_watch(const uint16_t *ports, size_t count)
{
    struct watch *w = watch_new(RTT);
    w->o.tcp = ports;
    w->o.tcp_count = count;
    return w;
}

static struct watch *udp_watch(const uint16_t *ports, size_t count)
{
    struct watch *w = watch_new(RTT);
    w->o.udp = ports;
    w->o.udp_count = count;
    return w;
}

static void run(struct watch *w)
{
    watch_start(w, HOST);
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->doubles, 0);
}

static void open_closed_and_filtered(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 3);
    mem_serve(w->net, &(struct mem_port){.port = 22});
    mem_serve(w->net, &(struct mem_port){.port = 23, .filtered = true});
    run(w);
    assert_int_equal(w->state[PROTO_TCP][21], PORT_CLOSED);
    assert_int_equal(w->reason[PROTO_TCP][21], REASON_CONN_REFUSED);
    assert_int_equal(w->state[PROTO_TCP][22], PORT_OPEN);
    assert_int_equal(w->reason[PROTO_TCP][22], REASON_SYN_ACK);
    assert_int_equal(w->state[PROTO_TCP][23], PORT_FILTERED);
    assert_int_equal(w->reason[PROTO_TCP][23], REASON_NO_RESPONSE);
    assert_int_equal(w->up_reason, REASON_USER_SET);
    assert_int_equal(w->up, 1);
    assert_int_equal(w->done, 1);
    assert_int_equal(mem_connections(w->net), 4); /* the filtered one twice */
    assert_int_equal(watch_free(w), 0);
}

static void one_closed_port_waits_for_nothing(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 1);
    run(w);
    assert_int_equal(w->closed, 1);
    assert_int_equal(w->done_at, RTT);
    assert_int_equal(watch_free(w), 0);
}

static void an_open_channel_is_handed_over(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 3);
    w->keep_open = true;
    mem_serve(w->net, &(struct mem_port){.port = 22});
    run(w);
    assert_non_null(w->kept);
    assert_int_equal(w->kept->facts.rtt, RTT);
    assert_int_equal(mem_connections_open(w->net), 1);
    assert_int_equal(watch_free(w), 0);
}

/* Filtered at first: the port is served only after the first connect was lost. */
static void asking_again_finds_what_was_lost(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 1);
    struct mem_port lost = {.port = 21, .filtered = true}, there = {.port = 21};
    mem_serve(w->net, &lost);
    watch_start(w, HOST);
    loop_advance(w->loop, w->o.timing.rtt_first / 2);
    mem_serve(w->net, &there);
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->open, 1);
    assert_int_equal(w->done_at, w->o.timing.rtt_first + RTT);
    assert_int_equal(watch_free(w), 0);
}

/* ---- udp */

static size_t two_payloads(void *owner, uint16_t port, struct bytes *out, size_t max)
{
    (void)owner;
    if (port != 53 || max < 2)
        return 0;
    out[0] = bytes_str("first");
    out[1] = bytes_str("second");
    return 2;
}

static void udp_reply_unreachable_and_silence(void **state)
{
    (void)state;
    static const uint16_t ports[] = {53, 54, 55};
    static const struct mem_step steps[] = {MEM_EXPECT("second"), MEM_SEND("hello"), MEM_END};
    struct watch *w = udp_watch(ports, 3);
    w->o.payloads = two_payloads;
    mem_serve(w->net, &(struct mem_port){.port = 53, .proto = PROTO_UDP, .steps = steps});
    mem_serve(w->net, &(struct mem_port){.port = 55, .proto = PROTO_UDP});
    run(w);
    assert_int_equal(w->state[PROTO_UDP][53], PORT_OPEN);
    assert_int_equal(w->reason[PROTO_UDP][53], REASON_UDP_RESPONSE);
    assert_string_equal(w->reply, "hello");
    assert_int_equal(w->payload_index, 1);
    assert_int_equal(w->state[PROTO_UDP][54], PORT_CLOSED);
    assert_int_equal(w->reason[PROTO_UDP][54], REASON_PORT_UNREACH);
    assert_int_equal(w->state[PROTO_UDP][55], PORT_OPEN_FILTERED);
    for (size_t i = 0; i < mem_log_count(w->net); i++)
        if (mem_log_at(w->net, i)->kind == MEM_LOG_SENT)
            assert_true(mem_log_at(w->net, i)->data.len > 0);
    assert_int_equal(watch_free(w), 0);
}

static void a_lost_datagram_is_sent_again_on_the_same_channel(void **state)
{
    (void)state;
    static const uint16_t ports[] = {9};
    static const struct mem_step steps[] = {MEM_EXPECT(""), MEM_SEND("x"), MEM_END};
    struct watch *w = udp_watch(ports, 1);
    mem_serve(w->net, &(struct mem_port){.port = 9, .proto = PROTO_UDP, .steps = steps, .drop_first = 1});
    run(w);
    assert_int_equal(w->open, 1);
    assert_true(w->payload_index == SCAN_NO_PAYLOAD);
    assert_int_equal(mem_connections(w->net), 1);
    assert_int_equal(watch_free(w), 0);
}

/* Every port's first datagrams draw nothing, as from a peer that rations its unreachables. */
static void rationed_unreachables_are_asked_for_more_slowly(void **state)
{
    (void)state;
    enum { PORTS = 30 };
    uint16_t *all = ports_to(PORTS);
    struct watch *w = udp_watch(all, PORTS);
    for (uint16_t i = 1; i <= PORTS; i++)
        mem_serve(w->net, &(struct mem_port){.port = i, .proto = PROTO_UDP, .refused = true, .drop_first = i / 8});
    run(w);
    assert_int_equal(w->closed, PORTS);
    assert_true(w->done_at > 2 * w->o.timing.rtt_first);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static const struct mem_step echo[] = {MEM_EXPECT(""), MEM_SEND("x"), MEM_LOOP};

static void a_lossy_host_is_asked_more_often(void **state)
{
    (void)state;
    static const uint16_t ports[] = {1, 2};
    struct watch *w = udp_watch(ports, 2);
    mem_serve(w->net, &(struct mem_port){.port = 1, .proto = PROTO_UDP, .steps = echo, .drop_first = 1});
    mem_serve(w->net, &(struct mem_port){.port = 2, .proto = PROTO_UDP, .steps = echo, .drop_first = 2});
    run(w);
    assert_int_equal(w->open, 2);
    assert_int_equal(watch_free(w), 0);
}

static void where_unreachables_are_rationed_silence_is_not_believed_soon(void **state)
{
    (void)state;
    static const uint16_t ports[] = {1, 2};
    struct watch *w = udp_watch(ports, 2);
    mem_serve(w->net, &(struct mem_port){.port = 1, .proto = PROTO_UDP, .refused = true, .drop_first = 1});
    mem_serve(w->net, &(struct mem_port){.port = 2, .proto = PROTO_UDP, .refused = true, .drop_first = 5});
    run(w);
    assert_int_equal(w->closed, 2);
    assert_int_equal(watch_free(w), 0);
}

static void loss_shrinks_the_windows(void **state)
{
    (void)state;
    enum { PORTS = 64 };
    uint16_t *all = ports_to(PORTS);
    struct watch *w = udp_watch(all, PORTS);
    for (uint16_t i = 1; i <= PORTS; i++)
        mem_serve(w->net, &(struct mem_port){.port = i, .proto = PROTO_UDP, .steps = echo, .drop_first = 1});
    struct scan_host *h = watch_start(w, HOST);
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->open, PORTS);
    assert_true(h->window.size < 50);
    assert_true(w->scan->window.size < 50);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

/* ---- is it up? */

static struct watch *discovering(const uint16_t *ports, size_t count)
{
    struct watch *w = tcp_watch(ports, count);
    w->o.skip_discovery = false;
    w->o.discovery_ports = discovery;
    w->o.discovery_count = 3;
    return w;
}

static void a_silent_host_is_down_and_its_ports_are_not_told(void **state)
{
    (void)state;
    struct watch *w = discovering(three, 3);
    struct addr a;
    addr_parse(HOST, &a);
    mem_down(w->net, &a);
    run(w);
    assert_int_equal(w->down, 1);
    assert_int_equal(w->up_reason, REASON_NO_RESPONSE);
    assert_int_equal(w->told, 0);
    assert_int_equal(w->done, 1);
    assert_int_equal(mem_connections(w->net), 2 * 5); /* 21 22 23 80 443, twice */
    assert_int_equal(watch_free(w), 0);
}

static void a_refusal_elsewhere_means_up_and_silence_is_told_then(void **state)
{
    (void)state;
    static const uint16_t one[] = {9999};
    struct watch *w = discovering(one, 1);
    mem_serve(w->net, &(struct mem_port){.port = 9999, .filtered = true});
    run(w);
    assert_int_equal(w->up, 1);
    assert_int_equal(w->up_at, RTT);
    assert_int_equal(w->up_reason, REASON_CONN_REFUSED);
    assert_int_equal(w->filtered, 1);
    assert_int_equal(w->told, 1);
    assert_int_equal(watch_free(w), 0);
}

static void discovery_ends_when_the_host_is_up(void **state)
{
    (void)state;
    static const uint16_t one[] = {9999};
    struct watch *w = discovering(one, 1);
    mem_serve_rest(w->net, &(struct mem_port){.filtered = true});
    mem_serve(w->net, &(struct mem_port){.port = 9999});
    run(w);
    assert_int_equal(w->open, 1);
    assert_int_equal(w->done_at, RTT);
    assert_int_equal(watch_free(w), 0);
}

static void a_host_may_be_stopped_when_it_is_found_up(void **state)
{
    (void)state;
    struct watch *w = discovering(three, 3);
    w->stop_when_up = true;
    run(w);
    assert_int_equal(w->up, 1);
    assert_int_equal(w->told, 0);
    assert_int_equal(w->done, 1);
    assert_int_equal(watch_free(w), 0);
}

static void a_small_list_costs_one_round_trip(void **state)
{
    (void)state;
    struct watch *w = discovering(three, 3);
    mem_serve(w->net, &(struct mem_port){.port = 22});
    run(w);
    assert_int_equal(w->told, 3);
    assert_int_equal(w->done_at, RTT);
    assert_int_equal(watch_free(w), 0);
}

static void what_discovery_has_asked_is_not_asked_again(void **state)
{
    (void)state;
    uint16_t *all = ports_to(500);
    struct watch *w = discovering(all, 500);
    mem_serve(w->net, &(struct mem_port){.port = 80});
    run(w);
    assert_int_equal(w->told, 500);
    assert_int_equal(w->open, 1);
    assert_int_equal(mem_connections(w->net), 500); /* 443 is among them */
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void a_silent_host_with_a_long_list_costs_discovery_only(void **state)
{
    (void)state;
    uint16_t *all = ports_to(500);
    struct watch *w = discovering(all, 500);
    mem_serve_rest(w->net, &(struct mem_port){.filtered = true});
    run(w);
    assert_int_equal(w->down, 1);
    assert_int_equal(w->told, 0);
    assert_int_equal(mem_connections(w->net), 6);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void without_discovery_silence_is_filtered(void **state)
{
    (void)state;
    uint16_t *all = ports_to(500);
    struct watch *w = tcp_watch(all, 500);
    mem_serve_rest(w->net, &(struct mem_port){.filtered = true});
    run(w);
    assert_int_equal(w->filtered, 500);
    assert_int_equal(w->up, 1);
    assert_int_equal(mem_connections(w->net), 1000);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void loopback_is_up_without_asking(void **state)
{
    (void)state;
    struct watch *w = discovering(three, 3);
    watch_start(w, "127.0.0.1");
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->up_reason, REASON_LOCALHOST);
    assert_int_equal(w->closed, 3);
    assert_int_equal(mem_connections(w->net), 3);
    assert_int_equal(watch_free(w), 0);
}

/* Who says that all hosts are up is named as the reason, on loopback, too. */
static void loopback_is_up_because_the_user_says_so(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 3);
    watch_start(w, "127.0.0.1");
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->up_reason, REASON_USER_SET);
    assert_int_equal(watch_free(w), 0);
}

/* ---- pace */

static void the_window_grows_on_a_quiet_network(void **state)
{
    (void)state;
    uint16_t *all = ports_to(10000);
    struct watch *w = tcp_watch(all, 10000);
    run(w);
    assert_int_equal(w->closed, 10000);
    assert_int_equal(mem_connections_most(w->net), w->o.timing.host_window_max);
    assert_true(w->done_at < 30 * RTT); /* 64 128 256 512 512 ... */
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void the_descriptors_bound_what_is_open(void **state)
{
    (void)state;
    uint16_t *all = ports_to(2000);
    struct watch *w = tcp_watch(all, 2000);
    w->o.descriptors = 50;
    watch_start(w, HOST);
    scan_set_reserved(w->scan, 20);
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->closed, 2000);
    assert_int_equal(mem_connections_most(w->net), 30);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static unsigned most_in_a_second(const struct mem_net *net)
{
    unsigned most = 0;
    size_t from = 0, count = mem_log_count(net);
    int64_t *at = malloc((count + 1) * sizeof *at);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (mem_log_at(net, i)->kind == MEM_LOG_DIAL)
            at[n++] = mem_log_at(net, i)->at;
    for (size_t i = 0; i < n; i++) {
        while (at[i] - at[from] >= 1000000)
            from++;
        if (i - from + 1 > most)
            most = (unsigned)(i - from + 1);
    }
    free(at);
    return most;
}

static void the_highest_rate_is_kept(void **state)
{
    (void)state;
    uint16_t *all = ports_to(3000);
    struct watch *w = tcp_watch(all, 3000);
    w->o.timing.rate_max = 500;
    run(w);
    assert_int_equal(w->closed, 3000);
    assert_in_range(most_in_a_second(w->net), 495, 502);
    assert_in_range(w->done_at, 5900000, 6200000);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void the_lowest_rate_goes_beyond_the_window(void **state)
{
    (void)state;
    uint16_t *all = ports_to(3000);
    struct watch *w = tcp_watch(all, 3000);
    w->o.timing = scan_timing_preset(3);
    w->o.timing.window_first = w->o.timing.window_max = w->o.timing.host_window_max = 1; /* 50 a second by itself */
    w->o.timing.rate_min = 1000;
    run(w);
    assert_int_equal(w->closed, 3000);
    assert_true(w->done_at < 3300000);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void a_delay_spaces_the_questions_to_a_host(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 3);
    w->o.timing = scan_timing_preset(2);
    run(w);
    assert_int_equal(w->closed, 3);
    assert_int_equal(w->done_at, 2 * w->o.timing.scan_delay + RTT);
    assert_int_equal(watch_free(w), 0);
}

/* ---- the whole list */

static void all_ports_each_once(void **state)
{
    (void)state;
    uint16_t *all = ports_to(65535);
    struct watch *w = tcp_watch(all, 65535);
    mem_serve(w->net, &(struct mem_port){.port = 31337});
    mem_serve(w->net, &(struct mem_port){.port = 65535});
    run(w);
    assert_int_equal(w->told, 65535);
    assert_int_equal(w->open, 2);
    assert_int_equal(w->state[PROTO_TCP][31337], PORT_OPEN);
    assert_int_equal(mem_connections(w->net), 65535);
    struct scan_progress p = {0};
    scan_progress_fill(w->scan, &p);
    assert_int_equal(p.probes_done, 65535);
    assert_int_equal(p.probes_total, 65535);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void the_order_is_mixed(void **state)
{
    (void)state;
    uint16_t *all = ports_to(1000);
    struct watch *w = tcp_watch(all, 1000);
    run(w);
    unsigned in_a_row = 0, before = 0;
    for (size_t i = 0; i < mem_log_count(w->net); i++) {
        if (mem_log_at(w->net, i)->kind != MEM_LOG_DIAL)
            continue;
        in_a_row += mem_log_at(w->net, i)->peer.port == before + 1;
        before = mem_log_at(w->net, i)->peer.port;
    }
    assert_true(in_a_row < 20);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

/* ---- many hosts, stops, ends */

static void hosts_are_asked_for_while_there_is_room(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 1);
    w->free_when_done = true;
    w->next_address = 0xc0000200;
    w->last_address = 0xc0000200 + 3000;
    w->scan = scan_new(w->loop, mem_net_dialer(w->net), &w->o, &watch_calls, w);
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->done, 3000);
    assert_int_equal(w->closed, 3000);
    assert_true(w->done_at < 12 * RTT); /* 64 128 256 512 1000 1000 ... */
    assert_int_equal(watch_free(w), 0);
}

static void a_stopped_host_tells_nothing_more(void **state)
{
    (void)state;
    uint16_t *all = ports_to(1000);
    struct watch *w = tcp_watch(all, 1000);
    w->stop_after = 10;
    run(w);
    assert_int_equal(w->told, 10);
    assert_int_equal(w->done, 1);
    assert_int_equal(mem_connections_open(w->net), 0);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void a_host_freed_in_flight_is_forgotten(void **state)
{
    (void)state;
    struct watch *w = tcp_watch(three, 3);
    struct scan_host *h = watch_start(w, HOST);
    loop_advance(w->loop, RTT / 2);
    assert_int_equal(mem_connections_open(w->net), 3);
    scan_host_free(h);
    w->hosts[0] = NULL;
    loop_run_fake(w->loop, INT64_MAX);
    assert_int_equal(w->told + w->done, 0);
    assert_int_equal(watch_free(w), 0);
}

static void a_host_has_so_much_time(void **state)
{
    (void)state;
    uint16_t *all = ports_to(1000);
    struct watch *w = tcp_watch(all, 1000);
    w->o.timing.host_timeout = 1500000;
    mem_serve_rest(w->net, &(struct mem_port){.filtered = true});
    run(w);
    assert_int_equal(w->done, 1);
    assert_int_equal(w->done_at, 1500000);
    assert_true(w->told < 1000);
    assert_int_equal(watch_free(w), 0);
    free(all);
}

static void no_ports_asks_only_whether_it_is_up(void **state)
{
    (void)state;
    struct watch *w = discovering(NULL, 0);
    run(w);
    assert_int_equal(w->up, 1);
    assert_int_equal(w->done, 1);
    assert_int_equal(w->told, 0);
    assert_int_equal(watch_free(w), 0);
}

/* ---- our surroundings */

/* A dialer whose channels fail locally `left` times; then the played network's. */
struct short_dialer {
    struct dialer base;
    struct dialer *below;
    struct loop *loop;
    unsigned left, failed;
    int error;
};
struct short_channel {
    struct channel base;
    struct timer fail;
    int error;
};

static void fail_now(struct timer *t)
{
    struct short_channel *c = t->owner;
    c->base.facts.end = END_LOCAL;
    c->base.facts.error = c->error;
    channel_report(&c->base, CHANNEL_CLOSED);
}

static void short_open(struct channel *c)
{
    timer_start(&((struct short_channel *)c)->fail, 0);
}

static void short_rest(struct channel *c)
{
    (void)c;
}

static void short_close(struct channel *c, enum channel_closing how)
{
    (void)how;
    timer_stop(&((struct short_channel *)c)->fail);
    free(c);
}

static const struct channel_ops short_ops = {.name = "short", .open = short_open, .rest = short_rest, .close = short_close};

static struct channel *short_dial(struct dialer *self, const struct endpoint *peer)
{
    struct short_dialer *d = (struct short_dialer *)self;
    if (!d->left)
        return dial(d->below, peer);
    d->left--;
    d->failed++;
    struct short_channel *c = calloc(1, sizeof *c);
    channel_init(&c->base, &short_ops, d->loop, peer);
    timer_init(&c->fail, d->loop, fail_now, c);
    c->error = d->error;
    return &c->base;
}

static struct watch *run_short(int error, unsigned times)
{
    uint16_t *all = ports_to(300);
    struct watch *w = tcp_watch(all, 300);
    struct short_dialer d = {.base = {.dial = short_dial}, .below = mem_net_dialer(w->net), .loop = w->loop, .left = times, .error = error};
    w->scan = scan_new(w->loop, &d.base, &w->o, &watch_calls, w);
    run(w);
    assert_int_equal(d.failed, times);
    free(all);
    return w;
}

static void no_descriptor_is_tried_later_and_never_called_closed(void **state)
{
    (void)state;
    struct watch *w = run_short(EMFILE, 100);
    assert_int_equal(w->told, 300);
    assert_int_equal(w->closed, 300);
    assert_int_equal(mem_connections(w->net), 300);
    assert_int_equal(watch_free(w), 0);
}

static void no_route_is_filtered(void **state)
{
    (void)state;
    struct watch *w = run_short(ENETUNREACH, 300);
    assert_int_equal(w->filtered, 300);
    assert_int_equal(w->reason[PROTO_TCP][7], REASON_NET_UNREACH);
    assert_int_equal(watch_free(w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_closed_and_filtered),
        cmocka_unit_test(one_closed_port_waits_for_nothing),
        cmocka_unit_test(an_open_channel_is_handed_over),
        cmocka_unit_test(asking_again_finds_what_was_lost),
        cmocka_unit_test(udp_reply_unreachable_and_silence),
        cmocka_unit_test(a_lost_datagram_is_sent_again_on_the_same_channel),
        cmocka_unit_test(rationed_unreachables_are_asked_for_more_slowly),
        cmocka_unit_test(loss_shrinks_the_windows),
        cmocka_unit_test(where_unreachables_are_rationed_silence_is_not_believed_soon),
        cmocka_unit_test(a_lossy_host_is_asked_more_often),
        cmocka_unit_test(a_silent_host_is_down_and_its_ports_are_not_told),
        cmocka_unit_test(a_refusal_elsewhere_means_up_and_silence_is_told_then),
        cmocka_unit_test(a_small_list_costs_one_round_trip),
        cmocka_unit_test(a_host_may_be_stopped_when_it_is_found_up),
        cmocka_unit_test(discovery_ends_when_the_host_is_up),
        cmocka_unit_test(what_discovery_has_asked_is_not_asked_again),
        cmocka_unit_test(a_silent_host_with_a_long_list_costs_discovery_only),
        cmocka_unit_test(without_discovery_silence_is_filtered),
        cmocka_unit_test(loopback_is_up_without_asking),
        cmocka_unit_test(loopback_is_up_because_the_user_says_so),
        cmocka_unit_test(the_window_grows_on_a_quiet_network),
        cmocka_unit_test(the_descriptors_bound_what_is_open),
        cmocka_unit_test(the_highest_rate_is_kept),
        cmocka_unit_test(the_lowest_rate_goes_beyond_the_window),
        cmocka_unit_test(a_delay_spaces_the_questions_to_a_host),
        cmocka_unit_test(all_ports_each_once),
        cmocka_unit_test(the_order_is_mixed),
        cmocka_unit_test(hosts_are_asked_for_while_there_is_room),
        cmocka_unit_test(a_stopped_host_tells_nothing_more),
        cmocka_unit_test(a_host_freed_in_flight_is_forgotten),
        cmocka_unit_test(a_host_has_so_much_time),
        cmocka_unit_test(no_ports_asks_only_whether_it_is_up),
        cmocka_unit_test(no_descriptor_is_tried_later_and_never_called_closed),
        cmocka_unit_test(no_route_is_filtered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
