/* host_sink.c owns the translation of records into the public structures. */
#include "api/host_sink.h"

#include <stdlib.h>

struct host_sink {
    struct sink sink;
    descry_host_fn *fn;
    void *owner;
};

static struct descry_service service_of(const struct service_record *s)
{
    struct descry_service out = {.name = s->name,
        .tunnel = s->tunnel,
        .product = s->product,
        .version = s->version,
        .info = s->info,
        .hostname = s->hostname,
        .os = s->os,
        .device = s->device,
        .note = s->note,
        .fingerprint = s->fingerprint,
        .rule = s->rule,
        .conf = s->conf,
        .probed = s->method == METHOD_PROBED};
    for (size_t i = 0; i < s->cpe_count; i++) {
        out.cpe[i] = s->cpe[i];
        out.cpe23[i] = s->cpe23[i];
    }
    return out;
}

static const char *origin_of(const struct rpc_program_record *p)
{
    return p->asked && p->told ? "both" : p->asked ? "asked" : "portmapper";
}

/* In the sink's arena, which lives as long as the call. */
static void take_rpc(struct descry_service *out, struct arena *a, const struct rpc_record *r)
{
    if (!r)
        return;
    struct descry_rpc *programs = arena_alloc(a, r->program_count * sizeof *programs);
    struct descry_registration *registrations = arena_alloc(a, r->registration_count * sizeof *registrations);
    for (size_t i = 0; i < r->program_count; i++) {
        const struct rpc_program_record *p = &r->programs[i];
        programs[i] = (struct descry_rpc){p->number, p->name, p->owner, p->versions, p->low, p->high, origin_of(p), p->stale};
    }
    for (size_t i = 0; i < r->registration_count; i++) {
        const struct rpc_registration_record *e = &r->registrations[i];
        registrations[i] = (struct descry_registration){e->program, e->version, e->name, e->netid, e->address, e->port};
    }
    out->rpc = programs;
    out->rpc_count = r->program_count;
    out->registrations = registrations;
    out->registration_count = r->registration_count;
}

static void take_host(struct sink *s, const struct host_record *h)
{
    struct host_sink *me = (struct host_sink *)s;
    char address[ADDR_TEXT_MAX];
    struct arena arena;
    arena_init(&arena);
    struct descry_port *ports = must_alloc((h->port_count + 1) * sizeof *ports);
    for (size_t i = 0; i < h->port_count; i++) {
        const struct port_record *p = &h->ports[i];
        ports[i] = (struct descry_port){
            .number = p->number, .proto = proto_name(p->proto), .state = port_state_name(p->state), .reason = port_reason_name(p->reason)};
        if (!p->service)
            continue;
        ports[i].service = service_of(p->service);
        take_rpc(&ports[i].service, &arena, p->service->rpc);
    }
    struct descry_host host = {.address = addr_format(&h->addr, address, sizeof address),
        .name = h->given,
        .reverse = h->reverse,
        .up = h->up,
        .complete = h->complete,
        .ports = ports,
        .port_count = h->port_count,
        .elapsed_us = h->elapsed_us};
    me->fn(me->owner, &host);
    free(ports);
    arena_free(&arena);
}

static void ignore_begin(struct sink *s, const struct scan_record *scan)
{
}

static void ignore_end(struct sink *s, const struct scan_totals *totals)
{
}

static void free_sink(struct sink *s)
{
    free(s);
}

struct sink *host_sink_new(descry_host_fn *fn, void *owner)
{
    static const struct sink_ops ops = {.begin = ignore_begin, .host = take_host, .end = ignore_end, .free = free_sink};
    struct host_sink *me = must_zalloc(sizeof *me);
    *me = (struct host_sink){.sink = {&ops}, .fn = fn, .owner = owner};
    return &me->sink;
}
