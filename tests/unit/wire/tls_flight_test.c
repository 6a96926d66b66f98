/* tls_flight_test.c owns the tests of the old hello and of what servers say in the clear. */
#include "wire/tls_flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TEXT(s) bytes_of(s, sizeof(s) - 1)
/* ServerHello SSL 3.0 with RC4-SHA, a chain of two "certificates", the end; RFC 6101, section 5.6. */
#define HELLO "\x02\0\0\x26\x03\0abcdefghijklmnopqrstuvwxyz012345\0\0\x05\0"
#define CHAIN "\x0b\0\0\x0d\0\0\x0a\0\0\x03one\0\0\x01t"
#define DONE "\x0e\0\0\0"
#define RECORD(length) "\x16\x03\0\0" length

static const char whole[] = RECORD("\x2a") HELLO RECORD("\x11") CHAIN RECORD("\x04") DONE;

static enum decoded read_all(struct bytes reply, struct arena *a, struct tls_flight *f)
{
    arena_init(a);
    return tls_flight_read(reply, a, f);
}

static void a_flight_is_read(void **state)
{
    struct arena a;
    struct tls_flight f;
    assert_int_equal(read_all(TEXT(whole), &a, &f), DECODED_OK);
    assert_true(f.hello);
    assert_string_equal(tls_version_name(f.version), "SSLv3");
    assert_string_equal(tls_suite_name(f.cipher), "TLS_RSA_WITH_RC4_128_SHA");
    assert_int_equal(f.certificate_count, 2);
    assert_true(bytes_equal(f.certificates[0], bytes_str("one")));
    assert_int_equal(f.alert, -1);
    arena_free(&a);
}

static void messages_may_be_spread_over_records(void **state)
{
    static const char spread[] =
        RECORD("\x10") "\x02\0\0\x26\x03\0abcdefghij" RECORD("\x1a") "klmnopqrstuvwxyz012345\0\0\x05\0" RECORD("\x15") CHAIN DONE;
    struct arena a;
    struct tls_flight f;
    assert_int_equal(read_all(TEXT(spread), &a, &f), DECODED_OK);
    assert_int_equal(f.cipher, 5);
    assert_int_equal(f.certificate_count, 2);
    arena_free(&a);
}

static void an_alert_ends_it(void **state)
{
    struct arena a;
    struct tls_flight f;
    assert_int_equal(read_all(TEXT("\x15\x03\x01\0\x02\x02\x28"), &a, &f), DECODED_OK);
    assert_int_equal(f.alert, 40);
    assert_false(f.hello);
    arena_free(&a);
}

static void every_cut_is_survived(void **state)
{
    for (size_t n = 0; n + 1 < sizeof whole; n++) {
        struct arena a;
        struct tls_flight f;
        char *cut = malloc(n ? n : 1);
        memcpy(cut, whole, n);
        enum decoded d = read_all(bytes_of(cut, n), &a, &f);
        assert_int_equal(d, n < sizeof whole - 1 ? DECODED_MORE : DECODED_OK);
        free(cut);
        arena_free(&a);
    }
}

static void every_flipped_bit_is_survived(void **state)
{
    for (size_t bit = 0; bit < 8 * (sizeof whole - 1); bit++) {
        struct arena a;
        struct tls_flight f;
        char copy[sizeof whole];
        memcpy(copy, whole, sizeof whole);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        read_all(bytes_of(copy, sizeof whole - 1), &a, &f);
        assert_true(f.certificate_count <= LIMIT_CERTIFICATES);
        arena_free(&a);
    }
}

static void what_is_no_tls_is_bad(void **state)
{
    struct arena a;
    struct tls_flight f;
    assert_int_equal(read_all(TEXT("HTTP/1.1 400 Bad Request\r\n\r\n"), &a, &f), DECODED_BAD);
    assert_false(f.hello);
    arena_free(&a);
    assert_int_equal(read_all(TEXT(RECORD("\x11") CHAIN), &a, &f), DECODED_BAD); /* a certificate before any hello */
    assert_int_equal(f.certificate_count, 0);
    arena_free(&a);
}

/* The lengths inside are right: the record's, the message's, the list's (RFC 5246, section 7.4.1.2). */
static void the_hello_is_well_made(void **state)
{
    static const uint8_t random[32] = {1};
    struct buf out;
    buf_init(&out, 1024);
    assert_true(tls_old_hello(&out, random));
    struct reader r = reader_of(buf_view(&out));
    assert_int_equal(reader_u8(&r), 0x16);
    assert_int_equal(reader_be16(&r), 0x0300);
    uint32_t record = reader_be16(&r);
    assert_int_equal(record, reader_left(&r));
    assert_int_equal(reader_u8(&r), 1);
    uint32_t message = reader_be24(&r);
    assert_int_equal(message, reader_left(&r));
    reader_skip(&r, 2 + 32 + 1);
    reader_skip(&r, reader_be16(&r));
    assert_int_equal(reader_left(&r), 2);
    assert_false(r.bad);
    buf_free(&out);
    buf_init(&out, 100);
    assert_false(tls_old_hello(&out, random));
    buf_free(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(a_flight_is_read), cmocka_unit_test(messages_may_be_spread_over_records),
        cmocka_unit_test(an_alert_ends_it), cmocka_unit_test(every_cut_is_survived), cmocka_unit_test(every_flipped_bit_is_survived),
        cmocka_unit_test(what_is_no_tls_is_bad), cmocka_unit_test(the_hello_is_well_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
