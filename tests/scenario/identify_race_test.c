/* identify_race_test.c owns the scenarios of identification side by side: what is sent, when, and what is found. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Enough of a collection: a banner service, a soft one, a service that must be asked, and many probes that nobody answers. */
static const char probes[] = "Probe TCP NULL q||\n"
                             "totalwaitms 6000\n"
                             "match ssh m|^SSH-([\\d.]+)-OpenSSH_([\\w.]+)| p/OpenSSH/ v/$2/ i/protocol $1/\n"
                             "match ftp m|^220 Alpha FTP ([\\d.]+)\\r\\n| p/Alpha/ v/$1/\n"
                             "match half m|^HALF| p/Half/\n"
                             "match late m|^HALF ([\\d.]+) done\\n| p/Half/ v/$1/\n"
                             "softmatch smtp m|^220 .*SMTP|s\n"
                             "Probe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\n"
                             "rarity 1\nports 80\n"
                             "match http m|^HTTP/1\\.[01] \\d\\d\\d .*\\r\\nServer: Beta/([\\d.]+)|s p/Beta/ v/$1/\n"
                             "softmatch http m|^HTTP/1\\.[01] |\n"
                             "Probe TCP Help q|HELP\\r\\n|\nrarity 3\n"
                             "match smtp m|^(?:220 [^\\n]*\\n)?214[- ]Gamma ([\\d.]+)| p/Gamma/ v/$1/\n"
                             "Probe TCP P1 q|one|\nrarity 4\nmatch one m|^un(\\d)| p/One/ v/$1/\n"
                             "Probe TCP P2 q|two|\nrarity 5\nmatch two m|^deux| p/Two/\n"
                             "Probe TCP P3 q|three|\nrarity 6\nmatch three m|^trois| p/Three/\n"
                             "Probe TCP Rare q|rare|\nrarity 8\nmatch rare m|^rare| p/Rare/\n"
                             "Probe UDP U1 q|u1|\nrarity 1\nports 4711\nmatch u m|^u-one ([\\d.]+)| p/U/ v/$1/\n"
                             "Probe UDP U2 q|u2|\nrarity 2\nmatch v m|^u-two| p/V/\n";

static void finds(struct play *p, const char *name, const char *product, const char *version)
{
    assert_non_null(p->service->name);
    assert_string_equal(p->service->name, name);
    if (product)
        assert_string_equal(p->service->product, product);
    else
        assert_null(p->service->product);
    if (version)
        assert_string_equal(p->service->version, version);
    else
        assert_null(p->service->version);
}

static void banner_is_found_within_three_round_trips(void **state)
{
    static const struct mem_step ssh[] = {MEM_SEND("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_serve(&p, ssh);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "ssh", "OpenSSH", "9.2p1");
    assert_int_equal(p.service->conf, CONF_PRODUCT);
    assert_true(play_elapsed_ms(&p) <= 300);
    assert_int_equal(play_sent(&p, "GET / HTTP/1.0\r\n\r\n"), 0);
    play_close(&p);
}

static void http_on_an_unlisted_port_within_four_round_trips(void **state)
{
    static const struct mem_step http[] = {
        MEM_EXPECT("\r\n\r\n"), MEM_SEND("HTTP/1.0 200 OK\r\nServer: Beta/1.5\r\n\r\n"), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_serve(&p, http);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "http", "Beta", "1.5");
    assert_true(play_elapsed_ms(&p) <= 400);
    play_close(&p);
}

static void silence_ends_within_ten_seconds(void **state)
{
    struct play p;
    play_open(&p, probes, 100, false);
    play_serve(&p, NULL);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_null(p.service->name);
    assert_string_equal(p.service->note, "silent");
    assert_true(play_elapsed_ms(&p) >= 6000); /* the banner had its whole patience */
    assert_true(play_elapsed_ms(&p) <= 10000);
    assert_true(mem_connections(p.net) <= 40);
    assert_true(mem_connections_most(p.net) <= 6);
    assert_int_equal(play_sent(&p, "rare"), 0);
    play_close(&p);
}

static void slow_banner_is_not_lost(void **state)
{
    static const struct mem_step slow[] = {MEM_WAIT(4000), MEM_SEND("220 Alpha FTP 3.1\r\n"), MEM_END};
    struct play p;
    play_open(&p, probes, 10, false);
    play_serve(&p, slow);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "ftp", "Alpha", "3.1");
    assert_true(play_elapsed_ms(&p) < 4200);
    play_close(&p);
}

static void half_reply_does_not_cost_the_version(void **state)
{
    static const struct mem_step half[] = {
        MEM_EXPECT(""), MEM_SEND("HTTP/1.0 200 OK\r\nServer: Be"), MEM_WAIT(40), MEM_SEND("ta/2.0\r\n\r\n"), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, half);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "http", "Beta", "2.0");
    play_close(&p);
}

