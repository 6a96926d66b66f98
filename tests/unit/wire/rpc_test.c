/* rpc_test.c owns the tests of RPC messages and records, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "wire/rpc.h"
#include "wire/xdr.h"

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})
#define BYTES_OF(text)                                                                                                                     \
    {                                                                                                                                      \
        (const uint8_t *)(text), sizeof(text) - 1                                                                                          \
    }
#define ACCEPTED "\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"
#define DENIED "\0\0\0\x07\0\0\0\x01\0\0\0\x01"

static void a_call_is_forty_bytes(void **state)
{
    struct buf b;
    struct rpc_call c = {.xid = 0x01020304, .program = 100003, .version = 0xfffffff0, .procedure = 0};
    buf_init(&b, 84);
    assert_true(rpc_write_call(&b, &c, false));
    assert_int_equal(b.len, 40);
    assert_memory_equal(
        b.at, "\x01\x02\x03\x04\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\xff\xff\xff\xf0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 40);
    assert_true(rpc_write_call(&b, &c, true));
    assert_int_equal(b.len, 84);
    assert_memory_equal(b.at + 40, "\x80\0\0\x28\x01\x02\x03\x04", 8);
    assert_false(rpc_write_call(&b, &c, false)); /* full: nothing is left half written */
    assert_int_equal(b.len, 84);
    buf_free(&b);
}

static const struct {
    struct bytes message;
    enum decoded decoded;
    enum rpc_answer answer;
    uint32_t low, high, auth;
    bool claims;
} replies[] = {
    {BYTES_OF(ACCEPTED "\0\0\0\0"), DECODED_OK, RPC_SUCCESS, 0, 0, 0, true},
    {BYTES_OF(ACCEPTED "\0\0\0\x01"), DECODED_OK, RPC_PROG_UNAVAIL, 0, 0, 0, false},
    {BYTES_OF(ACCEPTED "\0\0\0\x02\0\0\0\x03\0\0\0\x04"), DECODED_OK, RPC_PROG_MISMATCH, 3, 4, 0, true},
    {BYTES_OF(ACCEPTED "\0\0\0\x02\0\0\0\x03\0\0\0\x04tail"), DECODED_OK, RPC_PROG_MISMATCH, 3, 4, 0, true},
    {BYTES_OF(ACCEPTED "\0\0\0\x03"), DECODED_OK, RPC_PROC_UNAVAIL, 0, 0, 0, true},
    {BYTES_OF(ACCEPTED "\0\0\0\x04"), DECODED_OK, RPC_GARBAGE_ARGS, 0, 0, 0, true},
    {BYTES_OF(ACCEPTED "\0\0\0\x05"), DECODED_OK, RPC_SYSTEM_ERR, 0, 0, 0, true},
    {BYTES_OF(ACCEPTED "\0\0\0\x06"), DECODED_BAD, 0, 0, 0, 0, false},
    {BYTES_OF(DENIED "\0\0\0\0\0\0\0\x02\0\0\0\x02"), DECODED_OK, RPC_MISMATCH, 2, 2, 0, false},
    {BYTES_OF(DENIED "\0\0\0\x01\0\0\0\x05"), DECODED_OK, RPC_AUTH_ERROR, 0, 0, 5, false},
    {BYTES_OF(DENIED "\0\0\0\x02\0\0\0\x05"), DECODED_BAD, 0, 0, 0, 0, false},
    {BYTES_OF("\0\0\0\x07\0\0\0\0\0\0\0\x02"), DECODED_BAD, 0, 0, 0, 0, false}, /* a call */
    {BYTES_OF("\0\0\0\x07\0\0\0\x01\0\0\0\x02"), DECODED_BAD, 0, 0, 0, 0, false},
    {BYTES_OF("\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\x01\x91"
              "verifier"),
        DECODED_BAD, 0, 0, 0, 0, false}, /* 401 bytes */
    {BYTES_OF("\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\x06\0\0\0\x05"
              "abcde\0\0\0\0\0\0\x01"),
        DECODED_OK, RPC_PROG_UNAVAIL, 0, 0, 0, false},
    {BYTES_OF("HTTP/1.1 400"), DECODED_BAD, 0, 0, 0, 0, false},
    {BYTES_OF(""), DECODED_MORE, 0, 0, 0, 0, false},
};
enum { REPLIES = sizeof replies / sizeof *replies };

static void replies_are_read(void **state)
{
    for (size_t i = 0; i < REPLIES; i++) {
        struct rpc_reply r;
        assert_int_equal(rpc_read_reply(replies[i].message, &r), replies[i].decoded);
        if (replies[i].decoded != DECODED_OK)
            continue;
        assert_int_equal(r.xid, 7);
        assert_int_equal(r.answer, replies[i].answer);
        assert_int_equal(r.low, replies[i].low);
        assert_int_equal(r.high, replies[i].high);
        assert_int_equal(r.auth_stat, replies[i].auth);
        assert_int_equal(rpc_answer_claims(r.answer), replies[i].claims);
        assert_false(rpc_offers_tls(&r));
    }
}

/* Cut anywhere, a right reply wants more; no prefix is taken for a whole one, but for one without its tail. */
static void cut_replies_want_more(void **state)
{
    for (size_t i = 0; i < REPLIES; i++) {
        struct rpc_reply r;
        size_t whole = replies[i].message.len - (i == 3 ? 4 : 0);
        for (size_t n = 0; replies[i].decoded == DECODED_OK && n < whole; n++)
            assert_int_equal(rpc_read_reply(bytes_of(replies[i].message.at, n), &r), DECODED_MORE);
    }
}

