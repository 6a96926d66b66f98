/* work.c owns the tasks of hosts: which port is looked at now, which waits. */
#include "engine/inside.h"

#include <stdlib.h>
#include <string.h>

static void start_task(struct port_work *w, struct bytes reply, const void *reply_to, bool surely_open);

static void unlink_running(struct port_work *w)
{
    struct port_work **at = &w->host->running;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
}

static void fold_port_state(struct host *h, size_t slot, enum facts_port found)
{
    struct port_record *p = &h->ports[slot];
    if (found == FACTS_PORT_OPEN && p->state == PORT_OPEN_FILTERED) {
        p->state = PORT_OPEN;
        p->reason = p->proto == PROTO_UDP ? REASON_UDP_RESPONSE : REASON_TCP_RESPONSE;
    } else if (found == FACTS_PORT_CLOSED && p->state == PORT_OPEN_FILTERED) {
        p->state = PORT_CLOSED;
        p->reason = REASON_PORT_UNREACH;
    }
}

static void keep(struct port_work *w)
{
    fold_port_state(w->host, w->slot, w->task->facts.port);
    if (!w->again || w->task->facts.service.rpc)
        seal_service(w->host, w->slot, w->task);
}

static void on_done(struct task *t, void *owner)
{
    struct port_work *w = owner;
    struct host *h = w->host;
    struct engine *e = h->engine;
    keep(w);
    task_free(t);
    unlink_running(w);
    free(w);
    h->tasks--;
    e->task_count--;
    e->tasks_done++;
    engine_feed_soon(e); /* room for more work; the host's end is noticed there, not inside a task's call-back */
}

static void start_task(struct port_work *w, struct bytes reply, const void *reply_to, bool surely_open)
{
    struct host *h = w->host;
    struct engine *e = h->engine;
    const struct port_record *p = &h->ports[w->slot];
    struct task_start known = {
        .peer = {.addr = h->addr, .port = p->number, .proto = p->proto},
        .host_name = h->given,
        .host = &h->share,
        .hearsay = &h->hearsay,
        .scripts = h->scripts,
        .channel = w->channel,
        .rtt_us = h->rtt.srtt,
        .reply = reply,
        .reply_to = reply_to,
        .surely_open = surely_open,
    };
    w->channel = NULL;
    w->next = h->running;
    h->running = w;
    e->task_count++;
    w->task = task_new(w->again ? &e->second_tasks : &e->tasks, &known, on_done, w);
}

static void wait_for_room(struct port_work *w)
{
    struct host *h = w->host;
    *(h->last_waiting ? &h->last_waiting->next : &h->waiting) = w;
    h->last_waiting = w;
}

bool work_add(
    struct host *h, uint16_t port, enum proto proto, bool surely_open, struct channel *c, struct bytes reply, const void *reply_to)
{
    struct engine *e = h->engine;
    size_t slot = host_slot(h, port, proto);
    if (slot == SIZE_MAX)
        return false;
    struct port_work *w = must_zalloc(sizeof *w);
    *w = (struct port_work){.host = h, .slot = slot};
    h->tasks++;
    bool room = e->task_count < e->task_max;
    if (!room && !reply.len) {
        wait_for_room(w);
        return false;
    }
    w->channel = c;
    start_task(w, reply, reply_to, surely_open);
    return c != NULL;
}

static bool is_worth_a_second_look(const struct host *h, size_t slot)
{
    const struct port_record *p = &h->ports[slot];
    bool open = p->state == PORT_OPEN || (p->state == PORT_OPEN_FILTERED && p->proto == PROTO_UDP);
    bool under_way = false;
    for (const struct port_work *w = h->running; w; w = w->next)
        under_way |= w->slot == slot;
    for (const struct port_work *w = h->waiting; w; w = w->next)
        under_way |= w->slot == slot;
    return open && !under_way && !(p->service && p->service->rpc) && !engine_excludes(h->engine, p->proto, p->number);
}

static void look_again(struct host *h, size_t slot)
{
    struct port_work *w = must_zalloc(sizeof *w);
    *w = (struct port_work){.host = h, .slot = slot, .again = true};
    h->tasks++;
    if (h->engine->task_count < h->engine->task_max)
        start_task(w, bytes_of(NULL, 0), NULL, h->ports[slot].state == PORT_OPEN);
    else
        wait_for_room(w);
}

bool work_revisit(struct host *h)
{
    if (h->revisited || !h->ports)
        return false;
    h->revisited = true;
    for (const struct heard *k = h->hearsay.first; k; k = k->next) {
        size_t slot = strcmp(k->teller, "portmapper") == 0 ? host_slot(h, k->port, k->proto) : SIZE_MAX;
        if (slot != SIZE_MAX && is_worth_a_second_look(h, slot))
            look_again(h, slot);
    }
    return h->tasks > 0;
}

void work_pump(struct engine *e)
{
    for (struct host *h = e->hosts; h && e->task_count < e->task_max; h = h->next)
        while (h->waiting && e->task_count < e->task_max) {
            struct port_work *w = h->waiting;
            h->waiting = w->next;
            if (!h->waiting)
                h->last_waiting = NULL;
            start_task(w, bytes_of(NULL, 0), NULL, h->ports[w->slot].state == PORT_OPEN);
        }
}

void work_stop(struct host *h)
{
    while (h->running) {
        struct port_work *w = h->running;
        h->running = w->next;
        task_stop(w->task);
        keep(w);
        task_free(w->task);
        free(w);
        h->engine->task_count--;
    }
    while (h->waiting) {
        struct port_work *w = h->waiting;
        h->waiting = w->next;
        free(w);
    }
    h->last_waiting = NULL;
    h->tasks = 0;
}
