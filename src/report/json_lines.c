/* json_lines.c owns the JSON format: one object a line, a line a host (docs/formats/json.md). */
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "report/detail_report.h"
#include "report/page.h"
#include "report/summary.h"

struct json_lines {
    struct sink sink;
    struct page page;
    struct json json;
    const struct scan_record *scan;
};

static void lines_begin(struct sink *s, const struct scan_record *scan)
{
    ((struct json_lines *)s)->scan = scan;
}

static void write_names(struct json *j, const struct host_record *h)
{
    json_array(j, "names");
    json_text(j, NULL, h->given);
    if (h->reverse && !(h->given && text_equal_nocase(h->given, h->reverse)))
        json_text(j, NULL, h->reverse);
    json_array_end(j);
}

static void write_cpes(struct json *j, const char *key, const char *const *list, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count && i < LIMIT_CPE; i++)
        any = any || list[i];
    if (!any)
        return;
    json_array(j, key);
    for (size_t i = 0; i < count && i < LIMIT_CPE; i++)
        json_text(j, NULL, list[i]);
    json_array_end(j);
}

static void write_reply(struct json *j, const struct reply_record *r)
{
    json_object(j, NULL);
    json_text(j, "probe", r->probe);
    json_text(j, "tunnel", r->tunnel);
    json_unsigned(j, "length", r->length);
    json_base64(j, "data", r->data);
    json_object_end(j);
}

static void write_replies(struct json_lines *l, const struct service_record *v)
{
    if (!v->fingerprint || v->reply_count == 0)
        return;
    json_array(&l->json, "replies");
    for (size_t i = 0; i < v->reply_count; i++) {
        write_reply(&l->json, &v->replies[i]);
        page_turn(&l->page);
    }
    json_array_end(&l->json);
}

/* A null tunnel says "clear text"; before identification that is unknown, so it is absent then. */
static void write_tunnel(struct json *j, const struct service_record *v)
{
    if (v->tunnel)
        json_text(j, "tunnel", v->tunnel);
    else if (v->method == METHOD_PROBED)
        json_null(j, "tunnel");
}

static void write_service(struct json_lines *l, const struct service_record *v)
{
    struct json *j = &l->json;
    json_object(j, "service");
    json_text(j, "name", v->name);
    write_tunnel(j, v);
    json_text(j, "product", v->product);
    json_text(j, "version", v->version);
    json_text(j, "info", v->info);
    json_text(j, "hostname", v->hostname);
    json_text(j, "os", v->os);
    json_text(j, "device", v->device);
    write_cpes(j, "cpe", v->cpe, v->cpe_count);
    write_cpes(j, "cpe23", v->cpe23, v->cpe_count);
    if (v->method != METHOD_NONE) {
        json_number(j, "conf", v->conf);
        json_text(j, "method", v->method == METHOD_PROBED ? "probed" : "table");
    }
    json_text(j, "probe", v->probe);
    json_text(j, "rule", v->rule);
    json_text(j, "note", v->note);
    json_text(j, "fingerprint", v->fingerprint);
    write_replies(l, v);
    json_object_end(j);
}

static void write_port(struct json_lines *l, const struct port_record *p)
{
    struct json *j = &l->json;
    json_object(j, NULL);
    json_number(j, "port", p->number);
    json_text(j, "proto", proto_name(p->proto));
    json_text(j, "state", port_state_name(p->state));
    json_text(j, "reason", port_reason_name(p->reason));
    if (p->service) {
        write_service(l, p->service);
        detail_report_json(j, p->service->details);
    }
    json_object_end(j);
    page_turn(&l->page);
}

static void write_not_shown(struct json *j, const struct summary *s)
{
    if (s->group_count == 0)
        return;
    json_array(j, "not_shown");
    for (size_t i = 0; i < s->group_count; i++) {
        json_object(j, NULL);
        json_text(j, "state", port_state_name(s->groups[i].state));
        json_text(j, "proto", proto_name(s->groups[i].proto));
        json_text(j, "reason", port_reason_name(s->groups[i].reason));
        json_unsigned(j, "count", s->groups[i].count);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_ports(struct json_lines *l, const struct host_record *h)
{
    struct summary s;
    summary_of(&s, l->scan, h);
    json_array(&l->json, "ports");
    for (size_t i = 0; i < h->port_count; i++)
        if (summary_lists(&s, &h->ports[i]))
            write_port(l, &h->ports[i]);
    json_array_end(&l->json);
    write_not_shown(&l->json, &s);
    if (s.by_state[PORT_UNKNOWN] > 0)
        json_unsigned(&l->json, "not_scanned", s.by_state[PORT_UNKNOWN]);
}

static void lines_host(struct sink *s, const struct host_record *h)
{
    struct json_lines *l = (struct json_lines *)s;
    struct json *j = &l->json;
    if (!summary_shows_host(l->scan, h))
        return;
    char address[ADDR_TEXT_MAX];
    json_object(j, NULL);
    json_text(j, "address", addr_format(&h->addr, address, sizeof address));
    write_names(j, h);
    json_bool(j, "up", h->up);
    if (h->up_reason != REASON_NONE)
        json_text(j, "reason", port_reason_name(h->up_reason));
    json_bool(j, "complete", h->complete);
    if (h->timed_out)
        json_bool(j, "timed_out", true);
    write_ports(l, h);
    detail_report_json(j, h->details);
    json_number(j, "started_at", h->started_at);
    json_millis(j, "elapsed_ms", h->elapsed_us);
    if (h->rtt_us > 0)
        json_millis(j, "rtt_ms", h->rtt_us);
    json_object_end(j);
    json_line_end(j);
    page_flush(&l->page);
}

/* A line of its own, before or after those of the hosts. */
static void lines_scripts(struct sink *s, bool after, const struct detail *list)
{
    struct json_lines *l = (struct json_lines *)s;
    json_object(&l->json, NULL);
    json_text(&l->json, "phase", after ? "after" : "before");
    detail_report_json(&l->json, list);
    json_object_end(&l->json);
    json_line_end(&l->json);
    page_flush(&l->page);
}

static void lines_end(struct sink *s, const struct scan_totals *totals)
{
    page_flush(&((struct json_lines *)s)->page);
}

static void lines_free(struct sink *s)
{
    page_free(&((struct json_lines *)s)->page);
    free(s);
}

static const struct sink_ops json_lines_ops = {
    .begin = lines_begin, .host = lines_host, .scripts = lines_scripts, .end = lines_end, .free = lines_free};

struct sink *report_json(FILE *to, struct report_style style)
{
    struct json_lines *l = must_zalloc(sizeof *l);
    l->sink.ops = &json_lines_ops;
    page_init(&l->page, to, style);
    l->json = json_into(&l->page.text);
    return &l->sink;
}
