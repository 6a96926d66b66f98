/*
 * ntlm_test.c owns the scenarios of reading NTLM's challenge from services without a login: each row of the table of exchanges on the
 * network in memory; the endpoint mapper and the name service of NetBIOS; and exchanges with a real session of TLS in their middle.
 */
#include "play.h"

#include "../lib/msrpc_peer.h"
#include "base/base64.h"
#include "stages/msrpc.h"
#include "stages/netbios.h"
#include "stages/ntlm.h"
#include "stages/ntlm_exchange.h"
#include "wire/ntlm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct smb_peer srv19 = {.major = 10,
    .build = 17763,
    .revision = 15,
    .computer = "SRV19",
    .domain = "CORP",
    .dns_computer = "srv19.corp.example",
    .dns_domain = "corp.example",
    .forest = "corp.example"};

/* ---- in the place of identification */

struct named {
    const char *service;
    struct bytes reply;
};

static bool named_wants(const struct task *t, const void *config)
{
    return true;
}

static enum verdict named_start(struct task *t, const void *config)
{
    const struct named *n = config;
    t->facts.service.name = n->service;
    if (n->reply.len)
        facts_add_reply(&t->facts, &t->arena, "NULL", NULL, n->reply);
    return VERDICT_DONE;
}

static const struct stage stage_named = {.name = "named", .wants = named_wants, .start = named_start};

static void open_named(struct play *p, const struct named *n, const struct stage *stage, const void *config)
{
    play_open(p, "Probe TCP NULL q||\n", 100, false);
    p->stages[0] = (struct stage_use){&stage_named, n};
    p->stages[1] = (struct stage_use){stage, config};
    p->env.stage_count = 2;
}

static const struct detail *detail_of(const struct play *p, const char *id)
{
    return detail_find(p->task->facts.details, id);
}

static void assert_told(const struct play *p)
{
    const struct detail *d = detail_of(p, "ntlm");
    assert_non_null(d);
    assert_string_equal(value_get_text(d->values, "netbios_computer"), "SRV19");
    assert_string_equal(value_get_text(d->values, "dns_domain"), "corp.example");
    assert_string_equal(value_get_text(d->values, "version"), "10.0.17763");
    assert_string_equal(p->service->hostname, "SRV19");
    assert_string_equal(p->service->os, "Windows");
    assert_string_equal(p->service->cpe[0], "cpe:/o:microsoft:windows");
}

/* ---- what each protocol says: an answer to each question, "{challenge}" filled in */

struct turn {
    struct bytes expects; /* in what came; empty: anything, or nothing if it is the greeting */
    struct bytes says;
};

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})
#define TURN(expects, says)                                                                                                                \
    {                                                                                                                                      \
        {(const uint8_t *)(expects), sizeof(expects) - 1},                                                                                 \
        {                                                                                                                                  \
            (const uint8_t *)(says), sizeof(says) - 1                                                                                      \
        }                                                                                                                                  \
    }
#define TYPE1 "TlRMTVNTUAABAAAA"
#define BAD_REQUEST "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: "
#define PRELOGIN "\4\1\0\x2b\0\0\1\0\0\0\x1a\0\6\1\0\x20\0\1\2\0\x21\0\1\3\0\x22\0\0\4\0\x22\0\1\xff\x10\0\7\xd0\0\0\2\0\0"

enum { TURNS = 5 };

