/* identify_sequential_test.c owns the scenarios of --sequential: the reference's order, waits and connections. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const char probes[] = "Probe TCP NULL q||\n"
                             "totalwaitms 1000\ntcpwrappedms 500\n"
                             "match ftp m|^220 Alpha FTP ([\\d.]+)\\r\\n| p/Alpha/ v/$1/\n"
                             "softmatch smtp m|^220 .*SMTP|s\n"
                             "Probe TCP First q|first|\ntotalwaitms 1000\nrarity 1\n"
                             "match first m|^eins (\\d)| p/First/ v/$1/\n"
                             "Probe TCP Listed q|listed|\ntotalwaitms 1000\nrarity 9\nports 4711\n"
                             "match listed m|^zwei (\\d)| p/Listed/ v/$1/\n"
                             "Probe TCP Mail q|mail|\ntotalwaitms 1000\nrarity 9\n"
                             "match smtp m|^220 .*SMTP\\r\\nGamma (\\d)|s p/Gamma/ v/$1/\n"
                             "Probe TCP Fall q|fall|\ntotalwaitms 1000\nrarity 2\nfallback First\n"
                             "match never m|^never|\n";

static void order_and_waits_are_the_files(void **state)
{
    struct play p;
    play_open(&p, probes, 10, true);
    play_serve(&p, NULL);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    const char *sent[8] = {0};
    int64_t at[8] = {0};
    size_t n = 0;
    for (size_t i = 0; i < mem_log_count(p.net) && n < 8; i++) {
        const struct mem_log *l = mem_log_at(p.net, i);
        if (l->kind == MEM_LOG_SENT) {
            at[n] = l->at;
            sent[n++] = (const char *)l->data.at;
        }
    }
    assert_int_equal(n, 3);
    assert_memory_equal(sent[0], "listed", 6);
    assert_memory_equal(sent[1], "first", 5);
    assert_memory_equal(sent[2], "fall", 4);
    assert_true(at[0] >= 1000 * PLAY_MS && at[0] < 1030 * PLAY_MS);
    assert_true(at[1] >= 2000 * PLAY_MS && at[1] < 2050 * PLAY_MS);
    assert_int_equal(mem_connections(p.net), 3); /* the first one served the NULL probe and the one after it */
    assert_int_equal(mem_connections_most(p.net), 1);
    assert_null(p.service->name);
    play_close(&p);
}

static void banner_stays_in_the_buffer(void **state)
{
    static const struct mem_step smtp[] = {MEM_SEND("220 x SMTP\r\n"), MEM_EXPECT("mail"), MEM_SEND("Gamma 3"), MEM_END};
    struct play p;
    play_open(&p, probes, 10, true);
    play_serve(&p, smtp);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_string_equal(p.service->product, "Gamma");
    assert_string_equal(p.service->version, "3");
    assert_int_equal(mem_connections(p.net), 1);
    assert_int_equal(play_sent(&p, "first"), 0);
    play_close(&p);
}

static void fallback_reads_the_reply(void **state)
{
    static const struct mem_step fall[] = {MEM_EXPECT("fall"), MEM_SEND("eins 4"), MEM_END};
    struct play p;
    play_open(&p, probes, 10, true);
    play_serve(&p, fall);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_string_equal(p.service->name, "first");
    assert_string_equal(p.service->version, "4");
    assert_string_equal(p.service->probe, "Fall");
    play_close(&p);
}

static void closing_during_the_null_probe_is_wrapped(void **state)
{
    static const struct mem_step closes[] = {MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 10, true);
    play_serve(&p, closes);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_string_equal(p.service->name, "tcpwrapped");
    assert_int_equal(p.service->conf, CONF_WRAPPED);
    assert_int_equal(mem_connections(p.net), 1);
    play_close(&p);
}

static void soft_match_survives_a_failing_connection(void **state)
{
    static const struct mem_step smtp[] = {MEM_SEND("220 x SMTP\r\n"), MEM_EXPECT(""), MEM_RESET, MEM_END};
    struct mem_port port = {.proto = PROTO_TCP, .steps = smtp, .accepts = 1};
    struct play p;
    play_open(&p, probes, 10, true);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_string_equal(p.service->name, "smtp");
    assert_true(p.service->soft);
    play_close(&p);
}

static void first_match_on_partial_data_counts(void **state)
{
    static const struct mem_step eins[] = {MEM_EXPECT("listed"), MEM_SEND("zwei 5"), MEM_WAIT(10), MEM_SEND("9"), MEM_END};
    struct play p;
    play_open(&p, probes, 10, true);
    play_serve(&p, eins);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_string_equal(p.service->version, "5");
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_waits_are_the_files),
        cmocka_unit_test(banner_stays_in_the_buffer),
        cmocka_unit_test(fallback_reads_the_reply),
        cmocka_unit_test(closing_during_the_null_probe_is_wrapped),
        cmocka_unit_test(soft_match_survives_a_failing_connection),
        cmocka_unit_test(first_match_on_partial_data_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
