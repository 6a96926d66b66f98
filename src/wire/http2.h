/*
 * http2.h owns one question in HTTP/2 (RFC 9113): GET /, and its answer as the text that HTTP/1.1 would have sent, so that one set of rules reads both.
 * Sans I/O: the caller carries the bytes.
 */
#ifndef DESCRY_WIRE_HTTP2_H
#define DESCRY_WIRE_HTTP2_H

#include "base/bytes.h"

struct http2;

/* Begins a conversation; `authority` is the host asked for ("www.example:8443"), copied. NULL: this build has no HTTP/2. */
struct http2 *http2_ask(const char *authority);
void http2_free(struct http2 *h); /* NULL is fine */

/* What is to be sent now; empty: nothing. Valid until the next call. */
struct bytes http2_to_send(struct http2 *h);
/* Takes what came. OK: the answer is whole (or as long as is kept); MORE: go on; BAD: this is not HTTP/2, or the question was refused. */
enum decoded http2_take(struct http2 *h, struct bytes chunk);
/* "HTTP/1.1 200 OK\r\nServer: ...\r\n\r\n..." as far as it has come, at most LIMIT_REPLY bytes; empty: no header yet. Lives as long as `h`. */
struct bytes http2_answer(struct http2 *h);

#endif
