/* nbns.c owns the datagrams of NetBIOS' name service. */
#include "wire/nbns.h"

#include "wire/put.h"

#include <string.h>

enum { TYPE_NB = 0x20, TYPE_STATUS = 0x21, CLASS_IN = 1, ANSWER = 0x8000, RCODE = 0x000f, GROUP = 0x8000, ENCODED = 32, LABELS_MOST = 32 };

/* A name is labels up to one of length 0, or a pointer. What it says does not matter: the answer is to our question. */
static void skip_name(struct reader *r)
{
    for (int i = 0; i < LABELS_MOST && !r->bad; i++) {
        uint8_t length = reader_u8(r);
        if (length >= 0xc0) {
            reader_skip(r, 1);
            return;
        }
        if (!length)
            return;
        reader_skip(r, length);
    }
    r->bad = true;
}

/* The head, and the first record's head; the record's length. Some servers repeat the question, though they should not. */
static bool read_head(struct reader *r, uint16_t *id, uint16_t type, size_t *length)
{
    *id = reader_be16(r);
    uint16_t flags = reader_be16(r), questions = reader_be16(r), answers = reader_be16(r);
    reader_skip(r, 4);
    if (!(flags & ANSWER) || flags & RCODE || questions > 1 || !answers)
        return false;
    if (questions) {
        skip_name(r);
        reader_skip(r, 4);
    }
    skip_name(r);
    uint16_t found = reader_be16(r);
    reader_skip(r, 2 + 4);
    *length = reader_be16(r);
    return !r->bad && found == type;
}

static void read_name(struct reader *r, struct nbns_name *n)
{
    struct bytes text = reader_take(r, NBNS_NAME);
    n->suffix = reader_u8(r);
    n->group = reader_be16(r) & GROUP;
    if (text.len)
        memcpy(n->text, text.at, text.len);
    n->text[text.len] = '\0';
    for (size_t i = strlen(n->text); i && n->text[i - 1] == ' '; i--)
        n->text[i - 1] = '\0';
}

enum decoded nbns_read_status(struct bytes datagram, struct nbns_status *out)
{
    struct reader r = reader_of(datagram);
    uint16_t id;
    size_t length;
    *out = (struct nbns_status){0};
    if (!read_head(&r, &id, TYPE_STATUS, &length))
        return DECODED_BAD;
    size_t count = reader_u8(&r);
    for (size_t i = 0; i < count && !r.bad; i++) {
        struct nbns_name n;
        read_name(&r, &n);
        if (!r.bad && out->count < NBNS_NAMES)
            out->names[out->count++] = n;
    }
    struct bytes unit = reader_take(&r, sizeof out->unit);
    if (unit.len)
        memcpy(out->unit, unit.at, sizeof out->unit);
    return out->count || !r.bad ? DECODED_OK : DECODED_BAD;
}

const char *nbns_suffix_name(uint8_t suffix, bool group)
{
    static const struct {
        uint8_t suffix;
        bool group;
        const char *name;
    } names[] = {{0x00, false, "workstation"}, {0x00, true, "domain or workgroup"}, {0x01, true, "master browser"},
        {0x03, false, "messenger"}, {0x06, false, "remote access server"}, {0x1b, false, "domain master browser"},
        {0x1c, true, "domain controllers"}, {0x1d, false, "master browser"}, {0x1e, true, "browser elections"}, {0x1f, false, "NetDDE"},
        {0x20, false, "file server"}, {0x21, false, "remote access client"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].suffix == suffix && names[i].group == group)
            return names[i].name;
    return NULL;
}

bool nbns_write_query(struct buf *out, uint16_t id, const struct nbns_name *name)
{
    uint8_t encoded[ENCODED];
    size_t n = strlen(name->text);
    for (size_t i = 0; i <= NBNS_NAME; i++) {
        uint8_t c = i == NBNS_NAME ? name->suffix : i < n ? (uint8_t)name->text[i] : ' ';
        encoded[2 * i] = (uint8_t)('A' + (c >> 4));
        encoded[2 * i + 1] = (uint8_t)('A' + (c & 15));
    }
    return buf_append_u8(out, (uint8_t)(id >> 8)) && buf_append_u8(out, (uint8_t)id) && buf_append(out, "\0\0\0\1\0\0\0\0\0\0\x20", 11) &&
           buf_append(out, encoded, sizeof encoded) && buf_append(out, "\0\0\x20\0\1", 5);
}

enum decoded nbns_read_addresses(struct bytes datagram, uint16_t id, uint8_t out[NBNS_ADDRESSES][4], size_t *count)
{
    struct reader r = reader_of(datagram);
    uint16_t found;
    size_t length;
    *count = 0;
    if (!read_head(&r, &found, TYPE_NB, &length) || found != id)
        return DECODED_BAD;
    struct bytes list = reader_take(&r, length);
    if (r.bad)
        return DECODED_BAD;
    r = reader_of(list);
    while (reader_left(&r) >= 6 && *count < NBNS_ADDRESSES) {
        reader_skip(&r, 2);
        struct bytes address = reader_take(&r, 4);
        memcpy(out[(*count)++], address.at, 4);
    }
    return *count ? DECODED_OK : DECODED_BAD;
}
