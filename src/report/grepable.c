/* grepable.c owns the format of one line a host for line tools (docs/formats/normal.md, "Grepable"). */
#include <stdlib.h>

#include "report/page.h"
#include "report/printable.h"
#include "report/summary.h"
#include "report/wording.h"

struct grepable {
    struct sink sink;
    struct page page;
    const struct scan_record *scan;
    struct buf cell;
};

static void grepable_begin(struct sink *s, const struct scan_record *scan)
{
    struct grepable *g = (struct grepable *)s;
    struct buf *out = &g->page.text;
    g->scan = scan;
    buf_printf(out, "# descry %s scan initiated ", scan->version);
    wording_day(out, scan->started_at);
    buf_append_str(out, " as: ");
    printable_append(out, scan->args, 16 * 1024);
    buf_append_str(out, "\n");
    if (scan->verbose > 0)
        buf_printf(out, "# Ports scanned: TCP(%zu;%s) UDP(%zu;%s) SCTP(0;) PROTOCOLS(0;)\n", scan->tcp_count,
            scan->tcp_ports ? scan->tcp_ports : "", scan->udp_count, scan->udp_ports ? scan->udp_ports : "");
    page_flush(&g->page);
}

static void host_field(struct buf *out, const struct host_record *h)
{
    char address[ADDR_TEXT_MAX];
    buf_printf(out, "Host: %s (", addr_format(&h->addr, address, sizeof address));
    printable_append(out, h->reverse ? h->reverse : h->given, PRINTABLE_NAME);
    buf_append_str(out, ")\t");
}

/* A slash ends a field, so inside one it becomes a bar. */
static void end_field(struct grepable *g)
{
    for (size_t i = 0; i < g->cell.len; i++)
        if (g->cell.at[i] == '/')
            g->cell.at[i] = '|';
    buf_append(&g->page.text, g->cell.at, g->cell.len);
    buf_append_str(&g->page.text, "/");
    buf_clear(&g->cell);
}

/* number / state / protocol / owner / service / RPC / version / */
static void port_item(struct grepable *g, const struct port_record *p)
{
    buf_printf(&g->page.text, "%u/%s/%s//", p->number, port_state_name(p->state), proto_name(p->proto));
    wording_service(&g->cell, g->scan, p);
    end_field(g);
    buf_append_str(&g->page.text, "/");
    if (p->service)
        wording_version(&g->cell, p->service);
    end_field(g);
}

/* The state that is only counted, if it is exactly one. */
static enum port_state ignored_state(const struct summary *s)
{
    enum port_state found = PORT_UNKNOWN;
    for (int state = PORT_OPEN; state < PORT_STATES; state++) {
        if (!s->counted[state] || s->by_state[state] == 0)
            continue;
        if (found != PORT_UNKNOWN)
            return PORT_UNKNOWN;
        found = state;
    }
    return found;
}

static void ports_line(struct grepable *g, const struct host_record *h)
{
    struct summary s;
    bool any = false;
    summary_of(&s, g->scan, h);
    host_field(&g->page.text, h);
    buf_append_str(&g->page.text, "Ports: ");
    for (size_t i = 0; i < h->port_count; i++) {
        if (!summary_lists(&s, &h->ports[i]))
            continue;
        buf_append_str(&g->page.text, any ? ", " : "");
        any = true;
        port_item(g, &h->ports[i]);
        page_turn(&g->page);
    }
    enum port_state ignored = ignored_state(&s);
    if (ignored != PORT_UNKNOWN)
        buf_printf(&g->page.text, "\tIgnored State: %s (%zu)", port_state_name(ignored), s.by_state[ignored]);
    buf_append_str(&g->page.text, "\n");
}

static void grepable_host(struct sink *s, const struct host_record *h)
{
    struct grepable *g = (struct grepable *)s;
    if (!summary_shows_host(g->scan, h))
        return;
    host_field(&g->page.text, h);
    buf_printf(&g->page.text, "Status: %s\n", h->timed_out ? "Timeout" : h->up ? "Up" : "Down");
    if (h->up && h->port_count > 0)
        ports_line(g, h);
    page_flush(&g->page);
}

static void grepable_end(struct sink *s, const struct scan_totals *t)
{
    struct grepable *g = (struct grepable *)s;
    const char *error = wording_error(t);
    buf_append_str(&g->page.text, "# descry done at ");
    wording_day(&g->page.text, t->ended_at);
    buf_append_str(&g->page.text, " -- ");
    wording_totals(&g->page.text, t);
    if (error) {
        buf_append_str(&g->page.text, "; ended early: ");
        printable_append(&g->page.text, error, PRINTABLE_NAME);
    }
    buf_append_str(&g->page.text, "\n");
    page_flush(&g->page);
}

static void grepable_free(struct sink *s)
{
    struct grepable *g = (struct grepable *)s;
    page_free(&g->page);
    buf_free(&g->cell);
    free(g);
}

static const struct sink_ops grepable_ops = {.begin = grepable_begin, .host = grepable_host, .end = grepable_end, .free = grepable_free};

struct sink *report_grepable(FILE *to, struct report_style style)
{
    struct grepable *g = must_zalloc(sizeof *g);
    g->sink.ops = &grepable_ops;
    buf_init(&g->cell, 64 * 1024);
    page_init(&g->page, to, style);
    return &g->sink;
}
