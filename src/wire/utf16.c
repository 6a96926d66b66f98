/* utf16.c owns the way from UTF-16 to UTF-8. */
#include "wire/utf16.h"

enum { REPLACEMENT = 0xfffd };

static size_t put(char *at, uint32_t c)
{
    if (c < 0x80) {
        at[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        at[0] = (char)(0xc0 | c >> 6);
        at[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        at[0] = (char)(0xe0 | c >> 12);
        at[1] = (char)(0x80 | (c >> 6 & 0x3f));
        at[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    at[0] = (char)(0xf0 | c >> 18);
    at[1] = (char)(0x80 | (c >> 12 & 0x3f));
    at[2] = (char)(0x80 | (c >> 6 & 0x3f));
    at[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static bool is_high(uint32_t c)
{
    return c >= 0xd800 && c < 0xdc00;
}

static bool is_low(uint32_t c)
{
    return c >= 0xdc00 && c < 0xe000;
}

/* The character that begins with unit `c`. */
static uint32_t whole(uint32_t c, struct reader *r)
{
    struct reader ahead = *r;
    uint32_t low = reader_le16(&ahead);
    if (!is_high(c))
        return is_low(c) ? REPLACEMENT : c;
    if (ahead.bad || !is_low(low))
        return REPLACEMENT;
    *r = ahead;
    return 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
}

const char *utf16_take(struct arena *a, struct reader *r)
{
    char text[4 * UTF16_TEXT_MAX + 4];
    size_t n = 0, units = 0;
    while (reader_left(r) >= 2) {
        uint32_t c = reader_le16(r);
        if (!c)
            break;
        c = whole(c, r);
        if (units++ < UTF16_TEXT_MAX)
            n += put(text + n, c);
    }
    return n ? arena_strndup(a, text, n) : NULL;
}

const char *utf16_text(struct arena *a, struct bytes raw)
{
    struct reader r = reader_of(raw);
    return utf16_take(a, &r);
}

bool utf16_write(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (!buf_append_u8(out, (uint8_t)*text) || !buf_append_u8(out, 0))
            return false;
    return true;
}
