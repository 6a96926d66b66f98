/* samples.c owns constructed records: an ordinary scan, a hostile host, many ports, nothing known, an interrupted scan. */
#include "samples.h"

#include <stdlib.h>
#include <string.h>

enum { START = 1795437000, HOSTILE_LENGTH = 64 * 1024, MANY = 5000 };

#define HOSTILE                                                                                                                            \
    "\x1b[31m\x07\x01\x08\r\n\t\"'<&>\\]]>-- \xff\xfe\xc3(\xed\xa0\x80\xf4\x90\x80\x80\xc2\x9b"                                            \
    "31m\xe2\x80\xae\xef\xbf\xbe\xef\xbf\xbf\x7f/,;caf\xc3\xa9"

static struct scan_record ordinary_scan(void)
{
    return (struct scan_record){.version = "0.1.0",
        .args = "descry -sV --reason -p 22,443 localhost",
        .started_at = START,
        .tcp = true,
        .tcp_ports = "22,80,443",
        .tcp_count = 3,
        .identify = true,
        .intensity = 7};
}

static struct scan_totals totals(uint64_t up, uint64_t down, int64_t elapsed_us)
{
    return (struct scan_totals){
        .hosts_up = up, .hosts_down = down, .hosts_total = up + down, .ended_at = START + elapsed_us / 1000000, .elapsed_us = elapsed_us};
}

static struct host_record *new_host(struct arena *a, const char *address, size_t ports)
{
    struct host_record *h = arena_alloc(a, sizeof *h);
    addr_parse(address, &h->addr);
    h->up = true;
    h->up_reason = REASON_SYN_ACK;
    h->complete = true;
    h->started_at = START;
    h->ended_at = START + 2;
    h->elapsed_us = 1512000;
    h->rtt_us = 120;
    h->rtt_var_us = 30;
    h->ports = ports ? arena_alloc(a, ports * sizeof *h->ports) : NULL;
    h->port_count = ports;
    return h;
}

static struct port_record *port_of(const struct host_record *h, size_t i)
{
    return (struct port_record *)(uintptr_t)&h->ports[i];
}

static void set_port(struct host_record *h, size_t i, uint16_t number, enum proto proto, enum port_state state, enum port_reason reason,
    const struct service_record *v)
{
    *port_of(h, i) = (struct port_record){.number = number, .proto = proto, .state = state, .reason = reason, .service = v};
}

static const struct service_record ssh = {.name = "ssh",
    .product = "OpenSSH",
    .version = "8.9p1 Ubuntu 3ubuntu0.1",
    .info = "Ubuntu Linux; protocol 2.0",
    .os = "Linux",
    .cpe = {"cpe:/a:openbsd:openssh:8.9p1", "cpe:/o:linux:linux_kernel"},
    .cpe23 = {"cpe:2.3:a:openbsd:openssh:8.9p1:*:*:*:*:*:*:*", "cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*"},
    .cpe_count = 2,
    .method = METHOD_PROBED,
    .conf = CONF_PRODUCT,
    .probe = "NULL",
    .rule = "ssh.probes:12"};

/* A session with a certificate that has expired. */
static const struct detail *session(struct arena *a)
{
    struct detail *list = NULL, *d = detail_add(&list, a, "tls", DETAIL_STAGE);
    struct value *lines = value_list(a, NULL, NULL), *more = value_list(a, NULL, NULL), *v = value_table(a, NULL, NULL);
    value_text(a, lines, NULL, "certificate: expired 2026-11-22");
    value_text(a, more, NULL, "TLSv1.3, C; certificate: CN=www.example.com, expired 2026-11-22");
    value_text(a, v, "protocol", "TLSv1.3");
    value_flag(a, v, "wants_client_certificate", false);
    struct value *certificate = value_table(a, v, "certificate");
    value_text(a, certificate, "common_name", "www.example.com");
    struct value *names = value_list(a, certificate, "names");
    value_text(a, names, NULL, "www.example.com");
    value_text(a, names, NULL, "192.0.2.7");
    value_number(a, certificate, "key_bits", 2048);
    *d = (struct detail){.id = d->id, .origin = d->origin, .lines = lines, .verbose_lines = more, .values = v};
    return list;
}

