/* http2_none.c owns the answers of a build without TLS, and so without a way to HTTP/2. */
#include "wire/http2.h"

struct http2 *http2_ask(const char *authority)
{
    return NULL;
}

void http2_free(struct http2 *h)
{
    (void)h;
}

struct bytes http2_to_send(struct http2 *h)
{
    return bytes_of(NULL, 0);
}

enum decoded http2_take(struct http2 *h, struct bytes chunk)
{
    return DECODED_BAD;
}

struct bytes http2_answer(struct http2 *h)
{
    return bytes_of(NULL, 0);
}
