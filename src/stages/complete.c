/* complete.c owns the ends of replies: HTTP bodies (RFC 9112, 6.3), reply codes (RFC 5321, 4.2.1), greetings, length prefixes. */
#include "stages/complete.h"

#include "base/text.h"

#include <string.h>

static bool ends_line(struct bytes b)
{
    return b.len && b.at[b.len - 1] == '\n';
}

/* ---- HTTP/1 */

/* The value of a header in the head of a message, or an empty view. */
static struct bytes header(struct bytes head, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i + n + 1 < head.len; i++) {
        if (i && head.at[i - 1] != '\n')
            continue;
        size_t k = 0;
        while (k < n && text_lower(head.at[i + k]) == name[k])
            k++;
        if (k < n || head.at[i + n] != ':')
            continue;
        const uint8_t *value = head.at + i + n + 1;
        const uint8_t *end = memchr(value, '\n', (size_t)(head.at + head.len - value));
        while (end && value < end && *value == ' ')
            value++;
        return bytes_of(value, end ? (size_t)(end - value) : 0);
    }
    return bytes_of(NULL, 0);
}

static size_t decimal(struct bytes b)
{
    size_t n = 0;
    for (size_t i = 0; i < b.len && text_is_digit(b.at[i]) && n < SIZE_MAX / 100; i++)
        n = n * 10 + (size_t)(b.at[i] - '0');
    return n;
}

static enum completeness http(struct bytes b)
{
    const uint8_t *blank = bytes_find(b, bytes_str("\r\n\r\n"));
    if (!blank || b.len < 12)
        return COMPLETE_NO;
    struct bytes head = bytes_of(b.at, (size_t)(blank + 2 - b.at));
    size_t body = b.len - head.len - 2;
    if (memcmp(b.at + 9, "204", 3) == 0 || memcmp(b.at + 9, "304", 3) == 0)
        return COMPLETE_YES;
    struct bytes length = header(head, "content-length");
    if (length.len && text_is_digit(length.at[0]))
        return body >= decimal(length) ? COMPLETE_YES : COMPLETE_NO;
    if (header(head, "transfer-encoding").len)
        return body >= 5 && memcmp(b.at + b.len - 5, "0\r\n\r\n", 5) == 0 ? COMPLETE_YES : COMPLETE_NO;
    return COMPLETE_NO; /* until the server closes */
}

/* ---- "220-first\r\n220 last\r\n" */

static enum completeness reply_code(struct bytes b)
{
    if (!ends_line(b))
        return COMPLETE_NO;
    size_t start = b.len - 1;
    while (start && b.at[start - 1] != '\n')
        start--;
    bool code = b.len - start > 4 && text_is_digit(b.at[start]) && text_is_digit(b.at[start + 1]) && text_is_digit(b.at[start + 2]);
    return code && b.at[start + 3] == ' ' ? COMPLETE_YES : COMPLETE_NO;
}

static bool is_reply_code(struct bytes b)
{
    return b.len > 3 && text_is_digit(b.at[0]) && text_is_digit(b.at[1]) && text_is_digit(b.at[2]) && (b.at[3] == ' ' || b.at[3] == '-');
}

static enum completeness line(struct bytes b)
{
    return ends_line(b) ? COMPLETE_YES : COMPLETE_NO;
}

static enum completeness first_line(struct bytes b)
{
    return memchr(b.at, '\n', b.len) ? COMPLETE_YES : COMPLETE_NO;
}

/* MySQL's packets: three bytes of length, little endian, then the number 0 of a greeting. */
static bool is_mysql(struct bytes b)
{
    return b.len > 5 && b.at[2] == 0 && b.at[3] == 0 && (b.at[4] == 0x0a || b.at[4] == 0xff);
}

static enum completeness mysql(struct bytes b)
{
    struct reader r = reader_of(b);
    return b.len >= 4u + (reader_le32(&r) & 0xffffff) ? COMPLETE_YES : COMPLETE_NO;
}

/* SMB over tcp: a zero and three bytes of length, big endian. */
static bool is_smb(struct bytes b)
{
    return b.len >= 8 && b.at[0] == 0 && (b.at[4] == 0xfe || b.at[4] == 0xff) && memcmp(b.at + 5, "SMB", 3) == 0;
}

static enum completeness smb(struct bytes b)
{
    struct reader r = reader_of(b);
    return b.len >= 4u + reader_be32(&r) ? COMPLETE_YES : COMPLETE_NO;
}

/* DCE/RPC, little endian: the length of the unit. */
static bool is_dcerpc(struct bytes b)
{
    return b.len >= 10 && b.at[0] == 5 && b.at[1] <= 1 && b.at[4] == 0x10 && b.at[5] == 0;
}

static enum completeness dcerpc(struct bytes b)
{
    return b.len >= (b.at[8] | (size_t)b.at[9] << 8) ? COMPLETE_YES : COMPLETE_NO;
}

static const struct {
    const char *start; /* how such a reply begins; NULL: `is` decides */
    bool (*is)(struct bytes b);
    enum completeness (*end)(struct bytes b);
} forms[] = {
    {"HTTP/1.", NULL, http},
    {"SSH-", NULL, first_line},
    {"* OK", NULL, line},
    {"* PREAUTH", NULL, line},
    {"* BYE", NULL, line},
    {"+OK", NULL, line},
    {"-ERR", NULL, line},
    {"@RSYNCD:", NULL, first_line},
    {"RFB ", NULL, first_line},
    {NULL, is_reply_code, reply_code},
    {NULL, is_mysql, mysql},
    {NULL, is_smb, smb},
    {NULL, is_dcerpc, dcerpc},
};

enum completeness reply_completeness(struct bytes reply)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bool is = forms[i].start ? bytes_starts(reply, bytes_str(forms[i].start)) : forms[i].is(reply);
        if (is)
            return forms[i].end(reply);
    }
    return COMPLETE_UNKNOWN;
}
