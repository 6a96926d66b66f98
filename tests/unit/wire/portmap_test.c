/* portmap_test.c owns the tests of portmappers' lists, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "wire/portmap.h"
#include "wire/xdr.h"

static void put_2(struct buf *b, uint32_t program, uint32_t version, uint32_t protocol, uint32_t port)
{
    const uint32_t words[] = {1, program, version, protocol, port};
    for (size_t i = 0; i < 5; i++)
        xdr_put_u32(b, words[i]);
}

static void put_3(struct buf *b, uint32_t program, uint32_t version, struct bytes netid, const char *address)
{
    xdr_put_u32(b, 1);
    xdr_put_u32(b, program);
    xdr_put_u32(b, version);
    xdr_put_opaque(b, netid);
    xdr_put_opaque(b, bytes_str(address));
    xdr_put_opaque(b, bytes_str("superuser"));
}

struct sheet {
    struct arena arena;
    struct buf bytes;
    struct registrations list;
};

static void sheet_open(struct sheet *s)
{
    *s = (struct sheet){.list = {0}};
    arena_init(&s->arena);
    buf_init(&s->bytes, 1 << 20);
}

static enum decoded sheet_read(struct sheet *s, uint32_t version, size_t len)
{
    s->list = (struct registrations){0};
    return portmap_read_dump(bytes_of(s->bytes.at, len), version, &s->arena, &s->list);
}

static void sheet_close(struct sheet *s)
{
    arena_free(&s->arena);
    buf_free(&s->bytes);
}

static void fill_2(struct sheet *s)
{
    put_2(&s->bytes, 100000, 2, 6, 111);
    put_2(&s->bytes, 100003, 3, 17, 2049);
    put_2(&s->bytes, 100003, 4, 132, 2049); /* sctp */
    put_2(&s->bytes, 1, 1, 6, 70000);
    xdr_put_u32(&s->bytes, 0);
}

static void fill_3(struct sheet *s)
{
    put_3(&s->bytes, 100000, 4, bytes_str("tcp6"), "::.0.111");
    put_3(&s->bytes, 100021, 4, bytes_str("udp"), "0.0.0.0.192.173");
    put_3(&s->bytes, 100000, 3, bytes_str("local"), "/run/rpcbind.sock");
    put_3(&s->bytes, 100005, 3, bytes_of("tcp\0", 4), "127.0.0.1.78.80"); /* some count the NUL */
    put_3(&s->bytes, 100005, 3, bytes_str("ticotsord"), "host.loopback");
    xdr_put_u32(&s->bytes, 0);
}

static void version_2_lists_ports(void **state)
{
    struct sheet s;
    sheet_open(&s);
    fill_2(&s);
    assert_int_equal(sheet_read(&s, 2, s.bytes.len), DECODED_OK);
    const struct registration *e = s.list.first;
    assert_int_equal(s.list.count, 4);
    assert_true(e->has_port && e->proto == PROTO_TCP && e->port == 111 && e->program == 100000 && e->version == 2);
    e = e->next;
    assert_true(e->has_port && e->proto == PROTO_UDP && e->port == 2049);
    assert_string_equal(e->netid, "udp");
    assert_null(e->owner);
    e = e->next;
    assert_false(e->has_port);
    assert_string_equal(e->netid, "132");
    assert_false(e->next->has_port);
    sheet_close(&s);
}

static void versions_3_and_4_list_addresses(void **state)
{
    struct sheet s;
    sheet_open(&s);
    fill_3(&s);
    assert_int_equal(sheet_read(&s, 4, s.bytes.len), DECODED_OK);
    const struct registration *e = s.list.first;
    assert_int_equal(s.list.count, 5);
    assert_true(e->has_port && e->proto == PROTO_TCP && e->port == 111);
    assert_string_equal(e->owner, "superuser");
    e = e->next;
    assert_true(e->has_port && e->proto == PROTO_UDP && e->port == 49325);
    e = e->next;
    assert_false(e->has_port);
    assert_string_equal(e->address, "/run/rpcbind.sock");
    e = e->next;
    assert_true(e->has_port && e->port == 20048);
    assert_string_equal(e->netid, "tcp");
    assert_false(e->next->has_port);
    sheet_close(&s);
}

