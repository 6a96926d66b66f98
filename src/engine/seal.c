/* seal.c owns the way from what is known of a host to the record that sinks get. */
#include "engine/inside.h"

#include "model/fingerprint.h"
#include "probes/match.h"
#include "stages/msrpc_label.h"
#include "stages/rpc_label.h"

#include <string.h>
#include <time.h>

/* ---- services */

static void copy_texts(struct arena *a, struct service_record *to, const struct service_record *from)
{
    to->name = arena_strdup(a, from->name);
    to->tunnel = arena_strdup(a, from->tunnel);
    to->product = arena_strdup(a, from->product);
    to->version = arena_strdup(a, from->version);
    to->info = arena_strdup(a, from->info);
    to->hostname = arena_strdup(a, from->hostname);
    to->os = arena_strdup(a, from->os);
    to->device = arena_strdup(a, from->device);
    to->note = arena_strdup(a, from->note);
    to->probe = arena_strdup(a, from->probe);
    to->rule = arena_strdup(a, from->rule);
    for (size_t i = 0; i < from->cpe_count; i++) {
        to->cpe[i] = arena_strdup(a, from->cpe[i]);
        to->cpe23[i] = cpe_to_23(a, from->cpe[i]);
    }
}

static void copy_replies(struct arena *a, struct service_record *to, const struct facts *f)
{
    struct reply_record *replies = arena_alloc(a, f->reply_count * sizeof *replies);
    for (size_t i = 0; i < f->reply_count; i++) {
        replies[i] = f->replies[i];
        replies[i].probe = arena_strdup(a, f->replies[i].probe);
        replies[i].tunnel = arena_strdup(a, f->replies[i].tunnel);
        replies[i].data = arena_bytes(a, f->replies[i].data);
    }
    to->replies = replies;
    to->reply_count = f->reply_count;
}

/* A reply that no rule named a product from is kept, for whoever writes the rule. */
static bool is_unrecognised(const struct facts *f)
{
    return f->reply_count && (!f->service.name || f->service.soft);
}

const char *seal_fingerprint(const struct engine *e, const struct port_record *p, const struct facts *f, struct arena *a)
{
    if (!is_unrecognised(f))
        return NULL; /* asked by scripts as often as they like: nothing is put into the arena */
    struct fingerprint_of what = {.port = p->number,
        .proto = p->proto,
        .tunnel = f->service.tunnel,
        .version = e->parts.version,
        .platform = fingerprint_platform(a),
        .intensity = (int)e->options->intensity,
        .time = (int64_t)time(NULL),
        .more = e->options->debug > 0,
        .replies = f->replies,
        .reply_count = f->reply_count};
    return fingerprint_text(a, &what);
}

void seal_service(struct host *h, size_t slot, const struct task *t)
{
    const struct facts *f = &t->facts;
    struct service_record *s = arena_alloc(&h->arena, sizeof *s);
    *s = f->service;
    s->replies = NULL;
    s->reply_count = 0;
    copy_texts(&h->arena, s, &f->service);
    s->details = detail_copy(&h->arena, f->details);
    s->rpc = rpc_record_copy(&h->arena, f->service.rpc);
    s->fingerprint = seal_fingerprint(h->engine, &h->ports[slot], f, &h->arena);
    if (is_unrecognised(f))
        copy_replies(&h->arena, s, f);
    h->ports[slot].service = s;
}

static bool is_shown(const struct host *h, const struct port_record *p, const size_t *count)
{
    const struct options *o = h->engine->options;
    return p->state == PORT_OPEN || o->debug || o->verbose > 2 || count[p->state] <= 25 * (size_t)(o->verbose + 1);
}

/* The port table's name where nothing better is known; of what is inside a tunnel it knows nothing. */
static void fill_from_table(struct host *h, struct port_record *p)
{
    const char *name = p->service && p->service->tunnel ? NULL : service_name(p->proto, p->number);
    if (!name)
        return;
    struct service_record *s = arena_alloc(&h->arena, sizeof *s);
    if (p->service)
        *s = *p->service;
    s->name = name;
    s->method = METHOD_TABLE;
    s->conf = CONF_TABLE;
    p->service = s;
}

