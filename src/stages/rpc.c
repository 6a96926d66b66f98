/*
 * rpc.c owns the asking of a port for its ONC RPC programs: it carries what the grinder decides (grind.h) over the task's lanes.
 */
#include "stages/rpc_run.h"

#include "base/hash.h"
#include "base/limits.h"

#include <string.h>

#define MS 1000LL
#define SECOND (1000 * MS)

enum {
    CALL_MOST = 44, /* bytes of a call with its record mark */
    HEARD_MOST = 32, /* programs told of one port that are asked first */
    REFUSALS_MOST = 3, /* connections refused in a row after one that was not */
    CLAIMS_TRACED = 16,
    FIRST_TRIES = 3 /* datagrams */
};
static const int64_t FIRST_ANSWER = 400 * MS; /* at least so long the first call of the early stage waits ... */
static const int64_t HEARD_ANSWER = SECOND; /* ... and so long where a portmapper told of the port */
static const int64_t CONNECT = 5 * SECOND;
static const int64_t REFUSED_PAUSE[] = {200 * MS, SECOND, 2 * SECOND};
static const int64_t LISTEN = 60 * SECOND;

static bool is_datagram(const struct task *t)
{
    return t->known.peer.proto == PROTO_UDP;
}

static unsigned link_of(const struct lane *l)
{
    return l->number;
}

static void trace(struct task *t, const char *what)
{
    char addr[ADDR_TEXT_MAX];
    task_trace(t, "Service scan rpc: %s:%u (%s): %s", addr_format(&t->known.peer.addr, addr, sizeof addr), t->known.peer.port,
        proto_name(t->known.peer.proto), what);
}

/* ---- the end */

static void leave_share(struct task *t, struct rpc_run *r)
{
    if (r->shares && t->known.host)
        t->known.host->ground--;
    r->shares = false;
}

static void close_all(struct task *t, struct rpc_run *r)
{
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
    leave_share(t, r);
    buf_free(&r->joined);
}

static enum verdict finish(struct task *t, struct rpc_run *r)
{
    if (r->grind && r->grind->answered) {
        rpc_report(t, r);
        rpc_report_pass_on(t, r);
    }
    close_all(t, r);
    trace(t, "done");
    return VERDICT_DONE;
}

/* ---- sending */

static bool send_call(struct rpc_run *r, struct lane *l, const struct rpc_call *call)
{
    struct buf bytes;
    buf_init(&bytes, CALL_MOST);
    bool sent = rpc_write_call(&bytes, call, !r->datagrams) && lane_send(l, buf_view(&bytes));
    buf_free(&bytes);
    return sent;
}

/* --max-rate holds for calls, too. */
static bool is_bounded(const struct rpc_run *r)
{
    return r->config->rate && r->config->rate->interval_ns;
}

static bool may_call(const struct task *t, const struct rpc_run *r)
{
    return !is_bounded(r) || rate_next(r->config->rate) <= task_now(t);
}

static void spend(const struct task *t, const struct rpc_run *r)
{
    if (is_bounded(r))
        rate_spend(r->config->rate, task_now(t));
}

/* All that may go out on this lane now: on a stream in one piece, so that a record is never cut by our doing. */
static void pump_stream(struct task *t, struct rpc_run *r, struct lane *l)
{
    struct buf flight;
    struct rpc_call call;
    buf_init(&flight, LIMIT_SEND_QUEUE);
    while (may_call(t, r) && grind_next(r->grind, link_of(l), task_now(t), &call)) {
        spend(t, r);
        rpc_write_call(&flight, &call, true);
    }
    if (flight.len)
        lane_send(l, buf_view(&flight)); /* false: the connection is gone, which is told next */
    buf_free(&flight);
}

static void pump_datagrams(struct task *t, struct rpc_run *r, struct lane *l)
{
    struct rpc_call call;
    while (may_call(t, r) && grind_next(r->grind, link_of(l), task_now(t), &call)) {
        spend(t, r);
        if (!send_call(r, l, &call)) {
            grind_unsent(r->grind, call.xid);
            return;
        }
    }
}

static void update_share(struct task *t, struct rpc_run *r)
{
    if (!t->known.host)
        return;
    if (!r->shares)
        t->known.host->ground++;
    r->shares = true;
    r->grind->share = t->known.host->ground;
}

static bool may_connect(const struct task *t, const struct rpc_run *r)
{
    return task_now(t) >= r->reconnect_at && r->refusals <= sizeof REFUSED_PAUSE / sizeof *REFUSED_PAUSE;
}