static void cut_lists_keep_what_was_there(void **state)
{
    for (uint32_t version = 2; version <= 3; version++) {
        struct sheet s;
        sheet_open(&s);
        (version == 2 ? fill_2 : fill_3)(&s);
        size_t before = 0;
        for (size_t n = 0; n < s.bytes.len; n++) {
            assert_int_equal(sheet_read(&s, version, n), DECODED_MORE);
            assert_true(s.list.count >= before);
            before = s.list.count;
        }
        sheet_close(&s);
    }
}

static void flipped_lists_are_survived(void **state)
{
    for (uint32_t version = 2; version <= 3; version++) {
        struct sheet s;
        sheet_open(&s);
        (version == 2 ? fill_2 : fill_3)(&s);
        for (size_t bit = 0; bit < 8 * s.bytes.len; bit++) {
            s.bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            sheet_read(&s, version, s.bytes.len);
            for (const struct registration *e = s.list.first; e; e = e->next)
                assert_true(!e->has_port || e->port);
            s.bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        sheet_close(&s);
    }
}

static void lists_are_bounded(void **state)
{
    struct sheet s;
    sheet_open(&s);
    for (uint32_t i = 0; i < LIMIT_RPC_REGISTRATIONS + 100; i++)
        put_2(&s.bytes, i, 1, 6, 1);
    assert_int_equal(sheet_read(&s, 2, s.bytes.len), DECODED_MORE);
    assert_int_equal(s.list.count, LIMIT_RPC_REGISTRATIONS);
    sheet_close(&s);
}

static void what_is_no_list_is_told(void **state)
{
    struct sheet s;
    sheet_open(&s);
    xdr_put_u32(&s.bytes, 0x47455420);
    assert_int_equal(sheet_read(&s, 2, s.bytes.len), DECODED_BAD);
    sheet_close(&s);
}

static const struct {
    const char *text;
    const char *addr; /* NULL: it is none */
    uint16_t port;
} addresses[] = {
    {"127.0.0.1.192.173", "127.0.0.1", 49325},
    {"::.3.107", "::", 875},
    {"fe80::1.0.111", "fe80::1", 111},
    {"0.0.0.0.0.0", "0.0.0.0", 0},
    {"127.0.0.1.256.1", NULL, 0},
    {"127.0.0.1.1.0256", NULL, 0},
    {"127.0.0.1", NULL, 0},
    {"127.0.0.1..1", NULL, 0},
    {"1.2", NULL, 0},
    {".1.2", NULL, 0},
    {"/run/rpcbind.sock", NULL, 0},
    {"", NULL, 0},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.1.2", NULL, 0},
};

static void universal_addresses(void **state)
{
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct addr a, expected;
        uint16_t port;
        bool is = portmap_read_address(addresses[i].text, &a, &port);
        assert_int_equal(is, addresses[i].addr != NULL);
        if (!is)
            continue;
        assert_true(addr_parse(addresses[i].addr, &expected));
        assert_true(addr_equal(&a, &expected));
        assert_int_equal(port, addresses[i].port);
    }
}

static void the_clock(void **state)
{
    uint32_t seconds;
    assert_int_equal(portmap_read_time(bytes_of("\x65\x53\xf1\x00", 4), &seconds), DECODED_OK);
    assert_int_equal(seconds, 1700000000);
    assert_int_equal(portmap_read_time(bytes_of("\x65\x53\xf1", 3), &seconds), DECODED_MORE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_lists_ports),
        cmocka_unit_test(versions_3_and_4_list_addresses),
        cmocka_unit_test(cut_lists_keep_what_was_there),
        cmocka_unit_test(flipped_lists_are_survived),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(what_is_no_list_is_told),
        cmocka_unit_test(universal_addresses),
        cmocka_unit_test(the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
