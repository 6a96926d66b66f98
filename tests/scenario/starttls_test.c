/*
 * starttls_test.c owns the scenarios of upgrading a clear-text service to TLS: each protocol's dialogue on the network in memory, where an
 * alert answers the hello; and one with a real session.
 */
#include "play.h"
#include "told.h"

#include "../unit/net/tls_peer.h"
#include "stages/dialogue.h"
#include "stages/starttls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* ---- in the place of identification */

struct named {
    const char *service, *hostname;
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
    t->facts.service.hostname = n->hostname;
    if (n->reply.len)
        facts_add_reply(&t->facts, &t->arena, "NULL", NULL, n->reply);
    return VERDICT_DONE;
}

static const struct stage stage_named = {.name = "named", .wants = named_wants, .start = named_start};
static const struct starttls_config take = {.upgrade = true}, leave = {.upgrade = false};

/* `steps` are played for the connection of the upgrade: the scan's own has been closed. */
static void act(struct play *p, const struct named *n, const struct starttls_config *c, const struct mem_step *steps)
{
    play_open(p, "Probe TCP NULL q||\n", 100, false);
    play_enter_tls(p);
    p->stages[0] = (struct stage_use){&stage_named, n};
    p->stages[1] = (struct stage_use){&stage_starttls, c};
    play_serve(p, steps);
    assert_true(play_run(p, PROTO_TCP, 60000));
    assert_string_equal(p->service->name, n->service);
    assert_null(p->service->tunnel);
}

/* ---- what each protocol says */

#define ALERT MEM_EXPECT("\x16\x03"), MEM_SEND("\x15\x03\x03\0\x02\x02\x28"), MEM_CLOSE, MEM_END
#define SAYS(text) MEM_SEND(text "\r\n")
#define MYSQL_GREETING(capabilities)                                                                                                       \
    "\x2a\0\0\0\x0a"                                                                                                                       \
    "8.0.36\0"                                                                                                                             \
    "\x01\0\0\0"                                                                                                                           \
    "12345678\0" capabilities "\x21\x02\0\xff\xc1\x15\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct mem_step smtp[] = {SAYS("220-mail.example\r\n220 ESMTP"), MEM_EXPECT("EHLO"),
    SAYS("250-mail.example\r\n250-STARTTLS\r\n250 HELP"), MEM_EXPECT("STARTTLS\r\n"), SAYS("220 go"), ALERT};
static const struct mem_step lmtp[] = {
    SAYS("220 l"), MEM_EXPECT("LHLO"), SAYS("250-x\r\n250 STARTTLS"), MEM_EXPECT("STARTTLS"), SAYS("220 go"), ALERT};
static const struct mem_step imap[] = {SAYS("* OK ready"), MEM_EXPECT("a1 CAPABILITY"),
    SAYS("* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done"), MEM_EXPECT("a2 STARTTLS"), SAYS("a2 OK begin"), ALERT};
static const struct mem_step pop3[] = {
    SAYS("+OK ready"), MEM_EXPECT("CAPA"), SAYS("+OK\r\nUIDL\r\nSTLS\r\n."), MEM_EXPECT("STLS"), SAYS("+OK begin"), ALERT};
static const struct mem_step ftp[] = {SAYS("220 ready"), MEM_EXPECT("AUTH TLS"), SAYS("234 Proceed"), ALERT};
static const struct mem_step nntp[] = {SAYS("201 no posting"), MEM_EXPECT("STARTTLS"), SAYS("382 go"), ALERT};
static const struct mem_step sieve[] = {
    SAYS("\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\""), MEM_EXPECT("STARTTLS"), SAYS("OK"), ALERT};
static const struct mem_step irc[] = {
    SAYS(":irc.example NOTICE AUTH :*** Looking up"), MEM_EXPECT("STARTTLS"), SAYS(":irc.example 670 * :go"), ALERT};
