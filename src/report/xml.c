/* xml.c owns the XML format that the field's tools read (docs/formats/xml.md). */
#include <stdlib.h>

#include "base/text.h"
#include "report/detail_report.h"
#include "report/page.h"
#include "report/summary.h"
#include "report/wording.h"
#include "report/xml_writer.h"

struct xml {
    struct sink sink;
    struct page page;
    const struct scan_record *scan;
    struct buf words; /* a sentence that goes into an attribute */
};

static const char *day_text(struct xml *x, int64_t when)
{
    buf_clear(&x->words);
    wording_day(&x->words, when);
    return buf_text(&x->words);
}

static void write_scaninfo(struct buf *out, const char *type, const char *proto, size_t count, const char *ports)
{
    xml_element(out, "scaninfo");
    xml_attribute(out, "type", type);
    xml_attribute(out, "protocol", proto);
    xml_number(out, "numservices", (int64_t)count);
    xml_attribute(out, "services", ports ? ports : "");
    xml_empty(out);
    buf_append_str(out, "\n");
}

static void write_level(struct buf *out, const char *element, int level)
{
    xml_element(out, element);
    xml_number(out, "level", level);
    xml_empty(out);
    buf_append_str(out, "\n");
}

static void xml_begin(struct sink *s, const struct scan_record *scan)
{
    struct xml *x = (struct xml *)s;
    struct buf *out = &x->page.text;
    const char *args = scan->args ? scan->args : "";
    x->scan = scan;
    buf_append_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n<!-- ");
    xml_text(out, "descry ");
    xml_text(out, scan->version);
    buf_printf(out, " scan initiated %s as: ", day_text(x, scan->started_at));
    xml_text(out, args);
    buf_append_str(out, " -->\n");
    xml_element(out, "nmaprun");
    xml_attribute(out, "scanner", "descry");
    xml_attribute(out, "args", args);
    xml_number(out, "start", scan->started_at);
    xml_attribute(out, "startstr", day_text(x, scan->started_at));
    xml_attribute(out, "version", scan->version);
    xml_attribute(out, "xmloutputversion", "1.05");
    xml_enter(out);
    buf_append_str(out, "\n");
    if (scan->tcp)
        write_scaninfo(out, "connect", "tcp", scan->tcp_count, scan->tcp_ports);
    if (scan->udp)
        write_scaninfo(out, "udp", "udp", scan->udp_count, scan->udp_ports);
    write_level(out, "verbose", scan->verbose);
    write_level(out, "debugging", scan->debug);
    page_flush(&x->page);
}

static void write_hostname(struct buf *out, const char *name, const char *type)
{
    if (!name)
        return;
    xml_element(out, "hostname");
    xml_attribute(out, "name", name);
    xml_attribute(out, "type", type);
    xml_empty(out);
    buf_append_str(out, "\n");
}

static void write_head(struct buf *out, const struct host_record *h)
{
    char address[ADDR_TEXT_MAX];
    xml_element(out, "status");
    xml_attribute(out, "state", h->up ? "up" : "down");
    xml_attribute(out, "reason", port_reason_name(h->up_reason));
    xml_number(out, "reason_ttl", 0);
    xml_empty(out);
    buf_append_str(out, "\n");
    xml_element(out, "address");
    xml_attribute(out, "addr", addr_format(&h->addr, address, sizeof address));
    xml_attribute(out, "addrtype", h->addr.family == 6 ? "ipv6" : "ipv4");
    xml_empty(out);
    buf_append_str(out, "\n<hostnames>\n");
    write_hostname(out, h->given, "user");
    write_hostname(out, h->reverse, "PTR");
    buf_append_str(out, "</hostnames>\n");
}