/* As many connections as are wanted. */
static void connect_more(struct task *t, struct rpc_run *r)
{
    unsigned wanted = grind_links_wanted(r->grind), have = 0;
    for (unsigned i = 0; i < GRIND_LINKS; i++)
        have += lane_talks(&t->lanes[i]);
    for (unsigned i = 0; i < GRIND_LINKS && have < wanted && may_connect(t, r); i++)
        if (t->lanes[i].state == LANE_FREE) {
            lane_open(&t->lanes[i], CONNECT);
            have++;
        }
}

/* Lanes that say nothing any more are closed: what was out on them goes elsewhere. */
static void close_stuck(struct task *t, struct rpc_run *r)
{
    for (unsigned i = 0; i < GRIND_LINKS; i++)
        if (r->grind->links[i].stuck) {
            grind_lost(r->grind, i);
            lane_close(&t->lanes[i]);
        }
}

/* What tcp has shown of the same port, as far as it is new: the list of hearsay only grows. */
static void prefer_heard(struct task *t, struct rpc_run *r)
{
    const struct hearsay *h = t->known.hearsay;
    if (!h || h->count == r->heard_count)
        return;
    r->heard_count = h->count;
    r->preferred_count = 0;
    for (const struct heard *k = NULL; (k = hearsay_about(h, PROTO_TCP, t->known.peer.port, "rpc", k));) {
        if (r->preferred_count == GRIND_CLAIMS_MOST)
            break;
        r->preferred[r->preferred_count++] = k->number;
        grind_prefer(r->grind, k->number);
    }
}

/* One process stands behind both ports of a number if one of its programs does: then udp has only to confirm what tcp has shown. */
static void learn_from_tcp(struct task *t, struct rpc_run *r)
{
    if (!r->datagrams || r->shortened)
        return;
    prefer_heard(t, r);
    for (size_t i = 0; i < r->preferred_count; i++)
        r->shortened |= grind_has(r->grind, r->preferred[i]);
    if (r->shortened)
        grind_shorten(r->grind);
}

static enum verdict go_on(struct task *t, struct rpc_run *r)
{
    struct grind *g = r->grind;
    update_share(t, r);
    learn_from_tcp(t, r);
    grind_tick(g, task_now(t));
    close_stuck(t, r);
    for (unsigned i = 0; i < GRIND_LINKS; i++)
        if (t->lanes[i].state == LANE_OPEN) {
            if (r->datagrams)
                pump_datagrams(t, r, &t->lanes[i]);
            else
                pump_stream(t, r, &t->lanes[i]);
        }
    if (grind_is_done(g) || r->malformed || r->refusals > REFUSALS_MOST)
        return finish(t, r);
    connect_more(t, r);
    int64_t due = grind_due(g, task_now(t));
    if (r->reconnect_at > task_now(t) && r->reconnect_at < due)
        due = r->reconnect_at;
    if (!may_call(t, r) && rate_next(r->config->rate) < due)
        due = rate_next(r->config->rate);
    task_tick_at(t, due);
    return VERDICT_WAIT;
}

/* ---- hearing */

static void hear_message(struct task *t, struct rpc_run *r, struct bytes message)
{
    struct rpc_reply reply;
    enum decoded d = rpc_read_reply(message, &reply);
    const struct grind_item *i = d == DECODED_OK ? grind_hear(r->grind, &reply, task_now(t)) : NULL;
    if (i && i->purpose == GRIND_PORTMAP)
        rpc_report_portmapper(t, r, i, &reply);
    if (i && i->purpose == GRIND_PROGRAM && reply.answer == RPC_PROG_MISMATCH && r->grind->claims <= CLAIMS_TRACED)
        task_trace(
            t, "Service scan rpc: port %u: program %u is there, versions %u-%u", t->known.peer.port, i->program, reply.low, reply.high);
    if (!i && !r->datagrams && d != DECODED_OK)
        r->malformed = true;
}

/* Takes the whole records off what has come. */
static void hear_records(struct task *t, struct rpc_run *r, struct lane *l)
{
    struct bytes all = buf_view(&l->reply), message;
    size_t taken = 0, used;
    enum decoded d = DECODED_OK;
    while (taken < all.len && !r->malformed) {
        d = rpc_read_record(bytes_of(all.at + taken, all.len - taken), &r->joined, &message, &used);
        if (d != DECODED_OK)
            break;
        hear_message(t, r, message);
        taken += used;
    }
    r->malformed |= d == DECODED_BAD;
    buf_drop_front(&l->reply, taken);
}

static void hear(struct task *t, struct rpc_run *r, struct lane *l)
{
    if (!r->datagrams) {
        hear_records(t, r, l);
        return;
    }
    hear_message(t, r, buf_view(&l->reply));
    buf_clear(&l->reply);
}

/* ---- the grind */

