/* normal.c owns the format for people: a table of ports a host (docs/formats/normal.md). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/fingerprint.h"
#include "report/detail_report.h"
#include "report/page.h"
#include "report/printable.h"
#include "report/service_line.h"
#include "report/summary.h"
#include "report/table.h"
#include "report/wording.h"

enum { FINGERPRINTS_SHOWN = 9, FINGERPRINT_MAX = 64 * 1024, TLS_LINE = 8 * 1024 };

struct normal {
    struct sink sink;
    struct page page;
    bool colour;
    const struct scan_record *scan;
    struct buf line; /* one that is being made */
    size_t unrecognised; /* services with a fingerprint, of all hosts */
};

static void coloured(struct normal *n, const char *sequence)
{
    if (n->colour)
        buf_append_str(&n->page.text, sequence);
}

static void normal_begin(struct sink *s, const struct scan_record *scan)
{
    struct normal *n = (struct normal *)s;
    struct buf *out = &n->page.text;
    n->scan = scan;
    buf_printf(out, "Starting descry %s at ", scan->version);
    wording_time(out, scan->started_at, "%Y-%m-%d %H:%M %Z");
    buf_append_str(out, "\n");
    page_flush(&n->page);
}

/* "localhost (127.0.0.1)", or the address alone. */
static void host_name(struct buf *out, const struct host_record *h)
{
    char address[ADDR_TEXT_MAX];
    const char *name = h->given ? h->given : h->reverse;
    addr_format(&h->addr, address, sizeof address);
    if (!name || !*name || strcmp(name, address) == 0) {
        buf_append_str(out, address);
        return;
    }
    printable_append(out, name, PRINTABLE_NAME);
    buf_printf(out, " (%s)", address);
}

/* Two significant digits or so: "0.000095", "0.00012", "0.15", "1.20". */
static void latency(struct buf *out, int64_t rtt_us)
{
    int decimals = 6;
    for (int64_t step = 100; decimals > 2 && rtt_us >= step; step *= 10)
        decimals--;
    buf_printf(out, " (%.*fs latency)", decimals, (double)rtt_us / 1e6);
}

static void host_up_line(struct buf *out, const struct scan_record *scan, const struct host_record *h)
{
    buf_append_str(out, "Host is up");
    if (scan->reason && h->up_reason != REASON_NONE)
        buf_printf(out, ", received %s", port_reason_name(h->up_reason));
    if (h->rtt_us > 0)
        latency(out, h->rtt_us);
    buf_append_str(out, ".\n");
}

static void other_addresses(struct buf *out, const struct host_record *h)
{
    if (h->other_count == 0 || !h->given)
        return;
    buf_append_str(out, "Other addresses for ");
    printable_append(out, h->given, PRINTABLE_NAME);
    buf_append_str(out, " (not scanned):");
    for (size_t i = 0; i < h->other_count; i++) {
        char address[ADDR_TEXT_MAX];
        buf_printf(out, " %s", addr_format(&h->others[i], address, sizeof address));
    }
    buf_append_str(out, "\n");
}

static void reverse_name(struct buf *out, const struct host_record *h)
{
    if (!h->given || !h->reverse || text_equal_nocase(h->given, h->reverse))
        return;
    char address[ADDR_TEXT_MAX];
    buf_printf(out, "rDNS record for %s: ", addr_format(&h->addr, address, sizeof address));
    printable_append(out, h->reverse, PRINTABLE_NAME);
    buf_append_str(out, "\n");
}

static void incomplete_line(struct buf *out, const struct host_record *h, const struct summary *s)
{
    if (h->complete)
        return;
    size_t unknown = s->by_state[PORT_UNKNOWN];
    buf_append_str(out, h->timed_out ? "Out of time (--host-timeout): " : "Stopped early: ");
    if (unknown > 0)
        buf_printf(out, "%zu of %zu ports were not scanned; ", unknown, h->port_count);
    buf_append_str(out, "what is known follows.\n");
}

static void not_shown_line(struct buf *out, const struct host_record *h, const struct summary *s)
{
    size_t scanned = h->port_count - s->by_state[PORT_UNKNOWN];
    if (s->listed == 0 && scanned > 0) {
        buf_printf(out, "All %zu scanned port%s on ", scanned, scanned == 1 ? "" : "s");
        host_name(out, h);
        buf_append_str(out, scanned == 1 ? " is in an ignored state.\n" : " are in ignored states.\n");
    }
    for (size_t i = 0; i < s->group_count; i++) {
        const struct summary_group *g = &s->groups[i];
        buf_printf(out, "%s%zu %s %s port%s (%s)", i ? ", " : "Not shown: ", g->count, port_state_name(g->state), proto_name(g->proto),
            g->count == 1 ? "" : "s", port_reason_name(g->reason));
    }
    buf_append_str(out, "\n");
}