static void short_rule_on_half_a_reply_does_not_win(void **state)
{
    static const struct mem_step half[] = {MEM_SEND("HAL"), MEM_WAIT(30), MEM_SEND("F 1.4 done\n"), MEM_END};
    static const char db[] = "Probe TCP NULL q||\n"
                             "match late m|^HALF ([\\d.]+) done\\n| p/Half/ v/$1/\n"
                             "match half m|^HAL| p/Half/\n"
                             "Probe TCP GetRequest q|GET|\nrarity 1\nmatch x m|^x|\n";
    struct play p;
    play_open(&p, db, 20, false);
    play_serve(&p, half);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "late", "Half", "1.4");
    play_close(&p);
}

static void closed_at_once_is_told_as_it_was(void **state)
{
    static const struct mem_step closes[] = {MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, closes);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_null(p.service->name);
    assert_string_equal(p.service->note, "closed at once");
    assert_true(mem_connections(p.net) <= 6);
    play_close(&p);
}

static void reset_at_once_is_told_as_it_was(void **state)
{
    static const struct mem_step resets[] = {MEM_RESET, MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, resets);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_string_equal(p.service->note, "reset at once");
    play_close(&p);
}

static void idle_closer_is_not_wrapped(void **state)
{
    static const struct mem_step idle[] = {MEM_WAIT(4000), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, idle);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_null(p.service->name);
    assert_non_null(strstr(p.service->note, "closed after 4.0 s without data"));
    play_close(&p);
}

static void idle_closer_that_answers_is_named(void **state)
{
    static const struct mem_step monit[] = {MEM_EXPECT("GET"), MEM_SEND("HTTP/1.0 200 OK\r\nServer: Beta/5\r\n\r\n"), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, monit);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "http", "Beta", "5");
    play_close(&p);
}

static void garbage_is_kept_for_the_fingerprint(void **state)
{
    static const struct mem_step garbage[] = {MEM_SEND("\x01\x02 what is this?\n"), MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, garbage);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_null(p.service->name);
    assert_string_equal(p.service->note, "answered, not recognised");
    assert_true(p.task->facts.reply_count >= 1);
    assert_true(play_elapsed_ms(&p) < 5000);
    play_close(&p);
}

static void a_flood_is_bounded(void **state)
{
    static uint8_t flood[64 * 1024];
    memset(flood, 'x', sizeof flood);
    struct mem_step steps[] = {MEM_SEND_BYTES(bytes_of(flood, sizeof flood)), MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, steps);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_null(p.service->name);
    for (size_t i = 0; i < p.task->facts.reply_count; i++)
        assert_true(p.task->facts.replies[i].data.len <= LIMIT_REPLY);
    play_close(&p);
}

static void one_client_at_a_time(void **state)
{
    static const struct mem_step http[] = {
        MEM_EXPECT("\r\n\r\n"), MEM_SEND("HTTP/1.0 200 OK\r\nServer: Beta/1.6\r\n\r\n"), MEM_CLOSE, MEM_END};
    struct mem_port port = {.proto = PROTO_TCP, .steps = http, .clients = 1};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "http", "Beta", "1.6");
    assert_true(play_elapsed_ms(&p) < 4000);
    play_close(&p);
}

