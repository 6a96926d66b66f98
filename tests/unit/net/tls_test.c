/* tls_test.c owns the tests of the tls channel, of TLS and DTLS, against a server of the test's own on 127.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heard.h"
#include "net/mem.h"
#include "net/tls.h"
#include "tls_peer.h"

enum { PATIENCE = 60 * 1000000 };

struct house {
    struct loop *loop;
    struct dialer *dialer;
    struct tls_client *client;
    struct tls_peer peer;
    struct heard h;
};

static void house_call(struct house *o, enum proto proto, const struct tls_settings *settings, const char *question)
{
    struct endpoint to = {.proto = (uint8_t)proto, .port = o->peer.port};
    addr_parse("127.0.0.1", &to.addr);
    o->h = (struct heard){.loop = o->loop, .question = question, .patience = PATIENCE, .stop_loop = true};
    o->h.channel = channel_tls(dial(o->dialer, &to), o->client, settings);
    channel_own(o->h.channel, heard_event, &o->h);
    channel_open(o->h.channel, PATIENCE);
    loop_run(o->loop);
}

static void house_open(struct house *o, const struct tls_peer_kind *kind, const struct tls_settings *settings, const char *question)
{
    memset(o, 0, sizeof *o);
    o->peer = tls_peer_start(kind);
    o->loop = loop_new();
    o->dialer = dialer_sockets(o->loop);
    o->client = tls_client_new();
    house_call(o, kind->datagrams ? PROTO_UDP : PROTO_TCP, settings, question);
}

static void house_close(struct house *o)
{
    channel_close(o->h.channel, CLOSE_RESET);
    tls_client_free(o->client);
    dialer_free(o->dialer);
    loop_free(o->loop);
    tls_peer_stop(&o->peer);
}

static const struct tls_settings plain = {0}, impatient = {.resend_us = 20 * 1000};

static void what_is_said_inside_comes_out(void **state)
{
    static const struct tls_peer_kind kind = {.greeting = "220 hello\r\n", .leaves = true};
    struct house o;
    house_open(&o, &kind, &plain, NULL);
    assert_string_equal(o.h.story, "connecteddata(220 hello\r\n)closed(closed)");
    assert_true(o.h.channel->facts.rtt > 0);
    assert_string_equal(o.h.channel->facts.tunnel, "tls");
    house_close(&o);
}

static void what_is_asked_goes_in(void **state)
{
    static const struct tls_peer_kind kind = {.question = "PING", .answer = "PONG", .leaves = true};
    struct house o;
    house_open(&o, &kind, &plain, "PING");
    assert_string_equal(o.h.story, "connecteddata(PONG)closed(closed)");
    house_close(&o);
}

static void every_version_is_spoken(void **state)
{
    static const struct {
        int version;
        const char *name;
    } row[] = {{TLS1_VERSION, "TLSv1"}, {TLS1_1_VERSION, "TLSv1.1"}, {TLS1_2_VERSION, "TLSv1.2"}, {TLS1_3_VERSION, "TLSv1.3"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct tls_peer_kind kind = {.least = row[i].version, .most = row[i].version, .greeting = "hi", .leaves = true};
        struct house o;
        house_open(&o, &kind, &plain, NULL);
        const struct tls_session *s = channel_tls_session(o.h.channel);
        assert_non_null(s);
        assert_string_equal(s->protocol, row[i].name);
        assert_int_equal(s->chain_length, 1);
        assert_false(s->wants_certificate);
        house_close(&o);
    }
}

static void alpn_is_asked_for_and_told(void **state)
{
    static const struct tls_peer_kind kind = {.alpn = "imap", .greeting = "hi", .leaves = true};
    static const struct tls_settings both = {.alpn = "http/1.1,imap"};
    struct house o;
    house_open(&o, &kind, &both, NULL);
    assert_string_equal(channel_tls_session(o.h.channel)->alpn, "imap");
    house_close(&o);
}

static void an_alert_is_the_reason(void **state)
{
    static const struct tls_peer_kind kind = {.alpn = "imap"};
    static const struct tls_settings other = {.server_name = "www.example", .alpn = "http/1.1"};
    struct house o;
    house_open(&o, &kind, &other, NULL);
    assert_string_equal(o.h.story, "closed(tls failed)");
    assert_string_equal(o.h.channel->facts.detail, "alert: no application protocol");
    assert_null(channel_tls_session(o.h.channel));
    house_close(&o);
}

static void clear_text_is_no_session(void **state)
{
    static const struct tls_peer_kind kind = {.raw = "HTTP/1.1 400 Bad Request\r\n\r\n"};
    struct house o;
    house_open(&o, &kind, &plain, NULL);
    assert_string_equal(o.h.story, "closed(tls failed)");
    assert_string_equal(o.h.channel->facts.detail, "wrong version number");
    house_close(&o);
}

static void a_server_may_hang_up(void **state)
{
    static const struct tls_peer_kind kind = {.hangs_up = true};
    struct house o;
    house_open(&o, &kind, &plain, NULL);
    assert_string_equal(o.h.story, "closed(closed)");
    assert_string_equal(o.h.channel->facts.detail, "closed during the handshake");
    house_close(&o);
}

static void a_demand_for_a_certificate_is_told(void **state)
{
    static const struct tls_peer_kind kind = {.wants_certificate = true, .greeting = "hi", .leaves = true};
    struct house o;
    house_open(&o, &kind, &plain, NULL);
    assert_true(channel_tls_session(o.h.channel)->wants_certificate);
    house_close(&o);
}

/* The second session to a server goes on with what the first one left behind, and still tells its certificate. */
static void a_session_is_resumed(void **state)
{
    static const struct tls_peer_kind kind = {.most = TLS1_2_VERSION, .greeting = "hi", .leaves = true};
    struct tls_settings remembering = {.memory = tls_memory_new()};
    struct house o;
    house_open(&o, &kind, &remembering, NULL);
    assert_false(channel_tls_session(o.h.channel)->resumed);
    assert_true(tls_memory_holds(remembering.memory));
    channel_close(o.h.channel, CLOSE_RESET);
    house_call(&o, PROTO_TCP, &remembering, NULL);
    assert_string_equal(o.h.story, "connecteddata(hi)closed(closed)");
    assert_true(channel_tls_session(o.h.channel)->resumed);
    assert_int_equal(channel_tls_session(o.h.channel)->chain_length, 1);
    tls_memory_forget(remembering.memory);
    assert_false(tls_memory_holds(remembering.memory));
    house_close(&o);
    tls_memory_free(remembering.memory);
}