static void take_lane(struct task *t, struct rpc_run *r, struct lane *l, unsigned answered)
{
    r->refusals = 0;
    lane_keep(l, LIMIT_RPC_RECORD + 2 * LIMIT_REPLY);
    lane_listen(l, task_now(t) + LISTEN);
    grind_connected(r->grind, link_of(l), answered, task_now(t));
}

/* The programs that are asked first: those that a portmapper told of this port, and the one whose port it is. */
static void first_programs(struct task *t, struct rpc_run *r, struct grind_setup *s)
{
    uint32_t *list = arena_alloc(&t->arena, HEARD_MOST * sizeof *list);
    const struct rpc_program *own = rpc_programs_at_port(r->config->programs, t->known.peer.port);
    enum proto proto = (enum proto)t->known.peer.proto;
    s->first = list;
    for (const struct heard *k = NULL; (k = hearsay_about(t->known.hearsay, proto, t->known.peer.port, "portmapper", k));) {
        bool twice = false;
        for (size_t i = 0; i < s->first_count; i++)
            twice |= list[i] == k->number;
        if (!twice && s->first_count < HEARD_MOST - 1)
            list[s->first_count++] = k->number;
    }
    for (size_t i = 0; own && i < s->first_count; i++)
        if (list[i] == own->number)
            own = NULL;
    if (own)
        list[s->first_count++] = own->number;
}

static unsigned tier_of(const struct rpc_config *c)
{
    return c->intensity >= RPC_INTENSITY_ALL ? 3 : c->intensity >= RPC_INTENSITY_NAMED ? 2 : 1;
}

static void make_grind(struct task *t, struct rpc_run *r)
{
    struct grind_setup s = {.programs = r->config->programs,
        .tier = tier_of(r->config),
        .datagrams = r->datagrams,
        .window = r->config->window,
        .rtt = t->rtt,
        .base = (uint32_t)random_u64(),
        .seed = random_u64()};
    first_programs(t, r, &s);
    r->grind = grind_new(&t->arena, &s, task_now(t));
    r->phase = PHASE_GRIND;
    update_share(t, r);
}

/* The list of calls is long: it is made when there is somebody to send them to. */
static enum verdict grind_on(struct task *t, struct rpc_run *r, struct lane *l, unsigned answered)
{
    make_grind(t, r);
    take_lane(t, r, l, answered);
    return go_on(t, r);
}

/* An open lane whose talk so far was RPC, or on which nothing was said, is gone on with. */
static struct lane *lane_to_keep(struct task *t)
{
    for (unsigned i = 0; i < GRIND_LINKS; i++) {
        struct lane *l = &t->lanes[i];
        if (l->state != LANE_OPEN || t->known.peer.proto == PROTO_UDP)
            continue;
        if (l->reply.len && rpc_has_reply_shape(buf_view(&l->reply), true))
            return l;
    }
    return NULL;
}

static enum verdict begin_grind(struct task *t, struct rpc_run *r)
{
    struct lane *kept = lane_to_keep(t);
    trace(t, "grinding");
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        if (&t->lanes[i] != kept)
            lane_close(&t->lanes[i]);
    if (kept) {
        buf_clear(&kept->reply);
        return grind_on(t, r, kept, 1);
    }
    r->phase = PHASE_OPEN;
    lane_open(&t->lanes[0], CONNECT);
    return VERDICT_WAIT;
}

/* ---- the first call */

static bool is_heard_of(const struct task *t)
{
    return hearsay_about(t->known.hearsay, (enum proto)t->known.peer.proto, t->known.peer.port, "portmapper", NULL) != NULL;
}

static enum verdict not_rpc(struct task *t, struct rpc_run *r)
{
    close_all(t, r);
    trace(t, "not at first sight");
    return VERDICT_DONE;
}

/* The program that is the likeliest here, in a version that nobody has: an answer that executes nothing. */
static enum verdict call_first(struct task *t, struct rpc_run *r, struct lane *l)
{
    struct grind_setup likeliest = {0};
    int64_t least = is_heard_of(t) ? HEARD_ANSWER : FIRST_ANSWER, patience = 4 * t->rtt > least ? 4 * t->rtt : least;
    first_programs(t, r, &likeliest);
    struct rpc_call call = {
        .xid = r->first_xid, .program = likeliest.first_count ? likeliest.first[0] : RPC_PORTMAPPER, .version = 0xffffff00u};
    if (!send_call(r, l, &call))
        return not_rpc(t, r);
    lane_listen(l, task_now(t) + patience);
    if (r->datagrams && r->first_calls++ < FIRST_TRIES - 1)
        task_tick_at(t, task_now(t) + patience / 4); /* once more */
    return VERDICT_WAIT;
}