/* One <extraports> a state, with one <extrareasons> for each way to get there. */
static void write_extraports(struct buf *out, const struct summary *s)
{
    for (int state = 0; state < PORT_STATES; state++) {
        if (!s->counted[state] || s->by_state[state] == 0)
            continue;
        xml_element(out, "extraports");
        xml_attribute(out, "state", port_state_name(state));
        xml_number(out, "count", (int64_t)s->by_state[state]);
        xml_enter(out);
        buf_append_str(out, "\n");
        for (size_t i = 0; i < s->group_count; i++) {
            if (s->groups[i].state != (enum port_state)state)
                continue;
            xml_element(out, "extrareasons");
            xml_attribute(out, "reason", port_reason_name(s->groups[i].reason));
            xml_number(out, "count", (int64_t)s->groups[i].count);
            xml_attribute(out, "proto", proto_name(s->groups[i].proto));
            xml_empty(out);
            buf_append_str(out, "\n");
        }
        xml_leave(out, "extraports");
        buf_append_str(out, "\n");
    }
}

static bool has_text(const char *text)
{
    return text && *text;
}

static const char *text_or_none(const char *text)
{
    return has_text(text) ? text : NULL;
}

/* The format has no word for "nothing recognised it": it counts as a guess, as readers know it. */
static int confidence(const struct service_record *v)
{
    if (v->method == METHOD_NONE)
        return CONF_TABLE;
    return v->conf < 0 ? 0 : v->conf > 10 ? 10 : v->conf;
}

/* The program that the port is named after. */
static void write_rpc(struct buf *out, const struct rpc_record *r)
{
    const struct rpc_program_record *p = r && r->program_count ? &r->programs[0] : NULL;
    if (!p || p->stale)
        return;
    xml_attribute(out, "proto", "rpc");
    xml_number(out, "rpcnum", p->number);
    if (p->high) {
        xml_number(out, "lowver", p->low);
        xml_number(out, "highver", p->high);
    }
}

/* Readers take the element's absence for "nothing known". */
static void write_service(struct buf *out, const struct service_record *v)
{
    if (!v || !(has_text(v->name) || v->fingerprint || v->tunnel))
        return;
    xml_element(out, "service");
    xml_attribute(out, "name", has_text(v->name) ? v->name : "unknown");
    xml_attribute(out, "product", text_or_none(v->product));
    xml_attribute(out, "version", text_or_none(v->version));
    xml_attribute(out, "extrainfo", text_or_none(v->info));
    xml_attribute(out, "hostname", text_or_none(v->hostname));
    xml_attribute(out, "ostype", text_or_none(v->os));
    xml_attribute(out, "devicetype", text_or_none(v->device));
    xml_attribute(out, "servicefp", v->fingerprint);
    xml_attribute(out, "tunnel", v->tunnel ? "ssl" : NULL);
    xml_attribute(out, "method", v->method == METHOD_PROBED ? "probed" : "table");
    xml_number(out, "conf", confidence(v));
    write_rpc(out, v->rpc);
    if (v->cpe_count == 0) {
        xml_empty(out);
        return;
    }
    xml_enter(out);
    for (size_t i = 0; i < v->cpe_count && i < LIMIT_CPE; i++) {
        if (!has_text(v->cpe[i]))
            continue;
        xml_element(out, "cpe");
        xml_enter(out);
        xml_text(out, v->cpe[i]);
        xml_leave(out, "cpe");
    }
    xml_leave(out, "service");
}

static void write_port(struct buf *out, const struct port_record *p)
{
    xml_element(out, "port");
    xml_attribute(out, "protocol", proto_name(p->proto));
    xml_number(out, "portid", p->number);
    xml_enter(out);
    xml_element(out, "state");
    xml_attribute(out, "state", port_state_name(p->state));
    xml_attribute(out, "reason", port_reason_name(p->reason));
    xml_number(out, "reason_ttl", 0);
    xml_empty(out);
    write_service(out, p->service);
    if (p->service)
        detail_report_xml(out, p->service->details);
    xml_leave(out, "port");
    buf_append_str(out, "\n");
}

