/* scripting.c owns what joins the scripts of a run with its hosts: what a script sees of them, and which phase runs when. */
#include "engine/inside.h"

#include "stages/script.h"

#include <stdlib.h>
#include <string.h>

/* ---- what scripts see of a host */

/* A port that is looked at is known by its task. */
static struct task *task_of(const struct host *h, size_t slot)
{
    for (const struct port_work *w = h->running; w; w = w->next)
        if (w->slot == slot)
            return w->task;
    return NULL;
}

static void host_facts(void *owner, struct script_host *out)
{
    const struct host *h = owner;
    *out = (struct script_host){.addr = h->addr,
        .given = h->given,
        .reverse = h->reverse,
        .up_reason = h->up_reason,
        .rtt_us = h->rtt.srtt,
        .rtt_var_us = h->rtt.var};
    int64_t timeout = h->rtt.srtt + 4 * h->rtt.var;
    if (h->rtt.srtt)
        out->rtt_timeout_us = timeout < 100 * 1000 ? 100 * 1000 : timeout > 10 * 1000 * 1000 ? 10 * 1000 * 1000 : timeout;
}

static bool is_asked(const struct host *h, size_t slot)
{
    return h->ports && slot != SIZE_MAX && h->ports[slot].state != PORT_UNKNOWN;
}

/* Its scripts are a task's last stage: no reply is added, and what nobody recognised can be told. */
static void tell_fingerprint(const struct host *h, const struct port_record *p, struct task *t)
{
    const struct task_env *env = t->env;
    if (!t->facts.service.fingerprint && t->stage_at < env->stage_count && env->stages[t->stage_at].stage == &stage_script)
        t->facts.service.fingerprint = seal_fingerprint(h->engine, p, &t->facts, &t->arena);
}

static void fill_port(const struct host *h, size_t slot, struct script_port *out)
{
    const struct port_record *p = &h->ports[slot];
    struct task *t = task_of(h, slot);
    if (t)
        tell_fingerprint(h, p, t);
    *out = (struct script_port){
        .number = p->number, .proto = p->proto, .state = p->state, .reason = p->reason, .service = t ? &t->facts.service : p->service};
}

static bool host_port_facts(void *owner, uint16_t number, enum proto proto, struct script_port *out)
{
    const struct host *h = owner;
    size_t slot = host_slot(h, number, proto);
    if (!is_asked(h, slot))
        return false;
    fill_port(h, slot, out);
    return true;
}

static bool host_next_port(void *owner, const struct script_port *after, struct script_port *out)
{
    const struct host *h = owner;
    size_t count = h->engine->ports.tcp_count + h->engine->ports.udp_count;
    size_t slot = after ? host_slot(h, after->number, after->proto) : 0;
    if (slot == SIZE_MAX)
        return false;
    for (slot += after != NULL; slot < count; slot++)
        if (is_asked(h, slot)) {
            fill_port(h, slot, out);
            return true;
        }
    return false;
}

/* Services of a host stand in its arena: they are const for those who get the record, not for us. */
static struct service_record *host_service(void *owner, uint16_t number, enum proto proto, struct arena **a)
{
    struct host *h = owner;
    size_t slot = host_slot(h, number, proto);
    if (!is_asked(h, slot))
        return NULL;
    struct task *t = task_of(h, slot);
    *a = t ? &t->arena : &h->arena;
    if (t)
        return &t->facts.service;
    if (!h->ports[slot].service)
        h->ports[slot].service = arena_alloc(&h->arena, sizeof(struct service_record));
    return (struct service_record *)h->ports[slot].service;
}

static void host_set_state(void *owner, uint16_t number, enum proto proto, enum port_state state)
{
    struct host *h = owner;
    size_t slot = host_slot(h, number, proto);
    if (!is_asked(h, slot))
        return;
    h->ports[slot].state = (uint8_t)state;
    h->ports[slot].reason = REASON_SCRIPT;
}

static struct detail **host_details(void *owner, struct arena **a)
{
    struct host *h = owner;
    *a = &h->arena;
    return &h->details;
}

static struct detail **port_details(void *owner, uint16_t number, enum proto proto, struct arena **a)
{
    struct host *h = owner;
    struct service_record *s = host_service(h, number, proto, a);
    struct task *t = s ? task_of(h, host_slot(h, number, proto)) : NULL;
    return t ? &t->facts.details : s ? (struct detail **)&s->details : NULL;
}

static const struct script_target_ops target_ops = {.host = host_facts,
    .port = host_port_facts,
    .next = host_next_port,
    .service = host_service,
    .set_state = host_set_state,
    .host_details = host_details,
    .port_details = port_details};

void scripting_host_begins(struct host *h)
{
    struct engine *e = h->engine;
    if (e->scripts)
        h->scripts = script_target_new(e->scripts, &target_ops, h, &h->share);
}

void scripting_host_ends(struct host *h)
{
    script_target_free(h->scripts);
    h->scripts = NULL;
    h->script_job = NULL;
}

/* ---- phases */

static void on_host_done(void *owner)
{
    struct host *h = owner;
    h->script_job = NULL;
    engine_feed_soon(h->engine);
}