static void one_client_at_a_time_that_wants_another_question(void **state)
{
    static const struct mem_step one[] = {MEM_EXPECT(""), MEM_CLOSE, MEM_END};
    struct mem_port port = {.proto = PROTO_TCP, .steps = one, .clients = 1};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    assert_null(p.service->name);
    play_close(&p);
}

/* A server with few places tells everybody else that they are too many; the right question is asked when there is a place again. */
static void turned_away_for_too_many_connections(void **state)
{
    static const char door[] = "ERROR :too many Connections from your IP address\r\n";
    static const struct mem_step third[] = {MEM_EXPECT("three"), MEM_SEND("trois"), MEM_CLOSE, MEM_END};
    struct mem_port port = {.proto = PROTO_TCP, .steps = third, .clients = 2, .turns_away = bytes_of(door, sizeof door - 1)};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    finds(&p, "three", "Three", NULL);
    play_close(&p);
}

static void turned_away_for_ever_ends_as_well(void **state)
{
    static const struct mem_step refusal[] = {MEM_SEND("ERROR :Too many connections\r\n"), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, refusal);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    assert_null(p.service->name);
    assert_string_equal(p.service->note, "answered, not recognised");
    play_close(&p);
}

static void digits_that_vary_are_other_ones(void **state)
{
    static const char db[] = "Probe TCP NULL q||\nmatch x m|^x|\n"
                             "Probe TCP Nick q|nick 0000000000000000.|\n#~ 0000000000000000\nrarity 1\nmatch irc m|^welcome|\n";
    static const struct mem_step steps[] = {MEM_EXPECT("nick "), MEM_SEND("welcome"), MEM_END};
    struct play p;
    play_open(&p, db, 20, false);
    play_serve(&p, steps);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    finds(&p, "irc", NULL, NULL);
    assert_int_equal(play_sent(&p, "nick 0000000000000000."), 0);
    play_close(&p);
}

/* What the refusal tells of the product is known, and the version is asked for when there is a place. */
static void turned_away_by_a_known_product(void **state)
{
    static const char few[] = "Probe TCP NULL q||\nmatch irc m|^ERROR :Too many connections| p/Few/\n"
                              "Probe TCP A q|a|\nrarity 1\nmatch a m|^A|\n"
                              "Probe TCP B q|b|\nrarity 2\nmatch b m|^B|\n"
                              "Probe TCP Nick q|nick|\nrarity 3\nmatch irc m|^few-([\\d.]+)| p/Few/ v/$1/\n";
    static const char door[] = "ERROR :Too many connections\r\n";
    static const struct mem_step steps[] = {MEM_EXPECT("nick"), MEM_SEND("few-26.1 welcome"), MEM_CLOSE, MEM_END};
    struct mem_port port = {.proto = PROTO_TCP, .steps = steps, .clients = 1, .turns_away = bytes_of(door, sizeof door - 1)};
    struct play p;
    play_open(&p, few, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 30000));
    finds(&p, "irc", "Few", "26.1");
    play_close(&p);
}

static void a_probe_file_without_probes_has_no_question(void **state)
{
    struct mem_port port = {.proto = PROTO_UDP};
    struct play p;
    play_open(&p, "Probe TCP NULL q||\nmatch x m|^x|\n", 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_UDP, 20000));
    assert_string_equal(p.service->note, "no question to ask");
    play_close(&p);
}

static void soft_match_narrows_and_the_help_names_it(void **state)
{
    static const struct mem_step smtp[] = {MEM_SEND("220 mail ESMTP\r\n"), MEM_EXPECT("HELP"), MEM_SEND("214-Gamma 4.2\r\n"), MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, smtp);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "smtp", "Gamma", "4.2");
    assert_int_equal(play_sent(&p, "one"), 0);
    assert_int_equal(play_sent(&p, "HELP\r\n"), 1);
    assert_true(mem_connections(p.net) <= 2); /* the question went over the banner's own connection */
    play_close(&p);
}