static void write_ports(struct xml *x, const struct host_record *h)
{
    struct summary s;
    summary_of(&s, x->scan, h);
    xml_element(&x->page.text, "ports");
    xml_enter(&x->page.text);
    write_extraports(&x->page.text, &s);
    for (size_t i = 0; i < h->port_count; i++) {
        if (summary_lists(&s, &h->ports[i]))
            write_port(&x->page.text, &h->ports[i]);
        page_turn(&x->page);
    }
    xml_leave(&x->page.text, "ports");
    buf_append_str(&x->page.text, "\n");
}

static void write_times(struct buf *out, const struct host_record *h)
{
    if (h->rtt_us <= 0)
        return;
    xml_element(out, "times");
    xml_number(out, "srtt", h->rtt_us);
    xml_number(out, "rttvar", h->rtt_var_us);
    xml_number(out, "to", h->rtt_us + 4 * h->rtt_var_us);
    xml_empty(out);
    buf_append_str(out, "\n");
}

static void write_scripts(struct buf *out, const char *element, const struct detail *list)
{
    if (!list)
        return;
    xml_element(out, element);
    xml_enter(out);
    detail_report_xml(out, list);
    xml_leave(out, element);
    buf_append_str(out, "\n");
}

static void xml_scripts(struct sink *s, bool after, const struct detail *list)
{
    struct xml *x = (struct xml *)s;
    write_scripts(&x->page.text, after ? "postscript" : "prescript", list);
    page_flush(&x->page);
}

static void xml_host(struct sink *s, const struct host_record *h)
{
    struct xml *x = (struct xml *)s;
    struct buf *out = &x->page.text;
    if (!summary_shows_host(x->scan, h))
        return;
    xml_element(out, "host");
    xml_number(out, "starttime", h->started_at);
    xml_number(out, "endtime", h->ended_at);
    xml_attribute(out, "timedout", h->timed_out ? "true" : NULL);
    xml_enter(out);
    write_head(out, h);
    if (h->up) {
        write_ports(x, h);
        write_scripts(out, "hostscript", h->details);
        write_times(out, h);
    }
    xml_leave(out, "host");
    buf_append_str(out, "\n");
    page_flush(&x->page);
}

static const char *summary_text(struct xml *x, const struct scan_totals *t)
{
    buf_clear(&x->words);
    buf_append_str(&x->words, "descry done at ");
    wording_day(&x->words, t->ended_at);
    buf_append_str(&x->words, "; ");
    wording_totals(&x->words, t);
    return buf_text(&x->words);
}

static void xml_end(struct sink *s, const struct scan_totals *t)
{
    struct xml *x = (struct xml *)s;
    struct buf *out = &x->page.text;
    const char *error = wording_error(t);
    buf_append_str(out, "<runstats>");
    xml_element(out, "finished");
    xml_number(out, "time", t->ended_at);
    xml_attribute(out, "timestr", day_text(x, t->ended_at));
    xml_attribute(out, "summary", summary_text(x, t));
    xml_seconds(out, "elapsed", t->elapsed_us);
    xml_attribute(out, "exit", error ? "error" : "success");
    xml_attribute(out, "errormsg", error);
    xml_empty(out);
    xml_element(out, "hosts");
    xml_number(out, "up", (int64_t)t->hosts_up);
    xml_number(out, "down", (int64_t)t->hosts_down);
    xml_number(out, "total", (int64_t)t->hosts_total);
    xml_empty(out);
    buf_append_str(out, "\n</runstats>\n</nmaprun>\n");
    page_flush(&x->page);
}

static void xml_free(struct sink *s)
{
    struct xml *x = (struct xml *)s;
    page_free(&x->page);
    buf_free(&x->words);
    free(x);
}

static const struct sink_ops xml_ops = {.begin = xml_begin, .host = xml_host, .scripts = xml_scripts, .end = xml_end, .free = xml_free};

struct sink *report_xml(FILE *to, struct report_style style)
{
    struct xml *x = must_zalloc(sizeof *x);
    x->sink.ops = &xml_ops;
    buf_init(&x->words, 64 * 1024);
    page_init(&x->page, to, style);
    return &x->sink;
}
