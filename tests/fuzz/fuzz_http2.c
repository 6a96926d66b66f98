/* fuzz_http2.c owns the fuzzing of answers in HTTP/2: what we make of them; the frames are nghttp2's. */
#include "wire/http2.h"

#include "base/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct http2 *h = http2_ask("www.example");
    if (!h)
        return 0;
    http2_to_send(h);
    for (size_t i = 0; i < len && http2_take(h, bytes_of(at + i, len - i < 100 ? len - i : 100)) == DECODED_MORE; i += 100)
        http2_to_send(h);
    if (http2_answer(h).len > LIMIT_REPLY)
        abort();
    http2_free(h);
    return 0;
}
