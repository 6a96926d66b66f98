/* http2.c owns the use of nghttp2 as a codec: frames and header compression are the library's. */
#include "wire/http2.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/text.h"

#include <nghttp2/nghttp2.h>

#include <stdlib.h>
#include <string.h>

enum { TYPE_AT = 3 };

struct http2 {
    nghttp2_session *session;
    char *authority;
    int32_t stream;
    struct buf out; /* to be sent */
    struct buf head, body; /* of the answer */
    struct buf answer;
    size_t taken; /* bytes from the peer so far */
    bool in_body; /* the header is whole */
    bool ended;
};

/* ---- the answer as text */

static const char *phrase_of(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {{200, "OK"}, {204, "No Content"}, {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
        {307, "Temporary Redirect"}, {308, "Permanent Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"}, {415, "Unsupported Media Type"}, {421, "Misdirected Request"},
        {500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "";
}

/* Names are in small letters here (section 8.2); rules know them as they are written elsewhere. */
static void append_name(struct buf *out, struct bytes name)
{
    if (bytes_equal(name, bytes_str("www-authenticate"))) {
        buf_append_str(out, "WWW-Authenticate");
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        bool first = i == 0 || name.at[i - 1] == '-';
        bool small = name.at[i] >= 'a' && name.at[i] <= 'z';
        buf_append_u8(out, first && small ? (uint8_t)(name.at[i] - 'a' + 'A') : name.at[i]);
    }
}

static int status_of(struct bytes value)
{
    int status = 0;
    for (size_t i = 0; i < value.len && i < 3 && text_is_digit(value.at[i]); i++)
        status = 10 * status + value.at[i] - '0';
    return status;
}

static void add_header(struct http2 *h, struct bytes name, struct bytes value)
{
    if (bytes_equal(name, bytes_str(":status"))) {
        int status = status_of(value);
        buf_clear(&h->head);
        buf_printf(&h->head, "HTTP/1.1 %03d %s\r\n", status, phrase_of(status));
    } else if (h->head.len && name.len && name.at[0] != ':') {
        append_name(&h->head, name);
        buf_append_str(&h->head, ": ");
        buf_append(&h->head, value.at, value.len);
        buf_append_str(&h->head, "\r\n");
    }
}

/* ---- what nghttp2 calls */

static int on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name, size_t name_len, const uint8_t *value,
    size_t value_len, uint8_t flags, void *owner)
{
    struct http2 *h = owner;
    if (f->hd.stream_id == h->stream && !h->in_body)
        add_header(h, bytes_of(name, name_len), bytes_of(value, value_len));
    return 0;
}

static int on_data(nghttp2_session *s, uint8_t flags, int32_t stream, const uint8_t *at, size_t len, void *owner)
{
    struct http2 *h = owner;
    if (stream == h->stream)
        buf_append_some(&h->body, at, len);
    h->ended |= h->head.len + h->body.len >= LIMIT_REPLY;
    return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *f, void *owner)
{
    struct http2 *h = owner;
    bool ours = f->hd.stream_id == h->stream;
    h->in_body |= ours && f->hd.type == NGHTTP2_HEADERS;
    h->ended |= ours && (f->hd.flags & NGHTTP2_FLAG_END_STREAM) && (f->hd.type == NGHTTP2_HEADERS || f->hd.type == NGHTTP2_DATA);
    return 0;
}

static int on_stream_close(nghttp2_session *s, int32_t stream, uint32_t error, void *owner)
{
    struct http2 *h = owner;
    h->ended |= stream == h->stream;
    return 0;
}

/* ---- the conversation */

static bool start_session(struct http2 *h)
{
    nghttp2_session_callbacks *calls;
    if (nghttp2_session_callbacks_new(&calls))
        return false;
    nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(calls, on_stream_close);
    int failed = nghttp2_session_client_new(&h->session, calls, h);
    nghttp2_session_callbacks_del(calls);
    return !failed;
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static bool submit(struct http2 *h)
{
    static const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
    const nghttp2_nv request[] = {
        field(":method", "GET"), field(":scheme", "https"), field(":authority", h->authority), field(":path", "/")};
    if (nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, 1))
        return false;
    h->stream = nghttp2_submit_request(h->session, NULL, request, sizeof request / sizeof *request, NULL, NULL);
    return h->stream > 0;
}

struct http2 *http2_ask(const char *authority)
{
    struct http2 *h = must_zalloc(sizeof *h);
    h->authority = must_strdup(authority);
    buf_init(&h->out, LIMIT_SEND_QUEUE);
    buf_init(&h->head, LIMIT_REPLY);
    buf_init(&h->body, LIMIT_REPLY);
    buf_init(&h->answer, LIMIT_REPLY);
    if (start_session(h) && submit(h))
        return h;
    http2_free(h);
    return NULL;
}

void http2_free(struct http2 *h)
{
    if (!h)
        return;
    nghttp2_session_del(h->session);
    buf_free(&h->out);
    buf_free(&h->head);
    buf_free(&h->body);
    buf_free(&h->answer);
    free(h->authority);
    free(h);
}

struct bytes http2_to_send(struct http2 *h)
{
    const uint8_t *at;
    ssize_t n;
    buf_clear(&h->out);
    while ((n = nghttp2_session_mem_send(h->session, &at)) > 0 && buf_append(&h->out, at, (size_t)n))
        ;
    return buf_view(&h->out);
}

/* A server's first frame is SETTINGS (section 3.4), as the fourth byte says. The library would wait for the end of whatever else comes. */
static bool begins_well(struct http2 *h, struct bytes chunk)
{
    size_t before = h->taken;
    h->taken += chunk.len;
    return before > TYPE_AT || h->taken <= TYPE_AT || chunk.at[TYPE_AT - before] == NGHTTP2_SETTINGS;
}

enum decoded http2_take(struct http2 *h, struct bytes chunk)
{
    if (!begins_well(h, chunk))
        return DECODED_BAD;
    ssize_t n = nghttp2_session_mem_recv(h->session, chunk.at, chunk.len);
    if (h->ended)
        return h->head.len ? DECODED_OK : DECODED_BAD;
    return n < 0 || !nghttp2_session_want_read(h->session) ? DECODED_BAD : DECODED_MORE;
}

struct bytes http2_answer(struct http2 *h)
{
    buf_clear(&h->answer);
    if (!h->head.len)
        return buf_view(&h->answer);
    buf_append_some(&h->answer, h->head.at, h->head.len);
    buf_append_some(&h->answer, "\r\n", 2);
    buf_append_some(&h->answer, h->body.at, h->body.len);
    return buf_view(&h->answer);
}