static const struct service_record https = {.name = "http",
    .tunnel = "tls",
    .product = "Apache httpd",
    .version = "2.4.41",
    .info = "(Ubuntu)",
    .hostname = "www.example.com",
    .method = METHOD_PROBED,
    .conf = CONF_PRODUCT,
    .probe = "GetRequest",
    .rule = "http.probes:3"};

static const struct service_record smtp = {.name = "smtp",
    .method = METHOD_PROBED,
    .conf = CONF_SOFT,
    .soft = true,
    .hostname = "mail.example.com",
    .probe = "NULL",
    .rule = "smtp.probes:40"};
static const struct service_record afs = {.name = "afs3-errors", .method = METHOD_TABLE, .conf = CONF_TABLE, .note = "silent"};
static const struct service_record closed_note = {.note = "closed after 3.0 s without data"};
static const struct service_record domain_guess = {.name = "domain", .method = METHOD_TABLE, .conf = CONF_TABLE};

static const struct reply_record odd_replies[] = {
    {.probe = "NULL", .data = {(const uint8_t *)"hi\0007 there\r\n", 12}, .length = 12},
    {.probe = "GetRequest", .data = {(const uint8_t *)"what?\xff", 6}, .length = 20000},
};
static const struct service_record odd = {.method = METHOD_NONE,
    .fingerprint = "SF-Port7006-TCP:V=0.1.0%I=7%D=11/23%Time=6B049A08%P=x86_64-linux%r(NULL,C,\"hi\\x007\\x20there\\r\\n\")"
                   "%r(GetRequest,4E20,\"what\\?\\xff\");",
    .replies = odd_replies,
    .reply_count = 2};

static struct sample ordinary(struct arena *a)
{
    struct host_record *h = new_host(a, "127.0.0.1", 10);
    struct service_record *secured = arena_alloc(a, sizeof *secured);
    *secured = https;
    secured->details = session(a);
    static const struct addr v6 = {.family = 6, .octet = {[15] = 1}};
    h->given = "localhost";
    h->reverse = "box.example.com";
    h->others = &v6;
    h->other_count = 1;
    set_port(h, 0, 22, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &ssh);
    set_port(h, 1, 25, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &smtp);
    set_port(h, 2, 53, PROTO_TCP, PORT_CLOSED, REASON_CONN_REFUSED, &domain_guess);
    set_port(h, 3, 443, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, secured);
    set_port(h, 4, 7001, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &afs);
    set_port(h, 5, 7002, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &closed_note);
    set_port(h, 6, 7006, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &odd);
    set_port(h, 7, 7007, PROTO_TCP, PORT_FILTERED, REASON_NO_RESPONSE, NULL);
    set_port(h, 8, 53, PROTO_UDP, PORT_OPEN_FILTERED, REASON_NO_RESPONSE, &domain_guess);
    set_port(h, 9, 54, PROTO_UDP, PORT_CLOSED, REASON_PORT_UNREACH, NULL);
    struct sample s = {.name = "ordinary", .scan = ordinary_scan(), .hosts = h, .host_count = 1, .totals = totals(1, 0, 1534000)};
    s.scan.udp = true;
    s.scan.udp_ports = "53-54";
    s.scan.udp_count = 2;
    return s;
}

static struct sample verbose(struct arena *a)
{
    struct sample s = ordinary(a);
    s.name = "verbose";
    s.scan.verbose = 1;
    s.scan.reason = true;
    s.scan.fingerprints = true;
    return s;
}

static struct sample open_only(struct arena *a)
{
    struct sample s = ordinary(a);
    s.name = "open";
    s.scan.open_only = true;
    return s;
}

/* 64 KiB of everything that is dangerous somewhere. */
static const char *hostile_text(struct arena *a)
{
    char *text = arena_alloc(a, HOSTILE_LENGTH + 1);
    for (size_t i = 0; i < HOSTILE_LENGTH; i++)
        text[i] = HOSTILE[i % (sizeof HOSTILE - 1)];
    return text;
}