static enum verdict hear_first(struct task *t, struct rpc_run *r, struct lane *l)
{
    struct rpc_reply reply;
    struct bytes message = buf_view(&l->reply);
    size_t used;
    enum decoded d = r->datagrams ? DECODED_OK : rpc_read_record(message, &r->joined, &message, &used);
    if (d == DECODED_OK)
        d = rpc_read_reply(message, &reply);
    if (d == DECODED_MORE && !r->datagrams)
        return VERDICT_WAIT;
    if (d != DECODED_OK || reply.xid != r->first_xid)
        return not_rpc(t, r);
    if (r->datagrams) {
        buf_clear(&l->reply);
        return grind_on(t, r, l, 1);
    }
    return begin_grind(t, r);
}

static enum verdict first_phase(struct task *t, struct rpc_run *r, struct lane *l, enum lane_event e)
{
    switch (e) {
    case LANE_CONNECTED:
        return call_first(t, r, l);
    case LANE_DATA:
        return hear_first(t, r, l);
    default:
        return not_rpc(t, r);
    }
}

/* ---- the stage */

static bool has_rpc_reply(const struct task *t)
{
    for (size_t i = 0; i < t->facts.reply_count; i++)
        if (rpc_has_reply_shape(t->facts.replies[i].data, !is_datagram(t)))
            return true;
    return is_datagram(t) && t->known.reply.len && rpc_has_reply_shape(t->known.reply, false);
}

static bool wants(const struct task *t, const void *config)
{
    const struct rpc_config *c = config;
    const struct service_record *s = &t->facts.service;
    if (!c->programs || t->facts.tunnel || s->tunnel || s->rpc || t->tunnel)
        return false;
    if (c->early) {
        bool own = !is_datagram(t) && !c->heard_only && rpc_programs_at_port(c->programs, t->known.peer.port);
        return own || c->every || is_heard_of(t);
    }
    bool other = s->name && !s->soft && strcmp(s->name, "rpc") != 0 && !rpc_programs_has_name(c->programs, s->name);
    return !other && has_rpc_reply(t);
}

static enum verdict start(struct task *t, const void *config)
{
    struct rpc_run *r = arena_alloc(&t->arena, sizeof *r);
    *r = (struct rpc_run){.config = config, .phase = PHASE_FIRST, .datagrams = is_datagram(t), .first_xid = (uint32_t)random_u64()};
    buf_init(&r->joined, LIMIT_RPC_RECORD);
    t->stage_state = r;
    if (!r->config->early || (r->datagrams && has_rpc_reply(t)))
        return begin_grind(t, r);
    struct lane *l = &t->lanes[0];
    if (l->state == LANE_OPEN)
        return call_first(t, r, l);
    lane_open(l, CONNECT);
    return VERDICT_WAIT;
}

/* A server that takes few at a time (a short queue) refuses for a while. */
static void lost(struct task *t, struct rpc_run *r, struct lane *l)
{
    bool was_up = l->connected_at != 0;
    if (was_up)
        grind_lost(r->grind, link_of(l));
    else {
        size_t last = sizeof REFUSED_PAUSE / sizeof *REFUSED_PAUSE - 1;
        r->reconnect_at = task_now(t) + REFUSED_PAUSE[r->refusals < last ? r->refusals : last];
        r->refusals++;
    }
    lane_close(l);
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event e)
{
    struct rpc_run *r = t->stage_state;
    if (r->phase == PHASE_FIRST)
        return first_phase(t, r, l, e);
    if (r->phase == PHASE_OPEN)
        return e == LANE_CONNECTED ? grind_on(t, r, l, 0) : not_rpc(t, r);
    switch (e) {
    case LANE_CONNECTED:
        take_lane(t, r, l, 0);
        break;
    case LANE_DATA:
        hear(t, r, l);
        break;
    case LANE_CLOSED:
        if (l->reply.len && !r->datagrams)
            hear(t, r, l);
        lost(t, r, l);
        break;
    case LANE_DEADLINE:
        lane_listen(l, task_now(t) + LISTEN);
        break;
    }
    return go_on(t, r);
}

static enum verdict on_tick(struct task *t)
{
    struct rpc_run *r = t->stage_state;
    if (r->phase == PHASE_GRIND)
        return go_on(t, r);
    int64_t until = t->lanes[0].until;
    enum verdict v = t->lanes[0].state == LANE_OPEN ? call_first(t, r, &t->lanes[0]) : VERDICT_WAIT;
    if (v == VERDICT_WAIT)
        lane_listen(&t->lanes[0], until); /* not any longer for it */
    return v;
}

/* What is known so far is kept. */
static void stop(struct task *t)
{
    struct rpc_run *r = t->stage_state;
    if (r->grind && r->grind->answered)
        rpc_report(t, r);
    leave_share(t, r);
    buf_free(&r->joined);
}

const struct stage stage_rpc = {"rpc", wants, start, on_lane, on_tick, stop};
