/* json.c owns the writing of JSON: one flag tells whether a comma is due, so that no stack of containers is needed. */
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"

struct json json_into(struct buf *out)
{
    return (struct json){.out = out};
}

static void put(struct json *j, const void *at, size_t len)
{
    if (!buf_append(j->out, at, len))
        j->failed = true;
}

static void put_str(struct json *j, const char *text)
{
    put(j, text, strlen(text));
}

static bool plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_ascii_escape(struct json *j, uint8_t c)
{
    static const char named[] = "\"\\\b\f\n\r\t";
    static const char letter[] = "\"\\bfnrt";
    const char *at = c ? strchr(named, c) : NULL;
    char escape[8] = {'\\', at ? letter[at - named] : 'u'};
    if (!at)
        snprintf(escape, sizeof escape, "\\u%04x", c);
    put_str(j, escape);
}

/* U+0080..U+009F are controls that some terminals obey; JSON lines are read on terminals too. */
static bool is_c1(const uint8_t *at, size_t len)
{
    return len == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

/* Writes the one character at the front of `rest` that may not stand as it is; gives its length. */
static size_t put_special(struct json *j, struct bytes rest)
{
    if (rest.at[0] < 0x80) {
        put_ascii_escape(j, rest.at[0]);
        return 1;
    }
    size_t len = text_utf8_length(rest);
    if (len == 0)
        put_str(j, "\\ufffd");
    else if (is_c1(rest.at, len))
        put_ascii_escape(j, rest.at[1]);
    else
        put(j, rest.at, len);
    return len ? len : 1;
}

static void put_quoted(struct json *j, struct bytes text)
{
    put_str(j, "\"");
    size_t at = 0;
    while (at < text.len) {
        size_t run = at;
        while (run < text.len && plain(text.at[run]))
            run++;
        if (run > at)
            put(j, text.at + at, run - at);
        at = run;
        if (at < text.len)
            at += put_special(j, bytes_of(text.at + at, text.len - at));
    }
    put_str(j, "\"");
}

/* What stands before any value: the comma that is due, and its key. */
static void lead(struct json *j, const char *key)
{
    if (j->comma)
        put_str(j, ",");
    j->comma = true;
    if (!key)
        return;
    put_quoted(j, bytes_str(key));
    put_str(j, ":");
}

static void open_with(struct json *j, const char *key, const char *mark)
{
    lead(j, key);
    put_str(j, mark);
    j->comma = false;
}

static void close_with(struct json *j, const char *mark)
{
    put_str(j, mark);
    j->comma = true;
}

void json_object(struct json *j, const char *key)
{
    open_with(j, key, "{");
}

void json_object_end(struct json *j)
{
    close_with(j, "}");
}

void json_array(struct json *j, const char *key)
{
    open_with(j, key, "[");
}

void json_array_end(struct json *j)
{
    close_with(j, "]");
}

void json_line_end(struct json *j)
{
    put_str(j, "\n");
    j->comma = false;
}

void json_bytes(struct json *j, const char *key, struct bytes text)
{
    lead(j, key);
    put_quoted(j, text);
}

void json_text(struct json *j, const char *key, const char *text)
{
    if (text)
        json_bytes(j, key, bytes_str(text));
}

void json_base64(struct json *j, const char *key, struct bytes raw)
{
    lead(j, key);
    put_str(j, "\"");
    if (!base64_write(raw, j->out))
        j->failed = true;
    put_str(j, "\"");
}

void json_number(struct json *j, const char *key, int64_t value)
{
    char text[32];
    lead(j, key);
    snprintf(text, sizeof text, "%" PRId64, value);
    put_str(j, text);
}

void json_unsigned(struct json *j, const char *key, uint64_t value)
{
    char text[32];
    lead(j, key);
    snprintf(text, sizeof text, "%" PRIu64, value);
    put_str(j, text);
}

void json_millis(struct json *j, const char *key, int64_t microseconds)
{
    char text[48];
    uint64_t left = microseconds < 0 ? 0 - (uint64_t)microseconds : (uint64_t)microseconds;
    int len = snprintf(text, sizeof text, "%s%" PRIu64 ".%03u", microseconds < 0 ? "-" : "", left / 1000, (unsigned)(left % 1000));
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    lead(j, key);
    put(j, text, (size_t)len);
}

void json_bool(struct json *j, const char *key, bool value)
{
    lead(j, key);
    put_str(j, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    lead(j, key);
    put_str(j, "null");
}
