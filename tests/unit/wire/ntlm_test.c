/* ntlm_test.c owns the tests of NTLM's messages, of UTF-16, DER and SPNEGO around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../lib/smb_peer.h"
#include "base/base64.h"
#include "damage.h"
#include "wire/der.h"
#include "wire/filetime.h"
#include "wire/ntlm.h"
#include "wire/spnego.h"
#include "wire/utf16.h"

static const struct smb_peer server = {.major = 10,
    .build = 17763,
    .revision = 15,
    .computer = "SRV19",
    .domain = "CORP",
    .dns_computer = "srv19.corp.example",
    .dns_domain = "corp.example",
    .forest = "example",
    .mechs = MECH_NEGOEX | MECH_KERBEROS | MECH_NTLM};

static struct arena arena;
static struct buf message;

static int set_up(void **state)
{
    arena_init(&arena);
    buf_init(&message, 8192);
    return 0;
}

static int tear_down(void **state)
{
    buf_free(&message);
    arena_free(&arena);
    return 0;
}

static void assert_server(const struct ntlm_challenge *c)
{
    assert_string_equal(c->target, "CORP");
    assert_string_equal(c->netbios_computer, "SRV19");
    assert_string_equal(c->netbios_domain, "CORP");
    assert_string_equal(c->dns_computer, "srv19.corp.example");
    assert_string_equal(c->dns_domain, "corp.example");
    assert_string_equal(c->dns_forest, "example");
    assert_true(c->has_version);
    assert_int_equal(c->major, 10);
    assert_int_equal(c->minor, 0);
    assert_int_equal(c->build, 17763);
    assert_int_equal(c->revision, 15);
    assert_true(c->time == SMB_PEER_TIME);
}

static void a_challenge_is_read(void **state)
{
    struct ntlm_challenge c;
    peer_challenge(&message, &server);
    assert_true(ntlm_read_challenge(buf_view(&message), &arena, &c));
    assert_server(&c);
}

/* As Windows NT 4 sent it: a head of 32 bytes and no more. */
static void an_old_challenge_has_no_names(void **state)
{
    struct ntlm_challenge c;
    static const char old[] = "NTLMSSP\0\2\0\0\0\4\0\4\0\x20\0\0\0\2\x82\0\0"
                              "12345678NT4\x41";
    assert_true(ntlm_read_challenge(bytes_of(old, sizeof old - 1), &arena, &c));
    assert_string_equal(c.target, "NT4A");
    assert_false(c.has_version);
    assert_null(c.netbios_computer);
}

static void descriptors_do_not_lead_out_of_it(void **state)
{
    struct ntlm_challenge c;
    peer_challenge(&message, &server);
    peer_patch(&message, 16, 0xfffffff0, 4); /* the target's offset */
    peer_patch(&message, 44, (uint32_t)message.len - 3, 4); /* the list's, whose length is as it was */
    assert_true(ntlm_read_challenge(buf_view(&message), &arena, &c));
    assert_null(c.target);
    assert_null(c.netbios_computer);
    assert_int_equal(c.build, 17763);
}

static void other_messages_are_none(void **state)
{
    struct ntlm_challenge c;
    assert_false(ntlm_read_challenge(ntlm_negotiate(), &arena, &c));
    assert_false(ntlm_read_challenge(bytes_str("NTLMSSP"), &arena, &c));
    assert_false(ntlm_find_challenge(bytes_str("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\n\r\n"), &arena, &c));
    assert_false(ntlm_find_challenge(bytes_of(NULL, 0), &arena, &c));
}

static void it_is_found_where_it_stands(void **state)
{
    struct ntlm_challenge c;
    struct buf text, raw;
    buf_init(&text, 8192);
    buf_init(&raw, 8192);
    peer_challenge(&raw, &server);
    buf_append_str(&text, "HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/10.0\r\nWWW-Authenticate: NTLM ");
    base64_write(buf_view(&raw), &text);
    buf_append_str(&text, "\r\nContent-Length: 0\r\n\r\n");
    assert_true(ntlm_find_challenge(buf_view(&text), &arena, &c));
    assert_server(&c);
    buf_clear(&text);
    buf_clear(&raw);
    peer_answer_token(&raw, &server); /* in SPNEGO the base64 begins elsewhere */
    buf_append_str(&text, "WWW-Authenticate: Negotiate ");
    base64_write(buf_view(&raw), &text);
    buf_append_str(&text, "\r\n");
    assert_true(ntlm_find_challenge(buf_view(&text), &arena, &c));
    assert_server(&c);
    assert_true(ntlm_find_challenge(buf_view(&raw), &arena, &c));
    assert_server(&c);
    buf_free(&text);
    buf_free(&raw);
}

static void find_one(struct bytes at)
{
    struct ntlm_challenge c;
    struct arena mine;
    arena_init(&mine);
    ntlm_find_challenge(at, &mine, &c);
    arena_free(&mine);
}

static void damaged_challenges_are_survived(void **state)
{
    peer_answer_token(&message, &server);
    damage(buf_view(&message), find_one);
    struct buf text;
    buf_init(&text, 8192);
    base64_write(buf_view(&message), &text);
    for (size_t n = 0; n < text.len; n++)
        damage_exact(text.at, n, find_one);
    buf_free(&text);
}

