/* portmap.c owns the reading of portmappers' lists. */
#include "wire/portmap.h"

#include "base/limits.h"
#include "base/text.h"
#include "wire/xdr.h"

#include <stdlib.h>
#include <string.h>

enum { TCP = 6, UDP = 17, TEXT_MAX = 255 };

/* A number of 0..255 behind the last dot of the first `len` bytes; gives where that dot stands. */
static const char *last_octet(const char *text, size_t len, unsigned *value)
{
    size_t at = len;
    *value = 0;
    while (at && text_is_digit((unsigned char)text[at - 1]))
        at--;
    size_t digits = len - at;
    if (!digits || digits > 3 || !at || text[at - 1] != '.')
        return NULL;
    for (size_t i = at; i < len; i++)
        *value = *value * 10 + (unsigned)(text[i] - '0');
    return *value <= 255 ? text + at - 1 : NULL;
}

bool portmap_read_address(const char *text, struct addr *addr, uint16_t *port)
{
    char host[ADDR_TEXT_MAX];
    unsigned high, low;
    const char *second = last_octet(text, strlen(text), &low);
    const char *first = second ? last_octet(text, (size_t)(second - text), &high) : NULL;
    if (!first || (size_t)(first - text) >= sizeof host)
        return false;
    memcpy(host, text, (size_t)(first - text));
    host[first - text] = '\0';
    *port = (uint16_t)(high << 8 | low);
    return addr_parse(host, addr);
}

/* "tcp", "tcp6", "udp", "udp6" (RFC 5665, section 5.1.3). */
static bool read_netid(const char *netid, uint8_t *proto)
{
    if (strcmp(netid, "tcp") == 0 || strcmp(netid, "tcp6") == 0)
        *proto = PROTO_TCP;
    else if (strcmp(netid, "udp") == 0 || strcmp(netid, "udp6") == 0)
        *proto = PROTO_UDP;
    else
        return false;
    return true;
}

/* A string; some servers count a final NUL, and what stands behind a NUL is nothing. */
static const char *take_text(struct reader *r, struct arena *a)
{
    struct bytes text = xdr_opaque(r, TEXT_MAX);
    return r->bad ? "" : arena_strndup(a, text.at, strnlen((const char *)text.at, text.len));
}

static void read_entry_2(struct reader *r, struct arena *a, struct registration *e)
{
    e->program = reader_be32(r);
    e->version = reader_be32(r);
    uint32_t protocol = reader_be32(r), port = reader_be32(r);
    e->has_port = (protocol == TCP || protocol == UDP) && port && port <= 65535;
    e->proto = protocol == UDP ? PROTO_UDP : PROTO_TCP;
    e->port = e->has_port ? (uint16_t)port : 0;
    e->netid = protocol == TCP ? "tcp" : protocol == UDP ? "udp" : arena_printf(a, "%u", protocol);
}

static void read_entry_3(struct reader *r, struct arena *a, struct registration *e)
{
    struct addr addr;
    e->program = reader_be32(r);
    e->version = reader_be32(r);
    e->netid = take_text(r, a);
    e->address = take_text(r, a);
    e->owner = take_text(r, a);
    e->has_port = !r->bad && read_netid(e->netid, &e->proto) && portmap_read_address(e->address, &addr, &e->port) && e->port;
}

/* The list is a chain: a word that says that an entry follows, the entry, and at last a word that says no. */
enum decoded portmap_read_dump(struct bytes results, uint32_t version, struct arena *a, struct registrations *out)
{
    struct reader r = reader_of(results);
    for (;;) {
        struct registration entry = {0};
        uint32_t follows = reader_be32(&r);
        if (r.bad || out->count == LIMIT_RPC_REGISTRATIONS)
            return DECODED_MORE;
        if (follows > 1)
            return DECODED_BAD;
        if (!follows)
            return DECODED_OK;
        if (version == 2)
            read_entry_2(&r, a, &entry);
        else
            read_entry_3(&r, a, &entry);
        if (r.bad)
            return DECODED_MORE;
        struct registration *kept = arena_alloc(a, sizeof *kept);
        *kept = entry;
        *(out->last ? &out->last->next : &out->first) = kept;
        out->last = kept;
        out->count++;
    }
}

enum decoded portmap_read_time(struct bytes results, uint32_t *seconds)
{
    struct reader r = reader_of(results);
    *seconds = reader_be32(&r);
    return r.bad ? DECODED_MORE : DECODED_OK;
}
