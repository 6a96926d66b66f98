/* fuzz_report.c owns the fuzz target of the sinks: bytes become the fields of a host's record, and every format writes it. Traps on bytes
 * that must never leave: control bytes in the formats for terminals, code points that XML forbids. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/fingerprint.h"
#include "report/report.h"

enum { PORTS_MAX = 64, FIELD_MAX = 4096 };

static uint8_t number(struct reader *r)
{
    return reader_left(r) ? reader_u8(r) : 0;
}

/* A length, then that many bytes; NULs become blanks, since records have none. */
static const char *field(struct arena *a, struct reader *r)
{
    size_t len = (size_t)number(r) * 16 % FIELD_MAX;
    if (len == 0)
        return NULL;
    len = len < reader_left(r) ? len : reader_left(r);
    struct bytes view = reader_take(r, len);
    char *text = arena_strndup(a, view.at, view.len);
    for (size_t i = 0; i < view.len; i++)
        if (!text[i])
            text[i] = ' ';
    return text;
}

static const struct service_record *service(struct arena *a, struct reader *r)
{
    uint8_t shape = number(r);
    if (shape & 1)
        return NULL;
    struct service_record *v = arena_alloc(a, sizeof *v);
    const char **fields[] = {&v->name, &v->product, &v->version, &v->info, &v->hostname, &v->os, &v->device, &v->note, &v->probe, &v->rule,
        &v->cpe[0], &v->cpe[1], &v->cpe[2], &v->cpe23[0]};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        *fields[i] = field(a, r);
    v->cpe_count = shape >> 1 & 3;
    v->method = (enum service_method)((shape >> 3) % 3);
    v->conf = shape >> 4;
    v->tunnel = shape & 2 ? "tls" : NULL;
    v->fingerprint = shape & 4 ? field(a, r) : NULL;
    struct reply_record *reply = arena_alloc(a, sizeof *reply);
    const char *data = field(a, r);
    *reply = (struct reply_record){
        .probe = v->probe ? v->probe : "NULL", .tunnel = v->tunnel, .data = bytes_str(data ? data : ""), .length = shape};
    v->replies = reply;
    v->reply_count = 1;
    if (shape & 8)
        v->fingerprint = fingerprint_text(a,
            &(struct fingerprint_of){.port = 1, .tunnel = v->tunnel, .version = "0", .platform = "x", .replies = reply, .reply_count = 1});
    return v;
}

static struct host_record host(struct arena *a, struct reader *r)
{
    struct host_record h = {.addr = addr_from_v4(0x7f000001), .given = field(a, r), .reverse = field(a, r)};
    uint8_t shape = number(r);
    h.up = !(shape & 1);
    h.complete = !(shape & 2);
    h.timed_out = shape & 4;
    h.up_reason = (enum port_reason)(shape >> 4);
    h.rtt_us = shape;
    h.port_count = number(r) % PORTS_MAX;
    struct port_record *ports = arena_alloc(a, (h.port_count + 1) * sizeof *ports);
    for (size_t i = 0; i < h.port_count; i++)
        ports[i] = (struct port_record){.number = (uint16_t)i,
            .proto = number(r) & 1,
            .state = number(r) % PORT_STATES,
            .reason = number(r) % REASONS,
            .service = service(a, r)};
    h.ports = ports;
    return h;
}

static void check(char letter, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        bool allowed = c >= 0x20 || c == '\n' || (c == '\t' && letter == 'G');
        if (!allowed || c == 0x7f)
            abort();
    }
    if (letter == 'X' && (memmem(text, len, "\xef\xbf\xbe", 3) || memmem(text, len, "\xef\xbf\xbf", 3)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct arena a;
    arena_init(&a);
    struct reader r = reader_of(bytes_of(at, len));
    uint8_t shape = number(&r);
    struct scan_record scan = {.version = "0.1.0",
        .args = field(&a, &r),
        .identify = shape & 1,
        .verbose = shape >> 1 & 3,
        .reason = shape & 8,
        .open_only = shape & 16,
        .fingerprints = shape & 32,
        .tcp = true};
    struct host_record h = host(&a, &r);
    struct scan_totals totals = {.hosts_total = 1, .interrupted = shape & 64, .error = shape & 128 ? field(&a, &r) : NULL};
    for (size_t i = 0; i < report_format_count; i++) {
        char *text = NULL;
        size_t text_len = 0;
        struct sink *s = report_formats[i].make(open_memstream(&text, &text_len), (struct report_style){.close = true});
        s->ops->begin(s, &scan);
        s->ops->host(s, &h);
        if (s->ops->note)
            s->ops->note(s, scan.args ? scan.args : "");
        s->ops->end(s, &totals);
        s->ops->free(s);
        check(report_formats[i].letter, text, text_len);
        free(text);
    }
    arena_free(&a);
    return 0;
}