static void what_was_said_instead_is_kept(void **state)
{
    static const struct tls_peer_kind kind = {.raw = "HTTP/1.1 400 Bad Request\r\n\r\n"};
    struct house o;
    house_open(&o, &kind, &plain, NULL);
    assert_true(bytes_equal(channel_tls_heard(o.h.channel), bytes_str(kind.raw)));
    house_close(&o);
}

static void nobody_listens(void **state)
{
    static const struct tls_peer_kind kind = {0};
    struct tls_peer gone = tls_peer_start(&kind);
    tls_peer_stop(&gone);
    struct loop *l = loop_new();
    struct dialer *d = dialer_sockets(l);
    struct tls_client *client = tls_client_new();
    struct endpoint to = {.proto = PROTO_TCP, .port = gone.port};
    struct heard h = {.loop = l, .patience = PATIENCE, .stop_loop = true};
    addr_parse("127.0.0.1", &to.addr);
    h.channel = channel_tls(dial(d, &to), client, &plain);
    channel_own(h.channel, heard_event, &h);
    channel_open(h.channel, PATIENCE);
    loop_run(l);
    assert_string_equal(h.story, "closed(refused)");
    channel_close(h.channel, CLOSE_RESET);
    tls_client_free(client);
    dialer_free(d);
    loop_free(l);
}

struct handed_over {
    struct loop *loop;
    bool connected;
};

static void on_connected(void *owner, struct channel *c, enum channel_event event)
{
    struct handed_over *h = owner;
    h->connected = event == CHANNEL_CONNECTED;
    loop_stop(h->loop);
}

