/* listing.c owns the two lists that `descry db show` prints. */
#include <stdlib.h>
#include <string.h>
#include "probes/field.h"
#include "probes/inside.h"
#include "probes/listing.h"
#include "base/escape.h"
#include "base/text.h"

/* One rule, by what the table counts. */
struct entry {
    const char *service; /* without "ssl/" */
    struct bytes product; /* the template; empty: none */
};

static const char *plain_service(const struct rule *r)
{
    return text_starts(r->service, "ssl/") ? r->service + 4 : r->service;
}

static struct bytes product_of(const struct rule *r)
{
    struct bytes rest = r->fields;
    struct field f;
    const char *why;
    while (field_next(&rest, &f, &why) == FIELD_FOUND)
        if (f.kind == FIELD_PRODUCT)
            return f.text;
    return bytes_of("", 0);
}

static int by_bytes(struct bytes a, struct bytes b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_service(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->service, y->service);
    return order ? order : by_bytes(x->product, y->product);
}

static size_t probes_of(const struct probe_db *db, const char *service)
{
    size_t n = 0;
    for (size_t i = 0; i < db->block_count; i++) {
        const struct probe *p = &db->blocks[i]->probe;
        size_t k = 0;
        while (k < p->rule_count && strcmp(plain_service(p->rules[k]), service) != 0)
            k++;
        n += k < p->rule_count;
    }
    return n;
}

/* Gives where the next service begins. */
static size_t put_row(const struct probe_db *db, const struct entry *list, size_t count, size_t from, struct buf *out)
{
    size_t to = from, products = 0;
    for (; to < count && strcmp(list[to].service, list[from].service) == 0; to++)
        products += list[to].product.len && (to == from || by_bytes(list[to].product, list[to - 1].product) != 0);
    size_t start = out->len;
    escape_write(bytes_str(list[from].service), out);
    for (size_t width = out->len - start; width < 24; width++)
        buf_append_u8(out, ' ');
    buf_printf(out, " %6zu %7zu %9zu\n", to - from, probes_of(db, list[from].service), products);
    return to;
}

void listing_services(const struct probe_db *db, struct buf *out)
{
    struct entry *list = must_zalloc((db->rule_count + 1) * sizeof *list);
    for (size_t i = 0; i < db->rule_count; i++)
        list[i] = (struct entry){plain_service(db->rules[i]), product_of(db->rules[i])};
    qsort(list, db->rule_count, sizeof *list, by_service);
    buf_printf(out, "%-24s %6s %7s %9s\n", "SERVICE", "RULES", "PROBES", "PRODUCTS");
    for (size_t i = 0; i < db->rule_count;)
        i = put_row(db, list, db->rule_count, i, out);
    free(list);
}

/* ---- one service */

static void put_ports(struct buf *out, const char *name, const struct port_set *set)
{
    const char *separator = " ";
    if (!set)
        return;
    buf_printf(out, "  %s", name);
    for (size_t i = 0; i < set->count; i++) {
        struct port_range r = set->list[i];
        buf_printf(out, r.last > r.first ? "%s%u-%u" : "%s%u", separator, r.first, r.last);
        separator = ",";
    }
}

static void put_probe(struct buf *out, const struct probe *p)
{
    buf_printf(out, "Probe %s ", p->proto == PROTO_TCP ? "TCP" : "UDP");
    escape_write(bytes_str(p->name), out);
    buf_append_str(out, p->is_null ? "  (listens)" : "  \"");
    escape_write(p->payload, out);
    buf_printf(out, "%s  rarity %d", p->is_null ? "" : "\"", p->rarity);
    put_ports(out, "ports", p->ports);
    put_ports(out, "sslports", p->ssl_ports);
    buf_append_u8(out, '\n');
}

static void put_rule(struct buf *out, const struct rule *r)
{
    struct bytes fields = r->fields;
    while (fields.len && text_is_space(fields.at[0]))
        fields = bytes_of(fields.at + 1, fields.len - 1);
    buf_append_str(out, "  ");
    escape_write(bytes_str(r->file), out);
    buf_printf(out, ":%u: %s ", r->line, r->soft ? "softmatch" : "match");
    escape_write(bytes_str(r->service), out);
    buf_append_str(out, fields.len ? " " : "");
    escape_write(fields, out);
    buf_append_u8(out, '\n');
}

static bool show_probe(const struct probe *p, const char *service, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < p->rule_count; i++) {
        if (strcmp(plain_service(p->rules[i]), service) != 0)
            continue;
        if (!any)
            put_probe(out, p);
        any = true;
        put_rule(out, p->rules[i]);
    }
    return any;
}

bool listing_service(const struct probe_db *db, const char *service, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < db->block_count; i++)
        any |= show_probe(&db->blocks[i]->probe, service, out);
    return any;
}