static const struct spoken {
    const char *service;
    struct bytes reply; /* that identification got */
    bool greets;
    struct turn turns[TURNS];
} spoken[] = {
    {"http", BYTES(BAD_REQUEST "NTLM\r\n\r\n"), false, {TURN("Authorization: NTLM " TYPE1, BAD_REQUEST "NTLM {base64}\r\n\r\n")}},
    {"http", BYTES(BAD_REQUEST "Negotiate\r\n\r\n"), false,
        {TURN("Authorization: Negotiate " TYPE1, BAD_REQUEST "Negotiate {base64}\r\n\r\n")}},
    {"http", BYTES("HTTP/1.1 404 Not Found\r\nServer: Microsoft-HTTPAPI/2.0\r\n\r\n"), false,
        {TURN("POST /wsman HTTP/1.1\r\n", BAD_REQUEST "Negotiate {base64}\r\n\r\n")}},
    {"http", BYTES("HTTP/1.1 407 Proxy\r\nProxy-Authenticate: NTLM\r\n\r\n"), false,
        {TURN("Proxy-Authorization: NTLM " TYPE1, "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: NTLM {base64}\r\n\r\n")}},
    {"http-proxy", BYTES("HTTP/1.1 407 Proxy\r\nProxy-Authenticate: NTLM\r\n\r\n"), false,
        {TURN("GET http://192.0.2.1/ HTTP/1.1\r\n", "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: NTLM {base64}\r\n\r\n")}},
    {"smtp", {0}, true,
        {TURN("", "220 mail Microsoft ESMTP MAIL Service ready\r\n"),
            TURN("EHLO", "250-mail Hello\r\n250-AUTH NTLM LOGIN\r\n250 CHUNKING\r\n"), TURN("AUTH NTLM\r\n", "334 ntlm supported\r\n"),
            TURN(TYPE1, "334 {base64}\r\n")}},
    {"imap", {0}, true,
        {TURN("", "* OK The Microsoft Exchange IMAP4 service is ready.\r\n"),
            TURN("a1 CAPABILITY", "* CAPABILITY IMAP4 AUTH=NTLM AUTH=PLAIN\r\na1 OK CAPABILITY completed.\r\n"),
            TURN("a2 AUTHENTICATE NTLM", "+ \r\n"), TURN(TYPE1, "+ {base64}\r\n")}},
    {"pop3", {0}, true,
        {TURN("", "+OK The Microsoft Exchange POP3 service is ready.\r\n"), TURN("CAPA", "+OK\r\nTOP\r\nSASL NTLM PLAIN\r\n.\r\n"),
            TURN("AUTH NTLM", "+ \r\n"), TURN(TYPE1, "+ {base64}\r\n")}},
    {"nntp", {0}, true,
        {TURN("", "200 NNTP Service Posting Allowed\r\n"), TURN("AUTHINFO GENERIC NTLM\r\n", "381 supported\r\n"),
            TURN("AUTHINFO GENERIC " TYPE1, "381 {base64}\r\n")}},
    {"telnet", BYTES("\xff\xfd\x25\xff\xfb\1"), true,
        {TURN("", "\xff\xfd\x25\xff\xfb\1"), TURN("\xff\xfb\x25", "\xff\xfa\x25\1\2\0\x0f\0\xff\xf0"),
            TURN("\xff\xfa\x25\0\x0f\0\0\x28\0\0\0\2\0\0\0NTLMSSP\0\1", "\xff\xfa\x25\2\x0f\0\1\0\0\0\0\2\0\0\0{raw}\xff\xf0")}},
    {"ms-sql-s", {0}, false, {TURN("\x12\1", PRELOGIN), TURN("NTLMSSP\0\1", "\4\1{length}\0\0\1\0\xed\0\0{raw}")}},
    {"msrpc", {0}, false, {TURN("NTLMSSP\0\1", "{ack}")}},
    {"ldap", {0}, false, {TURN("GSS-SPNEGO", "\x30\x82{der}\2\1\1\x61{raw}")}},
};
enum { SPOKEN = sizeof spoken / sizeof *spoken };

static void fill(struct buf *out, struct bytes says)
{
    struct buf raw;
    static const bool yes[] = {true};
    buf_init(&raw, 8192);
    peer_challenge(&raw, &srv19);
    for (size_t i = 0; i < says.len;) {
        struct bytes rest = bytes_of(says.at + i, says.len - i);
        if (bytes_starts(rest, bytes_str("{base64}"))) {
            base64_write(buf_view(&raw), out);
            i += 8;
        } else if (bytes_starts(rest, bytes_str("{raw}"))) {
            buf_append(out, raw.at, raw.len);
            i += 5;
        } else if (bytes_starts(rest, bytes_str("{length}"))) {
            peer_be16(out, (uint16_t)(11 + raw.len));
            i += 8;
        } else if (bytes_starts(rest, bytes_str("{der}"))) {
            peer_be16(out, (uint16_t)(4 + raw.len));
            i += 5;
        } else if (bytes_starts(rest, bytes_str("{ack}"))) {
            peer_ack(out, "135", yes, 1, buf_view(&raw));
            i += 5;
        } else {
            buf_append_u8(out, says.at[i++]);
        }
    }
    buf_free(&raw);
}

