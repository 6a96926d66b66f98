/* xml_writer.c owns XML's punctuation and escapes. */
#include "report/xml_writer.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static bool plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && !strchr("<>&\"'", c);
}

static const char *ascii_escape(uint8_t c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    case 0x7f:
        return "&#x7f;";
    default:
        return NULL;
    }
}

/* U+FFFE and U+FFFF are the only valid three-byte UTF-8 that XML forbids; surrogates are no valid UTF-8. */
static bool forbidden(const uint8_t *at, size_t len)
{
    return len == 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
}

static size_t special(struct buf *out, struct bytes rest)
{
    const char *escape = ascii_escape(rest.at[0]);
    size_t len = text_utf8_length(rest);
    if (escape)
        buf_append_str(out, escape);
    else if (len == 2 && rest.at[0] == 0xc2 && rest.at[1] < 0xa0)
        buf_printf(out, "&#x%02x;", rest.at[1]);
    else if (len > 1 && !forbidden(rest.at, len))
        buf_append(out, rest.at, len);
    else
        for (size_t i = 0; i < (len ? len : 1); i++)
            buf_printf(out, "\\x%02x", rest.at[i]);
    return len ? len : 1;
}

void xml_text(struct buf *out, const char *text)
{
    struct bytes rest = bytes_str(text);
    while (rest.len > 0) {
        size_t run = 0;
        while (run < rest.len && plain(rest.at[run]))
            run++;
        buf_append(out, rest.at, run);
        if (run < rest.len)
            run += special(out, bytes_of(rest.at + run, rest.len - run));
        rest = bytes_of(rest.at + run, rest.len - run);
    }
}

void xml_comment_text(struct buf *out, const char *text)
{
    size_t from = out->len;
    xml_text(out, text);
    struct buf copy;
    buf_init(&copy, out->max);
    buf_append(&copy, out->at + from, out->len - from);
    out->len = from;
    for (size_t i = 0; i < copy.len; i++)
        if (copy.at[i] == '-' && i > 0 && copy.at[i - 1] == '-')
            buf_append_str(out, "&#45;");
        else
            buf_append_u8(out, copy.at[i]);
    buf_free(&copy);
}

void xml_element(struct buf *out, const char *name)
{
    buf_printf(out, "<%s", name);
}

void xml_attribute(struct buf *out, const char *name, const char *text)
{
    if (!text)
        return;
    buf_printf(out, " %s=\"", name);
    xml_text(out, text);
    buf_append_str(out, "\"");
}

void xml_number(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, " %s=\"%" PRId64 "\"", name, value);
}

void xml_seconds(struct buf *out, const char *name, int64_t microseconds)
{
    buf_printf(out, " %s=\"%.2f\"", name, (double)microseconds / 1e6);
}

void xml_empty(struct buf *out)
{
    buf_append_str(out, "/>");
}

void xml_enter(struct buf *out)
{
    buf_append_str(out, ">");
}

void xml_leave(struct buf *out, const char *name)
{
    buf_printf(out, "</%s>", name);
}