static const struct mem_step xmpp[] = {MEM_EXPECT("to='chat.example'"),
    MEM_SEND("<?xml version='1.0'?><stream:stream><stream:features><starttls xmlns='"), MEM_WAIT(10),
    MEM_SEND("urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"), MEM_EXPECT("<starttls"), MEM_SEND("<proceed xmlns='x'/>"), ALERT};
static const struct mem_step ldap[] = {
    MEM_EXPECT("1.3.6.1.4.1.1466.20037"), MEM_SEND("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"), ALERT};
static const struct mem_step postgresql[] = {MEM_EXPECT("\x04\xd2\x16\x2f"), MEM_SEND("S"), ALERT};
static const struct mem_step mysql[] = {MEM_SEND(MYSQL_GREETING("\xff\xff")), ALERT};

static const struct mem_step smtp_none[] = {
    SAYS("220 ESMTP"), MEM_EXPECT("EHLO"), SAYS("250-mail.example STARTTLS-free\r\n250 NOSTARTTLS"), MEM_END};
static const struct mem_step smtp_no[] = {SAYS("220 ESMTP"), MEM_EXPECT("EHLO"), SAYS("250-m\r\n250 STARTTLS"), MEM_EXPECT(""),
    SAYS("454 4.7.0 TLS not available due to local problem"), MEM_END};
static const struct mem_step smtp_busy[] = {SAYS("421 too many"), MEM_CLOSE, MEM_END};
static const struct mem_step imap_no[] = {
    SAYS("* OK ready"), MEM_EXPECT(""), SAYS("* CAPABILITY STARTTLS\r\na1 OK done"), MEM_EXPECT(""), SAYS("a2 BAD no"), MEM_END};
static const struct mem_step pop3_no[] = {SAYS("+OK ready"), MEM_EXPECT(""), SAYS("-ERR"), MEM_END};
static const struct mem_step ftp_no[] = {SAYS("220 ready"), MEM_EXPECT(""), SAYS("530 Please login"), MEM_END};
static const struct mem_step irc_no[] = {MEM_EXPECT(""), SAYS(":irc.example 421 * STARTTLS :Unknown command"), MEM_END};
static const struct mem_step xmpp_no[] = {
    MEM_EXPECT(""), MEM_SEND("<stream:error><host-unknown/></stream:error></stream:stream>"), MEM_END};
static const struct mem_step ldap_no[] = {MEM_EXPECT(""), MEM_SEND("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\0\x04\0"), MEM_END};
static const struct mem_step ldap_odd[] = {
    MEM_EXPECT(""), MEM_SEND("\x30\x84\xff\xff\xff\xff\x02\x84\xff\xff\xff\xff\x78\x84\x30"), MEM_END};
static const struct mem_step postgresql_no[] = {MEM_EXPECT(""), MEM_SEND("N"), MEM_END};
static const struct mem_step mysql_none[] = {MEM_SEND(MYSQL_GREETING("\xff\xf7")), MEM_END};
static const struct mem_step mysql_no[] = {MEM_SEND("\x0a\0\0\0\xff\x6a\x04Host..."), MEM_CLOSE, MEM_END};
static const struct mem_step silent[] = {MEM_END};
static const struct mem_step stops[] = {SAYS("220 ESMTP"), MEM_EXPECT(""), SAYS("250 STARTTLS"), MEM_EXPECT(""), MEM_END};
static const struct mem_step hangs_up[] = {
    SAYS("220 ESMTP"), MEM_EXPECT(""), SAYS("250 STARTTLS"), MEM_EXPECT(""), SAYS("220 go"), MEM_EXPECT(""), MEM_CLOSE, MEM_END};

#define REFUSED_HELLO "alert: handshake failure"

