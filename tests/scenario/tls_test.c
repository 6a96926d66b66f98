/*
 * tls_test.c owns the scenarios of looking inside TLS. What refuses to be entered is played on the network in memory; what is entered is a
 * server process of the test's own, because both ends of a session must be real.
 */
#include "play.h"
#include "told.h"

#include "../unit/net/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The hello is a bad one: whoever speaks TLS answers it with an alert. */
static const char probes[] = "Probe TCP NULL q||\n"
                             "totalwaitms 400\n"
                             "match ssh m|^SSH-([\\d.]+)-OpenSSH_([\\w.]+)| p/OpenSSH/ v/$2/\n"
                             "Probe TCP Hello q|\\x16\\x03\\x01\\0\\x05\\x01\\0\\0\\x01\\0|\n"
                             "rarity 1\n"
                             "match ssl m|^\\x15\\x03| p/TLS/\n"
                             "Probe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\n"
                             "rarity 2\n"
                             "totalwaitms 400\n"
                             "match http m|^HTTP/1\\.[01] \\d\\d\\d .*\\r\\nServer: Beta/([\\d.]+)|s p/Beta/ v/$1/\n"
                             "Probe TCP Ping q|PING|\n"
                             "rarity 3\n"
                             "totalwaitms 400\n"
                             "match ping m|^PONG ([\\d.]+)| p/Pinger/ v/$1/\n"
                             "Probe UDP DatagramHello q|\\x16\\xfe\\xff|\n"
                             "rarity 1\n"
                             "match dtls m|^\\x15\\xfe|\n"
                             "Probe UDP DatagramPing q|PING|\n"
                             "rarity 3\n"
                             "totalwaitms 400\n"
                             "match ping m|^PONG ([\\d.]+)| p/Pinger/ v/$1/\n";

#define COMPLAINT "HTTP/1.1 400 Bad Request\r\nServer: Beta/1.0\r\nContent-Length: 45\r\n\r\nThe plain HTTP request was sent to HTTPS port"

/* ---- played: not entered */

