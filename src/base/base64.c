/* base64.c owns base64 (RFC 4648, section 4). */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The length without padding; false if there is padding that does not complete a group of four. */
static bool strip_padding(struct bytes *text)
{
    size_t len = text->len;

    while (len > 0 && text->len - len < 2 && text->at[len - 1] == '=')
        len--;
    if (len != text->len && text->len % 4 != 0)
        return false;
    text->len = len;
    return len % 4 != 1;
}

bool base64_read(struct bytes text, struct buf *out)
{
    size_t before = out->len;
    uint32_t bits = 0;
    unsigned held = 0;

    if (!strip_padding(&text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.at[i]);
        bool ok = value >= 0;
        bits = (bits << 6 | (uint32_t)(value & 63)) & 0xffff;
        held += 6;
        if (ok && held >= 8) {
            held -= 8;
            ok = buf_append_u8(out, (uint8_t)(bits >> held));
        }
        if (!ok) {
            out->len = before;
            return false;
        }
    }
    return true;
}

bool base64_write(struct bytes raw, struct buf *out)
{
    size_t before = out->len;

    for (size_t i = 0; i < raw.len; i += 3) {
        size_t n = raw.len - i < 3 ? raw.len - i : 3;
        uint32_t bits = (uint32_t)raw.at[i] << 16 | (n > 1 ? (uint32_t)raw.at[i + 1] << 8 : 0) | (n > 2 ? raw.at[i + 2] : 0u);
        char group[4] = {
            alphabet[bits >> 18], alphabet[bits >> 12 & 63], n > 1 ? alphabet[bits >> 6 & 63] : '=', n > 2 ? alphabet[bits & 63] : '='};
        if (!buf_append(out, group, sizeof group)) {
            out->len = before;
            return false;
        }
    }
    return true;
}
