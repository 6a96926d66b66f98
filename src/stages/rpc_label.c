/* rpc_label.c owns the naming of ports after their programs. */
#include "stages/rpc_label.h"

#include "grind/rpc_versions.h"

#include <string.h>

/* ---- putting together */

static struct rpc_program_record *program_of(struct rpc_record *r, uint32_t number)
{
    for (size_t i = 0; i < r->program_count; i++)
        if (r->programs[i].number == number)
            return &r->programs[i];
    return NULL;
}

static size_t count_told(const struct hearsay *h, enum proto proto, uint16_t port)
{
    size_t n = 0;
    for (const struct heard *k = NULL; (k = hearsay_about(h, proto, port, "portmapper", k));)
        n++;
    return n;
}

/* The versions that were told of a program. */
static void told_versions(struct rpc_program_record *p, struct arena *a, const struct hearsay *h, enum proto proto, uint16_t port)
{
    struct rpc_versions v = {.count = 0};
    for (const struct heard *k = NULL; (k = hearsay_about(h, proto, port, "portmapper", k));)
        if (k->number == p->number)
            rpc_versions_add(&v, k->version);
    p->versions = rpc_versions_text(&v, a);
    p->low = v.count ? v.list[0] : 0;
    p->high = v.count ? v.list[v.count - 1] : 0;
}

/* The programs in one list: the port's own words first, then what only the portmapper says. */
static struct rpc_record *put_together(const struct service_record *s, struct arena *a, struct rpc_programs *programs,
    const struct hearsay *h, enum proto proto, uint16_t port, bool denies)
{
    struct rpc_record *r = arena_alloc(a, sizeof *r);
    if (s->rpc)
        *r = *s->rpc;
    bool asked = r->tried > 0;
    struct rpc_program_record *all = arena_alloc(a, (r->program_count + count_told(h, proto, port) + 1) * sizeof *all);
    if (r->program_count)
        memcpy(all, r->programs, r->program_count * sizeof *all);
    r->programs = all;
    for (const struct heard *k = NULL; (k = hearsay_about(h, proto, port, "portmapper", k));) {
        struct rpc_program_record *p = program_of(r, k->number);
        if (p && p->asked)
            p->told = true;
        if (p)
            continue;
        const struct rpc_program *known = rpc_programs_of(programs, k->number);
        p = &r->programs[r->program_count++];
        *p = (struct rpc_program_record){.number = k->number, .name = known ? known->name : NULL, .told = true, .stale = asked || denies};
        p->owner = p->name ? NULL : rpc_programs_owner(programs, k->number);
        told_versions(p, a, h, proto, port);
    }
    return r;
}

/* ---- whose port is it? */

static unsigned claim_to_port(struct rpc_programs *programs, const struct rpc_program_record *p, uint16_t port)
{
    const struct rpc_program *known = rpc_programs_of(programs, p->number);
    return p->stale ? 0 : 1 + 4 * p->asked + 2 * p->told + (known && rpc_program_lists_port(known, port));
}

static void put_owner_first(struct rpc_record *r, struct rpc_programs *programs, uint16_t port)
{
    size_t best = 0;
    for (size_t i = 1; i < r->program_count; i++)
        if (claim_to_port(programs, &r->programs[i], port) > claim_to_port(programs, &r->programs[best], port))
            best = i;
    if (!best)
        return;
    struct rpc_program_record first = r->programs[best];
    memmove(r->programs + 1, r->programs, best * sizeof *r->programs);
    r->programs[0] = first;
}

/* ---- words */

/* What an earlier stage said of the program itself, a product for instance, stays; what it said of another does not. */
static void take_name(struct service_record *s, const char *name)
{
    if (s->name && strcmp(s->name, name) == 0)
        return;
    s->name = name;
    s->product = s->hostname = s->os = s->device = NULL;
    s->cpe_count = 0;
}

static void name_after(struct service_record *s, struct arena *a, const struct rpc_program_record *p)
{
    take_name(s, p->name ? p->name : "rpc");
    s->version = p->versions;
    s->info = p->owner ? arena_printf(a, "RPC #%u, %s", p->number, p->owner) : arena_printf(a, "RPC #%u", p->number);
    s->soft = !p->asked;
    s->conf = p->asked ? CONF_PRODUCT : CONF_SOFT;
    s->note = NULL;
}

static void name_generic(struct service_record *s, const struct rpc_record *r)
{
    take_name(s, "rpc");
    s->version = NULL;
    s->info = r->remark ? r->remark : "unrecognised program";
    s->soft = false;
    s->conf = CONF_GENERIC;
    s->note = NULL;
}

void rpc_label(struct service_record *s, struct arena *a, struct rpc_programs *programs, const struct hearsay *h, enum proto proto,
    uint16_t port, bool denies)
{
    if (!s->rpc && !hearsay_about(h, proto, port, "portmapper", NULL))
        return;
    struct rpc_record *r = put_together(s, a, programs, h, proto, port, denies);
    put_owner_first(r, programs, port);
    s->rpc = r;
    if (denies || (!r->tried && r->programs[0].stale))
        return;
    s->method = METHOD_PROBED;
    if (r->program_count && !r->programs[0].stale)
        name_after(s, a, &r->programs[0]);
    else
        name_generic(s, r);
}

/* ---- copies */

struct rpc_record *rpc_record_copy(struct arena *a, const struct rpc_record *from)
{
    if (!from)
        return NULL;
    struct rpc_record *to = arena_alloc(a, sizeof *to);
    struct rpc_registration_record *registrations = arena_alloc(a, from->registration_count * sizeof *registrations);
    *to = *from;
    to->programs = arena_alloc(a, from->program_count * sizeof *to->programs);
    for (size_t i = 0; i < from->program_count; i++) {
        to->programs[i] = from->programs[i];
        to->programs[i].name = arena_strdup(a, from->programs[i].name);
        to->programs[i].owner = arena_strdup(a, from->programs[i].owner);
        to->programs[i].versions = arena_strdup(a, from->programs[i].versions);
    }
    to->remark = arena_strdup(a, from->remark);
    to->silent = arena_strdup(a, from->silent);
    for (size_t i = 0; i < from->registration_count; i++) {
        registrations[i] = from->registrations[i];
        registrations[i].name = arena_strdup(a, from->registrations[i].name);
        registrations[i].netid = arena_strdup(a, from->registrations[i].netid);
        registrations[i].address = arena_strdup(a, from->registrations[i].address);
        registrations[i].owner = arena_strdup(a, from->registrations[i].owner);
    }
    to->registrations = registrations;
    return to;
}
