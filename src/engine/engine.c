/* engine.c owns the composition: it feeds targets to the scan, open ports to tasks, and ends when nothing is left. */
#include "engine/inside.h"

#include "base/hash.h"
#include "base/text.h"
#include "probes/select.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    HOSTS_MOST = 4096, /* hosts in progress */
    TASKS_MOST = 4096, /* ports being looked at */
    NAMES_MOST = 32, /* names being resolved */
    DESCRIPTORS_KEPT = 24 /* for files, the resolver, the terminal; half of them where there are few */
};
static const int64_t STREAM_PAUSE = 20 * 1000; /* between two looks at a stream of targets that has nothing to give */
static const int64_t TICK = 250 * 1000;

/* Ports that tell whether a host is up: of servers, of workstations, of network devices. */
static const uint16_t discovery_ports[] = {80, 443, 22, 445, 3389, 23};

/* ---- messages */

void engine_message(struct engine *e, const char *format, ...)
{
    if (!e->parts.message)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e->parts.message(e->parts.message_owner, text);
}

/* With -v: what has just been found, into the reports that are for people. */
static void note(struct engine *e, const char *format, ...)
{
    char text[512];
    if (!e->options->verbose)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (size_t i = 0; i < e->sink_count; i++)
        if (e->sinks[i]->ops->note)
            e->sinks[i]->ops->note(e->sinks[i], text);
}

static void tell_diags(struct engine *e, struct diags *d)
{
    struct buf line;
    buf_init(&line, 4096);
    for (size_t i = 0; i < d->count; i++) {
        buf_clear(&line);
        diag_format(&d->list[i], &line);
        engine_message(e, "%s", buf_text(&line));
    }
    buf_free(&line);
    diags_free(d);
    diags_init(d);
}

/* The first error as the one line that an option error gets. */
static bool fail_with(struct diags *d, struct buf *why)
{
    for (size_t i = 0; i < d->count && !why->len; i++)
        if (d->list[i].level == DIAG_ERROR)
            diag_format(&d->list[i], why);
    if (!why->len)
        buf_append_str(why, "cannot read what was given");
    return false;
}

static void trace_to_message(void *owner, const char *text)
{
    engine_message(owner, "%s", text);
}

bool engine_identifies(const struct engine *e)
{
    return !e->options->no_identify && !e->options->ping_only;
}

/* ---- reading the options */

static bool read_ports(struct engine *e, struct diags *d)
{
    const struct options *o = e->options;
    struct port_scope scope = {.tcp = o->tcp || !o->udp, .udp = o->udp};
    if (o->ping_only)
        return true;
    if (o->ports && !port_list_parse("-p", o->ports, scope, &e->ports, d))
        return false;
    if (!o->ports)
        port_list_top(o->top_ports ? (size_t)o->top_ports : o->fast ? 100 : 1000, scope, &e->ports);
    if (o->exclude_ports) {
        if (!port_list_parse("--exclude-ports", o->exclude_ports, (struct port_scope){true, true}, &e->ports_without, d))
            return false;
        port_list_remove(&e->ports, &e->ports_without);
    }
    if (e->ports.tcp_count + e->ports.udp_count == 0) {
        diags_add(
            d, DIAG_ERROR, "-p", 0, 0, "no port is left to look at%s", o->ports && o->udp && !o->tcp ? " (T: needs -sT beside -sU)" : "");
        return false;
    }
    e->tcp_text = port_list_format(e->ports.tcp, e->ports.tcp_count);
    e->udp_text = port_list_format(e->ports.udp, e->ports.udp_count);
    return true;
}

static bool read_targets(struct engine *e, struct diags *d)
{
    const struct options *o = e->options;
    uint64_t seed = o->seed >= 0 ? (uint64_t)o->seed : random_u64();
    e->exclusions = exclusions_new();
    if (o->exclude && !exclusions_add(e->exclusions, "--exclude", o->exclude, d))
        return false;
    if (o->exclude_file && !exclusions_add_file(e->exclusions, o->exclude_file, d))
        return false;
    e->targets = target_source_new(seed, o->in_order, e->exclusions);
    for (size_t i = 0; i < o->targets.count; i++)
        if (!target_source_add(e->targets, o->targets.items[i], d))
            return false;
    for (size_t i = 0; i < o->target_files.count; i++)
        if (!target_source_add_file(e->targets, o->target_files.items[i], d))
            return false;
    if (o->scripts.count) /* those that run before the scan may be all that is wanted */
        return true;
    if (o->targets.count + o->target_files.count == 0)
        diags_add(d, DIAG_ERROR, "descry", 0, 0, "no target: an address, a name or a network is needed, or -iL FILE");
    return o->targets.count + o->target_files.count > 0;
}