static void flipped_replies_are_survived(void **state)
{
    for (size_t i = 0; i < REPLIES; i++) {
        uint8_t copy[64];
        size_t len = replies[i].message.len;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            struct rpc_reply r;
            memcpy(copy, replies[i].message.at, len);
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
            rpc_read_reply(bytes_of(copy, len), &r);
            assert_true(r.answer < RPC_ANSWERS);
        }
    }
}

static void an_offer_of_tls_is_seen(void **state)
{
    struct rpc_reply r;
    struct bytes offer = BYTES("\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x08STARTTLS\0\0\0\0");
    struct bytes not = BYTES("\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x08STARTTLS\0\0\0\0");
    assert_int_equal(rpc_read_reply(offer, &r), DECODED_OK);
    assert_true(rpc_offers_tls(&r));
    assert_int_equal(rpc_read_reply(not, &r), DECODED_OK);
    assert_false(rpc_offers_tls(&r));
}

/* ---- records */

static enum decoded record(struct bytes stream, struct buf *joined, struct bytes *message, size_t *used)
{
    *message = bytes_of(NULL, 0);
    *used = 0;
    return rpc_read_record(stream, joined, message, used);
}

static void records_are_put_together(void **state)
{
    struct buf joined;
    struct bytes message;
    size_t used;
    buf_init(&joined, LIMIT_RPC_RECORD);
    assert_int_equal(record(BYTES("\x80\0\0\x03"
                                  "abcdef"),
                         &joined, &message, &used),
        DECODED_OK);
    assert_true(bytes_equal(message, bytes_str("abc")));
    assert_int_equal(used, 7);
    struct bytes cut = BYTES("\0\0\0\x02"
                             "ab\0\0\0\x01"
                             "c\x80\0\0\x02"
                             "dexx");
    assert_int_equal(record(cut, &joined, &message, &used), DECODED_OK);
    assert_true(bytes_equal(message, bytes_str("abcde")));
    assert_int_equal(used, cut.len - 2);
    assert_int_equal(record(BYTES("\0\0\0\x02"
                                  "ab\x80\0\0\0"),
                         &joined, &message, &used),
        DECODED_OK); /* an empty last one ends it */
    assert_true(bytes_equal(message, bytes_str("ab")));
    for (size_t n = 0; n < cut.len - 2; n++)
        assert_int_equal(record(bytes_of(cut.at, n), &joined, &message, &used), DECODED_MORE);
    buf_free(&joined);
}

static void records_are_bounded(void **state)
{
    struct buf joined, many;
    struct bytes message;
    size_t used;
    buf_init(&joined, LIMIT_RPC_RECORD);
    buf_init(&many, 1 << 20);
    assert_int_equal(record(BYTES("\x80\0\0\0"), &joined, &message, &used), DECODED_BAD);
    assert_int_equal(record(BYTES("\0\0\0\0"), &joined, &message, &used), DECODED_BAD);
    assert_int_equal(record(BYTES("\x80\x01\0\x01"), &joined, &message, &used), DECODED_BAD);
    assert_int_equal(record(BYTES("GET / HTTP/1.0\r\n"), &joined, &message, &used), DECODED_BAD);
    for (int i = 0; i < LIMIT_RPC_FRAGMENTS; i++)
        buf_append(&many, "\0\0\0\x01x", 5);
    assert_int_equal(record(buf_view(&many), &joined, &message, &used), DECODED_BAD);
    buf_clear(&many);
    for (int i = 0; i < 3; i++) {
        xdr_put_u32(&many, 30000);
        for (int k = 0; k < 30000; k++)
            buf_append_u8(&many, 'x');
    }
    assert_int_equal(record(buf_view(&many), &joined, &message, &used), DECODED_BAD); /* 90,000 bytes in all */
    buf_free(&many);
    buf_free(&joined);
}

static void the_shape_of_a_reply_is_known(void **state)
{
    assert_true(rpc_has_reply_shape(BYTES("\x80\0\0\x18" ACCEPTED "\0\0\0\x01"), true));
    assert_true(rpc_has_reply_shape(BYTES(ACCEPTED "\0\0\0\x01"), false));
    assert_false(rpc_has_reply_shape(BYTES(ACCEPTED "\0\0\0\x01"), true));
    assert_false(rpc_has_reply_shape(BYTES("\x80\0\0\x18" ACCEPTED), true));
    assert_false(rpc_has_reply_shape(bytes_str("220 mail.example ESMTP\r\n"), true));
    assert_false(rpc_has_reply_shape(bytes_str(""), false));
}

static void opaque_data_is_padded_and_bounded(void **state)
{
    struct buf b;
    buf_init(&b, 64);
    assert_true(xdr_put_opaque(&b, bytes_str("abcde")));
    assert_int_equal(b.len, 12);
    struct reader r = reader_of(buf_view(&b));
    assert_true(bytes_equal(xdr_opaque(&r, 5), bytes_str("abcde")));
    assert_int_equal(reader_left(&r), 0);
    r = reader_of(buf_view(&b));
    xdr_opaque(&r, 4);
    assert_true(r.bad);
    r = reader_of(bytes_of(b.at, 10)); /* the padding is missing */
    xdr_opaque(&r, 5);
    assert_true(r.bad);
    buf_free(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_forty_bytes),
        cmocka_unit_test(replies_are_read),
        cmocka_unit_test(cut_replies_want_more),
        cmocka_unit_test(flipped_replies_are_survived),
        cmocka_unit_test(an_offer_of_tls_is_seen),
        cmocka_unit_test(records_are_put_together),
        cmocka_unit_test(records_are_bounded),
        cmocka_unit_test(the_shape_of_a_reply_is_known),
        cmocka_unit_test(opaque_data_is_padded_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
