/* cpe.c owns CPE names: CPE 2.2 URIs (NIST IR 7695, 6.1) and their formatted strings (6.2). */
#include <string.h>
#include "probes/cpe.h"
#include "probes/match.h"
#include "base/text.h"

/* Places in a formatted string after "cpe:2.3:". A URI has the first seven; the others are packed into its edition with '~'. */
enum { PART, VENDOR, PRODUCT, VERSION, UPDATE, EDITION, LANGUAGE, SW_EDITION, TARGET_SW, TARGET_HW, OTHER, ATTRIBUTES };
enum { URI_ATTRIBUTES = LANGUAGE + 1 };

static const char prefix[] = "cpe:/";
static const char parts[] = "aho";

int cpe_part(const char *uri)
{
    if (!text_starts(uri, prefix))
        return -1;
    const char *p = uri + sizeof prefix - 1;
    const char *at = *p ? strchr(parts, *p) : NULL;
    if (!at || (p[1] && p[1] != ':'))
        return -1;
    return (int)(at - parts);
}

static bool append_plain(struct buf *out, int c)
{
    if (!text_is_printable(c))
        return false;
    bool plain = text_is_alnum(c) || strchr("-._", c);
    return (plain || buf_append_u8(out, '\\')) && buf_append_u8(out, (uint8_t)text_lower(c));
}

/* %01 is '?', %02 is '*', both unquoted; other codes are that character. */
static bool append_coded(struct buf *out, int code)
{
    if (code == 1 || code == 2)
        return buf_append_u8(out, code == 1 ? '?' : '*');
    return append_plain(out, code);
}

static bool append_attribute(struct buf *out, struct bytes value)
{
    if (!value.len)
        return buf_append_u8(out, '*');
    if (value.len == 1 && value.at[0] == '-')
        return buf_append_u8(out, '-');
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] != '%') {
            if (!append_plain(out, value.at[i]))
                return false;
            continue;
        }
        if (value.len - i < 3 || text_hex_value(value.at[i + 1]) < 0 || text_hex_value(value.at[i + 2]) < 0)
            return false;
        if (!append_coded(out, text_hex_value(value.at[i + 1]) * 16 + text_hex_value(value.at[i + 2])))
            return false;
        i += 2;
    }
    return true;
}

/* Cuts at `mark` into at most `max` pieces; 0 if there are more. */
static size_t split(struct bytes text, char mark, struct bytes *piece, size_t max)
{
    for (size_t n = 0; n < max; n++) {
        const uint8_t *end = text.len ? memchr(text.at, mark, text.len) : NULL;
        if (!end) {
            piece[n] = text;
            return n + 1;
        }
        piece[n] = bytes_of(text.at, (size_t)(end - text.at));
        text = bytes_of(end + 1, text.len - piece[n].len - 1);
    }
    return 0;
}

/* "~edition~sw_edition~target_sw~target_hw~other" */
static bool unpack_edition(struct bytes attribute[ATTRIBUTES])
{
    static const int place[] = {EDITION, SW_EDITION, TARGET_SW, TARGET_HW, OTHER};
    struct bytes packed = attribute[EDITION], piece[5];
    if (!packed.len || packed.at[0] != '~')
        return true;
    if (split(bytes_of(packed.at + 1, packed.len - 1), '~', piece, 5) != 5)
        return false;
    for (size_t i = 0; i < 5; i++)
        attribute[place[i]] = piece[i];
    return true;
}

char *cpe_to_23(struct arena *arena, const char *uri)
{
    if (cpe_part(uri) < 0)
        return NULL;
    struct bytes attribute[ATTRIBUTES] = {{0}};
    if (!split(bytes_str(uri + sizeof prefix - 1), ':', attribute, URI_ATTRIBUTES) || !unpack_edition(attribute))
        return NULL;
    struct buf out;
    buf_init(&out, 4096);
    bool fits = buf_append_str(&out, "cpe:2.3");
    for (size_t i = 0; fits && i < ATTRIBUTES; i++)
        fits = buf_append_u8(&out, ':') && append_attribute(&out, attribute[i]);
    char *text = fits ? arena_strndup(arena, out.at, out.len) : NULL;
    buf_free(&out);
    return text;
}