static const struct {
    const char *service;
    const struct mem_step *steps;
    bool offered;
    const char *failure;
} dialogues[] = {
    {"smtp", smtp, true, REFUSED_HELLO},
    {"lmtp", lmtp, true, REFUSED_HELLO},
    {"imap", imap, true, REFUSED_HELLO},
    {"pop3", pop3, true, REFUSED_HELLO},
    {"ftp", ftp, true, REFUSED_HELLO},
    {"nntp", nntp, true, REFUSED_HELLO},
    {"sieve", sieve, true, REFUSED_HELLO},
    {"irc", irc, true, REFUSED_HELLO},
    {"xmpp", xmpp, true, REFUSED_HELLO},
    {"xmpp-client", xmpp, true, REFUSED_HELLO},
    {"xmpp-server", xmpp, true, REFUSED_HELLO},
    {"ldap", ldap, true, REFUSED_HELLO},
    {"postgresql", postgresql, true, REFUSED_HELLO},
    {"mysql", mysql, true, REFUSED_HELLO},
    {"smtp", smtp_none, false, NULL},
    {"smtp", smtp_no, true, "refused: 454 4.7.0 TLS not available due to local problem"},
    {"smtp", smtp_busy, false, NULL},
    {"imap", imap_no, true, "refused: a2 BAD no"},
    {"pop3", pop3_no, false, NULL},
    {"ftp", ftp_no, false, NULL},
    {"irc", irc_no, false, NULL},
    {"xmpp", xmpp_no, false, NULL},
    {"ldap", ldap_no, false, NULL},
    {"ldap", ldap_odd, false, NULL},
    {"postgresql", postgresql_no, false, NULL},
    {"mysql", mysql_none, false, NULL},
    {"mysql", mysql_no, false, NULL},
    {"nntp", silent, false, NULL},
    {"smtp", stops, true, "no answer"},
    {"smtp", hangs_up, true, "closed during the handshake"},
};
enum { DIALOGUES = sizeof dialogues / sizeof *dialogues };

static void each_dialogue_ends_as_it_must(void **state)
{
    for (size_t i = 0; i < DIALOGUES; i++) {
        struct named n = {.service = dialogues[i].service, .hostname = "chat.example"};
        struct play p;
        act(&p, &n, &take, dialogues[i].steps);
        assert_int_equal(detail_find(p.task->facts.details, "tls") != NULL, dialogues[i].offered);
        if (dialogues[i].offered) {
            assert_non_null(told(p.task, "tls", "starttls"));
            assert_null(told(p.task, "tls", "protocol"));
            assert_string_equal(told_text(p.task, "tls", "failure"), dialogues[i].failure);
        }
        assert_int_equal(mem_connections(p.net), 2);
        play_close(&p);
    }
}

static bool is_played(const char *service)
{
    bool played = false;
    for (size_t i = 0; i < DIALOGUES; i++)
        played = played || (dialogues[i].offered && strcmp(dialogues[i].service, service) == 0);
    return played;
}

static void each_row_has_its_scenario(void **state)
{
    for (size_t i = 0; dialogue_at(i); i++)
        assert_true(is_played(dialogue_at(i)->service));
}

/* ---- what is known without asking */

#define REPLY(text)                                                                                                                        \
    {                                                                                                                                      \
        (const uint8_t *)(text), sizeof(text) - 1                                                                                          \
    }

static const struct {
    struct named named;
    bool offered;
} known[] = {
    {{"imap", NULL, REPLY("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n")}, true},
    {{"imap", NULL, REPLY("* OK [CAPABILITY IMAP4rev1 XSTARTTLS] ready.\r\n")}, false},
    {{"sieve", NULL, REPLY("\"STARTTLS\"\r\nOK\r\n")}, true},
    {{"smtp", NULL, REPLY("250-x\r\n250-starttls\r\n250 HELP\r\n")}, true},
    {{"smtp", NULL, REPLY("214 commands: EHLO STARTTLS\r\n")}, false},
    {{"ftp", NULL, REPLY("211-Features:\r\n AUTH TLS\r\n211 End\r\n")}, true},
    {{"pop3", NULL, REPLY("+OK\r\nSTLS\r\n.\r\n")}, true},
    {{"pop3", NULL, REPLY("+OK no STLS here\r\n")}, false},
    {{"xmpp-client", NULL, REPLY("<stream:features><starttls xmlns='x'/>")}, true},
    {{"mysql", NULL, REPLY(MYSQL_GREETING("\xff\xff"))}, true},
    {{"mysql", NULL, REPLY(MYSQL_GREETING("\xff\xf7"))}, false},
    {{"mysql", NULL,
         REPLY("\x2a\0\0\0\x0a"
               "8.0")},
        false},
    {{"http", NULL, REPLY("250 STARTTLS\r\n")}, false},
};