static enum table_colour state_colour(enum port_state state)
{
    return state == PORT_OPEN ? TABLE_GREEN : state == PORT_CLOSED ? TABLE_RED : TABLE_YELLOW;
}

static void version_cell(struct buf *out, const struct service_record *v)
{
    size_t start = out->len;
    if (!v)
        return;
    wording_version(out, v);
    const char *note = v->note ? v->note : v->fingerprint && v->method != METHOD_PROBED ? "unrecognised answer" : NULL;
    if (out->len > start || !note)
        return;
    buf_append_str(out, "(");
    printable_append(out, note, WORDING_VERSION - 2);
    buf_append_str(out, ")");
}

static void port_row(struct table *t, const struct scan_record *scan, const struct port_record *p)
{
    buf_printf(table_cell(t, TABLE_PLAIN), "%u/%s", p->number, proto_name(p->proto));
    buf_append_str(table_cell(t, state_colour(p->state)), port_state_name(p->state));
    wording_service(table_cell(t, TABLE_PLAIN), scan, p);
    if (scan->reason)
        buf_append_str(table_cell(t, TABLE_PLAIN), port_reason_name(p->reason));
    if (scan->identify)
        version_cell(table_cell(t, TABLE_PLAIN), p->service);
    table_row_end(t);
}

/* Under the port: what stages and scripts tell. */
static void detail_rows(struct normal *n, struct table *t, const struct port_record *p)
{
    for (const struct detail *d = p->service ? p->service->details : NULL; d; d = d->next)
        if (detail_lines(d, n->scan->verbose > 0)) {
            detail_report_lines(table_line(t), d, n->scan->verbose > 0);
            table_row_end(t);
        }
}

/* Under the table: what is told of the host as a whole. */
static void host_details(struct normal *n, const struct host_record *h)
{
    struct buf *out = &n->page.text;
    bool any = false;
    for (const struct detail *d = h->details; d; d = d->next) {
        if (!detail_lines(d, n->scan->verbose > 0))
            continue;
        buf_append_str(out, any ? "" : "\nOf the host:\n");
        any = true;
        detail_report_lines(out, d, n->scan->verbose > 0);
        buf_append_str(out, "\n");
    }
}

static void port_table(struct normal *n, const struct host_record *h, const struct summary *s)
{
    struct table t;
    table_init(&t, n->colour);
    static const char *const header[] = {"PORT", "STATE", "SERVICE"};
    for (size_t i = 0; i < sizeof header / sizeof header[0]; i++)
        buf_append_str(table_cell(&t, TABLE_BOLD), header[i]);
    if (n->scan->reason)
        buf_append_str(table_cell(&t, TABLE_BOLD), "REASON");
    if (n->scan->identify)
        buf_append_str(table_cell(&t, TABLE_BOLD), "VERSION");
    table_row_end(&t);
    for (size_t i = 0; i < h->port_count; i++)
        if (summary_lists(s, &h->ports[i])) {
            port_row(&t, n->scan, &h->ports[i]);
            detail_rows(n, &t, &h->ports[i]);
        }
    table_write(&t, &n->page);
    table_free(&t);
}

static size_t count_fingerprints(const struct host_record *h)
{
    size_t count = 0;
    for (size_t i = 0; i < h->port_count; i++)
        count += h->ports[i].service && h->ports[i].service->fingerprint;
    return count;
}

/* Ours are plain ASCII, which may be broken anywhere; but a record may come from elsewhere. */
static void one_fingerprint(struct buf *out, const char *fingerprint)
{
    struct buf text;
    buf_init(&text, FINGERPRINT_MAX);
    for (const char *at = fingerprint; *at && text.len + 8 < FINGERPRINT_MAX; at++)
        buf_printf(&text, text_is_printable((unsigned char)*at) ? "%c" : "\\x%02x", (unsigned char)*at);
    fingerprint_wrap(buf_text(&text), out);
    buf_free(&text);
}