struct speaker {
    const struct spoken *spoken;
    size_t at;
    unsigned faults;
    struct mem_step steps[2];
};

static enum peer_answer speak(void *owner, unsigned connection, struct bytes got, struct buf *out)
{
    struct speaker *s = owner;
    const struct turn *t = &s->spoken->turns[s->at];
    if (s->at == TURNS || !t->says.len)
        return PEER_SEND; /* what is said after the challenge */
    if (!bytes_find(got, t->expects))
        s->faults++;
    fill(out, t->says);
    s->at++;
    return PEER_SEND;
}

static void hear_speak(void *owner, struct mem_talk *talk, struct bytes got)
{
    peer_say(talk, speak, owner, got);
}

static void act(struct play *p, struct speaker *s, const struct named *n, const struct ntlm_config *c)
{
    struct mem_port port = {.proto = PROTO_TCP, .steps = s->steps, .hears = hear_speak, .owner = s};
    open_named(p, n, &stage_ntlm, c);
    s->steps[0] = s->spoken->greets ? MEM_SEND_BYTES(s->spoken->turns[0].says) : MEM_END;
    s->steps[1] = MEM_END;
    s->at = s->spoken->greets;
    play_serve_port(p, &port);
    assert_true(play_run(p, PROTO_TCP, 60000));
}

static const struct ntlm_config ask = {.ask = true}, listen_only = {.ask = false};

static void each_protocol_leads_to_the_challenge(void **state)
{
    for (size_t i = 0; i < SPOKEN; i++) {
        struct named n = {spoken[i].service, spoken[i].reply};
        struct speaker s = {.spoken = &spoken[i]};
        struct play p;
        act(&p, &s, &n, &ask);
        if (s.faults || !detail_of(&p, "ntlm"))
            fail_msg("%s (%zu): %u faults, %zu turns", spoken[i].service, i, s.faults, s.at);
        assert_told(&p);
        assert_int_equal(mem_connections(p.net), 2); /* the scan's, and one */
        for (size_t k = 0; k < mem_log_count(p.net); k++)
            assert_null(bytes_find(mem_log_at(p.net, k)->data, BYTES("NTLMSSP\0\3")));
        play_close(&p);
    }
}

/* RDP and the ways through STARTTLS go through a session: see the last test, and the live ones. */
static void each_row_has_its_scenario(void **state)
{
    for (size_t i = 0; ntlm_exchange_at(i); i++) {
        const struct ntlm_exchange *x = ntlm_exchange_at(i);
        bool played = x->through_starttls || strcmp(x->offer.service, "ms-wbt-server") == 0;
        for (size_t k = 0; k < SPOKEN; k++)
            played = played || strcmp(spoken[k].service, x->offer.service) == 0;
        assert_true(played);
        assert_true(ntlm_exchange_length(x) > 0);
    }
}

static void nothing_is_asked_unless_it_is_wanted(void **state)
{
    for (size_t i = 0; i < SPOKEN; i++) {
        struct named n = {spoken[i].service, spoken[i].reply};
        struct speaker s = {.spoken = &spoken[i]};
        struct play p;
        act(&p, &s, &n, &listen_only);
        assert_null(detail_of(&p, "ntlm"));
        assert_int_equal(mem_connections(p.net), 1);
        play_close(&p);
    }
}

static void what_came_anyway_is_read(void **state)
{
    static const struct spoken none = {"http"};
    struct buf reply;
    buf_init(&reply, 8192);
    fill(&reply, BYTES(BAD_REQUEST "NTLM {base64}\r\n\r\n"));
    struct named n = {"http", buf_view(&reply)};
    struct speaker s = {.spoken = &none};
    struct play p;
    act(&p, &s, &n, &listen_only);
    assert_told(&p);
    play_close(&p);
    buf_free(&reply);
}