static void fill_table_names(struct host *h)
{
    size_t count[PORT_STATES] = {0};
    size_t n = h->engine->ports.tcp_count + h->engine->ports.udp_count;
    for (size_t i = 0; i < n; i++)
        count[h->ports[i].state]++;
    for (size_t i = 0; i < n; i++) {
        struct port_record *p = &h->ports[i];
        if ((!p->service || !p->service->name) && is_shown(h, p, count))
            fill_from_table(h, p);
    }
}

/* Now that all ports have spoken: what the endpoint mapper told of the others. */
static void label_mapped(struct host *h)
{
    for (const struct heard *k = h->hearsay.first; k; k = k->next) {
        size_t slot = strcmp(k->teller, MSRPC_TELLER) == 0 ? host_slot(h, k->port, k->proto) : SIZE_MAX;
        struct port_record *p = slot == SIZE_MAX ? NULL : &h->ports[slot];
        if (!p || (p->state != PORT_OPEN && p->state != PORT_OPEN_FILTERED))
            continue;
        struct service_record *s = arena_alloc(&h->arena, sizeof *s);
        if (p->service)
            *s = *p->service;
        msrpc_label(s, &h->arena, &h->hearsay, (enum proto)p->proto, p->number);
        p->service = s;
    }
}

/* ---- ONC RPC */

/* What the port itself showed contradicts what is told of it. */
static bool denies(const struct host *h, const struct port_record *p)
{
    const struct service_record *s = p->service;
    bool other = s && s->method == METHOD_PROBED && s->name && !s->soft && !s->rpc;
    return p->state == PORT_CLOSED || other || (p->state == PORT_OPEN && p->proto == PROTO_TCP && h->revisited && !(s && s->rpc));
}

/* Now that all ports have spoken: what the portmapper told of each. */
static void label_rpc(struct host *h, struct port_record *p)
{
    bool told = hearsay_about(&h->hearsay, (enum proto)p->proto, p->number, "portmapper", NULL) != NULL;
    if (p->state == PORT_UNKNOWN || !h->engine->programs || (!told && !(p->service && p->service->rpc)))
        return;
    struct service_record *s = arena_alloc(&h->arena, sizeof *s);
    if (p->service)
        *s = *p->service;
    rpc_label(s, &h->arena, h->engine->programs, &h->hearsay, (enum proto)p->proto, p->number, denies(h, p));
    struct detail *details = detail_copy(&h->arena, s->details);
    rpc_detail(&details, &h->arena, s->rpc);
    s->details = details;
    p->service = s;
}

/* Each port once: those that spoke of RPC themselves, and those that were told of. */
static void label_all_rpc(struct host *h)
{
    size_t n = h->engine->ports.tcp_count + h->engine->ports.udp_count;
    bool *labelled = arena_alloc(&h->arena, n * sizeof *labelled);
    for (size_t i = 0; i < n; i++)
        if (h->ports[i].service && h->ports[i].service->rpc) {
            label_rpc(h, &h->ports[i]);
            labelled[i] = true;
        }
    for (const struct heard *k = h->hearsay.first; k; k = k->next) {
        size_t i = host_slot(h, k->port, k->proto);
        if (i == SIZE_MAX || labelled[i])
            continue;
        label_rpc(h, &h->ports[i]);
        labelled[i] = true;
    }
}

/* ---- hosts */

void seal_host(struct host *h, struct host_record *out)
{
    struct engine *e = h->engine;
    if (h->ports) {
        label_mapped(h);
        label_all_rpc(h);
        fill_table_names(h);
    }
    *out = (struct host_record){
        .addr = h->addr,
        .given = h->given,
        .reverse = h->reverse,
        .others = h->others,
        .other_count = h->other_count,
        .up = h->up,
        .up_reason = h->up_reason,
        .complete = !h->stopped,
        .timed_out = h->timed_out,
        .ports = h->ports,
        .port_count = h->ports ? e->ports.tcp_count + e->ports.udp_count : 0,
        .details = h->details,
        .started_at = h->began_epoch,
        .ended_at = (int64_t)time(NULL),
        .elapsed_us = h->ended - h->began,
        .rtt_us = h->rtt.srtt,
        .rtt_var_us = h->rtt.var,
    };
}