bool scripting_host(struct host *h)
{
    struct engine *e = h->engine;
    struct script_job_of job = {.phase = SCRIPT_HOST, .target = h->scripts};
    if (h->script_job)
        return true;
    if (h->scripted || !h->scripts || !h->up || !scripts_want(e->scripts, &job))
        return false;
    h->scripted = true;
    h->script_job = script_job_start(e->scripts, &job, on_host_done, h);
    return h->script_job != NULL;
}

static void tell_sinks(struct engine *e, bool after)
{
    for (size_t i = 0; i < e->sink_count && e->script_details; i++)
        if (e->sinks[i]->ops->scripts)
            e->sinks[i]->ops->scripts(e->sinks[i], after, e->script_details);
    e->script_details = NULL;
    arena_free(&e->script_arena);
    arena_init(&e->script_arena);
}

static void on_before_done(void *owner)
{
    struct engine *e = owner;
    e->script_job = NULL;
    tell_sinks(e, false);
    engine_feed_soon(e);
}

static void on_after_done(void *owner)
{
    struct engine *e = owner;
    e->script_job = NULL;
    tell_sinks(e, true);
    engine_feed_soon(e);
}

/* True: the phase has begun, or goes on. */
static bool run_phase(struct engine *e, enum script_phase phase, bool *begun, script_done_fn *done)
{
    struct script_job_of job = {.phase = phase, .details = &e->script_details, .arena = &e->script_arena};
    if (e->script_job)
        return true;
    if (*begun || !e->scripts || !scripts_want(e->scripts, &job))
        return false;
    *begun = true;
    e->script_job = script_job_start(e->scripts, &job, done, e);
    return e->script_job != NULL;
}

bool scripting_before(struct engine *e)
{
    return run_phase(e, SCRIPT_PRE, &e->scripted_before, on_before_done);
}

bool scripting_after(struct engine *e)
{
    return run_phase(e, SCRIPT_POST, &e->scripted_after, on_after_done);
}

/* ---- the run */

static void pass_message(void *owner, const char *text)
{
    engine_message(owner, "%s", text);
}

static bool add_target(void *owner, const char *text)
{
    struct engine *e = owner;
    struct diags d;
    diags_init(&d);
    bool ok = target_source_add(e->targets, text, &d);
    diags_free(&d);
    engine_feed_soon(e);
    return ok;
}

static bool is_excluded(void *owner, uint16_t port, enum proto proto)
{
    return engine_excludes(owner, proto, port);
}

static bool has_port(const struct port_list *l, const struct endpoint *p)
{
    const uint16_t *ports = p->proto == PROTO_UDP ? l->udp : l->tcp;
    size_t count = p->proto == PROTO_UDP ? l->udp_count : l->tcp_count;
    for (size_t i = 0; i < count; i++)
        if (ports[i] == p->port)
            return true;
    return false;
}

static bool may_reach(void *owner, const struct endpoint *peer)
{
    const struct engine *e = owner;
    return !exclusions_has(e->exclusions, &peer->addr) && !has_port(&e->ports_without, peer);
}

static struct rpc_programs *rpc_programs(void *owner)
{
    return engine_programs(owner);
}

bool scripting_open(struct engine *e, struct diags *d)
{
    const struct options *o = e->options;
    struct script_settings settings = {
        .rules = o->scripts.items,
        .rule_count = o->scripts.count,
        .defaults = o->default_scripts,
        .version = engine_identifies(e),
        .silent = o->identify_asked,
        .args = o->script_args,
        .args_file = o->script_args_file,
        .foreign = o->script_paths.items,
        .foreign_count = o->script_paths.count,
        .own = e->parts.data,
        .timeout_us = o->script_timeout,
        .trace = o->script_trace,
        .unsafe = o->script_unsafe,
        .verbose = (int)o->verbose,
        .debug = (int)o->debug,
        .intensity = (int)o->intensity,
        .timing = (int)o->timing,
        .ipv6 = o->ipv6,
    };
    struct script_parts parts = {
        .loop = e->parts.loop,
        .dialer = e->parts.dialer,
        .admission = e->tasks.admission,
        .connections = host_connections_most(e),
        .resolver = e->parts.resolver,
        .tls = e->tasks.tls,
        .message = pass_message,
        .add_target = add_target,
        .is_excluded = is_excluded,
        .may_reach = may_reach,
        .service_name = service_name,
        .rpc_programs = rpc_programs,
        .owner = e,
    };
    size_t errors = d->errors;
    arena_init(&e->script_arena);
    e->scripts = scripts_new(&settings, &parts, d);
    e->script_stage.scripts = e->scripts;
    if (e->scripts && o->script_unsafe)
        engine_message(e, "scripts may use files and processes (--script-unsafe)");
    return d->errors == errors;
}

void scripting_close(struct engine *e)
{
    scripts_free(e->scripts);
    arena_free(&e->script_arena);
}

void engine_script_help(struct engine *e, struct buf *out)
{
    if (e->scripts)
        scripts_help(e->scripts, out);
}
