/*
 * smb_test.c owns the scenarios of asking a file server: identification and the stage behind it, against hosts from Windows 2000 to Server
 * 2025 and Samba, a round trip of 100 ms away.
 */
#include "play.h"

#include "../lib/smb_peer.h"
#include "stages/smb.h"
#include "wire/nbss.h"
#include "wire/smb2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const char PROBES[] =
    "Probe TCP NULL q||\n"
    "Probe TCP SMBNegotiate "
    "q|\\0\\0\\0E\\xffSMBr\\0\\0\\0\\0\\x18\\x01(\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\xff\\xff/K\\0\\0\\0\\0\\0\"\\0\\x02NT LM "
    "0.12\\0\\x02SMB 2.002\\0\\x02SMB 2.???\\0|\n"
    "rarity 4\n"
    "ports 139,445,4711\n"
    "match microsoft-ds m|^\\0\\0..[\\xfe\\xff]SMB|s\n"
    "match netbios-ssn m|^\\x83\\0\\0\\x01|s\n";

/* And a question in SMB 2 alone, which no server takes for SMB 1. */
static const char *probes_with_smb2(struct buf *text)
{
    static const uint8_t salt[SMB2_SALT] = {1};
    struct buf question;
    size_t start;
    buf_init(&question, 4096);
    assert_true(nbss_begin(&question, &start) && smb2_write_negotiate(&question, 0, salt) && nbss_end(&question, start));
    buf_append_str(text, PROBES);
    buf_append_str(text, "Probe TCP SMB2Negotiate q|");
    for (size_t i = 0; i < question.len; i++)
        buf_printf(text, "\\x%02x", question.at[i]);
    buf_append_str(text, "|\nrarity 7\nports 4711\nmatch microsoft-ds m|^\\0\\0..\\xfeSMB|s\n");
    buf_free(&question);
    return buf_text(text);
}

struct scene {
    struct play play;
    struct smb_peer_state state;
};

static void open_with(struct scene *s, const struct smb_peer *peer, uint16_t port, const char *probes)
{
    struct mem_port served = {.proto = PROTO_TCP, .hears = smb_peer_hears, .owner = &s->state};
    s->state = (struct smb_peer_state){.peer = peer};
    play_open(&s->play, probes, 100, false);
    s->play.stages[1] = (struct stage_use){&stage_smb, NULL};
    s->play.env.stage_count = 2;
    s->play.port = port;
    play_serve_port(&s->play, &served);
}

static void open_scene(struct scene *s, const struct smb_peer *peer, uint16_t port)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    open_with(s, peer, port, probes_with_smb2(&text));
    buf_free(&text);
}

static const struct value *values_of(const struct scene *s)
{
    const struct detail *d = detail_find(s->play.task->facts.details, "smb");
    return d ? d->values : NULL;
}

/* ---- the hosts */

enum { WINDOWS_MECHS = MECH_NTLM | MECH_NEGOEX, DOMAIN_MECHS = MECH_NTLM | MECH_NEGOEX | MECH_KERBEROS };

#define NTLM_OF(major_, minor_, build_) .major = major_, .minor = minor_, .build = build_, .revision = 15
#define NAMES                                                                                                                              \
    .computer = "HOST1", .domain = "CORP", .dns_computer = "host1.corp.example", .dns_domain = "corp.example", .forest = "corp.example"
#define ALONE(name) .computer = name, .dns_computer = name
#define BOTH .dialect = 0x0311, .signing = 1, .mechs = WINDOWS_MECHS

