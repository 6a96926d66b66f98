/* select.c owns the order of questions. There are some hundred probes, so each step looks at all of them. */
#include "probes/select.h"

#include "probes/field.h"
#include "probes/inside.h"

#include <string.h>

void probe_walk_begin(struct probe_walk *w, struct probe_db *db, enum proto proto, uint16_t port, int intensity, enum probe_order order)
{
    *w = (struct probe_walk){.db = db, .proto = proto, .port = port, .intensity = intensity, .order = order};
}

static bool was_given(const struct probe_walk *w, const struct probe *p)
{
    return p->index >= PROBES_MOST || (w->given[p->index / 8] >> (p->index % 8) & 1);
}

/* A handshake record with a hello in it (RFC 8446, sections 5.1 and 4; RFC 6347, section 4.1). */
bool probe_is_hello(const struct probe *p)
{
    struct bytes b = p->payload;
    bool tls = b.len > 5 && b.at[1] == 3 && b.at[5] == 1, dtls = b.len > 13 && b.at[1] == 0xfe && b.at[13] == 1;
    return (tls || dtls) && b.at[0] == 0x16;
}

const struct probe *probe_first_hello(const struct probe_db *db, enum proto proto)
{
    const struct probe *best = NULL;
    for (size_t i = 0; i < probe_db_count(db); i++) {
        const struct probe *p = probe_db_at(db, i);
        if (p->proto == proto && probe_is_hello(p) && (!best || p->rarity < best->rarity))
            best = p;
    }
    return best;
}

bool probe_lists_port(const struct probe *p, uint16_t port, bool inside_tls)
{
    return port_set_has(inside_tls ? p->ssl_ports : p->ports, port);
}

static bool is_allowed(const struct probe_walk *w, const struct probe *p, const char *soft)
{
    if (p->proto != w->proto || !p->payload.len || was_given(w, p) || (w->inside_tls && probe_is_hello(p)))
        return false;
    if (soft && w->intensity < 9)
        return probe_names_service(p, soft);
    return p->rarity <= w->intensity || probe_lists_port(p, w->port, w->inside_tls);
}

/* Does `a` come before `b`? */
static bool is_before(const struct probe_walk *w, const struct probe *a, const struct probe *b)
{
    bool lists_a = probe_lists_port(a, w->port, w->inside_tls), lists_b = probe_lists_port(b, w->port, w->inside_tls);
    if (lists_a != lists_b)
        return lists_a;
    if (w->order == PROBE_ORDER_FILE)
        return a->index < b->index;
    if (a->rarity != b->rarity)
        return a->rarity < b->rarity;
    if (a->rule_count != b->rule_count)
        return a->rule_count > b->rule_count;
    return a->index < b->index;
}

const struct probe *probe_walk_next(struct probe_walk *w, const char *soft)
{
    const struct probe *best = NULL;
    for (size_t i = 0; i < probe_db_count(w->db); i++) {
        const struct probe *p = probe_db_at(w->db, i);
        if (is_allowed(w, p, soft) && (!best || is_before(w, p, best)))
            best = p;
    }
    if (best)
        w->given[best->index / 8] |= (uint8_t)(1u << (best->index % 8));
    return best;
}

void probe_walk_return(struct probe_walk *w, const struct probe *p)
{
    if (p->index < PROBES_MOST)
        w->given[p->index / 8] &= (uint8_t) ~(1u << (p->index % 8));
}

size_t probe_payloads(const struct probe_db *db, uint16_t port, const struct probe **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < probe_db_count(db) && n < max; i++) {
        const struct probe *p = probe_db_at(db, i);
        if (p->proto == PROTO_UDP && p->payload.len && !p->no_payload && port_set_has(p->ports, port))
            out[n++] = p;
    }
    return n;
}

static bool find_field(const struct rule *r, enum field_kind kind, struct field *out)
{
    struct bytes rest = r->fields;
    const char *why;
    while (field_next(&rest, out, &why) == FIELD_FOUND)
        if (out->kind == kind)
            return true;
    return false;
}

static bool has_field(const struct rule *r, enum field_kind kind)
{
    struct field f;
    return find_field(r, kind, &f);
}

/* As written in the rule, which may be more than a text. */
static bool names_product(const struct rule *r, const char *product)
{
    struct field f;
    return find_field(r, FIELD_PRODUCT, &f) && bytes_equal(f.text, bytes_str(product));
}

static size_t versions_of(const struct probe *p, const char *service, const char *product)
{
    size_t n = 0;
    for (size_t i = 0; i < p->rule_count; i++) {
        const struct rule *r = p->rules[i];
        n += strcmp(r->service, service) == 0 && has_field(r, FIELD_VERSION) && (!product || names_product(r, product));
    }
    return n;
}

static const struct probe *teller_of(
    const struct probe_db *db, enum proto proto, const char *service, const char *product, const struct probe *but)
{
    const struct probe *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < probe_db_count(db); i++) {
        const struct probe *p = probe_db_at(db, i);
        size_t n = p->proto == proto && p != but ? versions_of(p, service, product) : 0;
        if (n > most) {
            most = n;
            best = p;
        }
    }
    return best;
}

const struct probe *probe_best_namer(const struct probe_db *db, enum proto proto, const char *service, probe_may_fn *may, const void *owner)
{
    const struct probe *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < probe_db_count(db); i++) {
        const struct probe *p = probe_db_at(db, i);
        size_t n = 0;
        for (size_t k = 0; p->proto == proto && k < p->rule_count; k++)
            n += strcmp(p->rules[k]->service, service) == 0 && has_field(p->rules[k], FIELD_PRODUCT);
        if (n > most && may(owner, p)) {
            most = n;
            best = p;
        }
    }
    return best;
}

const struct probe *probe_best_teller(
    const struct probe_db *db, enum proto proto, const char *service, const char *product, const struct probe *but)
{
    const struct probe *expert = product ? teller_of(db, proto, service, product, but) : NULL;
    return expert ? expert : teller_of(db, proto, service, NULL, NULL);
}
