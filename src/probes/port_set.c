/* port_set.c owns sets of ports as probe files write them. */
#include <string.h>
#include "probes/port_set.h"
#include "base/text.h"

enum { PORT_MAX = 65535 };

/* The first range that does not end before the port. */
static size_t range_at(const struct port_set *s, unsigned port)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->list[middle].last < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool port_set_has(const struct port_set *s, uint16_t port)
{
    if (!s)
        return false;
    size_t i = range_at(s, port);
    return i < s->count && s->list[i].first <= port;
}

static void make_room(struct arena *arena, struct port_set *s)
{
    if (s->count < s->cap)
        return;
    s->cap = s->cap ? 2 * s->cap : 8;
    struct port_range *list = arena_alloc(arena, s->cap * sizeof *list);
    if (s->count)
        memcpy(list, s->list, s->count * sizeof *list);
    s->list = list;
}

/* What it touches or overlaps becomes one range with it. */
static void add_range(struct arena *arena, struct port_set *s, unsigned from, unsigned to)
{
    size_t i = range_at(s, from ? from - 1 : 0), end = i;
    for (; end < s->count && s->list[end].first <= to + 1; end++) {
        from = s->list[end].first < from ? s->list[end].first : from;
        to = s->list[end].last > to ? s->list[end].last : to;
    }
    if (end == i) {
        make_room(arena, s);
        memmove(s->list + i + 1, s->list + i, (s->count - i) * sizeof *s->list);
        s->count++;
    } else {
        memmove(s->list + i + 1, s->list + end, (s->count - end) * sizeof *s->list);
        s->count -= end - i - 1;
    }
    s->list[i] = (struct port_range){(uint16_t)from, (uint16_t)to};
}

static bool read_port(struct reader *r, unsigned *out)
{
    const uint8_t *from = r->at;
    *out = 0;
    while (reader_left(r) && text_is_digit(r->at[0]) && *out <= PORT_MAX)
        *out = *out * 10 + (unsigned)(*r->at++ - '0');
    return r->at > from && *out <= PORT_MAX;
}

static bool read_range(struct reader *r, bool open_ended, unsigned *from, unsigned *to)
{
    bool dash_only = open_ended && reader_left(r) && r->at[0] == '-';
    *from = 1;
    if (!dash_only && !read_port(r, from))
        return false;
    *to = *from;
    if (!reader_left(r) || r->at[0] != '-')
        return true;
    r->at++;
    if (open_ended && (!reader_left(r) || r->at[0] == ',' || r->at[0] == ']')) {
        *to = PORT_MAX;
        return true;
    }
    return read_port(r, to) && *from <= *to;
}

/* Adds the ranges to the set, or only looks whether they can be read if it is NULL. */
static bool read_ranges(struct bytes text, struct arena *arena, struct port_set *s, struct fault *fault)
{
    struct reader r = reader_of(text);
    unsigned from, to;
    do {
        const uint8_t *at = r.at;
        if (!read_range(&r, false, &from, &to)) {
            fault_set(fault, DIAG_ERROR, at, "a port of 0 to 65535, or a range of them, is expected");
            return false;
        }
        if (s)
            add_range(arena, s, from, to);
    } while (reader_u8(&r) == ',');
    if (r.bad && r.at == text.at + text.len)
        return true;
    fault_set(fault, DIAG_ERROR, r.at - 1, "',' is expected");
    return false;
}

/* All of them or none. (A copy of the set would cost more than reading twice.) */
bool port_set_read(struct bytes text, struct arena *arena, struct port_set *s, struct fault *fault)
{
    return read_ranges(text, arena, NULL, fault) && read_ranges(text, arena, s, fault);
}

/* "T:" before a part holds for those after it too, as in -p. */
static void read_scope(struct reader *r, bool *tcp, bool *udp)
{
    if (reader_left(r) < 2 || r->at[1] != ':' || !r->at[0] || !strchr("TUS", r->at[0]))
        return;
    *tcp = r->at[0] == 'T';
    *udp = r->at[0] == 'U';
    r->at += 2;
}

static bool read_excluded_part(struct reader *r, unsigned *from, unsigned *to)
{
    if (reader_left(r) && r->at[0] == '*') {
        r->at++;
        *from = 0;
        *to = PORT_MAX;
        return true;
    }
    bool bracket = reader_left(r) && r->at[0] == '[';
    r->at += bracket;
    if (!read_range(r, true, from, to))
        return false;
    return !bracket || reader_u8(r) == ']';
}

bool port_set_read_excluded(struct bytes text, struct arena *arena, struct port_set *tcp, struct port_set *udp, struct fault *fault)
{
    struct reader r = reader_of(text);
    bool in_tcp = true, in_udp = true;
    unsigned from, to;
    do {
        while (reader_left(&r) && r.at[0] == ' ')
            r.at++;
        read_scope(&r, &in_tcp, &in_udp);
        const uint8_t *at = r.at;
        if (!read_excluded_part(&r, &from, &to)) {
            fault_set(fault, DIAG_ERROR, at, "a port or a range of ports is expected");
            return false;
        }
        if (in_tcp)
            add_range(arena, tcp, from, to);
        if (in_udp)
            add_range(arena, udp, from, to);
    } while (reader_u8(&r) == ',');
    if (r.bad && r.at == text.at + text.len)
        return true;
    fault_set(fault, DIAG_ERROR, r.at - 1, "',' is expected");
    return false;
}
