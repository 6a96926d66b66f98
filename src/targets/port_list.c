/* port_list.c owns reading port lists as people type them, and sets of ports. */
#include "targets/ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "targets/service_table.h"

enum { PORT_MAX = 65535, NAME_MAX_TYPED = 64 };

/* Sets of ports while a list is read: one a protocol. */
struct port_set {
    uint64_t has[2][(PORT_MAX + 1) / 64];
};

static void set_add(struct port_set *set, enum proto proto, size_t port)
{
    set->has[proto][port / 64] |= 1ULL << port % 64;
}

static bool set_has(const struct port_set *set, enum proto proto, size_t port)
{
    return set->has[proto][port / 64] >> port % 64 & 1;
}

static void set_list(const struct port_set *set, enum proto proto, uint16_t **ports, size_t *count)
{
    size_t n = 0;

    for (size_t port = 0; port <= PORT_MAX; port++)
        n += set_has(set, proto, port);
    *count = n;
    *ports = n ? must_alloc(n * sizeof **ports) : NULL;
    n = 0;
    for (size_t port = 0; port <= PORT_MAX; port++)
        if (set_has(set, proto, port))
            (*ports)[n++] = (uint16_t)port;
}

static void set_lists(const struct port_set *set, struct port_list *out)
{
    set_list(set, PROTO_TCP, &out->tcp, &out->tcp_count);
    set_list(set, PROTO_UDP, &out->udp, &out->udp_count);
}

void port_list_free(struct port_list *l)
{
    free(l->tcp);
    free(l->udp);
    *l = (struct port_list){0};
}

/* ---- reading */

struct parse {
    const char *what;
    const char *text;
    struct diags *diags;
    struct port_scope scope; /* of the elements from here on */
    struct port_set set;
    bool bad;
};

/* A piece of the text. */
struct piece {
    const char *at;
    size_t len;
};

static void complain(struct parse *p, const char *at, const char *message, struct piece quoted)
{
    unsigned column = (unsigned)(at - p->text) + 1;

    p->bad = true;
    if (quoted.len)
        diags_add(p->diags, DIAG_ERROR, p->what, 0, column, "%s: \"%.*s\"", message, quoted.len > 80 ? 80 : (int)quoted.len, quoted.at);
    else
        diags_add(p->diags, DIAG_ERROR, p->what, 0, column, "%s", message);
}

static bool in_scope(const struct parse *p, enum proto proto)
{
    return proto == PROTO_TCP ? p->scope.tcp : p->scope.udp;
}

static bool is_range(struct piece e)
{
    for (size_t i = 0; i < e.len; i++)
        if (!text_is_digit((unsigned char)e.at[i]) && e.at[i] != '-')
            return false;
    return true;
}

/* A number of the range, or `open` when it is left out. */
static bool read_bound(struct parse *p, struct piece e, uint32_t open, uint32_t *out)
{
    uint32_t value = 0;

    for (size_t i = 0; i < e.len; i++) {
        if (!text_is_digit((unsigned char)e.at[i])) {
            complain(p, e.at + i, "a range has one hyphen", (struct piece){0});
            return false;
        }
        value = value * 10 + (uint32_t)(e.at[i] - '0');
        if (value > PORT_MAX) {
            complain(p, e.at, "port is greater than 65535", e);
            return false;
        }
    }
    *out = e.len ? value : open;
    return true;
}

static void add_range(struct parse *p, uint32_t low, uint32_t high, bool only_named)
{
    for (int proto = PROTO_TCP; proto <= PROTO_UDP; proto++)
        for (uint32_t port = low; in_scope(p, proto) && port <= high; port++)
            if (!only_named || service_name(proto, (uint16_t)port))
                set_add(&p->set, proto, port);
}

static void read_range(struct parse *p, struct piece e, bool only_named)
{
    const char *hyphen = memchr(e.at, '-', e.len);
    size_t first = hyphen ? (size_t)(hyphen - e.at) : e.len;
    uint32_t low, high;

    if (!read_bound(p, (struct piece){e.at, first}, 1, &low))
        return;
    high = low;
    if (hyphen && !read_bound(p, (struct piece){hyphen + 1, e.len - first - 1}, PORT_MAX, &high))
        return;
    if (low > high)
        complain(p, e.at, "range runs backwards", e);
    else
        add_range(p, low, high, only_named);
}