/* One finding of a stage and one of a script, each with everything in it. */
static const struct detail *hostile_details(struct arena *a, const char *text)
{
    struct detail *list = NULL;
    for (int origin = DETAIL_STAGE; origin <= DETAIL_SCRIPT; origin++) {
        struct detail *d = detail_add(&list, a, origin == DETAIL_STAGE ? "tls" : "peer-says", origin);
        struct value *lines = value_list(a, NULL, NULL), *v = value_table(a, NULL, NULL);
        value_text(a, lines, NULL, text);
        value_text(a, lines, NULL, text + 1);
        value_text(a, v, text, text);
        value_number(a, v, "number", INT64_MIN);
        struct value *certificate = value_table(a, v, "certificate");
        value_text(a, certificate, "common_name", text);
        struct value *list_of = value_list(a, certificate, "names");
        for (size_t i = 0; i < LIMIT_CERTIFICATE_NAMES; i++)
            value_text(a, list_of, NULL, strlen(text) > 8 * i ? text + strlen(text) - 8 * i : text);
        d->lines = lines;
        d->values = v;
    }
    return list;
}

static struct service_record *hostile_service(struct arena *a, const char *text)
{
    struct service_record *v = arena_alloc(a, sizeof *v);
    struct reply_record *r = arena_alloc(a, sizeof *r);
    *r = (struct reply_record){.probe = "NULL", .data = bytes_str(text), .length = strlen(text)};
    r->data.len = LIMIT_REPLY;
    *v = (struct service_record){.name = text,
        .tunnel = "dtls",
        .product = text,
        .version = text,
        .info = text,
        .hostname = text,
        .os = text,
        .device = text,
        .cpe = {text, text, text},
        .cpe23 = {text, NULL, text},
        .cpe_count = 3,
        .method = METHOD_PROBED,
        .conf = CONF_PRODUCT,
        .note = text,
        .probe = text,
        .rule = text,
        .fingerprint = text,
        .details = hostile_details(a, text),
        .replies = r,
        .reply_count = 1};
    return v;
}

static struct sample hostile(struct arena *a)
{
    const char *text = hostile_text(a);
    const char *brief = HOSTILE;
    struct host_record *h = new_host(a, "fe80::1", 3);
    h->given = text;
    h->reverse = brief;
    set_port(h, 0, 1, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, hostile_service(a, text));
    set_port(h, 1, 2, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, hostile_service(a, text + 17));
    struct service_record *note_only = arena_alloc(a, sizeof *note_only);
    note_only->note = text;
    set_port(h, 2, 65535, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, note_only);
    struct sample s = {.name = "hostile", .scan = ordinary_scan(), .hosts = h, .host_count = 1, .totals = totals(1, 0, 10)};
    s.scan.args = text;
    s.scan.fingerprints = true;
    s.totals.error = text;
    return s;
}

static struct sample many(struct arena *a)
{
    struct host_record *h = new_host(a, "192.0.2.7", MANY);
    for (size_t i = 0; i < MANY; i++) {
        enum port_state state = i % 10 == 0 ? PORT_OPEN : i % 10 < 8 ? PORT_CLOSED : PORT_FILTERED;
        enum port_reason reason = state == PORT_OPEN     ? REASON_SYN_ACK
                                  : state == PORT_CLOSED ? REASON_CONN_REFUSED
                                  : i % 100 == 9         ? REASON_HOST_UNREACH
                                                         : REASON_NO_RESPONSE;
        set_port(h, i, (uint16_t)(i + 1), PROTO_TCP, state, reason, i % 100 == 0 ? &ssh : NULL);
    }
    struct sample s = {.name = "many", .scan = ordinary_scan(), .hosts = h, .host_count = 1, .totals = totals(1, 0, 90000000)};
    return s;
}

/* Everything is in one state that is only counted. */
static struct sample ignored(struct arena *a)
{
    struct host_record *h = new_host(a, "192.0.2.8", 100);
    for (size_t i = 0; i < 100; i++)
        set_port(h, i, (uint16_t)(i + 1), PROTO_TCP, PORT_CLOSED, REASON_CONN_REFUSED, NULL);
    return (struct sample){.name = "ignored", .scan = ordinary_scan(), .hosts = h, .host_count = 1, .totals = totals(1, 0, 50000)};
}