static void a_connected_channel_may_be_given(void **state)
{
    static const struct tls_peer_kind kind = {.greeting = "hi", .leaves = true};
    struct tls_peer peer = tls_peer_start(&kind);
    struct loop *l = loop_new();
    struct dialer *d = dialer_sockets(l);
    struct tls_client *client = tls_client_new();
    struct endpoint to = {.proto = PROTO_TCP, .port = peer.port};
    struct handed_over before = {.loop = l};
    struct heard h = {.loop = l, .patience = PATIENCE, .stop_loop = true};
    addr_parse("127.0.0.1", &to.addr);
    struct channel *below = dial(d, &to);
    channel_own(below, on_connected, &before);
    channel_open(below, PATIENCE);
    loop_run(l);
    assert_true(before.connected);
    h.channel = channel_tls(below, client, &plain);
    channel_own(h.channel, heard_event, &h);
    channel_open(h.channel, PATIENCE);
    loop_run(l);
    assert_string_equal(h.story, "connecteddata(hi)closed(closed)");
    channel_close(h.channel, CLOSE_ORDERLY);
    tls_client_free(client);
    dialer_free(d);
    loop_free(l);
    tls_peer_stop(&peer);
}

static void closing_early_leaves_nothing(void **state)
{
    static const struct tls_peer_kind kind = {0};
    struct tls_peer peer = tls_peer_start(&kind);
    struct loop *l = loop_new();
    struct dialer *d = dialer_sockets(l);
    struct tls_client *client = tls_client_new();
    struct endpoint to = {.proto = PROTO_TCP, .port = peer.port};
    struct heard h = {.loop = l, .stop_loop = true};
    addr_parse("127.0.0.1", &to.addr);
    struct channel *c = channel_tls(dial(d, &to), client, &plain);
    channel_own(c, heard_event, &h);
    channel_open(c, PATIENCE);
    channel_close(c, CLOSE_RESET);
    assert_string_equal(h.story, "");
    tls_client_free(client);
    dialer_free(d);
    loop_free(l);
    tls_peer_stop(&peer);
}

/* ---- DTLS */