static bool read_probes(struct engine *e, struct diags *d)
{
    if (!engine_identifies(e) && !e->ports.udp_count)
        return true;
    if (!e->options->probe_db)
        return true; /* ours is read when the first port wants it */
    e->db = probe_db_read_file(e->options->probe_db, PROBE_DB_USER, d);
    if (!e->db)
        return false;
    tell_diags(e, d);
    return true;
}

/* Reading the collection takes longer than finding out that a port is closed: only who needs it pays. */
static struct probe_db *probes_of(struct engine *e)
{
    if (!e->db)
        e->db = probe_db_builtin();
    e->identify.db = e->db;
    return e->db;
}

static bool read_programs(struct engine *e, struct diags *d)
{
    if (!e->options->rpc_db)
        return true;
    e->programs = rpc_programs_builtin();
    if (!rpc_programs_add_file(e->programs, e->options->rpc_db, d))
        return false;
    tell_diags(e, d);
    return true;
}

struct rpc_programs *engine_programs(struct engine *e)
{
    if (!e->programs)
        e->programs = rpc_programs_builtin();
    e->rpc_first.programs = e->rpc.programs = e->rpc_heard.programs = e->programs;
    return e->programs;
}

static bool read_options(struct engine *e, struct buf *why)
{
    struct diags d;
    diags_init(&d);
    bool ok = read_ports(e, &d) && read_targets(e, &d) && read_probes(e, &d) && read_programs(e, &d);
    if (!ok)
        fail_with(&d, why);
    diags_free(&d);
    if (ok && e->options->syn_asked)
        engine_message(e, "-sS: raw packets are not used by this version; ports are connected to instead (-sT)");
    return ok;
}

/* ---- the scan's call-backs */

/* It is asked before any task is made: the probes are there from here on. */
bool engine_excludes(struct engine *e, enum proto proto, uint16_t port)
{
    return probe_db_excludes(probes_of(e), proto, port) && !e->options->all_ports;
}

static void note_excluded(struct host *h, size_t slot)
{
    struct service_record *s = arena_alloc(&h->arena, sizeof *s);
    s->note = "excluded from identification";
    h->ports[slot].service = s;
}

/* Which of the payloads that list the port drew the answer. */
static const struct probe *payload_probe(struct engine *e, uint16_t port, size_t index)
{
    const struct probe *list[16];
    size_t n = probe_payloads(probes_of(e), port, list, 16);
    return index < n ? list[index] : NULL;
}

static bool on_port(void *owner, struct scan_host *sh, uint16_t port, enum proto proto, enum port_state state, enum port_reason reason,
    struct channel *open, struct bytes reply, size_t payload_index)
{
    struct engine *e = owner;
    struct host *h = scan_host_tag(sh);
    h->rtt = *scan_host_rtt(sh);
    host_port(h, port, proto, state, reason);
    size_t slot = host_slot(h, port, proto);
    char address[ADDR_TEXT_MAX];
    if (state == PORT_OPEN)
        note(e, "Found open port %u/%s on %s", port, proto_name(proto), addr_format(&h->addr, address, sizeof address));
    bool wanted = state == PORT_OPEN || (state == PORT_OPEN_FILTERED && e->options->identify_asked);
    if (slot == SIZE_MAX || !wanted || !engine_identifies(e))
        return false;
    if (engine_excludes(e, proto, port)) {
        note_excluded(h, slot);
        return false;
    }
    engine_programs(e);
    if (proto == PROTO_TCP)
        return work_add(h, port, proto, true, open, bytes_of(NULL, 0), NULL);
    work_add(h, port, proto, state == PORT_OPEN, NULL, reply, reply.len ? payload_probe(e, port, payload_index) : NULL);
    return false;
}

static void on_host_done(void *owner, struct scan_host *sh)
{
    host_scanned(scan_host_tag(sh));
}

static void on_up(void *owner, struct scan_host *sh, bool up, enum port_reason reason)
{
    host_is_up(scan_host_tag(sh), up, reason);
}

static void on_room(void *owner)
{
    engine_feed_soon(owner);
}

static size_t payloads(void *owner, uint16_t port, struct bytes *out, size_t max)
{
    struct engine *e = owner;
    const struct probe *list[16];
    size_t n = probe_payloads(probes_of(e), port, list, max < 16 ? max : 16);
    for (size_t i = 0; i < n; i++)
        out[i] = list[i]->payload;
    return n;
}

/* ---- feeding */

static bool has_room(const struct engine *e)
{
    return !e->stopping && e->host_count < e->host_max && e->names_under_way < NAMES_MOST && scan_has_room(e->scan);
}

