/* rpc_report.c owns what the stage tells: a portmapper's list to the host's other ports, and the programs of this one to the facts. */
#include "stages/rpc_run.h"

#include "stages/rpc_label.h"

#include <string.h>

enum { SILENT_SHOWN = 4 };

/* ---- what the portmapper tells */

static const char *name_of(const struct rpc_run *r, uint32_t program)
{
    const struct rpc_program *known = rpc_programs_of(r->config->programs, program);
    return known ? known->name : NULL;
}

/* An entry for tcp6 says nothing of the host's IPv4 ports. Version 2 knows IPv4 only. */
static bool is_about_peer(const struct task *t, const struct registration *e)
{
    size_t n = strlen(e->netid);
    bool v6 = n && e->netid[n - 1] == '6';
    return e->has_port && v6 == (t->known.peer.addr.family == 6);
}

static void pass_on(struct task *t, const struct rpc_run *r, const struct registrations *list)
{
    for (const struct registration *e = list->first; e && t->known.hearsay; e = e->next) {
        const char *name = name_of(r, e->program);
        struct heard heard = {.teller = "portmapper",
            .proto = (enum proto)e->proto,
            .port = e->port,
            .service = name ? name : "rpc",
            .label = name,
            .number = e->program,
            .version = e->version};
        if (is_about_peer(t, e))
            hearsay_add(t->known.hearsay, &heard);
    }
}

/* The lists of the versions overlap: version 2 tells nothing that 4 does not, but is understood by all. */
void rpc_report_portmapper(struct task *t, struct rpc_run *r, const struct grind_item *i, const struct rpc_reply *reply)
{
    if (reply->answer != RPC_SUCCESS)
        return;
    if (i->procedure == PORTMAP_GETTIME) {
        portmap_read_time(reply->results, &r->clock);
        return;
    }
    struct registrations list = {0};
    enum decoded d = portmap_read_dump(reply->results, i->version, &t->arena, &list);
    r->list_was_right |= d == DECODED_OK && list.count;
    if (d == DECODED_BAD)
        return;
    pass_on(t, r, &list);
    if (list.count > r->told.count)
        r->told = list;
}

/* ---- findings */

static const char *silent_text(struct task *t, const struct rpc_run *r, const struct grind_findings *f)
{
    const char *text = NULL;
    for (size_t i = 0; i < f->silent_count && i < SILENT_SHOWN; i++) {
        const char *name = name_of(r, f->silent[i]);
        text = arena_printf(
            &t->arena, "%s%s%s#%u", text ? text : "", text ? ", " : "", name ? arena_printf(&t->arena, "%s ", name) : "", f->silent[i]);
    }
    return f->silent_count <= SILENT_SHOWN ? text : NULL;
}

static const char *remark_of(struct task *t, const struct rpc_run *r, const struct grind_findings *f)
{
    if (f->liar)
        return "answers to every program";
    if (f->wants_auth)
        return f->auth_stat == 5 ? "stronger authentication or a reserved port required" : "authentication required";
    if (f->other_rpc)
        return "another version of RPC";
    if (r->malformed)
        return "malformed records";
    return NULL;
}

static void keep_registrations(struct task *t, const struct rpc_run *r, struct rpc_record *out)
{
    struct rpc_registration_record *all = arena_alloc(&t->arena, r->told.count * sizeof *all);
    size_t n = 0;
    for (const struct registration *e = r->told.first; e; e = e->next)
        all[n++] = (struct rpc_registration_record){.program = e->program,
            .version = e->version,
            .name = name_of(r, e->program),
            .netid = e->netid,
            .address = e->has_port ? NULL : e->address,
            .owner = e->owner,
            .port = e->port,
            .proto = e->proto};
    out->registrations = all;
    out->registration_count = n;
    out->clock = r->clock;
}

static void add_program(struct rpc_record *out, const struct rpc_run *r, const struct grind_claim *c)
{
    const char *name = name_of(r, c->program);
    out->programs[out->program_count++] = (struct rpc_program_record){.number = c->program,
        .name = name,
        .owner = name ? NULL : rpc_programs_owner(r->config->programs, c->program),
        .versions = c->versions,
        .low = c->low,
        .high = c->high,
        .asked = true,
        .wants_auth = c->wants_auth};
}

/* A portmapper whose list could be read is one, whatever else it claims to be. */
static void add_portmapper_of_liar(struct task *t, const struct rpc_run *r, struct rpc_record *out)
{
    for (size_t i = 0; i < r->grind->count; i++) {
        const struct grind_item *k = &r->grind->items[i];
        if (k->purpose != GRIND_PROGRAM || k->program != RPC_PORTMAPPER)
            continue;
        struct grind_claim c = {.program = RPC_PORTMAPPER, .low = k->low, .high = k->high};
        if (k->high && k->low <= k->high)
            c.versions = arena_printf(&t->arena, k->low == k->high ? "%u" : "%u-%u", k->low, k->high);
        add_program(out, r, &c);
    }
}

void rpc_report(struct task *t, const struct rpc_run *r)
{
    struct grind_findings f;
    struct rpc_record *out = arena_alloc(&t->arena, sizeof *out);
    grind_read(r->grind, &t->arena, &f);
    *out = (struct rpc_record){.tried = f.asked, .answered = f.answered, .tls = f.tls, .silent = silent_text(t, r, &f)};
    out->remark = remark_of(t, r, &f);
    out->programs = arena_alloc(&t->arena, (f.count + 1) * sizeof *out->programs);
    for (size_t i = 0; i < f.count && f.discerning; i++)
        add_program(out, r, &f.claims[i]);
    if (f.liar && r->list_was_right)
        add_portmapper_of_liar(t, r, out);
    keep_registrations(t, r, out);
    t->facts.service.rpc = out;
    t->facts.port = FACTS_PORT_OPEN;
    t->facts.service.soft = false;
    rpc_label(
        &t->facts.service, &t->arena, r->config->programs, t->known.hearsay, (enum proto)t->known.peer.proto, t->known.peer.port, false);
    task_trace(t, "Service scan rpc: port %u (%s): %u programs tried, %u answered, %zu there, over %u connections; window %u",
        t->known.peer.port, proto_name(t->known.peer.proto), f.asked, f.answered, f.count, r->grind->connections, r->grind->window);
}

void rpc_report_pass_on(struct task *t, const struct rpc_run *r)
{
    struct grind_findings f;
    if (t->known.peer.proto != PROTO_TCP || !t->known.hearsay || r->grind->waiting.count || r->malformed)
        return;
    grind_read(r->grind, &t->arena, &f);
    for (size_t i = 0; i < f.count && !f.liar && f.discerning; i++) {
        struct heard found = {.teller = "rpc", .proto = PROTO_TCP, .port = t->known.peer.port, .number = f.claims[i].program};
        hearsay_add(t->known.hearsay, &found);
    }
}