/* Servers that do not offer it, refuse, or fall silent cost a few seconds and a connection or two. */
static const struct spoken without[] = {
    {"http", BYTES("HTTP/1.1 200 OK\r\n\r\n"), false, {TURN("", "")}},
    {"smtp", {0}, true, {TURN("", "220 ESMTP\r\n"), TURN("EHLO", "250-mail\r\n250 AUTH PLAIN\r\n")}},
    {"smtp", {0}, true, {TURN("", "220 ESMTP\r\n"), TURN("EHLO", "250 AUTH NTLM\r\n"), TURN("AUTH", "504 no\r\n")}},
    {"smtp", {0}, true, {TURN("", "220 ESMTP\r\n"), TURN("EHLO", "250 AUTH NTLM\r\n"), TURN("AUTH", "334 \r\n"), TURN("", "334 Zm9v\r\n")}},
    {"imap", {0}, true, {TURN("", "* BYE full\r\n")}},
    {"pop3", {0}, true, {TURN("", "+OK\r\n"), TURN("CAPA", "-ERR\r\n")}},
    {"nntp", {0}, true, {TURN("", "200 ok\r\n"), TURN("", "500 what?\r\n")}},
    {"telnet", BYTES("\xff\xfd\x25"), true, {TURN("", "\xff\xfd\x25"), TURN("", "\xff\xfa\x25\1\2\0\xff\xf0")}},
    {"telnet", BYTES("login: "), true, {TURN("", "login: ")}},
    {"ms-sql-s", {0}, false,
        {TURN("", "\4\1\0\x2b\0\0\1\0\0\0\x1a\0\6\1\0\x20\0\1\2\0\x21\0\1\3\0\x22\0\0\4\0\x22\0\1\xff\x10\0\7\xd0\0\0\3\0\0")}},
    {"msrpc", {0}, false, {TURN("", "\5\0\x0d\3\x10\0\0\0\x18\0\0\0\1\0\0\0\4\0\1\5\0\0\0\0")}},
    {"ldap", {0}, false, {TURN("", "\x30\x0c\2\1\1\x61\7\x0a\1\7\4\0\4\0")}},
};

static void others_tell_nothing(void **state)
{
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        struct named n = {without[i].service, without[i].reply};
        struct speaker s = {.spoken = &without[i]};
        struct play p;
        act(&p, &s, &n, &ask);
        assert_null(detail_of(&p, "ntlm"));
        assert_string_equal(p.service->name, without[i].service);
        assert_null(p.service->os);
        assert_true(play_elapsed_ms(&p) < 12000);
        play_close(&p);
    }
}

/* ---- the endpoint mapper */

struct mapper {
    unsigned pages; /* to be told in */
    unsigned told;
    bool fragments; /* small ones */
    bool exporter;
};

static void respond(struct buf *out, uint32_t call, struct bytes results, bool fragments)
{
    enum { PIECE = 100 };
    for (size_t at = 0; at < results.len || !at; at += PIECE) {
        size_t left = results.len - at, n = fragments && left > PIECE ? PIECE : left;
        uint8_t flags = (uint8_t)((at ? 0 : 1) | (n == left ? 2 : 0));
        peer_response(out, flags, call, bytes_of(results.at + at, n));
        if (n == left)
            break;
    }
}

static enum peer_answer map(void *owner, unsigned connection, struct bytes got, struct buf *out)
{
    struct mapper *m = owner;
    const bool accepted[] = {true, m->exporter};
    struct buf results;
    if (got.len < 24)
        return PEER_MORE;
    buf_init(&results, 64 * 1024);
    if (got.at[2] == 11) {
        peer_ack(out, "135", accepted, 2, bytes_of(NULL, 0));
    } else if (got.at[20] == 1) {
        peer_bindings(&results);
        respond(out, got.at[12], buf_view(&results), m->fragments);
    } else {
        m->told++;
        if (m->pages > 1)
            peer_page(&results, &rpc_peer_entries[2 * (m->told - 1)], 2, m->told == m->pages);
        else
            peer_page(&results, rpc_peer_entries, RPC_PEER_ENTRIES, true);
        respond(out, got.at[12], buf_view(&results), m->fragments);
    }
    buf_free(&results);
    return PEER_SEND;
}

static void hear_map(void *owner, struct mem_talk *talk, struct bytes got)
{
    peer_say(talk, map, owner, got);
}

static void open_mapper(struct play *p, struct mapper *m, struct named *n, struct buf *ack)
{
    static const bool yes[] = {true};
    buf_init(ack, 4096);
    peer_ack(ack, "135", yes, 1, bytes_of(NULL, 0));
    *n = (struct named){"msrpc", buf_view(ack)};
    open_named(p, n, &stage_msrpc, NULL);
    struct mem_port port = {.proto = PROTO_TCP, .hears = hear_map, .owner = m};
    play_serve_port(p, &port);
}

