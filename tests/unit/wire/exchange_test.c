/*
 * exchange_test.c owns the tests of the smaller codecs that carry NTLM or stand beside SMB: NetBIOS' names, DCE/RPC, the endpoint mapper,
 * CredSSP, TDS, LDAP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../lib/msrpc_peer.h"
#include "damage.h"
#include "wire/credssp.h"
#include "wire/der.h"
#include "wire/epm.h"
#include "wire/ldap.h"
#include "wire/nbns.h"
#include "wire/ntlm.h"
#include "wire/tds.h"

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

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

/* ---- NetBIOS */

static void a_status_is_read(void **state)
{
    struct nbns_status s;
    peer_status(&stream, 0xdc01);
    assert_int_equal(nbns_read_status(buf_view(&stream), &s), DECODED_OK);
    assert_int_equal(s.count, 4);
    assert_string_equal(s.names[0].text, "PC1");
    assert_int_equal(s.names[0].suffix, 0);
    assert_false(s.names[0].group);
    assert_string_equal(s.names[1].text, "WORKGROUP");
    assert_true(s.names[1].group);
    assert_string_equal(nbns_suffix_name(s.names[2].suffix, s.names[2].group), "file server");
    assert_memory_equal(s.unit, "\0\x1b\x21\xaa\xbb\xcc", 6);
}

