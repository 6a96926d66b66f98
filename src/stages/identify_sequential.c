/*
 * identify_sequential.c owns identification as the reference does it (--sequential): one lane, the file's order, the file's waits, the
 * first match on whatever has arrived. specs/engine-behaviour.md 2.2 to 2.6.
 *
 *   1. The NULL probe listens on the scan's connection. Afterwards the same connection serves the next probe, with the banner still in the
 *      buffer; every later probe has a connection of its own.
 *   2. Each reply is read until a hard match, the wait's end, 4,096 bytes, or the peer's end.
 *   3. No probe left: what is known counts.
 */
#include "stages/identify.h"

#include "probes/match.h"
#include "probes/select.h"
#include "stages/finding.h"
#include "stages/question.h"

#include <string.h>

static const int64_t CONNECT_WAIT = 5 * 1000 * 1000;
enum { ENOUGH = 4096 }; /* bytes after which no more is read */

struct sequence {
    const struct identify_config *config;
    struct probe_walk walk;
    const struct probe *probe; /* the current one */
    int64_t asked_at;
    size_t banner; /* bytes of the buffer that were there before the current probe */
    bool wrapped_possible;
    bool found;
};

static struct lane *only_lane(struct task *t)
{
    return &t->lanes[0];
}

static enum verdict end_search(struct task *t, struct sequence *q)
{
    struct service_record *s = &t->facts.service;
    if (!q->found && !s->name && q->wrapped_possible && t->known.peer.proto == PROTO_TCP) {
        s->name = "tcpwrapped";
        s->method = METHOD_PROBED;
        s->conf = CONF_WRAPPED;
    }
    lane_close(only_lane(t));
    return VERDICT_DONE;
}

static void send_probe(struct task *t, struct sequence *q)
{
    char addr[ADDR_TEXT_MAX];
    q->asked_at = task_now(t);
    task_trace(t, "Service scan sending probe %s to %s:%u (%s)", q->probe->name, addr_format(&t->known.peer.addr, addr, sizeof addr),
        t->known.peer.port, proto_name(t->known.peer.proto));
    if (q->probe->payload.len)
        lane_send(only_lane(t), question_payload(t, q->probe));
    lane_listen(only_lane(t), q->asked_at + q->probe->total_wait_us);
}

static bool may_ask(const struct task *t, const struct sequence *q)
{
    const struct endpoint *e = &t->known.peer;
    return !gentle_forbids(q->config->gentle, q->probe->name, e->proto, e->port, t->facts.service.soft ? t->facts.service.name : NULL);
}

static enum verdict next_probe(struct task *t, struct sequence *q)
{
    struct lane *l = only_lane(t);
    bool reuse = l->state == LANE_OPEN && (!q->probe || q->probe->is_null);
    do
        q->probe = probe_walk_next(&q->walk, t->facts.service.soft ? t->facts.service.name : NULL);
    while (q->probe && !may_ask(t, q));
    if (!q->probe)
        return end_search(t, q);
    if (reuse) {
        q->banner = l->reply.len;
        send_probe(t, q);
        return VERDICT_WAIT;
    }
    q->banner = 0;
    lane_close(l);
    lane_open(l, CONNECT_WAIT);
    return VERDICT_WAIT;
}

/* What has arrived, read by the probe's chain. True: a hard match. */
static bool read_reply(struct task *t, struct sequence *q)
{
    struct match m;
    struct bytes reply = buf_view(&only_lane(t)->reply);
    if (!reply.len || !match_reply(q->config->db, q->probe, reply, &t->arena, &m))
        return false;
    if (m.soft && t->facts.service.name)
        return false;
    finding_take(t, &m, q->probe);
    q->found = !m.soft;
    return q->found;
}

static void keep_reply(struct task *t, const struct sequence *q)
{
    struct bytes reply = buf_view(&only_lane(t)->reply);
    if (reply.len)
        facts_add_reply(&t->facts, &t->arena, q->probe->name, t->facts.tunnel, reply);
}

/* The peer ended the conversation before or after it answered. */
static enum verdict on_end(struct task *t, struct sequence *q, struct lane *l)
{
    bool connected = l->connected_at != 0;
    if (!connected) {
        finding_note(t, "%s", channel_end_name(l->end));
        return end_search(t, q);
    }
    keep_reply(t, q);
    bool early = l->ended_at - q->asked_at < q->probe->tcpwrapped_us;
    if (q->probe->is_null && !l->received && early && q->wrapped_possible)
        return end_search(t, q);
    return next_probe(t, q);
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event e)
{
    struct sequence *q = t->stage_state;
    switch (e) {
    case LANE_CONNECTED:
        send_probe(t, q);
        return VERDICT_WAIT;
    case LANE_DATA:
        q->wrapped_possible = false;
        t->facts.port = FACTS_PORT_OPEN;
        if (read_reply(t, q)) {
            keep_reply(t, q);
            return end_search(t, q);
        }
        if (l->reply.len < ENOUGH)
            return VERDICT_WAIT;
        keep_reply(t, q);
        return next_probe(t, q);
    case LANE_CLOSED:
        return on_end(t, q, l);
    case LANE_DEADLINE:
        q->wrapped_possible = false;
        keep_reply(t, q);
        return next_probe(t, q);
    }
    return VERDICT_WAIT;
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

static bool wants(const struct task *t, const void *config)
{
    return !t->facts.service.name;
}

/* udp: the scan's question has drawn a reply already. */
static bool read_known_reply(struct task *t, struct sequence *q)
{
    q->probe = t->known.reply_to;
    if (!q->probe || !t->known.reply.len)
        return false;
    buf_append_some(&only_lane(t)->reply, t->known.reply.at, t->known.reply.len);
    keep_reply(t, q);
    return read_reply(t, q);
}

static enum verdict start(struct task *t, const void *config)
{
    struct sequence *q = arena_alloc(&t->arena, sizeof *q);
    struct lane *l = only_lane(t);
    const struct endpoint *e = &t->known.peer;
    t->stage_state = q;
    q->config = config;
    q->wrapped_possible = e->proto == PROTO_TCP;
    probe_walk_begin(&q->walk, q->config->db, e->proto, e->port, q->config->intensity, PROBE_ORDER_FILE);
    q->walk.inside_tls = t->tunnel != NULL;
    if (!t->tunnel && read_known_reply(t, q))
        return end_search(t, q);
    if (e->proto == PROTO_UDP)
        return next_probe(t, q);
    q->probe = probe_db_null(q->config->db);
    if (!q->probe)
        return next_probe(t, q);
    if (l->state == LANE_OPEN)
        send_probe(t, q);
    else
        lane_open(l, CONNECT_WAIT);
    return VERDICT_WAIT;
}

static void stop(struct task *t)
{
    struct sequence *q = t->stage_state;
    if (q->probe && !q->found)
        keep_reply(t, q);
}

const struct stage stage_identify_sequential = {"identify", wants, start, on_lane, on_tick, stop};