static void the_directory_is_told(void **state)
{
    for (int i = 0; i < 4; i++) {
        struct mapper m = {.pages = i & 1 ? 3 : 1, .fragments = i & 2, .exporter = true};
        struct hearsay heard;
        struct named n;
        struct buf ack;
        struct play p;
        hearsay_init(&heard);
        open_mapper(&p, &m, &n, &ack);
        p.hearsay = &heard;
        assert_true(play_run(&p, PROTO_TCP, 60000));
        const struct value *v = detail_of(&p, "msrpc")->values;
        assert_string_equal(value_get_text(v, "computer"), "SRV22");
        assert_int_equal(value_count(value_get(v, "names_and_addresses")), 3);
        assert_int_equal(value_count(value_get(v, "services")), RPC_PEER_ENTRIES);
        assert_string_equal(p.service->hostname, "SRV22");
        const struct heard *log = hearsay_about(&heard, PROTO_TCP, 49665, "epmapper", NULL);
        assert_string_equal(log->service, "msrpc");
        assert_string_equal(log->label, "Windows Event Log");
        assert_string_equal(hearsay_about(&heard, PROTO_TCP, 49664, NULL, NULL)->label, "samr");
        assert_string_equal(hearsay_about(&heard, PROTO_UDP, 51000, NULL, NULL)->label, "Unknown to us");
        assert_string_equal(hearsay_about(&heard, PROTO_TCP, 593, NULL, NULL)->service, "ncacn_http");
        assert_int_equal(mem_connections(p.net), 1); /* the scan's own: nothing had been sent on it */
        play_close(&p);
        hearsay_free(&heard);
        buf_free(&ack);
    }
}

static void without_an_exporter_the_directory_remains(void **state)
{
    struct mapper m = {.pages = 1};
    struct named n;
    struct buf ack;
    struct play p;
    open_mapper(&p, &m, &n, &ack);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    assert_null(value_get(detail_of(&p, "msrpc")->values, "names_and_addresses"));
    assert_int_equal(value_count(value_get(detail_of(&p, "msrpc")->values, "services")), RPC_PEER_ENTRIES);
    play_close(&p);
    buf_free(&ack);
}

/* A server that never comes to an end is left after some pages. */
static enum peer_answer map_for_ever(void *owner, unsigned connection, struct bytes got, struct buf *out)
{
    struct mapper *m = owner;
    m->pages = 1000000;
    m->told = 0;
    return map(m, connection, got, out);
}

static void hear_map_for_ever(void *owner, struct mem_talk *talk, struct bytes got)
{
    peer_say(talk, map_for_ever, owner, got);
}

static void an_endless_directory_ends(void **state)
{
    struct mapper m = {0};
    struct named n;
    struct buf ack;
    struct play p;
    open_mapper(&p, &m, &n, &ack);
    struct mem_port port = {.proto = PROTO_TCP, .hears = hear_map_for_ever, .owner = &m};
    play_serve_port(&p, &port);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    play_close(&p);
    buf_free(&ack);
}

/* ---- NetBIOS */

static enum peer_answer name_service(void *owner, unsigned connection, struct bytes got, struct buf *out)
{
    bool *silent = owner;
    if (!*silent && bytes_find(got, BYTES("FAEDDB")))
        peer_addresses(out, (uint16_t)(got.at[0] << 8 | got.at[1]));
    return PEER_SEND;
}

static void hear_name_service(void *owner, struct mem_talk *talk, struct bytes got)
{
    peer_say(talk, name_service, owner, got);
}

