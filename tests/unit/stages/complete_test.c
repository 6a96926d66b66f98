/* complete_test.c owns the examples of whole and unfinished replies. */
#include "stages/complete.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void is(enum completeness expected, const char *text)
{
    assert_int_equal(reply_completeness(bytes_str(text)), expected);
}

static void http_ends_by_its_length(void **state)
{
    is(COMPLETE_NO, "HTTP/1.1 200");
    is(COMPLETE_NO, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
    is(COMPLETE_YES, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    is(COMPLETE_YES, "HTTP/1.1 200 OK\r\nX: y\r\nCONTENT-LENGTH:0\r\n\r\n");
    is(COMPLETE_NO, "HTTP/1.0 200 OK\r\n\r\nuntil it closes");
    is(COMPLETE_YES, "HTTP/1.1 304 Not Modified\r\n\r\n");
    is(COMPLETE_NO, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    is(COMPLETE_YES, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    is(COMPLETE_NO, "HTTP/1.1 200 OK\r\nX-Content-Length: 0\r\n\r\n");
    is(COMPLETE_NO, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\nx");
}

static void reply_codes_end_with_a_space(void **state)
{
    is(COMPLETE_YES, "220 ready\r\n");
    is(COMPLETE_NO, "220-first\r\n");
    is(COMPLETE_YES, "220-first\r\n220 last\r\n");
    is(COMPLETE_NO, "220-first\r\n220 la");
    is(COMPLETE_NO, "220 ");
}

static void greetings_end_with_their_line(void **state)
{
    is(COMPLETE_NO, "SSH-2.0-Open");
    is(COMPLETE_YES, "SSH-2.0-OpenSSH_9.2\r\n");
    is(COMPLETE_YES, "* OK IMAP\r\n");
    is(COMPLETE_NO, "+OK");
    is(COMPLETE_YES, "+OK ready\r\n");
}

static void mysql_has_its_length(void **state)
{
    static const uint8_t whole[] = {2, 0, 0, 0, 0x0a, '5'};
    static const uint8_t half[] = {9, 0, 0, 0, 0x0a, '5'};
    assert_int_equal(reply_completeness(bytes_of(whole, sizeof whole)), COMPLETE_YES);
    assert_int_equal(reply_completeness(bytes_of(half, sizeof half)), COMPLETE_NO);
}

static void microsofts_messages_have_their_length(void **state)
{
    static const uint8_t smb[] = {0, 0, 0, 5, 0xfe, 'S', 'M', 'B', '@', 0};
    static const uint8_t rpc[] = {5, 0, 12, 3, 0x10, 0, 0, 0, 12, 0, 0, 0};
    assert_int_equal(reply_completeness(bytes_of(smb, 9)), COMPLETE_YES);
    assert_int_equal(reply_completeness(bytes_of(smb, 8)), COMPLETE_NO);
    assert_int_equal(reply_completeness(bytes_of(rpc, 12)), COMPLETE_YES);
    assert_int_equal(reply_completeness(bytes_of(rpc, 11)), COMPLETE_NO);
}

static void others_do_not_tell(void **state)
{
    is(COMPLETE_UNKNOWN, "hello\r\n");
    is(COMPLETE_UNKNOWN, "");
    is(COMPLETE_UNKNOWN, "22");
}

/* Every cut of a reply is read without a fault (sanitizers watch), and none is whole before its end. */
static void cuts_are_not_whole(void **state)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for (size_t n = 0; n < sizeof reply - 1; n++)
        assert_int_not_equal(reply_completeness(bytes_of(reply, n)), COMPLETE_YES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_ends_by_its_length),
        cmocka_unit_test(reply_codes_end_with_a_space),
        cmocka_unit_test(greetings_end_with_their_line),
        cmocka_unit_test(mysql_has_its_length),
        cmocka_unit_test(microsofts_messages_have_their_length),
        cmocka_unit_test(others_do_not_tell),
        cmocka_unit_test(cuts_are_not_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