static struct sample nothing(struct arena *a)
{
    return (struct sample){.name = "nothing",
        .scan = {.version = "0.1.0", .started_at = START},
        .hosts = new_host(a, "192.0.2.9", 0),
        .host_count = 1,
        .totals = totals(1, 0, 0)};
}

static struct sample down(struct arena *a)
{
    struct host_record *h = new_host(a, "192.0.2.1", 0);
    h->up = false;
    h->up_reason = REASON_NO_RESPONSE;
    h->rtt_us = 0;
    return (struct sample){.name = "down", .scan = ordinary_scan(), .hosts = h, .host_count = 1, .totals = totals(0, 1, 2000000)};
}

static struct sample down_verbose(struct arena *a)
{
    struct sample s = down(a);
    s.name = "down-verbose";
    s.scan.verbose = 1;
    s.scan.reason = true;
    return s;
}

/* One host ran out of time, the next was cut short by Ctrl-C. */
static struct sample interrupted(struct arena *a)
{
    struct host_record *hosts = arena_alloc(a, 2 * sizeof *hosts);
    for (size_t i = 0; i < 2; i++) {
        struct host_record *h = new_host(a, i ? "192.0.2.3" : "192.0.2.2", 3);
        set_port(h, 0, 22, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &ssh);
        set_port(h, 1, 80, PROTO_TCP, PORT_UNKNOWN, REASON_NONE, NULL);
        set_port(h, 2, 443, PROTO_TCP, i ? PORT_OPEN : PORT_UNKNOWN, i ? REASON_SYN_ACK : REASON_NONE, NULL);
        h->complete = false;
        h->timed_out = i == 0;
        hosts[i] = *h;
    }
    struct sample s = {.name = "interrupted", .scan = ordinary_scan(), .hosts = hosts, .host_count = 2, .totals = totals(2, 0, 3250000)};
    s.totals.interrupted = true;
    return s;
}

/* A port named after an ONC RPC program, one where the portmapper is wrong, and one whose program has no known version. */
static struct sample rpc(struct arena *a)
{
    static struct rpc_program_record nfs[] = {
        {.number = 100003, .name = "nfs", .versions = "3-4", .low = 3, .high = 4, .asked = true, .told = true},
        {.number = 100005, .name = "mountd", .versions = "1,3", .low = 1, .high = 3, .asked = true}};
    static struct rpc_program_record stale[] = {{.number = 100005, .name = "mountd", .told = true, .stale = true}};
    static struct rpc_program_record unknown[] = {{.number = 391007, .owner = "SGI", .asked = true}};
    static const struct rpc_record at_nfs = {.programs = nfs, .program_count = 2}, at_stale = {.programs = stale, .program_count = 1},
                                   at_unknown = {.programs = unknown, .program_count = 1};
    static const struct service_record named = {
        .name = "nfs", .version = "3-4", .info = "RPC #100003", .method = METHOD_PROBED, .conf = CONF_PRODUCT, .rpc = &at_nfs};
    static const struct service_record denied = {.name = "http", .method = METHOD_PROBED, .conf = CONF_GENERIC, .rpc = &at_stale};
    static const struct service_record unnamed = {
        .name = "rpc", .info = "RPC #391007, SGI", .method = METHOD_PROBED, .conf = CONF_PRODUCT, .rpc = &at_unknown};
    struct host_record *h = new_host(a, "192.0.2.10", 3);
    set_port(h, 0, 80, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &denied);
    set_port(h, 1, 2049, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &named);
    set_port(h, 2, 32803, PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, &unnamed);
    return (struct sample){.name = "rpc", .scan = ordinary_scan(), .hosts = h, .host_count = 1, .totals = totals(1, 0, 50000)};
}

static struct sample (*const samples[])(struct arena *a) = {
    ordinary, verbose, open_only, hostile, many, ignored, nothing, down, down_verbose, interrupted, rpc};

size_t samples_count(void)
{
    return sizeof samples / sizeof samples[0];
}

struct sample sample_at(struct arena *a, size_t i)
{
    return samples[i](a);
}

struct sample sample_named(struct arena *a, const char *name)
{
    for (size_t i = 0; i < samples_count(); i++) {
        struct sample s = sample_at(a, i);
        if (strcmp(s.name, name) == 0)
            return s;
    }
    abort();
}