static void soft_match_is_not_forgotten(void **state)
{
    static const struct mem_step smtp[] = {MEM_SEND("220 mail ESMTP\r\n"), MEM_EXPECT(""), MEM_RESET, MEM_END};
    struct mem_port port = {.proto = PROTO_TCP, .steps = smtp, .accepts = 1};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "smtp", NULL, NULL);
    assert_true(p.service->soft);
    assert_int_equal(p.service->conf, CONF_SOFT);
    play_close(&p);
}

static void a_port_that_went_away_is_left_alone(void **state)
{
    static const struct mem_step dies[] = {MEM_EXPECT("GET"), MEM_RESET, MEM_END};
    struct mem_port port = {.proto = PROTO_TCP, .steps = dies, .accepts = 2};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_string_equal(p.service->note, "went away after probe GetRequest");
    assert_true(mem_connections(p.net) <= 4);
    play_close(&p);
}

static void a_probe_that_is_forbidden_is_not_sent(void **state)
{
    struct play p;
    play_open(&p, probes, 20, false);
    p.config.gentle = gentle_read("gentle", bytes_str("GetRequest tcp 4000-5000\n"), NULL);
    play_serve(&p, NULL);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_int_equal(play_sent(&p, "GET / HTTP/1.0\r\n\r\n"), 0);
    assert_int_equal(play_sent(&p, "one"), 1);
    gentle_free((struct gentle *)p.config.gentle);
    play_close(&p);
}

/* A question that a fragile server takes badly waits until another was answered, or closed on; where all is silent it is never asked. */
static void a_question_that_must_wait(void **state)
{
    static const char db[] = "Probe TCP NULL q||\nmatch x m|^x|\n"
                             "Probe TCP Get q|get|\nrarity 1\nmatch g m|^named|\n"
                             "Probe TCP Hello q|hello|\nrarity 2\nmatch h m|^h|\n";
    static const struct mem_step closes[] = {MEM_EXPECT(""), MEM_CLOSE, MEM_END};
    static const struct mem_step odd[] = {MEM_EXPECT("get"), MEM_SEND("odd"), MEM_END};
    static const struct mem_step named[] = {MEM_EXPECT("get"), MEM_SEND("named"), MEM_END}; /* what has come must be read first */
    const struct {
        const struct mem_step *server;
        unsigned hellos;
    } cases[] = {{NULL, 0}, {closes, 1}, {odd, 1}, {named, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        play_open(&p, db, 20, false);
        p.config.gentle = gentle_read("gentle", bytes_str("~Hello tcp 4711\n"), NULL);
        play_serve(&p, cases[i].server);
        assert_true(play_run(&p, PROTO_TCP, 20000));
        assert_int_equal(play_sent(&p, "hello"), cases[i].hellos);
        gentle_free((struct gentle *)p.config.gentle);
        play_close(&p);
    }
}

static void an_echo_is_no_answer(void **state)
{
    static const struct mem_step echo[] = {MEM_EXPECT("un1"), MEM_SEND("un1"), MEM_END};
    static const char db[] = "Probe TCP NULL q||\nmatch x m|^x|\n"
                             "Probe TCP P1 q|un1|\nrarity 1\nmatch one m|^un(\\d)| p/One/ v/$1/\n";
    struct play p;
    play_open(&p, db, 20, false);
    play_serve(&p, echo);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_null(p.service->name);
    play_close(&p);
}

static const char redis_db[] = "Probe TCP NULL q||\nmatch x m|^x|\n"
                               "Probe TCP GetRequest q|GET|\nrarity 1\nmatch redis m|^-ERR| p/Redis/\n"
                               "Probe TCP TLS q|hello|\nrarity 2\nmatch ssl m|^\\x16\\x03| i/TLS/\n"
                               "Probe TCP Info q|INFO|\nrarity 8\nmatch redis m|^-ERR ver (\\d)| p/Redis/ v/$1/\n"
                               "Probe TCP Web q|web|\nrarity 3\nmatch ssl/http m|^400| p/Web/\n";

static void a_version_is_asked_for_once(void **state)
{
    static const struct mem_step redis[] = {MEM_EXPECT("GET"), MEM_SEND("-ERR"), MEM_EXPECT("x"), MEM_END};
    static const struct mem_step info[] = {MEM_EXPECT(""), MEM_SEND("-ERR ver 7"), MEM_END};
    struct play p;
    play_open(&p, redis_db, 20, false);
    play_serve(&p, redis);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "redis", "Redis", NULL); /* the second question drew nothing: what was known stands */
    assert_int_equal(play_sent(&p, "INFO"), 1);
    task_free(p.task);
    p.task = NULL;
    play_serve(&p, info);
    experience_learn(p.experience, PROTO_TCP, PLAY_PORT, NULL);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "redis", "Redis", "7");
    play_close(&p);
}

