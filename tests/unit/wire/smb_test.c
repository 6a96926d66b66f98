/* smb_test.c owns the tests of the messages of SMB 1 and 2 and of their frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../lib/smb_peer.h"
#include "base/limits.h"
#include "damage.h"
#include "wire/nbss.h"
#include "wire/ntlm.h"
#include "wire/smb1.h"
#include "wire/smb2.h"

static const struct smb_peer server = {.major = 10,
    .build = 14393,
    .revision = 15,
    .computer = "SRV16",
    .domain = "CORP",
    .dialect = 0x0311,
    .signing = 3,
    .mechs = MECH_NEGOEX | MECH_NTLM,
    .started = SMB_PEER_TIME - 10,
    .one = true,
    .native_os = "Windows Server 2016 Standard 14393",
    .lanman = "Windows Server 2016 Standard 6.3",
    .workgroup = "CORP"};

static struct arena arena;
static struct buf stream;

static int set_up(void **state)
{
    arena_init(&arena);
    buf_init(&stream, 64 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    buf_free(&stream);
    arena_free(&arena);
    return 0;
}

static struct bytes message(void)
{
    return bytes_of(stream.at + 4, stream.len - 4);
}

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* ---- frames */

static void frames_are_read(void **state)
{
    static const struct {
        struct bytes at;
        enum decoded is;
        uint8_t type;
        size_t body;
    } cases[] = {
        {BYTES(""), DECODED_MORE, 0, 0},
        {BYTES("\0\0\0"), DECODED_MORE, 0, 0},
        {BYTES("\0\0\0\2A"), DECODED_MORE, 0, 0},
        {BYTES("\0\0\0\2AB"), DECODED_OK, NBSS_MESSAGE, 2},
        {BYTES("\0\0\0\2ABC"), DECODED_OK, NBSS_MESSAGE, 2},
        {BYTES("\x82\0\0\0"), DECODED_OK, NBSS_ACCEPTED, 0},
        {BYTES("\x83\0\0\1\x8f"), DECODED_OK, NBSS_REFUSED, 1},
        {BYTES("\x85\0\0\0"), DECODED_OK, NBSS_KEEP_ALIVE, 0},
        {BYTES("\0\xff\xff\xff"), DECODED_BAD, 0, 0},
        {BYTES("HTTP/1.1 400"), DECODED_BAD, 0, 0},
        {BYTES("\x86"), DECODED_BAD, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nbss_frame f;
        assert_int_equal(nbss_read(cases[i].at, &f), cases[i].is);
        if (cases[i].is == DECODED_OK) {
            assert_int_equal(f.type, cases[i].type);
            assert_int_equal(f.body.len, cases[i].body);
            assert_int_equal(f.size, 4 + cases[i].body);
        }
    }
}

/* RFC 1002, 4.3.2: 72 bytes with both names */
static void a_session_is_asked_for(void **state)
{
    assert_true(nbss_write_request(&stream));
    assert_int_equal(stream.len, 72);
    assert_memory_equal(stream.at,
        "\x81\0\0\x44\x20"
        "CKFDENECFDEFFCFGEFFCCACACACACACA\0\x20"
        "EEEFFDEDFCFJCACACACACACACACACAAA\0",
        72);
}

static void a_frame_gets_its_length(void **state)
{
    size_t start;
    buf_append_str(&stream, "before");
    assert_true(nbss_begin(&stream, &start));
    put_zeros(&stream, 300);
    assert_true(nbss_end(&stream, start));
    assert_memory_equal(stream.at + 6, "\0\0\1\x2c", 4);
}

/* ---- SMB 2 */

static void smb2_is_negotiated(void **state)
{
    struct smb2_negotiated n;
    peer_negotiated2(&stream, &server, 0x0311, 0);
    assert_int_equal(smb2_read_negotiated(message(), &n), DECODED_OK);
    assert_int_equal(n.dialect, 0x0311);
    assert_int_equal(n.security_mode, 3);
    assert_int_equal(n.guid.len, 16);
    assert_int_equal(n.max_read, 8388608);
    assert_true(n.time == SMB_PEER_TIME && n.started == SMB_PEER_TIME - 10);
    assert_int_equal(n.ciphers.count, 1);
    assert_string_equal(smb2_cipher_name(n.ciphers.ids[0]), "AES-128-GCM");
    assert_string_equal(smb2_compression_name(n.compressions.ids[0]), "LZ77");
    assert_string_equal(smb2_signing_name(n.signings.ids[0]), "AES-GMAC");
    assert_int_equal(n.hashes.ids[0], 1);
    assert_false(n.posix);
    assert_non_null(bytes_find(n.security, bytes_str("not_defined")));
}

static void smb2_answers_that_are_none(void **state)
{
    struct smb2_negotiated n;
    peer_negotiated2(&stream, &server, 0x0210, 0);
    stream.at[4 + 16] = 0; /* a question, not an answer */
    assert_int_equal(smb2_read_negotiated(message(), &n), DECODED_BAD);
    stream.at[4 + 16] = 1;
    stream.at[4 + 8] = 0xbb; /* it refuses */
    assert_int_equal(smb2_read_negotiated(message(), &n), DECODED_BAD);
    stream.at[4 + 8] = 0;
    assert_int_equal(smb2_read_negotiated(message(), &n), DECODED_OK);
    peer_patch(&stream, 4 + 64 + 56, 0xffff, 2); /* the token begins far away */
    assert_int_equal(smb2_read_negotiated(message(), &n), DECODED_OK);
    assert_int_equal(n.security.len, 0);
}

static void a_challenge_comes_with_the_session(void **state)
{
    struct ntlm_challenge c;
    struct bytes security;
    uint32_t status;
    peer_session2(&stream, &server, 1);
    assert_int_equal(smb2_read_session(message(), &status, &security), DECODED_OK);
    assert_true(status == 0xc0000016);
    assert_true(ntlm_find_challenge(security, &arena, &c));
    assert_string_equal(c.netbios_computer, "SRV16");
    struct smb_peer without = server;
    without.no_ntlm = true;
    buf_clear(&stream);
    peer_session2(&stream, &without, 1);
    assert_int_equal(smb2_read_session(message(), &status, &security), DECODED_OK);
    assert_true(status == 0xc00000bb && !security.len);
}

/* The offsets that we write count from the message, wherever it stands in a buffer. */
static void our_negotiation_is_well_formed(void **state)
{
    uint8_t salt[SMB2_SALT] = {7};
    buf_append_str(&stream, "1234");
    assert_true(smb2_write_negotiate(&stream, 1, salt));
    struct reader r = reader_of(message());
    reader_skip(&r, 24);
    assert_int_equal(reader_le64(&r), 1);
    reader_skip(&r, 64 - 32);
    assert_int_equal(reader_le16(&r), 36);
    assert_int_equal(reader_le16(&r), 5);
    reader_skip(&r, 4 + 4 + 16);
    uint32_t at = reader_le32(&r);
    uint16_t count = reader_le16(&r);
    assert_int_equal(at % 8, 0);
    for (int i = 0; i < count; i++) {
        assert_int_equal(at % 8, 0);
        r = reader_of(bytes_of(message().at + at, message().len - at));
        reader_skip(&r, 2);
        uint16_t length = reader_le16(&r);
        reader_skip(&r, 4 + length);
        assert_false(r.bad);
        at += 8u + length;
        at = i + 1 < count ? (at + 7) & ~7u : at;
    }
    assert_int_equal(at, message().len);
}

static void read_smb2(struct bytes at)
{
    struct smb2_negotiated n;
    struct bytes security;
    uint32_t status;
    smb2_read_negotiated(at, &n);
    smb2_read_session(at, &status, &security);
}

static void damaged_smb2_is_survived(void **state)
{
    peer_negotiated2(&stream, &server, 0x0311, 0);
    damage(message(), read_smb2);
    buf_clear(&stream);
    peer_session2(&stream, &server, 1);
    damage(message(), read_smb2);
}

/* ---- SMB 1 */

static void smb1_is_negotiated(void **state)
{
    struct smb1_negotiated n;
    peer_negotiated1(&stream, &server);
    assert_int_equal(smb1_read_negotiated(message(), &arena, &n), DECODED_OK);
    assert_int_equal(n.dialect, 0);
    assert_int_equal(n.security_mode, 15);
    assert_int_equal(n.zone, -60);
    assert_true(n.extended);
    assert_int_equal(n.guid.len, 16);
    assert_non_null(bytes_find(n.security, bytes_str("not_defined")));
    struct smb_peer none = server;
    none.one = false;
    buf_clear(&stream);
    peer_negotiated1(&stream, &none);
    assert_int_equal(smb1_read_negotiated(message(), &arena, &n), DECODED_OK);
    assert_int_equal(n.dialect, SMB1_NO_DIALECT);
}

static void old_servers_tell_their_names_at_once(void **state)
{
    struct smb1_negotiated n;
    struct smb_peer plain = server;
    plain.plain = true;
    peer_negotiated1(&stream, &plain);
    assert_int_equal(smb1_read_negotiated(message(), &arena, &n), DECODED_OK);
    assert_false(n.extended);
    assert_string_equal(n.domain, "CORP");
    assert_string_equal(n.server, "SRV16");
}

static void their_names_may_be_ascii(void **state)
{
    struct smb1_negotiated n;
    static const char answer[] = "\xffSMBr\0\0\0\0\x98\1\x28\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x11\0\0\3\x32\0\1\0\4\x41\0\0\0\0\1\0"
                                 "\0\0\0\0\xfd\x43\0\0\0\0\0\0\0\0\0\0\0\0\x08\x13\0"
                                 "12345678GRP\0NAS";
    assert_int_equal(smb1_read_negotiated(bytes_of(answer, sizeof answer), &arena, &n), DECODED_OK);
    assert_string_equal(n.domain, "GRP");
    assert_string_equal(n.server, "NAS");
}

/* With a token of even and of odd length: the texts are aligned. */
static void the_session_tells_the_system(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct smb1_session s;
        struct smb_peer host = server;
        host.computer = i ? "SRV16" : "SRV016";
        buf_clear(&stream);
        peer_session1(&stream, &host);
        assert_int_equal(smb1_read_session(message(), &arena, &s), DECODED_OK);
        assert_true(s.status == 0xc0000016);
        assert_string_equal(s.native_os, "Windows Server 2016 Standard 14393");
        assert_string_equal(s.native_lanman, "Windows Server 2016 Standard 6.3");
        assert_string_equal(s.domain, "CORP");
        assert_non_null(bytes_find(s.security, bytes_str("NTLMSSP")));
    }
}