static void what_we_say_is_what_base64_says(void **state)
{
    base64_write(ntlm_negotiate(), &message);
    assert_string_equal(buf_text(&message), ntlm_negotiate_base64());
    assert_null(memchr(ntlm_negotiate().at, 0xff, ntlm_negotiate().len)); /* Telnet would double it */
}

/* ---- UTF-16 */

#define UNITS(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

static void utf16_becomes_utf8(void **state)
{
    assert_string_equal(utf16_text(&arena, UNITS("A\0\xe4\0\xac\x20\x3d\xd8\x00\xde")), "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_string_equal(utf16_text(&arena, UNITS("\x3d\xd8"
                                                 "B\0")),
        "\xef\xbf\xbd"
        "B");
    assert_string_equal(utf16_text(&arena, UNITS("\x00\xde")), "\xef\xbf\xbd");
    assert_string_equal(utf16_text(&arena, UNITS("A\0B\0C")), "AB");
    assert_string_equal(utf16_text(&arena, UNITS("A\0\0\0B\0")), "A");
    assert_null(utf16_text(&arena, UNITS("")));
    assert_null(utf16_text(&arena, UNITS("\0\0")));
}

static void utf16_is_bounded(void **state)
{
    for (size_t i = 0; i < 1000; i++)
        buf_append(&message, "\xac\x20", 2);
    assert_int_equal(strlen(utf16_text(&arena, buf_view(&message))), 3 * UTF16_TEXT_MAX);
}

/* ---- DER, SPNEGO */

static void an_offer_is_read(void **state)
{
    struct spnego_offer o;
    peer_offer(&message, server.mechs);
    assert_true(spnego_read_offer(buf_view(&message), &o));
    assert_int_equal(o.mech_count, 4);
    assert_string_equal(spnego_mech_name(o.mechs[0]), "NEGOEX");
    assert_string_equal(spnego_mech_name(o.mechs[1]), "MS-KRB5");
    assert_string_equal(spnego_mech_name(o.mechs[2]), "KRB5");
    assert_string_equal(spnego_mech_name(o.mechs[3]), "NTLMSSP");
    assert_true(spnego_is_negoex(o.mechs[0]));
    assert_true(bytes_equal(o.hint, bytes_str("not_defined_in_RFC4178@please_ignore")));
}

static void read_offer(struct bytes at)
{
    struct spnego_offer o;
    spnego_read_offer(at, &o);
}

static void damaged_offers_are_survived(void **state)
{
    peer_offer(&message, server.mechs);
    damage(buf_view(&message), read_offer);
}

/* Our own first token, read by the rules of RFC 4178. */
static void our_token_is_well_formed(void **state)
{
    struct spnego_offer o;
    assert_true(spnego_write_init(&message, ntlm_negotiate()));
    assert_true(spnego_read_offer(buf_view(&message), &o));
    assert_int_equal(o.mech_count, 1);
    assert_string_equal(spnego_mech_name(o.mechs[0]), "NTLMSSP");
    assert_non_null(bytes_find(buf_view(&message), ntlm_negotiate()));
    size_t length;
    assert_int_equal(der_length(buf_view(&message), &length), DECODED_OK);
    assert_int_equal(length, message.len);
}

static void lengths_of_der_are_checked(void **state)
{
    static const struct {
        struct bytes at;
        enum decoded is;
        size_t length;
    } cases[] = {
        {UNITS(""), DECODED_MORE, 0},
        {UNITS("\x30"), DECODED_MORE, 0},
        {UNITS("\x30\x05"), DECODED_OK, 7},
        {UNITS("\x30\x80"), DECODED_BAD, 0},
        {UNITS("\x30\x82\x01"), DECODED_MORE, 0},
        {UNITS("\x30\x82\x01\x02"), DECODED_OK, 262},
        {UNITS("\x30\x85\x01\x02\x03\x04\x05"), DECODED_BAD, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = 0;
        assert_int_equal(der_length(cases[i].at, &length), cases[i].is);
        assert_int_equal(length, cases[i].length);
    }
}

static void elements_are_wrapped(void **state)
{
    struct reader r;
    struct bytes inside;
    for (size_t n = 0; n < 70000; n = n * 2 + 127) {
        buf_free(&message);
        buf_init(&message, 100000);
        put_zeros(&message, n);
        assert_int_equal(der_wrap(&message, 0, 0x04), n <= 0xffff);
        r = reader_of(buf_view(&message));
        if (n <= 0xffff) {
            assert_true(der_take(&r, 0x04, &inside));
            assert_int_equal(inside.len, n);
            assert_int_equal(reader_left(&r), 0);
        }
    }
}

/* ---- the clock */

static void filetimes_are_reckoned(void **state)
{
    int64_t us;
    assert_true(filetime_to_us(SMB_PEER_TIME, &us));
    assert_int_equal(us, 1700784000LL * 1000000);
    assert_false(filetime_to_us(0, &us));
    assert_false(filetime_to_us(UINT64_MAX, &us));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_challenge_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_old_challenge_has_no_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(descriptors_do_not_lead_out_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_messages_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_found_where_it_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_challenges_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_we_say_is_what_base64_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(utf16_becomes_utf8, set_up, tear_down),
        cmocka_unit_test_setup_teardown(utf16_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_offer_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_offers_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_token_is_well_formed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lengths_of_der_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(elements_are_wrapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filetimes_are_reckoned, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