static void replies_tell_offers_without_a_question(void **state)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct play p;
        act(&p, &known[i].named, &leave, silent);
        assert_int_equal(told(p.task, "tls", "starttls") != NULL, known[i].offered);
        assert_int_equal(mem_connections(p.net), 1);
        play_close(&p);
    }
}

/* A server that hides what it offered before, or is gone, has offered it all the same. */
static void an_offer_survives_a_refusal(void **state)
{
    struct named n = {.service = "smtp", .reply = REPLY("250-x\r\n250 STARTTLS\r\n")};
    struct play p;
    act(&p, &n, &take, smtp_busy);
    assert_string_equal(told_text(p.task, "tls", "failure"), "refused: 421 too many");
    play_close(&p);
}

static void a_hostile_name_stays_out_of_the_question(void **state)
{
    struct named n = {.service = "xmpp", .hostname = "a'/><x y='"};
    static const struct mem_step asked[] = {MEM_EXPECT("to='192.0.2.1'"), MEM_SEND("</stream:features>"), MEM_END};
    struct play p;
    act(&p, &n, &take, asked);
    assert_null(detail_find(p.task->facts.details, "tls"));
    assert_true(play_elapsed_ms(&p) < 1000);
    play_close(&p);
}

/* ---- a real session */

static void the_certificate_is_collected_over_the_same_connection(void **state)
{
    static const char *const clear[] = {"220 ready\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n", NULL};
    static const struct tls_peer_kind kind = {.clear = clear};
    struct tls_peer peer = tls_peer_start(&kind);
    struct named n = {.service = "smtp"};
    struct starttls_config config = {.upgrade = true};
    struct play p = {.loop = loop_new(), .host = {.max = 64}};
    struct task_start start = {.peer = {.proto = PROTO_TCP, .port = peer.port}, .host = &p.host, .surely_open = true};
    p.stages[0] = (struct stage_use){&stage_named, &n};
    p.stages[1] = (struct stage_use){&stage_starttls, &config};
    p.env = (struct task_env){.loop = p.loop, .dialer = dialer_sockets(p.loop), .stages = p.stages, .stage_count = 2};
    p.env.admission = admission_new(p.loop, 100, NULL);
    p.env.tls = tls_client_new();
    p.env.server_name = "asked.example";
    addr_parse("127.0.0.1", &start.peer.addr);
    p.task = task_new(&p.env, &start, play_on_done, &p);
    loop_run(p.loop);
    assert_string_equal(p.service->name, "smtp");
    assert_null(p.service->tunnel);
    assert_int_equal(told(p.task, "tls", "starttls")->number, 1);
    assert_string_equal(told_text(p.task, "tls", "protocol"), "TLSv1.3");
    assert_string_equal(told_text(p.task, "tls", "server_name"), "asked.example");
    assert_string_equal(value_get_text(told(p.task, "tls", "certificate"), "subject"), "CN=peer.example");
    assert_int_equal(p.task->connections, 1);
    task_free(p.task);
    admission_free(p.env.admission);
    tls_client_free(p.env.tls);
    dialer_free(p.env.dialer);
    loop_free(p.loop);
    tls_peer_stop(&peer);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_dialogue_ends_as_it_must),
        cmocka_unit_test(each_row_has_its_scenario),
        cmocka_unit_test(replies_tell_offers_without_a_question),
        cmocka_unit_test(an_offer_survives_a_refusal),
        cmocka_unit_test(a_hostile_name_stays_out_of_the_question),
        cmocka_unit_test(the_certificate_is_collected_over_the_same_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