static void the_same_answer_again_does_not_end_the_wait_for_a_version(void **state)
{
    static const char db[] = "Probe TCP NULL q||\nmatch x m|^x|\n"
                             "Probe TCP A q|aaa|\nrarity 1\nmatch s m|^hello| p/S/\n"
                             "Probe TCP B q|bbb|\nrarity 2\nmatch s m|^hello| p/S/\n"
                             "Probe TCP V q|ver|\nrarity 8\nmatch s m|^hello (\\d)| p/S/ v/$1/\n";
    static const struct mem_step slow[] = {MEM_EXPECT(""), MEM_WAIT(40), MEM_SEND("hello 7"), MEM_END};
    struct play p;
    play_open(&p, db, 20, false);
    play_serve(&p, slow);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "s", "S", "7");
    play_close(&p);
}

static void answer_the_version_late(void *owner, struct mem_talk *talk, struct bytes data)
{
    bool version = bytes_starts(data, bytes_str("ver"));
    if (version || bytes_starts(data, bytes_str("aaa")))
        mem_say(talk, bytes_str(version ? "hello 7" : "hello"), version ? 150 * PLAY_MS : 0);
}

/* The question that draws the version is out already when another answer names the product: also where TLS could be entered. */
static void a_version_that_is_under_way_is_waited_for(void **state)
{
    static const char db[] = "Probe TCP NULL q||\nmatch x m|^x|\n"
                             "Probe TCP V q|ver|\nrarity 1\nmatch s m|^hello (\\d)| p/S/ v/$1/\n"
                             "Probe TCP A q|aaa|\nrarity 2\nmatch s m|^hello| p/S/\n";
    struct mem_port port = {.proto = PROTO_TCP, .hears = answer_the_version_late};
    struct play p;
    play_open(&p, db, 20, false);
    play_enter_tls(&p);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "s", "S", "7");
    play_close(&p);
}

static void answer_each_its_own(void *owner, struct mem_talk *talk, struct bytes data)
{
    unsigned *questions = owner;
    uint8_t answer = (uint8_t)(data.at[0] - 'a' + 'A');
    (*questions)++;
    mem_say(talk, bytes_of(&answer, 1), 0);
}

/* An answer that names no product: whoever can name one is asked, one after another, but not for ever. */
static void a_product_is_asked_for(void **state)
{
    static const char db[] = "Probe UDP A q|a|\nrarity 1\nports 4711\nmatch s m|^A| i/first/\nmatch s m|^never| p/X/\n"
                             "Probe UDP B q|b|\nrarity 9\nmatch s m|^B| i/second/\nmatch s m|^1| p/Y/\nmatch s m|^2| p/Y/\n"
                             "Probe UDP C q|c|\nrarity 9\nmatch s m|^C| p/C/\n"
                             "Probe UDP Other q|o|\nrarity 9\nmatch o m|^O| p/O/\n";
    static const char shy[] = "Probe UDP A q|a|\nrarity 1\nports 4711\nmatch s m|^A|\nmatch s m|^never| p/X/\n"
                              "Probe UDP B q|b|\nrarity 9\nmatch s m|^B|\nmatch s m|^1| p/Y/\n"
                              "Probe UDP C q|c|\nrarity 9\nmatch s m|^C|\nmatch s m|^1| p/Y/\n"
                              "Probe UDP D q|d|\nrarity 9\nmatch s m|^D|\nmatch s m|^1| p/Y/\n"
                              "Probe UDP E q|e|\nrarity 9\nmatch s m|^E|\nmatch s m|^1| p/Y/\n";
    unsigned questions = 0;
    struct mem_port port = {.proto = PROTO_UDP, .hears = answer_each_its_own, .owner = &questions};
    struct play p;
    play_open(&p, db, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_UDP, 20000));
    finds(&p, "s", "C", NULL);
    assert_int_equal(questions, 3);
    play_close(&p);
    questions = 0;
    play_open(&p, shy, 20, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_UDP, 20000));
    finds(&p, "s", NULL, NULL);
    assert_int_equal(questions, 4);
    play_close(&p);
}