static void feed_targets(struct engine *e)
{
    struct diags later;
    diags_init(&later);
    e->sourced = false;
    while (has_room(e)) {
        struct target t;
        enum target_next next = target_source_next(e->targets, &t, &later);
        e->sourced = next == TARGET_NONE;
        if (next == TARGET_LATER && !timer_running(&e->look_again))
            timer_start(&e->look_again, STREAM_PAUSE);
        if (next == TARGET_LATER || next == TARGET_NONE)
            break;
        if (next == TARGET_NEEDS_NAME)
            names_resolve(e, &t);
        else
            host_start(e, &t.addr, t.name);
    }
    tell_diags(e, &later);
    diags_free(&later);
}

static void finish_hosts(struct engine *e)
{
    for (struct host *h = e->hosts, *next; h; h = next) {
        next = h->next;
        host_finish_if_done(h);
    }
}

/* Hosts end here, never in the call-back that asked for it: that may be a sink's or a task's, with a host or a task under its feet. */
static void end_early(struct engine *e)
{
    while (e->hosts)
        host_stop(e->hosts, false);
    loop_stop(e->parts.loop);
}

static void on_feed(struct timer *t)
{
    struct engine *e = t->owner;
    if (e->stopping) {
        end_early(e);
        return;
    }
    if (!names_exclusions_ready(e)) /* first of all: scripts may not reach them either */
        return;
    if (scripting_before(e))
        return;
    finish_hosts(e);
    work_pump(e);
    scan_set_reserved(e->scan, admission_open(e->tasks.admission));
    feed_targets(e);
    if (e->sourced && !e->host_count && !e->names_under_way && !e->stopping && !scripting_after(e))
        loop_stop(e->parts.loop);
}

static void on_look_again(struct timer *t)
{
    engine_feed_soon(t->owner);
}

void engine_feed_soon(struct engine *e)
{
    if (!timer_running(&e->feed))
        timer_start(&e->feed, 0);
}

/* ---- progress */

static void fill_progress(struct engine *e, struct scan_progress *p)
{
    bool more;
    int64_t now = loop_now(e->parts.loop);
    *p = (struct scan_progress){
        .elapsed_us = now - e->began, .hosts_done = e->hosts_done, .tasks_open = e->task_count, .tasks_done = e->tasks_done};
    scan_progress_fill(e->scan, p);
    p->hosts_total = target_source_known(e->targets, &more);
    if (now - e->rate_at >= 1000 * 1000) {
        e->rate = (double)(p->probes_done - e->rate_base) * 1e6 / (double)(now - e->rate_at);
        e->rate_base = p->probes_done;
        e->rate_at = now;
    }
    p->rate = e->rate;
    p->left_us = -1;
    if (!more && p->hosts_total && e->rate > 0) {
        double per_host = (double)(e->ports.tcp_count + e->ports.udp_count);
        double total = per_host * (double)p->hosts_total;
        p->probes_total = (uint64_t)total;
        double left = total - (double)p->probes_done;
        p->left_us = left > 0 ? (int64_t)(left / e->rate * 1e6) : 0;
    }
}

static void on_tick(struct timer *t)
{
    struct engine *e = t->owner;
    struct scan_progress p;
    fill_progress(e, &p);
    for (size_t i = 0; i < e->sink_count; i++)
        if (e->sinks[i]->ops->progress)
            e->sinks[i]->ops->progress(e->sinks[i], &p);
    timer_start(t, TICK);
}

/* ---- life */

static unsigned descriptors_free(const struct engine *e)
{
    unsigned all = e->parts.descriptors;
    return all - (all / 2 < DESCRIPTORS_KEPT ? all / 2 : DESCRIPTORS_KEPT);
}

static void make_scan(struct engine *e)
{
    static const struct scan_calls calls = {on_port, on_host_done, on_up, on_room};
    struct scan_options o = {
        .timing = e->timing,
        .skip_discovery = e->options->skip_discovery,
        .discovery_ports = discovery_ports,
        .discovery_count = sizeof discovery_ports / sizeof discovery_ports[0],
        .tcp = e->ports.tcp,
        .tcp_count = e->ports.tcp_count,
        .udp = e->ports.udp,
        .udp_count = e->ports.udp_count,
        .payloads = payloads,
        .seed = e->options->seed >= 0 ? (uint64_t)e->options->seed : random_u64(),
        .fastest = &e->fastest,
        .descriptors = descriptors_free(e),
    };
    e->scan = scan_new(e->parts.loop, e->parts.dialer, &o, &calls, e);
}

