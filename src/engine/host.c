/* host.c owns one host in progress, from its first question to its record. */
#include "engine/inside.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t NAME_WAIT = 1000 * 1000; /* a host that is otherwise done waits so long for its name */
enum { REVERSE_MOST = 1024 }; /* names of addresses asked for at a time: what name servers cannot take is left out */

/* ---- ports */

static size_t find(const uint16_t *ports, size_t count, uint16_t port)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (ports[mid] < port)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && ports[low] == port ? low : SIZE_MAX;
}

size_t host_slot(const struct host *h, uint16_t port, enum proto proto)
{
    const struct port_list *l = &h->engine->ports;
    if (proto == PROTO_TCP)
        return find(l->tcp, l->tcp_count, port);
    size_t at = find(l->udp, l->udp_count, port);
    return at == SIZE_MAX ? at : l->tcp_count + at;
}

static void make_ports(struct host *h)
{
    const struct port_list *l = &h->engine->ports;
    h->ports = arena_alloc(&h->arena, (l->tcp_count + l->udp_count) * sizeof *h->ports);
    for (size_t i = 0; i < l->tcp_count; i++)
        h->ports[i] = (struct port_record){.number = l->tcp[i], .proto = PROTO_TCP};
    for (size_t i = 0; i < l->udp_count; i++)
        h->ports[l->tcp_count + i] = (struct port_record){.number = l->udp[i], .proto = PROTO_UDP};
}

void host_port(struct host *h, uint16_t port, enum proto proto, enum port_state state, enum port_reason reason)
{
    size_t slot = host_slot(h, port, proto);
    if (slot == SIZE_MAX)
        return;
    if (!h->ports)
        make_ports(h);
    h->ports[slot].state = (uint8_t)state;
    h->ports[slot].reason = (uint8_t)reason;
}

/* ---- names */

struct name_wish {
    struct engine *engine;
    struct addr addr;
};

/* The host may be gone when its name comes: it is looked for by its address. */
static void on_name(void *owner, const char *name)
{
    struct name_wish *w = owner;
    struct engine *e = w->engine;
    e->reverse_under_way--;
    for (struct host *h = e->hosts; h; h = h->next)
        if (h->naming && addr_equal(&h->addr, &w->addr)) {
            h->naming = false;
            h->reverse = arena_strdup(&h->arena, name);
            engine_feed_soon(e);
            break;
        }
    free(w);
}

static void ask_name(struct host *h)
{
    struct engine *e = h->engine;
    if (e->options->no_reverse || h->naming || h->reverse || e->reverse_under_way >= REVERSE_MOST)
        return;
    struct name_wish *w = must_zalloc(sizeof *w);
    *w = (struct name_wish){e, h->addr};
    h->naming = true;
    e->reverse_under_way++;
    e->parts.resolver->backward(e->parts.resolver, &h->addr, on_name, w);
}

void host_is_up(struct host *h, bool up, enum port_reason reason)
{
    h->up = up;
    h->up_known = true;
    h->up_reason = reason;
    if (up || h->engine->options->always_reverse)
        ask_name(h);
}

/* ---- life */

static void on_timeout(struct timer *t)
{
    host_stop(t->owner, true);
}

static void on_name_wait(struct timer *t)
{
    struct host *h = t->owner;
    h->naming = false;
    host_finish_if_done(h);
}

static void link_host(struct engine *e, struct host *h)
{
    h->next = e->hosts;
    if (e->hosts)
        e->hosts->prev = h;
    e->hosts = h;
    e->host_count++;
}

static void unlink_host(struct host *h)
{
    struct engine *e = h->engine;
    *(h->prev ? &h->prev->next : &e->hosts) = h->next;
    if (h->next)
        h->next->prev = h->prev;
    e->host_count--;
}

void host_drop_others(struct other_addresses **at)
{
    struct other_addresses *o = *at;
    *at = o->next;
    free(o->name);
    free(o);
}

static void take_others(struct host *h)
{
    for (struct other_addresses **at = &h->engine->others; h->given && *at; at = &(*at)->next) {
        struct other_addresses *o = *at;
        if (strcmp(o->name, h->given) != 0)
            continue;
        h->others = arena_alloc(&h->arena, o->count * sizeof o->list[0]);
        h->other_count = o->count;
        memcpy(h->others, o->list, o->count * sizeof o->list[0]);
        host_drop_others(at);
        return;
    }
}

/* Slow presets and --max-parallelism hold for identification, too. */
unsigned host_connections_most(const struct engine *e)
{
    unsigned most = e->options->sequential ? 40 : 100;
    return most < e->timing.host_window_max ? most : e->timing.host_window_max;
}

struct host *host_start(struct engine *e, const struct addr *a, const char *given)
{
    struct host *h = must_zalloc(sizeof *h);
    h->engine = e;
    h->addr = *a;
    h->began = loop_now(e->parts.loop);
    h->began_epoch = (int64_t)time(NULL);
    h->share.max = host_connections_most(e);
    arena_init(&h->arena);
    hearsay_init(&h->hearsay);
    h->given = arena_strdup(&h->arena, given);
    take_others(h);
    timer_init(&h->timeout, e->parts.loop, on_timeout, h);
    timer_init(&h->name_wait, e->parts.loop, on_name_wait, h);
    link_host(e, h);
    scripting_host_begins(h);
    if (e->timing.host_timeout > 0)
        timer_start(&h->timeout, e->timing.host_timeout);
    h->scanning = scan_host_start(e->scan, a, h);
    return h;
}

static void free_host(struct host *h)
{
    unlink_host(h);
    timer_stop(&h->timeout);
    timer_stop(&h->name_wait);
    work_stop(h);
    scripting_host_ends(h);
    if (h->scanning)
        scan_host_free(h->scanning);
    experience_forget(h->engine->experience, &h->addr);
    hearsay_free(&h->hearsay);
    arena_free(&h->arena);
    free(h);
}

static void hand_out(struct host *h)
{
    struct engine *e = h->engine;
    struct host_record record = {0};
    h->ended = loop_now(e->parts.loop);
    if (h->up && !h->ports && e->ports.tcp_count + e->ports.udp_count)
        make_ports(h);
    seal_host(h, &record);
    e->hosts_done++;
    *(h->up ? &e->hosts_up : &e->hosts_down) += 1;
    for (size_t i = 0; i < e->sink_count; i++)
        e->sinks[i]->ops->host(e->sinks[i], &record);
    free_host(h);
    engine_feed_soon(e);
}

void host_finish_if_done(struct host *h)
{
    if (!h->scanned || h->tasks || work_revisit(h))
        return;
    if (h->naming && !timer_running(&h->name_wait)) {
        timer_start(&h->name_wait, NAME_WAIT);
        return;
    }
    if (!h->naming && !scripting_host(h))
        hand_out(h);
}

void host_scanned(struct host *h)
{
    h->scanned = true;
    h->rtt = *scan_host_rtt(h->scanning);
    scan_host_free(h->scanning);
    h->scanning = NULL;
    engine_feed_soon(h->engine);
}

void host_stop(struct host *h, bool timed_out)
{
    if (h->scanning) {
        h->rtt = *scan_host_rtt(h->scanning);
        scan_host_free(h->scanning);
        h->scanning = NULL;
    }
    h->stopped = true;
    h->timed_out = timed_out;
    work_stop(h);
    scripting_host_ends(h);
    hand_out(h);
}