/* Of the web's products each has another place where it tells its version; a page that any of them may have says nothing. */
static void a_version_is_asked_where_the_product_tells_it(void **state)
{
    static const char db[] = "Probe TCP NULL q||\nmatch x m|^x|\n"
                             "Probe TCP Get q|get|\nrarity 1\nmatch web m=^(?:ver|none)= p/Shop/\nmatch web m|^a(\\d)| p/A/ v/$1/\n"
                             "Probe TCP Path q|path|\nrarity 8\nmatch web m|^ver (\\d)| p/Shop/ v/$1/\nmatch web m|^none| p/Any/\n"
                             "Probe TCP Many q|many|\nrarity 8\nmatch web m|^b(\\d)| p/B/ v/$1/\nmatch web m|^c(\\d)| p/C/ v/$1/\n";
    static const struct mem_step tells[] = {MEM_EXPECT(""), MEM_SEND("ver 7"), MEM_END};
    static const struct mem_step hides[] = {MEM_EXPECT(""), MEM_SEND("none"), MEM_END};
    for (int i = 0; i < 2; i++) {
        struct play p;
        play_open(&p, db, 20, false);
        play_serve(&p, i == 0 ? tells : hides);
        assert_true(play_run(&p, PROTO_TCP, 20000));
        finds(&p, "web", "Shop", i == 0 ? "7" : NULL);
        assert_int_equal(play_sent(&p, "path"), 1);
        assert_int_equal(play_sent(&p, "many"), 0);
        play_close(&p);
    }
}

static void the_complaint_of_a_tls_server_names_it(void **state)
{
    /* Both questions are in flight; the handshake answers first, the complaint a little later. */
    static const struct mem_step tls[] = {MEM_EXPECT("hello"), MEM_SEND("\x16\x03\x01"), MEM_END};
    struct play p;
    play_open(&p, redis_db, 20, false);
    play_serve(&p, tls);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "ssl", NULL, NULL);
    assert_true(play_elapsed_ms(&p) < 1000);
    play_close(&p);
}

static void what_was_learnt_is_asked_first(void **state)
{
    static const struct mem_step one[] = {MEM_EXPECT("one"), MEM_SEND("un7"), MEM_CLOSE, MEM_END};
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, one);
    experience_learn(p.experience, PROTO_TCP, PLAY_PORT, probe_db_named(p.db, PROTO_TCP, "P1"));
    assert_true(play_run(&p, PROTO_TCP, 20000));
    finds(&p, "one", "One", "7");
    assert_int_equal(play_sent(&p, "GET / HTTP/1.0\r\n\r\n"), 0);
    play_close(&p);
}

static void udp_loss_is_asked_again(void **state)
{
    static const struct mem_step u[] = {MEM_EXPECT("u1"), MEM_SEND("u-one 2.2"), MEM_END};
    struct mem_port port = {.proto = PROTO_UDP, .steps = u, .drop_first = 1};
    struct play p;
    play_open(&p, probes, 50, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_UDP, 20000));
    finds(&p, "u", "U", "2.2");
    assert_int_equal(p.task->facts.port, FACTS_PORT_OPEN);
    play_close(&p);
}

static void udp_refusal_closes_the_port(void **state)
{
    struct mem_port port = {.proto = PROTO_UDP, .refused = true};
    struct play p;
    play_open(&p, probes, 50, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_UDP, 20000));
    assert_int_equal(p.task->facts.port, FACTS_PORT_CLOSED);
    play_close(&p);
}