static void texts_may_be_ascii(void **state)
{
    struct smb1_session s;
    static const char answer[] = "\xffSMBs\x16\0\0\xc0\x98\1\x48\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\xff\0\0\0\0\0\2\0\x11\0"
                                 "TTUnix\0Samba 2.2\0";
    assert_int_equal(smb1_read_session(bytes_of(answer, sizeof answer - 1), &arena, &s), DECODED_OK);
    assert_string_equal(s.native_os, "Unix");
    assert_string_equal(s.native_lanman, "Samba 2.2");
    assert_null(s.domain);
}

static void our_smb1_is_well_formed(void **state)
{
    for (size_t n = 40; n < 42; n++) { /* aligned or not */
        uint8_t token[64] = {0};
        buf_clear(&stream);
        buf_append_str(&stream, "1234");
        assert_true(smb1_write_session_setup(&stream, bytes_of(token, n)));
        struct reader r = reader_of(message());
        reader_skip(&r, 32);
        assert_int_equal(reader_u8(&r), 12);
        reader_skip(&r, 24);
        uint16_t count = reader_le16(&r);
        assert_int_equal(count, reader_left(&r));
        assert_int_equal(message().len % 2, 0);
    }
}

static void read_smb1(struct bytes at)
{
    struct arena mine;
    struct smb1_negotiated n;
    struct smb1_session s;
    arena_init(&mine);
    smb1_read_negotiated(at, &mine, &n);
    smb1_read_session(at, &mine, &s);
    arena_free(&mine);
}

static void damaged_smb1_is_survived(void **state)
{
    struct smb_peer plain = server;
    plain.plain = true;
    peer_negotiated1(&stream, &server);
    damage(message(), read_smb1);
    buf_clear(&stream);
    peer_negotiated1(&stream, &plain);
    damage(message(), read_smb1);
    buf_clear(&stream);
    peer_session1(&stream, &server);
    damage(message(), read_smb1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_read),
        cmocka_unit_test_setup_teardown(a_session_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frame_gets_its_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(smb2_is_negotiated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(smb2_answers_that_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_challenge_comes_with_the_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_negotiation_is_well_formed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_smb2_is_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(smb1_is_negotiated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_servers_tell_their_names_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(their_names_may_be_ascii, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_session_tells_the_system, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_may_be_ascii, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_smb1_is_well_formed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_smb1_is_survived, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
