/* text.c owns the ASCII character classes, patterns, numbers and durations that people type, and UTF-8 checking. */
#include "base/text.h"

#include <string.h>

int text_hex_value(int c)
{
    if (text_is_digit(c))
        return c - '0';
    c = text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_equal_nocase(const char *a, const char *b)
{
    while (*a && text_lower((unsigned char)*a) == text_lower((unsigned char)*b)) {
        a++;
        b++;
    }
    return *a == 0 && *b == 0;
}

bool text_starts(const char *whole, const char *prefix)
{
    return strncmp(whole, prefix, strlen(prefix)) == 0;
}

/* Only the last star can need another try, because an earlier one has matched as little as it can: at most quadratic. */
bool text_glob(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *retry = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == '?' || (*pattern && text_lower((unsigned char)*pattern) == text_lower((unsigned char)*text))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

/* Reads digits from *at on; false if there is none or the value exceeds max. */
static bool read_digits(const char **at, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (!text_is_digit((unsigned char)**at))
        return false;
    for (; text_is_digit((unsigned char)**at); (*at)++) {
        uint64_t digit = (uint64_t)(**at - '0');
        if (value > max / 10 || digit > max - value * 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool text_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value;

    if (!read_digits(&text, max, &value) || *text)
        return false;
    *out = value;
    return true;
}

/* Micro-units of a decimal fraction ".dddddd"; further digits are read but too small to count. */
static bool read_fraction(const char **at, uint64_t *millionths)
{
    uint64_t weight = 100000;

    if (!text_is_digit((unsigned char)**at))
        return false;
    for (*millionths = 0; text_is_digit((unsigned char)**at); (*at)++, weight /= 10)
        *millionths += weight * (uint64_t)(**at - '0');
    return true;
}

bool text_duration(const char *text, int64_t *out_us)
{
    static const struct {
        const char *name;
        uint64_t us;
    } units[] = {{"", 1000000}, {"s", 1000000}, {"ms", 1000}, {"m", 60 * 1000000ULL}, {"h", 3600 * 1000000ULL}};
    uint64_t whole, millionths = 0;

    if (!read_digits(&text, INT64_MAX, &whole))
        return false;
    if (*text == '.') {
        text++;
        if (!read_fraction(&text, &millionths))
            return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].name) != 0)
            continue;
        uint64_t part = units[i].us * millionths / 1000000;
        if (whole > (INT64_MAX - part) / units[i].us)
            return false;
        *out_us = (int64_t)(whole * units[i].us + part);
        return true;
    }
    return false;
}

/* RFC 3629, section 4: the second byte's range is what rules out overlong forms, surrogates and values above U+10FFFF. */
size_t text_utf8_length(struct bytes at)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high, length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    if (at.len == 0)
        return 0;
    if (at.at[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at.at[0] < forms[i].first_low || at.at[0] > forms[i].first_high)
            continue;
        if (at.len < forms[i].length || at.at[1] < forms[i].second_low || at.at[1] > forms[i].second_high)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((at.at[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}