static void read_name(struct parse *p, struct piece e)
{
    char pattern[NAME_MAX_TYPED];
    bool found = false;

    if (e.len >= sizeof pattern) {
        complain(p, e.at, "no service has such a name", e);
        return;
    }
    memcpy(pattern, e.at, e.len);
    pattern[e.len] = 0;
    for (int proto = PROTO_TCP; proto <= PROTO_UDP; proto++) {
        const struct service_table *t = &service_tables[proto];
        for (size_t i = 0; in_scope(p, proto) && i < t->count; i++) {
            const char *name = service_table_name(t, i);
            if (name && text_glob(pattern, name)) {
                set_add(&p->set, proto, t->ports[i]);
                found = true;
            }
        }
    }
    if (!found)
        complain(p, e.at, "no service has such a name", e);
}

static void read_bracket(struct parse *p, struct piece e)
{
    struct piece inside = {e.at + 1, e.len - 2};

    if (e.len < 2 || e.at[e.len - 1] != ']')
        complain(p, e.at, "bracket is not closed", e);
    else if (inside.len == 0)
        complain(p, e.at, "nothing between the brackets", e);
    else if (is_range(inside))
        read_range(p, inside, true);
    else
        read_name(p, inside);
}

/* "T:" and "U:" hold for all elements that follow, as people know it from other scanners. */
static void read_scope(struct parse *p, struct piece *e)
{
    if (e->len < 2 || e->at[1] != ':')
        return;
    switch (e->at[0]) {
    case 'T':
    case 't':
        p->scope = (struct port_scope){.tcp = true};
        break;
    case 'U':
    case 'u':
        p->scope = (struct port_scope){.udp = true};
        break;
    case 'S':
    case 's':
        complain(p, e->at, "SCTP is not supported", *e);
        break;
    default:
        complain(p, e->at, "protocol must be T: or U:", *e);
        break;
    }
    *e = (struct piece){e->at + 2, e->len - 2};
}

static struct piece trim(struct piece e)
{
    while (e.len && text_is_space((unsigned char)e.at[0]))
        e = (struct piece){e.at + 1, e.len - 1};
    while (e.len && text_is_space((unsigned char)e.at[e.len - 1]))
        e.len--;
    return e;
}

static void read_element(struct parse *p, struct piece e)
{
    e = trim(e);
    read_scope(p, &e);
    e = trim(e);
    if (e.len == 0)
        complain(p, e.at, "a port is missing", e);
    else if (e.at[0] == '[')
        read_bracket(p, e);
    else if (is_range(e))
        read_range(p, e, false);
    else
        read_name(p, e);
}

bool port_list_parse(const char *what, const char *text, struct port_scope scope, struct port_list *out, struct diags *d)
{
    struct parse p = {.what = what, .text = text, .diags = d, .scope = scope};
    const char *at = text;

    for (;;) {
        size_t len = strcspn(at, ",");
        read_element(&p, (struct piece){at, len});
        if (!at[len])
            break;
        at += len + 1;
    }
    if (!p.bad)
        set_lists(&p.set, out);
    return !p.bad;
}

/* ---- sets */

void port_list_top(size_t n, struct port_scope scope, struct port_list *out)
{
    struct port_set set = {0};
    uint16_t port;

    for (size_t i = 0; scope.tcp && i < n && service_likeliest(PROTO_TCP, i, &port); i++)
        set_add(&set, PROTO_TCP, port);
    for (size_t i = 0; scope.udp && i < n && service_likeliest(PROTO_UDP, i, &port); i++)
        set_add(&set, PROTO_UDP, port);
    set_lists(&set, out);
}

/* Both lists ascend: one walk over the two. */
static void remove_from(uint16_t *from, size_t *count, const uint16_t *these, size_t these_count)
{
    size_t kept = 0, k = 0;

    for (size_t i = 0; i < *count; i++) {
        while (k < these_count && these[k] < from[i])
            k++;
        if (k == these_count || these[k] != from[i])
            from[kept++] = from[i];
    }
    *count = kept;
}

void port_list_remove(struct port_list *from, const struct port_list *these)
{
    remove_from(from->tcp, &from->tcp_count, these->tcp, these->tcp_count);
    remove_from(from->udp, &from->udp_count, these->udp, these->udp_count);
}

char *port_list_format(const uint16_t *ports, size_t count)
{
    struct buf text;

    if (count == 0)
        return NULL;
    buf_init(&text, count * sizeof "65535,");
    for (size_t i = 0, last; i < count; i = last + 1) {
        for (last = i; last + 1 < count && ports[last + 1] == ports[last] + 1;)
            last++;
        buf_printf(&text, last > i ? "%s%u-%u" : "%s%u", i ? "," : "", ports[i], ports[last]);
    }
    char *formatted = must_strdup(buf_text(&text));
    buf_free(&text);
    return formatted;
}
