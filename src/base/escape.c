/* escape.c owns reading and writing the probe file's escapes. */
#include "base/escape.h"

#include "base/text.h"

/* One escape after the backslash: its length in the source (without the backslash), or 0 if it is none. */
static size_t read_one(struct bytes rest, uint8_t *byte)
{
    if (rest.len == 0)
        return 0;
    switch (rest.at[0]) {
    case '\\':
        *byte = '\\';
        return 1;
    case '0':
        *byte = 0;
        return 1;
    case 'n':
        *byte = '\n';
        return 1;
    case 'r':
        *byte = '\r';
        return 1;
    case 't':
        *byte = '\t';
        return 1;
    case 'x':
        if (rest.len < 3 || text_hex_value(rest.at[1]) < 0 || text_hex_value(rest.at[2]) < 0)
            return 0;
        *byte = (uint8_t)(text_hex_value(rest.at[1]) << 4 | text_hex_value(rest.at[2]));
        return 3;
    default:
        return 0;
    }
}

bool escape_read(struct bytes text, struct buf *out, size_t *bad_at)
{
    size_t before = out->len;
    size_t i = 0;

    while (i < text.len) {
        uint8_t byte = text.at[i];
        size_t taken = 1;
        if (byte == '\\') {
            size_t len = read_one(bytes_of(text.at + i + 1, text.len - i - 1), &byte);
            taken = len ? 1 + len : 0;
        }
        if (taken == 0 || !buf_append_u8(out, byte)) {
            out->len = before;
            if (bad_at)
                *bad_at = i;
            return false;
        }
        i += taken;
    }
    return true;
}

static bool write_one(uint8_t byte, struct buf *out)
{
    switch (byte) {
    case '\\':
        return buf_append_str(out, "\\\\");
    case '\r':
        return buf_append_str(out, "\\r");
    case '\n':
        return buf_append_str(out, "\\n");
    case '\t':
        return buf_append_str(out, "\\t");
    case 0:
        return buf_append_str(out, "\\0");
    default:
        return text_is_printable(byte) ? buf_append_u8(out, byte) : buf_printf(out, "\\x%02x", byte);
    }
}

bool escape_write(struct bytes raw, struct buf *out)
{
    size_t before = out->len;

    for (size_t i = 0; i < raw.len; i++) {
        if (!write_one(raw.at[i], out)) {
            out->len = before;
            return false;
        }
    }
    return true;
}