static void fingerprints(struct normal *n, const struct host_record *h)
{
    size_t total = count_fingerprints(h), shown = 0;
    struct buf *out = &n->page.text;
    n->unrecognised += total;
    if (total == 0 || !n->scan->fingerprints)
        return;
    buf_printf(out, "%zu service%s answered but %s not recognised. What %s sent, as %s:\n", total, total == 1 ? "" : "s",
        total == 1 ? "was" : "were", total == 1 ? "it" : "they", total == 1 ? "a fingerprint" : "fingerprints");
    for (size_t i = 0; i < h->port_count && shown < FINGERPRINTS_SHOWN; i++) {
        const struct service_record *v = h->ports[i].service;
        if (!v || !v->fingerprint)
            continue;
        if (total > 1)
            buf_append_str(out, "==============NEXT SERVICE FINGERPRINT==============\n");
        one_fingerprint(out, v->fingerprint);
        shown++;
    }
    if (total > shown)
        buf_printf(out, "(%zu more; -oX and -oJ have all of them)\n", total - shown);
}

static void down_host(struct normal *n, const struct host_record *h)
{
    struct buf *out = &n->page.text;
    buf_append_str(out, "descry report for ");
    host_name(out, h);
    buf_append_str(out, " [host down");
    if (n->scan->reason && h->up_reason != REASON_NONE)
        buf_printf(out, ", received %s", port_reason_name(h->up_reason));
    buf_append_str(out, "]\n");
}

static void up_host(struct normal *n, const struct host_record *h)
{
    struct buf *out = &n->page.text;
    struct summary s;
    summary_of(&s, n->scan, h);
    coloured(n, "\033[1m");
    buf_append_str(out, "descry report for ");
    host_name(out, h);
    coloured(n, "\033[0m");
    buf_append_str(out, "\n");
    host_up_line(out, n->scan, h);
    other_addresses(out, h);
    reverse_name(out, h);
    incomplete_line(out, h, &s);
    if (h->port_count > 0)
        not_shown_line(out, h, &s);
    if (s.listed > 0)
        port_table(n, h, &s);
    fingerprints(n, h);
    service_line(out, h);
    host_details(n, h);
    if (n->scan->verbose > 0) {
        buf_append_str(out, "Looked at in ");
        wording_elapsed(out, h->elapsed_us);
        buf_append_str(out, " seconds\n");
    }
    buf_append_str(out, "\n");
}

static void normal_host(struct sink *s, const struct host_record *h)
{
    struct normal *n = (struct normal *)s;
    if (!summary_shows_host(n->scan, h))
        return;
    if (h->up)
        up_host(n, h);
    else
        down_host(n, h);
    page_flush(&n->page);
}

static void normal_scripts(struct sink *s, bool after, const struct detail *list)
{
    struct normal *n = (struct normal *)s;
    struct buf *out = &n->page.text;
    buf_printf(out, "%s-scan script results:\n", after ? "Post" : "Pre");
    for (const struct detail *d = list; d; d = d->next)
        if (detail_lines(d, n->scan->verbose > 0)) {
            detail_report_lines(out, d, n->scan->verbose > 0);
            buf_append_str(out, "\n");
        }
    page_flush(&n->page);
}

static void normal_note(struct sink *s, const char *text)
{
    struct normal *n = (struct normal *)s;
    printable_append(&n->page.text, text, 4096);
    buf_append_str(&n->page.text, "\n");
    page_flush(&n->page);
}

static void normal_end(struct sink *s, const struct scan_totals *t)
{
    struct normal *n = (struct normal *)s;
    struct buf *out = &n->page.text;
    const char *error = wording_error(t);
    if (!error && t->hosts_total == 1 && t->hosts_up == 0)
        buf_append_str(out, "The host seems down. If it is really up but does not answer our questions, try -Pn\n");
    if (n->unrecognised > 0 && !n->scan->fingerprints && n->scan->verbose > 0)
        buf_printf(out, "%zu service%s answered but %s not recognised; --fingerprints shows what %s sent.\n", n->unrecognised,
            n->unrecognised == 1 ? "" : "s", n->unrecognised == 1 ? "was" : "were", n->unrecognised == 1 ? "it" : "they");
    buf_append_str(out, error ? "descry ended early (" : "descry done: ");
    if (error) {
        printable_append(out, error, PRINTABLE_NAME);
        buf_append_str(out, "): ");
    }
    wording_totals(out, t);
    buf_append_str(out, "\n");
    page_flush(&n->page);
}

static void normal_free(struct sink *s)
{
    struct normal *n = (struct normal *)s;
    page_free(&n->page);
    buf_free(&n->line);
    free(n);
}

static const struct sink_ops normal_ops = {
    .begin = normal_begin, .host = normal_host, .scripts = normal_scripts, .note = normal_note, .end = normal_end, .free = normal_free};

struct sink *report_normal(FILE *to, struct report_style style)
{
    struct normal *n = must_zalloc(sizeof *n);
    n->sink.ops = &normal_ops;
    n->colour = style.colour;
    buf_init(&n->line, TLS_LINE);
    page_init(&n->page, to, style);
    return &n->sink;
}
