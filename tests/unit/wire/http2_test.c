/* http2_test.c owns the tests of the one question in HTTP/2: the server's side is nghttp2's own. */
#include "wire/http2.h"

#include "base/limits.h"

#include <nghttp2/nghttp2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* ---- a server */

struct server {
    nghttp2_session *session;
    const char *body;
    size_t body_length, sent;
    struct buf out;
};

static ssize_t give_body(
    nghttp2_session *s, int32_t stream, uint8_t *at, size_t room, uint32_t *flags, nghttp2_data_source *source, void *owner)
{
    struct server *v = owner;
    size_t n = v->body_length - v->sent < room ? v->body_length - v->sent : room;
    memset(at, 'x', n);
    if (v->body)
        memcpy(at, v->body + v->sent, n);
    v->sent += n;
    if (v->sent == v->body_length)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *f, void *owner)
{
    const nghttp2_nv answer[] = {
        field(":status", "401"), field("server", "Beta/1.2"), field("www-authenticate", "Basic realm=\"x\""), field("x-a-b", "c")};
    const nghttp2_data_provider body = {.read_callback = give_body};
    if (f->hd.type == NGHTTP2_HEADERS)
        nghttp2_submit_response(s, f->hd.stream_id, answer, 4, &body);
    return 0;
}

static void server_open(struct server *v, const char *body, size_t length)
{
    nghttp2_session_callbacks *calls;
    *v = (struct server){.body = body, .body_length = length};
    buf_init(&v->out, 1024 * 1024);
    nghttp2_session_callbacks_new(&calls);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
    nghttp2_session_server_new(&v->session, calls, v);
    nghttp2_session_callbacks_del(calls);
    nghttp2_submit_settings(v->session, NGHTTP2_FLAG_NONE, NULL, 0);
}

static struct bytes server_answer(struct server *v, struct bytes said)
{
    const uint8_t *at;
    ssize_t n;
    nghttp2_session_mem_recv(v->session, said.at, said.len);
    buf_clear(&v->out);
    while ((n = nghttp2_session_mem_send(v->session, &at)) > 0)
        buf_append(&v->out, at, (size_t)n);
    return buf_view(&v->out);
}

static void server_close(struct server *v)
{
    nghttp2_session_del(v->session);
    buf_free(&v->out);
}

/* ---- tests */

/* Talks until one side has nothing more to say; the server's bytes come in pieces of `piece`. */
static enum decoded talk(struct http2 *h, struct server *v, size_t piece)
{
    enum decoded d = DECODED_MORE;
    for (int i = 0; i < 100 && d == DECODED_MORE; i++) {
        struct bytes out = server_answer(v, http2_to_send(h));
        for (size_t at = 0; at < out.len && d == DECODED_MORE; at += piece)
            d = http2_take(h, bytes_of(out.at + at, out.len - at < piece ? out.len - at : piece));
    }
    return d;
}

static void the_answer_reads_like_http_1(void **state)
{
    for (size_t piece = 1; piece < 100000; piece *= 50) {
        struct server v;
        struct http2 *h = http2_ask("www.example");
        server_open(&v, "hello", 5);
        assert_int_equal(talk(h, &v, piece), DECODED_OK);
        assert_true(bytes_equal(http2_answer(h),
            bytes_str("HTTP/1.1 401 Unauthorized\r\nServer: Beta/1.2\r\nWWW-Authenticate: Basic realm=\"x\"\r\nX-A-B: c\r\n\r\nhello")));
        http2_free(h);
        server_close(&v);
    }
}

static void a_flood_is_bounded(void **state)
{
    struct server v;
    struct http2 *h = http2_ask("www.example");
    server_open(&v, NULL, 10 * 1024 * 1024);
    assert_int_equal(talk(h, &v, 4096), DECODED_OK);
    assert_true(http2_answer(h).len <= LIMIT_REPLY);
    http2_free(h);
    server_close(&v);
}

static void what_is_no_http2_is_bad(void **state)
{
    struct http2 *h = http2_ask("www.example");
    assert_true(bytes_starts(http2_to_send(h), bytes_str("PRI * HTTP/2.0\r\n")));
    assert_int_equal(http2_take(h, bytes_str("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")), DECODED_BAD);
    assert_int_equal(http2_answer(h).len, 0);
    http2_free(h);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_reads_like_http_1), cmocka_unit_test(a_flood_is_bounded), cmocka_unit_test(what_is_no_http2_is_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