static void addresses_are_asked_for_and_read(void **state)
{
    struct nbns_name name = {.text = "PC1", .suffix = 0x20};
    uint8_t found[NBNS_ADDRESSES][4];
    size_t count;
    assert_true(nbns_write_query(&stream, 0x1234, &name));
    assert_int_equal(stream.len, 50);
    assert_memory_equal(stream.at,
        "\x12\x34\0\0\0\1\0\0\0\0\0\0\x20"
        "FAEDDB",
        19);
    buf_clear(&stream);
    peer_addresses(&stream, 0x1234);
    assert_int_equal(nbns_read_addresses(buf_view(&stream), 0x1234, found, &count), DECODED_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(found[1], "\x0a\0\0\7", 4);
    assert_int_equal(nbns_read_addresses(buf_view(&stream), 0x1235, found, &count), DECODED_BAD);
    stream.at[3] |= 3; /* no such name */
    assert_int_equal(nbns_read_addresses(buf_view(&stream), 0x1234, found, &count), DECODED_BAD);
}

static void read_names(struct bytes at)
{
    struct nbns_status s;
    uint8_t found[NBNS_ADDRESSES][4];
    size_t count;
    if (nbns_read_status(at, &s) == DECODED_OK)
        for (size_t i = 0; i < s.count; i++)
            assert_true(strlen(s.names[i].text) <= NBNS_NAME);
    nbns_read_addresses(at, 0x1234, found, &count);
}

static void damaged_names_are_survived(void **state)
{
    peer_status(&stream, 0xdc01);
    damage(buf_view(&stream), read_names);
    buf_clear(&stream);
    peer_addresses(&stream, 0x1234);
    damage(buf_view(&stream), read_names);
}

/* ---- DCE/RPC */

static void a_bind_is_answered(void **state)
{
    struct dcerpc_pdu pdu;
    bool accepted[DCERPC_CONTEXTS];
    static const bool results[] = {true, false, true};
    for (const char *address = "49664"; *address; address++) { /* every alignment */
        buf_clear(&stream);
        peer_ack(&stream, address, results, 3, bytes_of(NULL, 0));
        assert_int_equal(dcerpc_read(buf_view(&stream), &pdu), DECODED_OK);
        assert_int_equal(pdu.size, stream.len);
        assert_true(dcerpc_read_ack(&pdu, accepted));
        assert_true(accepted[0] && !accepted[1] && accepted[2] && !accepted[3]);
    }
}

static void a_bind_carries_a_challenge(void **state)
{
    static const struct smb_peer server = {.major = 10, .build = 20348, .revision = 15, .computer = "SRV22"};
    static const bool yes[] = {true};
    struct dcerpc_pdu pdu;
    struct ntlm_challenge c;
    struct buf challenge;
    buf_init(&challenge, 4096);
    peer_challenge(&challenge, &server);
    peer_ack(&stream, "135", yes, 1, buf_view(&challenge));
    buf_free(&challenge);
    assert_int_equal(dcerpc_read(buf_view(&stream), &pdu), DECODED_OK);
    assert_true(ntlm_read_challenge(pdu.auth, &arena, &c));
    assert_string_equal(c.netbios_computer, "SRV22");
}

static void our_bind_is_well_formed(void **state)
{
    struct dcerpc_interface two[] = {epm_interface, epm_exporter};
    struct dcerpc_pdu pdu;
    assert_true(dcerpc_write_bind(&stream, two, 2, ntlm_negotiate()));
    assert_int_equal(dcerpc_read(buf_view(&stream), &pdu), DECODED_OK);
    assert_int_equal(pdu.size, stream.len);
    assert_int_equal(pdu.type, DCERPC_BIND);
    assert_int_equal(pdu.body.len, 12 + 2 * 44);
    assert_true(bytes_equal(pdu.auth, ntlm_negotiate()));
}

static void other_units_are_none(void **state)
{
    struct dcerpc_pdu pdu;
    assert_int_equal(dcerpc_read(BYTES("SSH-2.0-OpenSSH"), &pdu), DECODED_BAD);
    assert_int_equal(dcerpc_read(BYTES("\5\0\2\3\0\0\0\0\0\x20\0\0\0\0\0\1"), &pdu), DECODED_BAD); /* big endian */
    assert_int_equal(dcerpc_read(BYTES("\5\0\2\3\x10\0\0\0\x0f\0\0\0\1\0\0\0"), &pdu), DECODED_BAD);
    assert_int_equal(dcerpc_read(BYTES("\5\0\2\3\x10\0\0\0\xff\xff\0\0\1\0\0\0"), &pdu), DECODED_BAD);
    assert_int_equal(dcerpc_read(BYTES("\5\0\2\3\x10\0\0\0\x20\0\x20\0\1\0\0\0"), &pdu), DECODED_BAD); /* more proof than message */
    assert_int_equal(dcerpc_read(BYTES("\5\0\2\3\x10"), &pdu), DECODED_MORE);
}

/* ---- the directory */

static void a_page_is_read(void **state)
{
    static struct epm_page page;
    peer_page(&stream, rpc_peer_entries, RPC_PEER_ENTRIES, true);
    assert_int_equal(epm_read_page(buf_view(&stream), &arena, &page), DECODED_OK);
    assert_int_equal(page.count, RPC_PEER_ENTRIES);
    assert_true(page.last);
    assert_int_equal(page.entries[0].transport, EPM_TCP);
    assert_int_equal(page.entries[0].port, 49664);
    assert_string_equal(epm_interface_name(page.entries[0].interface.uuid), "samr");
    assert_int_equal(page.entries[0].interface.major, 1);
    assert_string_equal(page.entries[1].annotation, "Windows Event Log");
    assert_true(page.entries[1].has_address);
    assert_int_equal(page.entries[2].transport, EPM_PIPE);
    assert_string_equal(page.entries[2].pipe, "\\pipe\\lsass");
    assert_string_equal(page.entries[2].host, "\\\\SRV22");
    assert_int_equal(page.entries[3].transport, EPM_UDP);
    assert_int_equal(page.entries[4].transport, EPM_LOCAL);
    assert_int_equal(page.entries[5].transport, EPM_HTTP);
    assert_int_equal(page.entries[5].port, 593);
}

static void a_page_may_not_be_the_last(void **state)
{
    static struct epm_page page;
    peer_page(&stream, rpc_peer_entries, 2, false);
    assert_int_equal(epm_read_page(buf_view(&stream), &arena, &page), DECODED_OK);
    assert_false(page.last);
    peer_patch(&stream, 20, 100000, 4); /* more than were asked for */
    assert_int_equal(epm_read_page(buf_view(&stream), &arena, &page), DECODED_BAD);
}

static void bindings_are_read(void **state)
{
    const char *found[EPM_BINDINGS];
    peer_bindings(&stream);
    assert_int_equal(epm_read_bindings(buf_view(&stream), &arena, found), 3);
    assert_string_equal(found[0], "SRV22");
    assert_string_equal(found[1], "192.0.2.22");
    assert_string_equal(found[2], "2001:db8::22");
}

static void read_rpc(struct bytes at)
{
    static struct epm_page page;
    const char *found[EPM_BINDINGS];
    struct arena mine;
    struct dcerpc_pdu pdu;
    bool accepted[DCERPC_CONTEXTS];
    struct bytes piece;
    arena_init(&mine);
    if (dcerpc_read(at, &pdu) == DECODED_OK) {
        dcerpc_read_ack(&pdu, accepted);
        dcerpc_read_response(&pdu, &piece);
    }
    epm_read_page(at, &mine, &page);
    epm_read_bindings(at, &mine, found);
    arena_free(&mine);
}

static void damaged_rpc_is_survived(void **state)
{
    static const bool results[] = {true, false};
    peer_ack(&stream, "135", results, 2, BYTES("token"));
    damage(buf_view(&stream), read_rpc);
    buf_clear(&stream);
    peer_page(&stream, rpc_peer_entries, RPC_PEER_ENTRIES, true);
    damage(buf_view(&stream), read_rpc);
    buf_clear(&stream);
    peer_bindings(&stream);
    damage(buf_view(&stream), read_rpc);
}

static void uuids_are_written(void **state)
{
    char text[DCERPC_UUID_TEXT];
    assert_string_equal(dcerpc_uuid_text(epm_interface.uuid, text), "e1af8308-5d1f-11c9-91a4-08002b14a0fa");
    assert_string_equal(epm_interface_name(epm_interface.uuid), "epmapper");
    assert_string_equal(epm_interface_name(epm_exporter.uuid), "IObjectExporter");
    assert_string_equal(epm_interface_name(epm_management.uuid), "mgmt");
}

/* ---- CredSSP, RDP, TDS, LDAP */

static void credssp_is_well_formed(void **state)
{
    size_t length;
    assert_true(credssp_write_request(&stream, ntlm_negotiate()));
    assert_int_equal(der_length(buf_view(&stream), &length), DECODED_OK);
    assert_int_equal(length, stream.len);
    assert_memory_equal(stream.at, "\x30\x37\xa0\3\2\1\6\xa1\x30\x30\x2e\x30\x2c\xa0\x2a\4\x28NTLMSSP", 24);
}

static void rdp_chooses(void **state)
{
    assert_int_equal(rdp_read_confirm(BYTES("")), DECODED_MORE);
    assert_int_equal(rdp_read_confirm(BYTES("\3\0\0\x13\x0e\xd0\0\0")), DECODED_MORE);
    assert_int_equal(rdp_read_confirm(BYTES("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\2\0\0\0")), DECODED_OK);
    assert_int_equal(rdp_read_confirm(BYTES("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\x08\0\0\0")), DECODED_OK);
    assert_int_equal(rdp_read_confirm(BYTES("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\1\0\0\0")), DECODED_BAD);
    assert_int_equal(rdp_read_confirm(BYTES("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\3\0\x08\0\2\0\0\0")), DECODED_BAD);
    assert_int_equal(rdp_read_confirm(BYTES("\3\0\0\x0b\6\xd0\0\0\x12\x34\0")), DECODED_BAD);
    assert_int_equal(rdp_read_confirm(BYTES("HTTP")), DECODED_BAD);
}

#define PRELOGIN_ANSWER(encryption)                                                                                                        \
    "\4\1\0\x2b\0\0\1\0\0\0\x1a\0\6\1\0\x20\0\1\2\0\x21\0\1\3\0\x22\0\0\4\0\x22\0\1\xff\x10\0\7\xd0\0\0" encryption "\0\0"

static void tds_does_without_encryption_or_not(void **state)
{
    assert_int_equal(tds_read_prelogin(BYTES(PRELOGIN_ANSWER("\2"))), DECODED_OK);
    assert_int_equal(tds_read_prelogin(BYTES(PRELOGIN_ANSWER("\0"))), DECODED_OK);
    assert_int_equal(tds_read_prelogin(BYTES(PRELOGIN_ANSWER("\1"))), DECODED_BAD);
    assert_int_equal(tds_read_prelogin(BYTES(PRELOGIN_ANSWER("\3"))), DECODED_BAD);
    assert_int_equal(tds_read_prelogin(BYTES("\4\1\0\x2b\0\0")), DECODED_MORE);
    assert_int_equal(tds_read_prelogin(BYTES("\4\1\0\7\0\0\1\0")), DECODED_BAD);
    assert_int_equal(tds_read_prelogin(BYTES("HTTP/1.1")), DECODED_BAD);
}

/* MS-TDS 2.2.6.4: the length stands first, the token where it says */
static void a_login_is_well_formed(void **state)
{
    assert_true(tds_write_login(&stream, ntlm_negotiate()));
    struct reader r = reader_of(buf_view(&stream));
    reader_skip(&r, 2);
    assert_int_equal(reader_be16(&r), stream.len);
    reader_skip(&r, 4);
    assert_int_equal(reader_le32(&r), stream.len - 8);
    reader_skip(&r, 36 - 4 + 36 + 6);
    uint16_t at = reader_le16(&r), length = reader_le16(&r);
    assert_int_equal(length, ntlm_negotiate().len);
    assert_memory_equal(stream.at + 8 + at, ntlm_negotiate().at, length);
    assert_int_equal(8 + at + length, stream.len);
}

static void read_small(struct bytes at)
{
    size_t length;
    tds_read_prelogin(at);
    rdp_read_confirm(at);
    der_length(at, &length);
}

static void damaged_small_ones_are_survived(void **state)
{
    damage(BYTES(PRELOGIN_ANSWER("\2")), read_small);
    damage(BYTES("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\2\0\0\0"), read_small);
}

static void an_ldap_bind_is_well_formed(void **state)
{
    size_t length;
    assert_true(ldap_write_bind(&stream, ntlm_negotiate()));
    assert_int_equal(der_length(buf_view(&stream), &length), DECODED_OK);
    assert_int_equal(length, stream.len);
    assert_memory_equal(stream.at, "\x30\x42\2\1\1\x60\x3d\2\1\3\4\0\xa3\x36\4\x0aGSS-SPNEGO\4\x28NTLMSSP", 35);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_status_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses_are_asked_for_and_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_names_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bind_is_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bind_carries_a_challenge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_bind_is_well_formed, set_up, tear_down),
        cmocka_unit_test(other_units_are_none),
        cmocka_unit_test_setup_teardown(a_page_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_may_not_be_the_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bindings_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_rpc_is_survived, set_up, tear_down),
        cmocka_unit_test(uuids_are_written),
        cmocka_unit_test_setup_teardown(credssp_is_well_formed, set_up, tear_down),
        cmocka_unit_test(rdp_chooses),
        cmocka_unit_test(tds_does_without_encryption_or_not),
        cmocka_unit_test_setup_teardown(a_login_is_well_formed, set_up, tear_down),
        cmocka_unit_test(damaged_small_ones_are_survived),
        cmocka_unit_test_setup_teardown(an_ldap_bind_is_well_formed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