static void both_versions_of_dtls_are_spoken(void **state)
{
    static const struct {
        int version;
        const char *name;
    } row[] = {{DTLS1_VERSION, "DTLSv1"}, {DTLS1_2_VERSION, "DTLSv1.2"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct tls_peer_kind kind = {
            .datagrams = true, .least = row[i].version, .most = row[i].version, .question = "PING", .answer = "PONG", .leaves = true};
        struct house o;
        house_open(&o, &kind, &plain, "PING");
        assert_string_equal(o.h.story, "connecteddata(PONG)closed(closed)");
        assert_string_equal(o.h.channel->facts.tunnel, "dtls");
        assert_true(o.h.channel->facts.rtt > 0);
        assert_string_equal(channel_tls_session(o.h.channel)->protocol, row[i].name);
        assert_int_equal(channel_tls_session(o.h.channel)->chain_length, 1);
        house_close(&o);
    }
}

static void a_lost_hello_is_sent_again(void **state)
{
    static const struct tls_peer_kind kind = {.datagrams = true, .drop_first = 2, .question = "PING", .answer = "PONG", .leaves = true};
    struct house o;
    house_open(&o, &kind, &impatient, "PING");
    assert_string_equal(o.h.story, "connecteddata(PONG)closed(closed)");
    house_close(&o);
}

/* The server serves one at a time: it must have heard that the first has left. */
static void closing_dtls_is_told(void **state)
{
    static const struct tls_peer_kind kind = {.datagrams = true, .question = "PING", .answer = "PONG"};
    struct house o;
    struct tls_settings quick = impatient;
    memset(&o, 0, sizeof o);
    o.peer = tls_peer_start(&kind);
    o.loop = loop_new();
    o.dialer = dialer_sockets(o.loop);
    o.client = tls_client_new();
    for (int i = 0; i < 2; i++) {
        if (i)
            channel_close(o.h.channel, CLOSE_RESET);
        struct handed_over h = {.loop = o.loop};
        struct endpoint to = {.proto = PROTO_UDP, .port = o.peer.port};
        addr_parse("127.0.0.1", &to.addr);
        o.h.channel = channel_tls(dial(o.dialer, &to), o.client, &quick);
        channel_own(o.h.channel, on_connected, &h);
        channel_open(o.h.channel, PATIENCE);
        loop_run(o.loop);
        assert_true(h.connected);
    }
    house_close(&o);
}

static void an_alert_of_dtls_is_the_reason(void **state)
{
    static const struct tls_peer_kind kind = {.datagrams = true, .alpn = "coap"};
    static const struct tls_settings other = {.alpn = "webrtc"};
    struct house o;
    house_open(&o, &kind, &other, NULL);
    assert_string_equal(o.h.story, "closed(tls failed)");
    assert_string_equal(o.h.channel->facts.detail, "alert: no application protocol");
    house_close(&o);
}

static void nobody_listens_for_datagrams(void **state)
{
    static const struct tls_peer_kind kind = {.datagrams = true};
    struct house o;
    memset(&o, 0, sizeof o);
    o.peer = tls_peer_start(&kind);
    tls_peer_stop(&o.peer);
    o.loop = loop_new();
    o.dialer = dialer_sockets(o.loop);
    o.client = tls_client_new();
    house_call(&o, PROTO_UDP, &plain, NULL);
    assert_string_equal(o.h.story, "closed(refused)");
    channel_close(o.h.channel, CLOSE_RESET);
    tls_client_free(o.client);
    dialer_free(o.dialer);
    loop_free(o.loop);
}

/* Whatever a stranger could have sent is left aside; the handshake waits on. */
static void noise_is_no_answer(void **state)
{
    static const struct mem_step noise[] = {
        MEM_EXPECT(""), MEM_SEND("\x16\xfe\xfd\0\0\0\0\0\0\0\0\xff\xff\x02"), MEM_SEND("hello"), MEM_SEND("\x16"), MEM_END};
    struct loop *l = loop_new_fake();
    struct mem_net *net = mem_net_new(l, 1000);
    struct tls_client *client = tls_client_new();
    struct endpoint to = {.proto = PROTO_UDP, .port = 5684};
    struct heard h = {.loop = l, .patience = 3 * 1000 * 1000, .stop_loop = true};
    addr_parse("127.0.0.1", &to.addr);
    mem_serve(net, &(struct mem_port){.port = 5684, .proto = PROTO_UDP, .steps = noise});
    h.channel = channel_tls(dial(mem_net_dialer(net), &to), client, &plain);
    channel_own(h.channel, heard_event, &h);
    channel_open(h.channel, h.patience);
    loop_advance(l, 10 * 1000 * 1000);
    assert_string_equal(h.story, "deadline");
    channel_close(h.channel, CLOSE_RESET);
    tls_client_free(client);
    mem_net_free(net);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_inside_comes_out),
        cmocka_unit_test(what_is_asked_goes_in),
        cmocka_unit_test(every_version_is_spoken),
        cmocka_unit_test(alpn_is_asked_for_and_told),
        cmocka_unit_test(an_alert_is_the_reason),
        cmocka_unit_test(clear_text_is_no_session),
        cmocka_unit_test(a_server_may_hang_up),
        cmocka_unit_test(a_demand_for_a_certificate_is_told),
        cmocka_unit_test(a_session_is_resumed),
        cmocka_unit_test(what_was_said_instead_is_kept),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(a_connected_channel_may_be_given),
        cmocka_unit_test(closing_early_leaves_nothing),
        cmocka_unit_test(both_versions_of_dtls_are_spoken),
        cmocka_unit_test(a_lost_hello_is_sent_again),
        cmocka_unit_test(closing_dtls_is_told),
        cmocka_unit_test(an_alert_of_dtls_is_the_reason),
        cmocka_unit_test(nobody_listens_for_datagrams),
        cmocka_unit_test(noise_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