static const struct {
    struct smb_peer peer;
    const char *product, *version, *info, *cpe, *os;
    bool one; /* SMB 1 is offered */
} hosts[] = {
    {{"2000", NTLM_OF(5, 0, 2195), ALONE("W2K"), .mechs = MECH_NTLM, .one = true, .native_os = "Windows 5.0",
         .lanman = "Windows 2000 LAN Manager", .workgroup = "OLDGRP"},
        "Windows 2000", NULL, "build 2195", "cpe:/o:microsoft:windows_2000", "Windows", true},
    {{"XP", NTLM_OF(5, 1, 2600), ALONE("XP"), .mechs = MECH_NTLM, .one = true, .native_os = "Windows 5.1",
         .lanman = "Windows 2000 LAN Manager"},
        "Windows XP", NULL, "build 2600", "cpe:/o:microsoft:windows_xp", "Windows", true},
    {{"2003", NTLM_OF(5, 2, 3790), NAMES, .mechs = MECH_NTLM | MECH_KERBEROS, .one = true,
         .native_os = "Windows Server 2003 3790 Service Pack 2", .lanman = "Windows Server 2003 5.2"},
        "Windows Server 2003", NULL, "build 3790", "cpe:/o:microsoft:windows_server_2003", "Windows", true},
    {{"2003, which tells no version", ALONE("W2K3"), .mechs = MECH_NTLM, .one = true,
         .native_os = "Windows Server 2003 R2 3790 Service Pack 2", .lanman = "Windows Server 2003 R2 5.2"},
        "Windows Server 2003 R2", NULL, "build 3790", "cpe:/o:microsoft:windows_server_2003", "Windows", true},
    {{"Vista SP2, SMB 1", NTLM_OF(6, 0, 6002), ALONE("VISTA"), .dialect = 0x0202, .signing = 1, .mechs = WINDOWS_MECHS, .one = true,
         .native_os = "Windows Vista (TM) Business 6002 Service Pack 2", .lanman = "Windows Vista (TM) Business 6.0"},
        "Windows Vista (TM) Business", NULL, "build 6002", "cpe:/o:microsoft:windows_vista::sp2", "Windows", true},
    {{"2008", NTLM_OF(6, 0, 6001), NAMES, .dialect = 0x0202, .signing = 3, .mechs = DOMAIN_MECHS},
        "Windows Server 2008 or Windows Vista SP1", NULL, "build 6001", "cpe:/o:microsoft:windows", "Windows", false},
    {{"7 SP1", NTLM_OF(6, 1, 7601), ALONE("SEVEN"), .dialect = 0x0210, .signing = 1, .mechs = WINDOWS_MECHS,
         .started = SMB_PEER_TIME - 36000000000, .one = true, .native_os = "Windows 7 Professional 7601 Service Pack 1",
         .lanman = "Windows 7 Professional 6.1"},
        "Windows 7 Professional", NULL, "build 7601", "cpe:/o:microsoft:windows_7::sp1", "Windows", true},
    {{"2008 R2 SP1, no SMB 1", NTLM_OF(6, 1, 7601), NAMES, .dialect = 0x0210, .signing = 3, .mechs = DOMAIN_MECHS},
        "Windows Server 2008 R2 SP1 or Windows 7 SP1", NULL, "build 7601", "cpe:/o:microsoft:windows", "Windows", false},
    {{"2012", NTLM_OF(6, 2, 9200), NAMES, .dialect = 0x0300, .signing = 1, .mechs = DOMAIN_MECHS}, "Windows Server 2012 or Windows 8", NULL,
        "build 9200", "cpe:/o:microsoft:windows", "Windows", false},
    {{"2012 R2, SMB 1", NTLM_OF(6, 3, 9600), NAMES, .dialect = 0x0302, .signing = 1, .mechs = DOMAIN_MECHS, .one = true,
         .native_os = "Windows Server 2012 R2 Standard 9600", .lanman = "Windows Server 2012 R2 Standard 6.3"},
        "Windows Server 2012 R2 Standard", NULL, "build 9600", "cpe:/o:microsoft:windows_server_2012:r2", "Windows", true},
    {{"10 1507", NTLM_OF(10, 0, 10240), ALONE("TEN"), BOTH}, "Windows 10 1507", NULL, "build 10240", "cpe:/o:microsoft:windows_10",
        "Windows", false},
    {{"2016, SMB 1", NTLM_OF(10, 0, 14393), NAMES, BOTH, .one = true, .native_os = "Windows Server 2016 Standard 14393",
         .lanman = "Windows Server 2016 Standard 6.3"},
        "Windows Server 2016 Standard", NULL, "build 14393", "cpe:/o:microsoft:windows_server_2016", "Windows", true},
    {{"2019", NTLM_OF(10, 0, 17763), NAMES, BOTH}, "Windows Server 2019 or Windows 10 1809", NULL, "build 17763",
        "cpe:/o:microsoft:windows", "Windows", false},
    {{"10 22H2", NTLM_OF(10, 0, 19041), ALONE("DESKTOP-1"), BOTH}, "Windows Server 2004 - 20H2 or Windows 10 2004 - 22H2", NULL,
        "build 19041", "cpe:/o:microsoft:windows", "Windows", false},
    {{"2022", NTLM_OF(10, 0, 20348), NAMES, BOTH}, "Windows Server 2022", NULL, "build 20348", "cpe:/o:microsoft:windows_server_2022",
        "Windows", false},
    {{"11 23H2", NTLM_OF(10, 0, 22621), ALONE("ELEVEN"), BOTH}, "Windows 11 22H2 - 23H2", NULL, "build 22621",
        "cpe:/o:microsoft:windows_11", "Windows", false},
    {{"2025", NTLM_OF(10, 0, 26100), NAMES, .dialect = 0x0311, .signing = 3, .mechs = DOMAIN_MECHS},
        "Windows Server 2025 or Windows 11 24H2 - 25H2", NULL, "build 26100", "cpe:/o:microsoft:windows", "Windows", false},
    {{"one that is not written yet", NTLM_OF(10, 0, 31000), NAMES, BOTH}, "Windows", NULL, "build 31000", "cpe:/o:microsoft:windows",
        "Windows", false},
    {{"Samba", NTLM_OF(6, 1, 0), ALONE("RLAB"), .domain = "RLAB", .dialect = 0x0311, .signing = 1, .mechs = MECH_NTLM,
         .guid = "rlab\0\0\0\0\0\0\0\0\0\0\0", .one_says_no = true},
        "Samba smbd", NULL, NULL, "cpe:/a:samba:samba", NULL, false},
    {{"Samba, SMB 1", NTLM_OF(6, 1, 0), ALONE("RLAB"), .domain = "RLAB", .dialect = 0x0311, .signing = 3, .mechs = MECH_NTLM,
         .guid = "rlab\0\0\0\0\0\0\0\0\0\0\0", .one = true, .native_os = "Windows 6.1", .lanman = "Samba 4.17.12-Debian",
         .workgroup = "LABGRP"},
        "Samba smbd", "4.17.12-Debian", "workgroup: LABGRP", "cpe:/a:samba:samba:4.17.12", "Linux", true},
    {{"Samba, a member", NTLM_OF(6, 1, 0), NAMES, .dialect = 0x0311, .signing = 1, .mechs = MECH_NTLM | MECH_KERBEROS,
         .guid = "host1\0\0\0\0\0\0\0\0\0\0"},
        "Samba smbd", NULL, "workgroup: CORP", "cpe:/a:samba:samba", NULL, false},
    /* neither: a name would be a guess */
    {{"Windows' version with another's mechanisms", NTLM_OF(6, 1, 7600), ALONE("MAC"), .dialect = 0x0302, .signing = 1,
         .mechs = MECH_NTLM | MECH_KERBEROS | MECH_PKU2U},
        NULL, NULL, NULL, NULL, NULL, false},
    {{"no version", ALONE("NAS"), .dialect = 0x0311, .signing = 1, .mechs = MECH_NTLM}, NULL, NULL, NULL, NULL, NULL, false},
    {{"no GUID", NTLM_OF(10, 0, 17763), ALONE("KERNEL"), .dialect = 0x0311, .signing = 1, .mechs = MECH_NTLM,
         .guid = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
        NULL, NULL, NULL, NULL, NULL, false},
    {{"no NTLM", NTLM_OF(10, 0, 17763), NAMES, .dialect = 0x0311, .signing = 3, .mechs = MECH_NEGOEX, .no_ntlm = true}, NULL, NULL, NULL,
        NULL, NULL, false},
};
enum { HOSTS = sizeof hosts / sizeof *hosts };

static void assert_text(const char *what, const char *found, const char *expected)
{
    if ((found == NULL) != (expected == NULL) || (found && strcmp(found, expected) != 0))
        fail_msg("%s: found %s, expected %s", what, found ? found : "nothing", expected ? expected : "nothing");
}

static void assert_host(size_t i, const struct scene *s)
{
    const char *what = hosts[i].peer.what;
    const struct service_record *found = s->play.service;
    assert_text(what, found->product, hosts[i].product);
    assert_text(what, found->version, hosts[i].version);
    assert_text(what, found->info, hosts[i].info);
    assert_text(what, found->os, hosts[i].os);
    assert_text(what, found->cpe_count ? found->cpe[0] : NULL, hosts[i].cpe);
    assert_text(what, found->hostname, hosts[i].peer.no_ntlm ? NULL : hosts[i].peer.computer);
    assert_text(what, found->note, NULL);
    const struct value *one = value_get(values_of(s), "smb1");
    assert_non_null(one);
    assert_int_equal(one->number, hosts[i].one);
}

static bool is_sent(const struct scene *s, const char *text, size_t n)
{
    for (size_t i = 0; i < mem_log_count(s->play.net); i++) {
        const struct mem_log *l = mem_log_at(s->play.net, i);
        if (l->kind == MEM_LOG_SENT && bytes_find(l->data, bytes_of(text, n)))
            return true;
    }
    return false;
}

/* The names that hosts are given, in five round trips after the port is known to be open; one question at a time; nobody logs in. */
static void each_host_is_told_for_what_it_is(void **state)
{
    for (size_t i = 0; i < HOSTS; i++) {
        struct scene s;
        open_scene(&s, &hosts[i].peer, PLAY_PORT);
        assert_true(play_run(&s.play, PROTO_TCP, 60000));
        assert_host(i, &s);
        assert_int_equal(s.state.faults, 0);
        assert_false(is_sent(&s, "NTLMSSP\0\3", 9));
        assert_true(play_elapsed_ms(&s.play) - 100 <= 500); /* the first round trip is the scan's */
        assert_true(mem_connections(s.play.net) <= 3);
        play_close(&s.play);
    }
}

/* What identification has begun is gone on with: two connections in all, four round trips after it was known that the port is open. */
static void the_lanes_of_identification_are_used(void **state)
{
    static const struct smb_peer peer = {"2019", NTLM_OF(10, 0, 17763), NAMES, BOTH};
    struct scene s;
    open_with(&s, &peer, PLAY_PORT, PROBES);
    assert_true(play_run(&s.play, PROTO_TCP, 60000));
    assert_int_equal(mem_connections(s.play.net), 2);
    assert_true(play_elapsed_ms(&s.play) - 100 <= 430);
    play_close(&s.play);
}

static void port_139_begins_with_a_session(void **state)
{
    static const struct smb_peer peer = {"2019", NTLM_OF(10, 0, 17763), NAMES, BOTH, .netbios = true};
    struct scene s;
    open_scene(&s, &peer, 139);
    assert_true(play_run(&s.play, PROTO_TCP, 60000));
    assert_string_equal(s.play.service->name, "netbios-ssn");
    assert_string_equal(s.play.service->product, "Windows Server 2019 or Windows 10 1809");
    assert_string_equal(s.play.service->hostname, "HOST1");
    assert_true(is_sent(&s, "\x81\0\0\x44 CKFDENECFDEFFCFGEFFCCACACACACACA\0", 38));
    play_close(&s.play);
}

/* A port elsewhere that refuses without a session says so when it is identified. */
static void a_session_is_learnt_at_any_port(void **state)
{
    static const struct smb_peer peer = {"2019", NTLM_OF(10, 0, 17763), NAMES, BOTH, .netbios = true};
    struct scene s;
    open_scene(&s, &peer, PLAY_PORT);
    assert_true(play_run(&s.play, PROTO_TCP, 60000));
    assert_string_equal(s.play.service->product, "Windows Server 2019 or Windows 10 1809");
    play_close(&s.play);
}

/* Identification heard nothing: the port is asked in SMB 2 alone. */
static void a_server_that_hangs_up_on_smb1_is_asked_in_smb2(void **state)
{
    static const struct smb_peer peer = {"2022", NTLM_OF(10, 0, 20348), NAMES, BOTH, .whole_refuses = true};
    struct scene s;
    open_scene(&s, &peer, 445);
    assert_true(play_run(&s.play, PROTO_TCP, 60000));
    assert_string_equal(s.play.service->name, "microsoft-ds");
    assert_string_equal(s.play.service->product, "Windows Server 2022");
    assert_null(s.play.service->note);
    play_close(&s.play);
}

/* Elsewhere identification asks in SMB 2, too; its lane is gone on with. */
static void what_was_asked_in_smb2_is_gone_on_with(void **state)
{
    static const struct smb_peer peer = {"2022", NTLM_OF(10, 0, 20348), NAMES, BOTH, .whole_refuses = true};
    struct scene s;
    open_scene(&s, &peer, PLAY_PORT);
    assert_true(play_run(&s.play, PROTO_TCP, 60000));
    assert_string_equal(s.play.service->product, "Windows Server 2022");
    assert_string_equal(value_get_text(values_of(&s), "dialect"), "3.1.1");
    assert_int_equal(s.state.faults, 0);
    assert_int_equal(mem_connections(s.play.net), 3);
    play_close(&s.play);
}

/* One round trip tells name and workgroup; a session would be a login. */
static void without_extended_security_nothing_more_is_asked(void **state)
{
    static const struct smb_peer peer = {"NT 4", .computer = "NTBOX", .one = true, .plain = true, .workgroup = "OLDGRP"};
    struct scene s;
    open_scene(&s, &peer, PLAY_PORT);
    assert_true(play_run(&s.play, PROTO_TCP, 60000));
    assert_string_equal(s.play.service->name, "microsoft-ds");
    assert_string_equal(s.play.service->hostname, "NTBOX");
    assert_string_equal(value_get_text(values_of(&s), "workgroup"), "OLDGRP");
    assert_false(is_sent(&s, "NTLMSSP", 7));
    play_close(&s.play);
}

static void facts_of_the_negotiation_are_told(void **state)
{
    static const struct smb_peer peer = {
        "7", NTLM_OF(10, 0, 20348), NAMES, .dialect = 0x0311, .signing = 3, .mechs = DOMAIN_MECHS, .started = 133451712000000000ULL};
    struct scene s;
    open_scene(&s, &peer, PLAY_PORT);
    assert_true(play_run(&s.play, PROTO_TCP, 60000));
    const struct value *v = values_of(&s);
    assert_string_equal(value_get_text(v, "dialect"), "3.1.1");
    assert_string_equal(value_get_text(v, "signing"), "required");
    assert_string_equal(value_get_text(v, "server_guid"), "3322118a-5544-7766-8899-aabbccddeeff");
    assert_string_equal(value_get_text(v, "time"), "2023-11-24T00:00:00Z");
    assert_string_equal(value_get_text(v, "started"), "2023-11-23T00:00:00Z");
    assert_non_null(value_get(v, "clock_skew_ms"));
    assert_string_equal(value_get(v, "ciphers")->first->text, "AES-128-GCM");
    assert_string_equal(value_get(v, "compression")->first->text, "LZ77");
    assert_string_equal(value_get(v, "mechanisms")->first->text, "NEGOEX");
    const struct value *ntlm = value_get(v, "ntlm");
    assert_string_equal(value_get_text(ntlm, "netbios_computer"), "HOST1");
    assert_string_equal(value_get_text(ntlm, "netbios_domain"), "CORP");
    assert_string_equal(value_get_text(ntlm, "dns_computer"), "host1.corp.example");
    assert_string_equal(value_get_text(ntlm, "dns_domain"), "corp.example");
    assert_string_equal(value_get_text(ntlm, "dns_forest"), "corp.example");
    assert_string_equal(value_get_text(ntlm, "version"), "10.0.20348");
    play_close(&s.play);
}

/* ---- servers that do not behave */

struct sick {
    struct smb_peer_state state;
    uint32_t random;
    bool cut; /* else bits are flipped */
    unsigned silent_after; /* answers; 0: never */
    unsigned answers;
};

static uint32_t draw(struct sick *k, uint32_t below)
{
    k->random = k->random * 1664525 + 1013904223;
    return (k->random >> 8) % below;
}

static enum peer_answer sick_answer(void *owner, unsigned connection, struct bytes got, struct buf *out)
{
    struct sick *k = owner;
    if (k->silent_after && k->answers++ >= k->silent_after)
        return PEER_SEND;
    enum peer_answer what = smb_peer_answer(&k->state, connection, got, out);
    if (k->silent_after || !out->len)
        return what;
    if (k->cut)
        out->len = draw(k, (uint32_t)out->len);
    else
        for (int i = 0; i < 4; i++)
            out->at[4 + draw(k, (uint32_t)out->len - 4)] ^= (uint8_t)(1u << draw(k, 8));
    return k->cut ? PEER_CLOSE : what;
}

static void sick_hears(void *owner, struct mem_talk *talk, struct bytes got)
{
    peer_say(talk, sick_answer, owner, got);
}

static void act_sick(struct sick *k)
{
    struct play p;
    struct mem_port served = {.proto = PROTO_TCP, .hears = sick_hears, .owner = k};
    play_open(&p, PROBES, 100, false);
    p.stages[1] = (struct stage_use){&stage_smb, NULL};
    p.env.stage_count = 2;
    play_serve_port(&p, &served);
    assert_true(play_run(&p, PROTO_TCP, 60000));
    play_close(&p);
}

static void damaged_answers_are_survived(void **state)
{
    for (uint32_t i = 0; i < 400; i++) {
        struct sick k = {.state = {.peer = &hosts[i % HOSTS].peer}, .random = i, .cut = i % 4 == 3};
        act_sick(&k);
    }
}

static void silence_ends(void **state)
{
    for (unsigned n = 1; n < 5; n++) {
        struct sick k = {.state = {.peer = &hosts[HOSTS - 6].peer}, .silent_after = n};
        act_sick(&k);
    }
}

/* Stopped in the middle: what is known stands in the facts. */
static void what_is_known_survives_an_early_end(void **state)
{
    static const struct smb_peer peer = {"2022", NTLM_OF(10, 0, 20348), NAMES, BOTH};
    struct sick k = {.state = {.peer = &peer}, .silent_after = 3};
    struct play p;
    struct mem_port served = {.proto = PROTO_TCP, .hears = sick_hears, .owner = &k};
    play_open(&p, PROBES, 100, false);
    p.stages[1] = (struct stage_use){&stage_smb, NULL};
    p.env.stage_count = 2;
    play_serve_port(&p, &served);
    assert_false(play_run(&p, PROTO_TCP, 700));
    assert_string_equal(p.service->name, "microsoft-ds");
    assert_string_equal(value_get_text(detail_find(p.task->facts.details, "smb")->values, "dialect"), "3.1.1");
    play_close(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_host_is_told_for_what_it_is),
        cmocka_unit_test(the_lanes_of_identification_are_used),
        cmocka_unit_test(port_139_begins_with_a_session),
        cmocka_unit_test(a_session_is_learnt_at_any_port),
        cmocka_unit_test(a_server_that_hangs_up_on_smb1_is_asked_in_smb2),
        cmocka_unit_test(what_was_asked_in_smb2_is_gone_on_with),
        cmocka_unit_test(without_extended_security_nothing_more_is_asked),
        cmocka_unit_test(facts_of_the_negotiation_are_told),
        cmocka_unit_test(damaged_answers_are_survived),
        cmocka_unit_test(silence_ends),
        cmocka_unit_test(what_is_known_survives_an_early_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