static void names_and_addresses_are_told(void **state)
{
    for (int i = 0; i < 2; i++) {
        bool silent = i;
        struct buf status;
        struct play p;
        buf_init(&status, 4096);
        peer_status(&status, 0xdc01);
        struct named n = {"netbios-ns", buf_view(&status)};
        struct mem_port port = {.proto = PROTO_UDP, .hears = hear_name_service, .owner = &silent, .drop_first = 1};
        open_named(&p, &n, &stage_netbios, NULL);
        play_serve_port(&p, &port);
        assert_true(play_run(&p, PROTO_UDP, 60000));
        const struct value *v = detail_of(&p, "netbios")->values;
        assert_string_equal(value_get_text(v, "computer"), "PC1");
        assert_string_equal(value_get_text(v, "workgroup"), "WORKGROUP");
        assert_string_equal(value_get_text(v, "unit"), "00:1b:21:aa:bb:cc");
        assert_int_equal(value_count(value_get(v, "names")), 4);
        assert_string_equal(p.service->hostname, "PC1");
        if (silent)
            assert_null(value_get(v, "addresses"));
        else
            assert_string_equal(value_get(v, "addresses")->last->text, "10.0.0.7");
        play_close(&p);
        buf_free(&status);
    }
}

/* ---- a session in the middle of an exchange */

#ifdef WITH_TLS
#include "../unit/net/tls_peer.h"

static void ask_through(const struct tls_peer_kind *kind, const char *service)
{
    struct tls_peer peer = tls_peer_start(kind);
    struct named n = {.service = service};
    struct play p = {.loop = loop_new(), .host = {.max = 64}};
    struct task_start start = {.peer = {.proto = PROTO_TCP, .port = peer.port}, .host = &p.host, .surely_open = true};
    p.stages[0] = (struct stage_use){&stage_named, &n};
    p.stages[1] = (struct stage_use){&stage_ntlm, &ask};
    p.env = (struct task_env){.loop = p.loop, .dialer = dialer_sockets(p.loop), .stages = p.stages, .stage_count = 2};
    p.env.admission = admission_new(p.loop, 100, NULL);
    p.env.tls = tls_client_new();
    addr_parse("127.0.0.1", &start.peer.addr);
    p.task = task_new(&p.env, &start, play_on_done, &p);
    loop_run(p.loop);
    assert_told(&p);
    task_free(p.task);
    admission_free(p.env.admission);
    tls_client_free(p.env.tls);
    dialer_free(p.env.dialer);
    loop_free(p.loop);
    tls_peer_stop(&peer);
}

static void rdp_tells_inside_its_session(void **state)
{
    static const char confirm[] = "\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\2\0\0";
    struct buf answer;
    buf_init(&answer, 8192);
    peer_answer_token(&answer, &srv19);
    peer_nest(&answer, 0x30);
    const struct tls_peer_turn before[] = {{confirm, sizeof confirm}, {NULL}}, inside[] = {{answer.at, answer.len}, {NULL}};
    const struct tls_peer_kind kind = {.before = before, .inside = inside};
    ask_through(&kind, "ms-wbt-server");
    buf_free(&answer);
}

/* In clear text the server offers nothing; the way through STARTTLS is tried next. */
static void mail_tells_behind_starttls(void **state)
{
    static const char *const greeting[] = {"220 mail\r\n", NULL};
    static const char offer[] = "250-mail\r\n250 STARTTLS\r\n", go[] = "220 go\r\n", ehlo[] = "250-mail\r\n250 AUTH NTLM\r\n",
                      yes[] = "334 \r\n";
    struct buf answer;
    buf_init(&answer, 8192);
    fill(&answer, BYTES("334 {base64}\r\n"));
    const struct tls_peer_turn before[] = {{offer, sizeof offer - 1}, {go, sizeof go - 1}, {NULL}};
    const struct tls_peer_turn inside[] = {{ehlo, sizeof ehlo - 1}, {yes, sizeof yes - 1}, {answer.at, answer.len}, {NULL}};
    const struct tls_peer_kind kind = {.clear = greeting, .before = before, .inside = inside};
    ask_through(&kind, "smtp");
    buf_free(&answer);
}
#endif

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_protocol_leads_to_the_challenge),
        cmocka_unit_test(each_row_has_its_scenario),
        cmocka_unit_test(nothing_is_asked_unless_it_is_wanted),
        cmocka_unit_test(what_came_anyway_is_read),
        cmocka_unit_test(others_tell_nothing),
        cmocka_unit_test(the_directory_is_told),
        cmocka_unit_test(without_an_exporter_the_directory_remains),
        cmocka_unit_test(an_endless_directory_ends),
        cmocka_unit_test(names_and_addresses_are_told),
#ifdef WITH_TLS
        cmocka_unit_test(rdp_tells_inside_its_session),
        cmocka_unit_test(mail_tells_behind_starttls),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