static void an_alert_is_the_reason(void **state)
{
    static const struct mem_step refuses[] = {MEM_EXPECT(""), MEM_SEND("\x15\x03\x03\0\x02\x02\x28"), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_enter_tls(&p);
    play_serve(&p, refuses);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    assert_string_equal(p.service->name, "ssl");
    assert_non_null(detail_find(p.task->facts.details, "tls"));
    assert_string_equal(told_text(p.task, "tls", "failure"), "alert: handshake failure");
    assert_null(told(p.task, "tls", "protocol"));
    assert_non_null(strstr(p.service->note, "handshake failure"));
    play_close(&p);
}

static void a_hello_answered_by_http_leaves_the_clear_text_result(void **state)
{
    static const struct mem_step complains[] = {MEM_EXPECT(""), MEM_SEND(COMPLAINT), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_enter_tls(&p);
    play_serve(&p, complains);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    assert_string_equal(p.service->name, "http");
    assert_string_equal(p.service->product, "Beta");
    assert_null(p.service->tunnel);
    assert_string_equal(told_text(p.task, "tls", "failure"), "wrong version number");
    play_close(&p);
}

static void an_alert_on_udp_is_the_reason(void **state)
{
    static const struct mem_step refuses[] = {MEM_EXPECT(""), MEM_SEND("\x15\xfe\xfd\0\0\0\0\0\0\0\0\0\x02\x02\x28"), MEM_LOOP};
    struct play p;
    play_open(&p, probes, 100, false);
    play_enter_tls(&p);
    play_serve_port(&p, &(struct mem_port){.port = PLAY_PORT, .proto = PROTO_UDP, .steps = refuses});
    assert_true(play_run(&p, PROTO_UDP, 30000));
    assert_string_equal(p.service->name, "dtls");
    assert_null(p.service->tunnel);
    assert_string_equal(told_text(p.task, "tls", "failure"), "alert: handshake failure");
    play_close(&p);
}

/* One byte at a time is no reason to understand less. */
static void an_alert_may_come_in_fragments(void **state)
{
    static const struct mem_step slow[] = {MEM_EXPECT(""), MEM_SEND("\x15"), MEM_WAIT(5), MEM_SEND("\x03"), MEM_WAIT(5), MEM_SEND("\x03"),
        MEM_WAIT(5), MEM_SEND("\0"), MEM_WAIT(5), MEM_SEND("\x02"), MEM_WAIT(5), MEM_SEND("\x02"), MEM_WAIT(5), MEM_SEND("\x46"), MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_enter_tls(&p);
    play_serve(&p, slow);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_string_equal(p.service->name, "ssl");
    assert_string_equal(told_text(p.task, "tls", "failure"), "alert: protocol version");
    play_close(&p);
}

static void clear_text_services_are_left_alone(void **state)
{
    static const struct mem_step ssh[] = {MEM_SEND("SSH-2.0-OpenSSH_9.2p1\r\n"), MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_enter_tls(&p);
    play_serve(&p, ssh);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    assert_string_equal(p.service->name, "ssh");
    assert_null(detail_find(p.task->facts.details, "tls"));
    assert_null(p.service->tunnel);
    play_close(&p);
}

static void silence_after_the_hello_ends(void **state)
{
    static const struct mem_step once[] = {MEM_EXPECT(""), MEM_SEND("\x16\x03\x03\0\x04"), MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_enter_tls(&p);
    play_serve(&p, once);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    play_close(&p);
}

/* Answers each question by what it begins with; the first row that fits. */
struct reaction {
    struct bytes begins, answer;
};

static void react(void *owner, struct mem_talk *talk, struct bytes data)
{
    for (const struct reaction *r = owner; r->answer.at; r++)
        if (bytes_starts(data, r->begins)) {
            mem_say(talk, r->answer, 0);
            mem_hang_up(talk, false, 0);
            return;
        }
}

static void play_reactions(struct play *p, const struct reaction *rows)
{
    play_open(p, probes, 100, false);
    play_enter_tls(p);
    play_serve_port(p, &(struct mem_port){.port = PLAY_PORT, .proto = PROTO_TCP, .hears = react, .owner = (void *)(uintptr_t)rows});
    assert_true(play_run(p, PROTO_TCP, 60000));
}

#define ROW(begins, answer)                                                                                                                \
    {                                                                                                                                      \
        {(const uint8_t *)(begins), sizeof(begins) - 1},                                                                                   \
        {                                                                                                                                  \
            (const uint8_t *)(answer), sizeof(answer) - 1                                                                                  \
        }                                                                                                                                  \
    }
#define REFUSAL "\x15\x03\x03\0\x02\x02\x28"

/* A hello was refused for good; a question in clear text names the service all the same. */
static void clear_text_goes_on_where_tls_is_refused(void **state)
{
    static const struct reaction both[] = {ROW("\x16\x03", REFUSAL), ROW("PING", "PONG 1.7"), {{0}, {0}}};
    struct play p;
    play_reactions(&p, both);
    assert_string_equal(p.service->name, "ping");
    assert_null(p.service->tunnel);
    assert_string_equal(told_text(p.task, "tls", "failure"), "alert: handshake failure");
    play_close(&p);
}

/* A server that has nothing but alerts is not asked everything in clear text. */
static void alerts_everywhere_end_the_search(void **state)
{
    static const struct reaction alerts[] = {ROW("", REFUSAL), {{0}, {0}}};
    struct play p;
    play_reactions(&p, alerts);
    assert_string_equal(p.service->name, "ssl");
    assert_true(p.task->connections <= 8);
    play_close(&p);
}

/* SSL 3.0: what our library refuses to speak is read by hand. The certificate is none, which is no reason not to tell the rest. */
#define OLD_HELLO "\x16\x03\0\0\x2a\x02\0\0\x26\x03\0abcdefghijklmnopqrstuvwxyz012345\0\0\x05\0"
#define OLD_REST "\x16\x03\0\0\x0e\x0b\0\0\x06\0\0\x03\0\0\0\x0e\0\0\0"
static void what_only_old_clients_could_enter_is_told(void **state)
{
    static const struct reaction old[] = {ROW("\x16\x03", OLD_HELLO OLD_REST), {{0}, {0}}};
    struct play p;
    play_reactions(&p, old);
    assert_string_equal(p.service->name, "ssl");
    assert_string_equal(told_text(p.task, "tls", "failure"), "the server speaks SSL 3.0 only");
    assert_string_equal(told_text(p.task, "tls", "protocol"), "SSLv3");
    assert_string_equal(told_text(p.task, "tls", "cipher"), "TLS_RSA_WITH_RC4_128_SHA");
    play_close(&p);
}

/* What a server says in clear text to a hello is an answer like any other. */
static void an_answer_to_the_hello_in_clear_text_is_read(void **state)
{
    static const struct reaction http[] = {ROW("\x16\x03", "HTTP/1.1 400 Bad Request\r\nServer: Beta/1.0\r\n\r\n"), {{0}, {0}}};
    static const char fallback[] =
        "Probe TCP NULL q||\ntotalwaitms 400\nmatch x m|^x|\n"
        "Probe TCP Hello q|\\x16\\x03\\x01\\0\\x05\\x01\\0\\0\\x01\\0|\nrarity 1\nfallback GetRequest\n"
        "Probe TCP GetRequest q|GET|\nrarity 9\nmatch http m|^HTTP/1\\.[01] 400 .*\\r\\nServer: Beta/([\\d.]+)|s p/Beta/ v/$1/\n";
    struct play p;
    play_open(&p, fallback, 100, false);
    play_enter_tls(&p);
    play_serve_port(&p, &(struct mem_port){.port = PLAY_PORT, .proto = PROTO_TCP, .hears = react, .owner = (void *)(uintptr_t)http});
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_string_equal(p.service->name, "http");
    assert_string_equal(p.service->version, "1.0");
    assert_null(detail_find(p.task->facts.details, "tls"));
    play_close(&p);
}

/* ---- real: entered */

struct visit {
    struct loop *loop;
    struct probe_db *db;
    struct identify_config config;
    struct tls_config enter_tls;
    struct stage_use stages[2];
    struct task_env env;
    struct admission_host host;
    struct tls_peer peer;
    struct task *task;
    struct service_record *service;
};

static void on_done(struct task *t, void *owner)
{
    struct visit *v = owner;
    v->service = &t->facts.service;
    loop_stop(v->loop);
}

static void visit_open(struct visit *v, const struct tls_peer_kind *kind, bool sequential)
{
    struct diags d;
    *v = (struct visit){.host = {.max = 64}, .peer = tls_peer_start(kind), .loop = loop_new()};
    diags_init(&d);
    v->db = probe_db_read("visit", bytes_str(probes), PROBE_DB_USER, &d);
    diags_free(&d);
    v->config = (struct identify_config){.db = v->db, .intensity = 7};
    v->stages[0] = (struct stage_use){sequential ? &stage_identify_sequential : &stage_identify, &v->config};
    v->stages[1] = (struct stage_use){&stage_tls, &v->enter_tls};
    v->env = (struct task_env){.loop = v->loop, .dialer = dialer_sockets(v->loop), .stages = v->stages, .stage_count = 2};
    v->env.admission = admission_new(v->loop, 100, NULL);
    v->env.tls = tls_client_new();
    v->env.server_name = "asked.example";
    struct task_start known = {
        .peer = {.proto = kind->datagrams ? PROTO_UDP : PROTO_TCP, .port = v->peer.port}, .host = &v->host, .surely_open = true};
    if (kind->datagrams)
        known.reply = bytes_str("\x15\xfe\xfd: what the scan's question drew");
    addr_parse("127.0.0.1", &known.peer.addr);
    v->task = task_new(&v->env, &known, on_done, v);
    loop_run(v->loop);
}

static void visit_close(struct visit *v)
{
    task_free(v->task);
    assert_int_equal(admission_open(v->env.admission), 0);
    admission_free(v->env.admission);
    tls_client_free(v->env.tls);
    dialer_free(v->env.dialer);
    probe_db_free(v->db);
    loop_free(v->loop);
    tls_peer_stop(&v->peer);
}

static void has_certificate(const struct visit *v)
{
    assert_string_equal(v->service->tunnel, v->task->known.peer.proto == PROTO_UDP ? "dtls" : "tls");
    const struct value *certificate = told(v->task, "tls", "certificate");
    assert_non_null(certificate);
    assert_string_equal(value_get_text(certificate, "subject"), "CN=peer.example");
    assert_int_equal(value_get(certificate, "self_signed")->number, 1);
    assert_string_equal(told_text(v->task, "tls", "server_name"), "asked.example");
    assert_non_null(v->task->tunnel); /* for the stages behind */
}

static void a_banner_inside(void **state)
{
    static const struct tls_peer_kind kind = {.greeting = "SSH-2.0-OpenSSH_9.2p1\r\n"};
    for (int sequential = 0; sequential < 2; sequential++) {
        struct visit v;
        visit_open(&v, &kind, sequential);
        assert_string_equal(v.service->name, "ssh");
        assert_string_equal(v.service->version, "9.2p1");
        has_certificate(&v);
        visit_close(&v);
    }
}

static void an_answer_inside(void **state)
{
    static const struct tls_peer_kind kind = {.question = "PING", .answer = "PONG 1.7"};
    struct visit v;
    visit_open(&v, &kind, false);
    assert_string_equal(v.service->name, "ping");
    assert_string_equal(v.service->version, "1.7");
    assert_true(v.task->connections <= 10);
    has_certificate(&v);
    visit_close(&v);
}

static void silence_inside(void **state)
{
    static const struct tls_peer_kind kind = {0};
    struct visit v;
    visit_open(&v, &kind, false);
    assert_null(v.service->name);
    assert_string_equal(v.service->note, "silent");
    has_certificate(&v);
    visit_close(&v);
}

static void a_session_dies_at_each_question(void **state)
{
    static const struct tls_peer_kind kind = {.dies = true};
    struct visit v;
    visit_open(&v, &kind, false);
    assert_null(v.service->name);
    has_certificate(&v);
    visit_close(&v);
}

/* http/1.1 is refused; who demands a protocol is offered all that we know. */
static void a_refused_protocol_is_not_the_end(void **state)
{
    static const struct tls_peer_kind kind = {.alpn = "imap", .greeting = "SSH-2.0-OpenSSH_9.2p1\r\n"};
    struct visit v;
    visit_open(&v, &kind, false);
    assert_string_equal(v.service->name, "ssh");
    assert_string_equal(told_text(v.task, "tls", "alpn"), "imap");
    assert_null(told(v.task, "tls", "failure"));
    has_certificate(&v);
    visit_close(&v);
}

static void the_chosen_protocol_names_what_is_silent(void **state)
{
    static const struct tls_peer_kind kind = {.alpn = "http/1.1"};
    struct visit v;
    visit_open(&v, &kind, false);
    assert_string_equal(v.service->name, "http");
    assert_true(v.service->soft);
    assert_string_equal(told_text(v.task, "tls", "alpn"), "http/1.1");
    has_certificate(&v);
    visit_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_is_the_reason),
        cmocka_unit_test(a_hello_answered_by_http_leaves_the_clear_text_result),
        cmocka_unit_test(an_alert_on_udp_is_the_reason),
        cmocka_unit_test(an_alert_may_come_in_fragments),
        cmocka_unit_test(clear_text_services_are_left_alone),
        cmocka_unit_test(silence_after_the_hello_ends),
        cmocka_unit_test(clear_text_goes_on_where_tls_is_refused),
        cmocka_unit_test(alerts_everywhere_end_the_search),
        cmocka_unit_test(what_only_old_clients_could_enter_is_told),
        cmocka_unit_test(an_answer_to_the_hello_in_clear_text_is_read),
        cmocka_unit_test(a_banner_inside),
        cmocka_unit_test(an_answer_inside),
        cmocka_unit_test(silence_inside),
        cmocka_unit_test(a_session_dies_at_each_question),
        cmocka_unit_test(a_refused_protocol_is_not_the_end),
        cmocka_unit_test(the_chosen_protocol_names_what_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