static void make_tasks(struct engine *e)
{
    unsigned share = descriptors_free(e) / 2;
    unsigned lanes = share < e->timing.window_max ? share : e->timing.window_max;
    stage_list_make(e);
    e->tasks = (struct task_env){
        .loop = e->parts.loop,
        .dialer = e->parts.dialer,
        .admission = admission_new(e->parts.loop, lanes, &e->fastest),
        .tls = tls_client_new(),
        .server_name = e->options->server_name,
        .stages = e->stages,
        .stage_count = e->stage_count,
        .trace = e->options->version_trace ? trace_to_message : NULL,
        .trace_owner = e,
    };
    e->second_tasks = e->tasks;
    e->second_tasks.stages = e->second_stages;
    e->second_tasks.stage_count = sizeof e->second_stages / sizeof *e->second_stages;
    e->task_max = share < TASKS_MOST ? share : TASKS_MOST;
}

static void make_record(struct engine *e)
{
    const struct options *o = e->options;
    e->record = (struct scan_record){
        .version = e->parts.version,
        .args = e->parts.command,
        .started_at = (int64_t)time(NULL),
        .tcp = e->ports.tcp_count > 0,
        .udp = e->ports.udp_count > 0,
        .tcp_ports = e->tcp_text,
        .udp_ports = e->udp_text,
        .tcp_count = e->ports.tcp_count,
        .udp_count = e->ports.udp_count,
        .identify = engine_identifies(e),
        .intensity = (int)o->intensity,
        .verbose = (int)o->verbose,
        .debug = (int)o->debug,
        .reason = o->reason,
        .open_only = o->open_only,
        .fingerprints = o->fingerprints,
    };
}

static bool open_scripts(struct engine *e, struct buf *why)
{
    struct diags d;
    diags_init(&d);
    bool ok = scripting_open(e, &d);
    if (!ok)
        fail_with(&d, why);
    else
        tell_diags(e, &d);
    diags_free(&d);
    return ok;
}

struct engine *engine_new(const struct options *o, const struct engine_parts *parts, struct buf *why)
{
    struct engine *e = must_zalloc(sizeof *e);
    e->options = o;
    e->parts = *parts;
    e->timing = options_timing(o);
    e->fastest = rate_of(e->timing.rate_max, loop_now(parts->loop));
    if (!read_options(e, why)) {
        engine_free(e);
        return NULL;
    }
    e->host_max = HOSTS_MOST;
    e->gentle = gentle_builtin();
    if (o->all_ports)
        gentle_open_ports(e->gentle);
    e->experience = experience_new();
    make_record(e);
    make_tasks(e);
    make_scan(e);
    if (!open_scripts(e, why)) {
        engine_free(e);
        return NULL;
    }
    timer_init(&e->feed, parts->loop, on_feed, e);
    timer_init(&e->look_again, parts->loop, on_look_again, e);
    timer_init(&e->tick, parts->loop, on_tick, e);
    return e;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    if (e->scan) {
        timer_stop(&e->feed);
        timer_stop(&e->look_again);
        timer_stop(&e->tick);
        scan_free(e->scan);
    }
    scripting_close(e);
    admission_free(e->tasks.admission);
    tls_client_free(e->tasks.tls);
    experience_free(e->experience);
    gentle_free(e->gentle);
    probe_db_free(e->db);
    rpc_programs_free(e->programs);
    target_source_free(e->targets);
    exclusions_free(e->exclusions);
    port_list_free(&e->ports);
    port_list_free(&e->ports_without);
    free(e->tcp_text);
    free(e->udp_text);
    while (e->others)
        host_drop_others(&e->others);
    free(e);
}

static void end_sinks(struct engine *e)
{
    struct scan_totals totals = {
        .hosts_up = e->hosts_up,
        .hosts_down = e->hosts_down,
        .hosts_total = e->hosts_up + e->hosts_down,
        .ended_at = (int64_t)time(NULL),
        .elapsed_us = loop_now(e->parts.loop) - e->began,
        .interrupted = e->stopping,
    };
    for (size_t i = 0; i < e->sink_count; i++)
        e->sinks[i]->ops->end(e->sinks[i], &totals);
}

void engine_take_sinks(struct engine *e, struct sink *const *sinks, size_t count)
{
    e->sinks = sinks;
    e->sink_count = count;
}

enum engine_outcome engine_run(struct engine *e)
{
    e->began = e->rate_at = loop_now(e->parts.loop);
    for (size_t i = 0; i < e->sink_count; i++)
        e->sinks[i]->ops->begin(e->sinks[i], &e->record);
    engine_feed_soon(e);
    timer_start(&e->tick, TICK);
    if (loop_uv(e->parts.loop))
        loop_run(e->parts.loop);
    else
        loop_run_fake(e->parts.loop, INT64_MAX);
    timer_stop(&e->tick);
    end_sinks(e);
    return e->stopping ? ENGINE_INTERRUPTED : ENGINE_DONE;
}

void engine_stop(struct engine *e)
{
    if (e->stopping)
        return;
    e->stopping = true;
    timer_start(&e->feed, 0);
}
