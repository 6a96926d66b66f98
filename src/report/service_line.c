/* service_line.c owns the gathering of host facts from services. */
#include "report/service_line.h"

#include "base/text.h"
#include "report/printable.h"

enum { ITEMS = 5, ITEM_LENGTH = 80 };

struct gathering {
    const char *item[ITEMS];
    size_t count;
};

static void gather(struct gathering *g, const char *item)
{
    if (!item || !*item || g->count == ITEMS)
        return;
    for (size_t i = 0; i < g->count; i++)
        if (text_equal_nocase(g->item[i], item))
            return;
    g->item[g->count++] = item;
}

/* CPEs of applications stand with their ports; only hardware and systems speak of the host. */
static void gather_cpes(struct gathering *g, const struct service_record *v)
{
    for (size_t i = 0; i < v->cpe_count && i < LIMIT_CPE; i++)
        if (v->cpe[i] && (text_starts(v->cpe[i], "cpe:/h") || text_starts(v->cpe[i], "cpe:/o")))
            gather(g, v->cpe[i]);
}

/* A certificate's name is a host's only if it looks like one: no words, no wildcard, no address. */
static void gather_certified_name(struct gathering *g, const char *name)
{
    struct addr a;
    bool dotted = false;
    if (!name || addr_parse(name, &a))
        return;
    for (const char *at = name; *at; at++) {
        dotted |= *at == '.' && at > name && at[1];
        if (!text_is_alnum((unsigned char)*at) && *at != '.' && *at != '-')
            return;
    }
    if (dotted)
        gather(g, name);
}

/* The common name; where there is none, the first alternative one. */
static void gather_certificate(struct gathering *g, const struct detail *details)
{
    const struct detail *tls = detail_find(details, "tls");
    const struct value *certificate = value_get(tls ? tls->values : NULL, "certificate");
    const struct value *names = value_get(certificate, "names");
    const char *name = value_get_text(certificate, "common_name");
    gather_certified_name(g, name || !names || !names->first ? name : names->first->text);
}

static void write_items(struct buf *out, bool *any, const char *one, const char *many, const struct gathering *g)
{
    if (g->count == 0)
        return;
    buf_printf(out, "%s%s: ", *any ? "; " : "Service Info: ", g->count == 1 ? one : many);
    for (size_t i = 0; i < g->count; i++) {
        buf_append_str(out, i ? ", " : "");
        printable_append(out, g->item[i], ITEM_LENGTH);
    }
    *any = true;
}

void service_line(struct buf *out, const struct host_record *host)
{
    struct gathering names = {0}, systems = {0}, devices = {0}, cpes = {0};
    for (size_t i = 0; i < host->port_count; i++) {
        const struct service_record *v = host->ports[i].service;
        if (host->ports[i].state != PORT_OPEN || !v)
            continue;
        if (v->hostname && !(host->reverse && text_equal_nocase(v->hostname, host->reverse)))
            gather(&names, v->hostname);
        gather_certificate(&names, v->details);
        gather(&systems, v->os);
        gather(&devices, v->device);
        gather_cpes(&cpes, v);
    }
    bool any = false;
    write_items(out, &any, "Host", "Hosts", &names);
    write_items(out, &any, "OS", "OSs", &systems);
    write_items(out, &any, "Device", "Devices", &devices);
    write_items(out, &any, "CPE", "CPE", &cpes);
    if (any)
        buf_append_str(out, "\n");
}
