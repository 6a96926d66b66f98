/* printable.c owns the escaping of peers' text for terminals. */
#include "report/printable.h"

#include <stdio.h>

#include "base/text.h"

/* Code points above U+007F that are not shown: C1 controls, soft hyphen, zero-width and direction marks, separators, fillers, byte order
 * mark, interlinear marks, tags, private use planes. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x80, 0x9f},
    {0xad, 0xad},
    {0x61c, 0x61c},
    {0x115f, 0x1160},
    {0x180e, 0x180e},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0x3164, 0x3164},
    {0xfeff, 0xfeff},
    {0xfff0, 0xfffb},
    {0xfffe, 0xffff},
    {0xe0000, 0xe0fff},
    {0xf0000, 0x10ffff},
};

static uint32_t code_point(const uint8_t *at, size_t len)
{
    static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = at[0] & mask[len];
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (at[i] & 0x3f);
    return c;
}

static bool is_hidden(uint32_t c)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (c >= hidden[i].first && c <= hidden[i].last)
            return true;
    return false;
}

/* Writes the character at the front of `rest` into `cell` (at most 16 bytes); gives how many bytes of `rest` it took. */
static size_t one_character(struct bytes rest, char cell[static 17], size_t *cell_len)
{
    size_t len = text_utf8_length(rest);
    bool shown = len == 1 ? text_is_printable(rest.at[0]) : len > 1 && !is_hidden(code_point(rest.at, len));
    size_t took = len ? len : 1;
    *cell_len = 0;
    for (size_t i = 0; i < took; i++)
        *cell_len += (size_t)snprintf(cell + *cell_len, 17 - *cell_len, shown ? "%c" : "\\x%02x", rest.at[i]);
    return took;
}

void printable_append(struct buf *out, const char *text, size_t max)
{
    if (!text)
        return;
    struct bytes rest = bytes_str(text);
    size_t start = out->len, dots_at = start;
    while (rest.len > 0) {
        char cell[17];
        size_t cell_len, took = one_character(rest, cell, &cell_len);
        if (out->len - start + cell_len > max) {
            out->len = dots_at;
            buf_append(out, "...", max < 3 ? max : 3);
            return;
        }
        if (!buf_append(out, cell, cell_len))
            return;
        if (out->len - start + 3 <= max)
            dots_at = out->len;
        rest = bytes_of(rest.at + took, rest.len - took);
    }
}

size_t printable_columns(struct bytes text)
{
    size_t columns = 0;
    for (size_t i = 0; i < text.len; i++)
        columns += (text.at[i] & 0xc0) != 0x80;
    return columns;
}
