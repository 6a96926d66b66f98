/* bytes.c owns views of bytes, the checked cursor over them, and the growable buffer with a maximum. */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- views */

struct bytes bytes_str(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_starts(struct bytes whole, struct bytes prefix)
{
    return whole.len >= prefix.len && bytes_equal(bytes_of(whole.at, prefix.len), prefix);
}

const uint8_t *bytes_find(struct bytes hay, struct bytes needle)
{
    static const uint8_t nowhere;

    if (needle.len == 0)
        return hay.at ? hay.at : &nowhere;
    if (hay.len < needle.len)
        return NULL;
    return memmem(hay.at, hay.len, needle.at, needle.len);
}

/* ---- the cursor */

struct reader reader_of(struct bytes view)
{
    return (struct reader){.at = view.at, .end = view.len ? view.at + view.len : view.at, .bad = false};
}

struct bytes reader_take(struct reader *r, size_t n)
{
    if (r->bad || n > (size_t)(r->end - r->at)) {
        r->bad = true;
        return bytes_of(NULL, 0);
    }
    struct bytes taken = bytes_of(r->at, n);
    if (n > 0)
        r->at += n;
    return taken;
}

void reader_skip(struct reader *r, size_t n)
{
    reader_take(r, n);
}

static uint64_t big_endian(struct reader *r, size_t n)
{
    struct bytes taken = reader_take(r, n);
    uint64_t value = 0;

    for (size_t i = 0; i < taken.len; i++)
        value = value << 8 | taken.at[i];
    return value;
}

static uint64_t little_endian(struct reader *r, size_t n)
{
    struct bytes taken = reader_take(r, n);
    uint64_t value = 0;

    for (size_t i = taken.len; i > 0; i--)
        value = value << 8 | taken.at[i - 1];
    return value;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)big_endian(r, 1);
}

uint16_t reader_be16(struct reader *r)
{
    return (uint16_t)big_endian(r, 2);
}

uint32_t reader_be24(struct reader *r)
{
    return (uint32_t)big_endian(r, 3);
}

uint32_t reader_be32(struct reader *r)
{
    return (uint32_t)big_endian(r, 4);
}

uint64_t reader_be64(struct reader *r)
{
    return big_endian(r, 8);
}

uint16_t reader_le16(struct reader *r)
{
    return (uint16_t)little_endian(r, 2);
}

uint32_t reader_le32(struct reader *r)
{
    return (uint32_t)little_endian(r, 4);
}

uint64_t reader_le64(struct reader *r)
{
    return little_endian(r, 8);
}

/* ---- the buffer */

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_free(struct buf *b)
{
    free(b->at);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
}

/* One byte more than the content is always reserved, so that buf_text and buf_printf can write their NUL. */
static bool reserve(struct buf *b, size_t more)
{
    if (more > b->max - b->len || b->max == SIZE_MAX)
        return false;
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return true;

    size_t cap = b->cap > b->max / 2 ? b->max + 1 : b->cap * 2;
    if (cap < 64)
        cap = 64;
    if (cap < need)
        cap = need;
    uint8_t *grown = realloc(b->at, cap);
    if (!grown)
        return false;
    b->at = grown;
    b->cap = cap;
    return true;
}

bool buf_append(struct buf *b, const void *at, size_t len)
{
    if (len == 0)
        return true;
    if (!reserve(b, len))
        return false;
    memcpy(b->at + b->len, at, len);
    b->len += len;
    return true;
}

bool buf_append_str(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

bool buf_append_u8(struct buf *b, uint8_t byte)
{
    return buf_append(b, &byte, 1);
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    bool ok = false;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len >= 0 && reserve(b, (size_t)len)) {
        vsnprintf((char *)b->at + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
        ok = true;
    }
    va_end(again);
    va_end(args);
    return ok;
}

size_t buf_append_some(struct buf *b, const void *at, size_t len)
{
    size_t room = b->max - b->len;
    size_t some = len < room ? len : room;

    return buf_append(b, at, some) ? some : 0;
}

void buf_drop_front(struct buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->at, b->at + n, b->len - n);
    b->len -= n;
}

struct bytes buf_view(const struct buf *b)
{
    return bytes_of(b->at, b->len);
}

const char *buf_text(struct buf *b)
{
    if (!reserve(b, 0))
        return "";
    b->at[b->len] = 0;
    return (const char *)b->at;
}
