/* xml_writer.c owns XML's punctuation and escapes. */
#include "report/xml_writer.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static bool plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && !strchr("<>&\"'-", c);
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
        return "&#x9;";
    case '\n':
        return "&#xa;";
    case '\r':
        return "&#xd;";
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

/* Two hyphens in a row would end a comment; some readers are told of them by a reference everywhere. */
static size_t hyphens(struct buf *out, struct bytes rest)
{
    size_t n = 1;
    buf_append_str(out, "-");
    for (; n < rest.len && rest.at[n] == '-'; n++)
        buf_append_str(out, "&#45;");
    return n;
}

void xml_text(struct buf *out, const char *text)
{
    struct bytes rest = bytes_str(text);
    while (rest.len > 0) {
        size_t run = 0;
        while (run < rest.len && plain(rest.at[run]))
            run++;
        buf_append(out, rest.at, run);
        rest = bytes_of(rest.at + run, rest.len - run);
        if (rest.len > 0) {
            size_t n = *rest.at == '-' ? hyphens(out, rest) : special(out, rest);
            rest = bytes_of(rest.at + n, rest.len - n);
        }
    }
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
