/* text.h owns small questions about ASCII text, numbers and times that people type. Locale-free. */
#ifndef DESCRY_BASE_TEXT_H
#define DESCRY_BASE_TEXT_H

#include "base/bytes.h"

static inline bool text_is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static inline bool text_is_alpha(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool text_is_alnum(int c)
{
    return text_is_alpha(c) || text_is_digit(c);
}

static inline bool text_is_space(int c) /* space, \t \n \v \f \r */
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool text_is_printable(int c) /* 0x20..0x7e */
{
    return c >= 0x20 && c <= 0x7e;
}

static inline int text_lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

int text_hex_value(int c);              /* 0..15, or -1 */
bool text_equal_nocase(const char *a, const char *b);
bool text_starts(const char *whole, const char *prefix);
/* Shell-like pattern with * and ?; case-insensitive. */
bool text_glob(const char *pattern, const char *text);

/* The whole text as a decimal number of 0..max; false otherwise. */
bool text_number(const char *text, uint64_t max, uint64_t *out);
/* "30" "30s" (seconds), "100ms", "5m", "2h", also "1.5": microseconds; false if it is none of these or negative. */
bool text_duration(const char *text, int64_t *out_us);

/* The length of the valid UTF-8 sequence that starts at `at` (1..4), or 0 if there is none. Rejects overlong forms and surrogates. */
size_t text_utf8_length(struct bytes at);

#endif
