/* fuzz_escape.c owns fuzzing escapes and base64: whatever is written must be read back. */
#include <stdlib.h>

#include "base/base64.h"
#include "base/escape.h"
#include "fuzz.h"

static void round_trip(struct bytes raw, bool (*write)(struct bytes, struct buf *), bool (*read)(struct bytes, struct buf *))
{
    struct buf text, back;

    buf_init(&text, raw.len * 4 + 4);
    buf_init(&back, raw.len);
    if (!write(raw, &text) || !read(buf_view(&text), &back) || !bytes_equal(buf_view(&back), raw))
        abort();
    buf_free(&text);
    buf_free(&back);
}

static bool read_escapes(struct bytes text, struct buf *out)
{
    size_t bad_at = 0;
    bool ok = escape_read(text, out, &bad_at);

    if (!ok && bad_at >= text.len)
        abort();
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct bytes input = bytes_of(at, len);
    struct buf out;

    buf_init(&out, len);
    read_escapes(input, &out);
    buf_clear(&out);
    base64_read(input, &out);
    buf_free(&out);
    round_trip(input, escape_write, read_escapes);
    round_trip(input, base64_write, base64_read);
    return 0;
}