static void no_udp_datagram_is_ever_empty(void **state)
{
    struct mem_port port = {.proto = PROTO_UDP};
    struct play p;
    play_open(&p, probes, 50, false);
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_UDP, 30000));
    for (size_t i = 0; i < mem_log_count(p.net); i++)
        assert_true(mem_log_at(p.net, i)->kind != MEM_LOG_SENT || mem_log_at(p.net, i)->data.len > 0);
    assert_string_equal(p.service->note, "silent");
    play_close(&p);
}

static void stopped_in_the_middle_keeps_what_is_known(void **state)
{
    static const struct mem_step smtp[] = {MEM_SEND("220 mail ESMTP\r\n"), MEM_END};
    struct play p;
    play_open(&p, probes, 100, false);
    play_serve(&p, smtp);
    assert_false(play_run(&p, PROTO_TCP, 210));
    finds(&p, "smtp", NULL, NULL);
    assert_true(p.task->facts.unfinished);
    play_close(&p);
}

static void hosts_whose_ports_all_answer_alike_are_asked_less(void **state)
{
    struct play p;
    play_open(&p, probes, 20, false);
    play_serve(&p, NULL);
    for (unsigned i = 0; i < ALIKE_PORTS; i++) {
        assert_true(play_run(&p, PROTO_TCP, 20000));
        task_free(p.task);
        p.task = NULL;
    }
    unsigned before = mem_connections(p.net);
    assert_true(play_run(&p, PROTO_TCP, 20000));
    assert_true(mem_connections(p.net) - before <= 3);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(banner_is_found_within_three_round_trips),
        cmocka_unit_test(http_on_an_unlisted_port_within_four_round_trips),
        cmocka_unit_test(silence_ends_within_ten_seconds),
        cmocka_unit_test(slow_banner_is_not_lost),
        cmocka_unit_test(half_reply_does_not_cost_the_version),
        cmocka_unit_test(short_rule_on_half_a_reply_does_not_win),
        cmocka_unit_test(closed_at_once_is_told_as_it_was),
        cmocka_unit_test(reset_at_once_is_told_as_it_was),
        cmocka_unit_test(idle_closer_is_not_wrapped),
        cmocka_unit_test(idle_closer_that_answers_is_named),
        cmocka_unit_test(garbage_is_kept_for_the_fingerprint),
        cmocka_unit_test(a_flood_is_bounded),
        cmocka_unit_test(one_client_at_a_time),
        cmocka_unit_test(turned_away_for_too_many_connections),
        cmocka_unit_test(turned_away_for_ever_ends_as_well),
        cmocka_unit_test(turned_away_by_a_known_product),
        cmocka_unit_test(digits_that_vary_are_other_ones),
        cmocka_unit_test(one_client_at_a_time_that_wants_another_question),
        cmocka_unit_test(a_probe_file_without_probes_has_no_question),
        cmocka_unit_test(soft_match_narrows_and_the_help_names_it),
        cmocka_unit_test(soft_match_is_not_forgotten),
        cmocka_unit_test(a_port_that_went_away_is_left_alone),
        cmocka_unit_test(a_probe_that_is_forbidden_is_not_sent),
        cmocka_unit_test(a_question_that_must_wait),
        cmocka_unit_test(an_echo_is_no_answer),
        cmocka_unit_test(a_version_is_asked_for_once),
        cmocka_unit_test(the_same_answer_again_does_not_end_the_wait_for_a_version),
        cmocka_unit_test(a_product_is_asked_for),
        cmocka_unit_test(a_version_that_is_under_way_is_waited_for),
        cmocka_unit_test(a_version_is_asked_where_the_product_tells_it),
        cmocka_unit_test(the_complaint_of_a_tls_server_names_it),
        cmocka_unit_test(what_was_learnt_is_asked_first),
        cmocka_unit_test(udp_loss_is_asked_again),
        cmocka_unit_test(udp_refusal_closes_the_port),
        cmocka_unit_test(no_udp_datagram_is_ever_empty),
        cmocka_unit_test(stopped_in_the_middle_keeps_what_is_known),
        cmocka_unit_test(hosts_whose_ports_all_answer_alike_are_asked_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
