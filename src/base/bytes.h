/* bytes.h owns views of bytes, the cursor that reads them, and the buffer that grows: only these touch what the network sent. */
#ifndef DESCRY_BASE_BYTES_H
#define DESCRY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view: does not own, may hold NULs, `at` may be NULL when `len` is 0. */
struct bytes {
    const uint8_t *at;
    size_t len;
};

static inline struct bytes bytes_of(const void *at, size_t len)
{
    return (struct bytes){.at = at, .len = len};
}

struct bytes bytes_str(const char *text); /* without the final NUL */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_starts(struct bytes whole, struct bytes prefix);
/* The first place of `needle` in `hay`, or NULL. An empty needle is found at once. */
const uint8_t *bytes_find(struct bytes hay, struct bytes needle);

/*
 * The cursor. Every read is checked; the first one that does not fit sets `bad`, gives zeros, and stays so: a decoder reads
 * a whole structure and asks once at the end.
 */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

struct reader reader_of(struct bytes view);

static inline size_t reader_left(const struct reader *r)
{
    return r->bad ? 0 : (size_t)(r->end - r->at);
}

uint8_t reader_u8(struct reader *r);
uint16_t reader_be16(struct reader *r);
uint32_t reader_be24(struct reader *r);
uint32_t reader_be32(struct reader *r);
uint64_t reader_be64(struct reader *r);
uint16_t reader_le16(struct reader *r);
uint32_t reader_le32(struct reader *r);
uint64_t reader_le64(struct reader *r);
struct bytes reader_take(struct reader *r, size_t n); /* a view into the source */
void reader_skip(struct reader *r, size_t n);

/* What a decoder of a hostile message answers. */
enum decoded { DECODED_OK, DECODED_MORE, DECODED_BAD };

/* A growable buffer that never exceeds `max`. Zero memory failures leave it unchanged; append says false. */
struct buf {
    uint8_t *at;
    size_t len;
    size_t cap;
    size_t max;
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);           /* may be used again after buf_init */
void buf_clear(struct buf *b);          /* keeps the memory */
/* True if all was appended; false (and unchanged) if it would exceed max or memory is short. */
bool buf_append(struct buf *b, const void *at, size_t len);
bool buf_append_str(struct buf *b, const char *text);
bool buf_append_u8(struct buf *b, uint8_t byte);
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends as much as fits; gives how much that was. */
size_t buf_append_some(struct buf *b, const void *at, size_t len);
void buf_drop_front(struct buf *b, size_t n);
struct bytes buf_view(const struct buf *b);
/* A NUL-terminated text of the content; valid until the next change. "" when empty or out of memory. */
const char *buf_text(struct buf *b);

#endif
