/*
 * identify_race.c owns identification side by side: a few lanes, each with one question, none waiting for another longer than the
 * network needs.
 *
 * Lane 0 listens (the NULL probe, on the scan's own connection); the others ask, likeliest question first. Every event ends in race_on(),
 * which does what is due now and sets the tick for what is due next:
 *   - a lane whose grace is over sends its question (a server that speaks first has then been heard first);
 *   - a reply that has been quiet for a round trip settles, and counts;
 *   - a lane that was silent for its patience is closed, or gives its place to the next question;
 *   - when nothing is left to ask or to hear, the search ends.
 */
#include "stages/race.h"

#include "stages/finding.h"
#include "stages/hello.h"

#include <string.h>

#define MS 1000LL
#define SECOND (1000 * MS)

/* ---- what is due */

static void earlier(int64_t *at, int64_t candidate)
{
    if (candidate < *at)
        *at = candidate;
}

/* When a lane's patience ends; less once something is known or the server is known to speak. */
static int64_t give_up_at(const struct task *t, const struct race *r, const struct lane *l)
{
    const struct asked *a = &r->asked[l->number];
    bool short_now = r->spoke || t->facts.service.soft || (r->brief && r->questions >= BRIEF_QUESTIONS);
    int64_t since = a->sent_at ? a->sent_at : l->connected_at;
    if (!short_now || l->state != LANE_OPEN)
        return l->until;
    const char *soft = t->facts.service.soft ? t->facts.service.name : NULL;
    bool may_name_it = soft && !a->probe->is_null && probe_names_service(a->probe, soft);
    int64_t short_until = since + (may_name_it ? r->pace.late : r->pace.least);
    return short_until < l->until ? short_until : l->until;
}

/* Asks a silent udp port once more: datagrams are lost. */
static void ask_again(struct task *t, struct race *r, struct lane *l, int64_t *next)
{
    struct asked *a = &r->asked[l->number];
    if (!race_is_udp(t) || a->resent || l->received || a->secures)
        return;
    int64_t due = a->sent_at + r->pace.least / 2;
    if (due > task_now(t)) {
        earlier(next, due);
        return;
    }
    a->resent = true;
    lane_send(l, a->sent);
}

/* One open lane's turn. True if the search is over. */
static bool look_after(struct task *t, struct race *r, struct lane *l, int64_t *next)
{
    struct asked *a = &r->asked[l->number];
    int64_t now = task_now(t);
    if (a->send_at && (a->send_at <= now || (a->secures && r->found)))
        race_send(t, r, l);
    else if (a->send_at)
        earlier(next, a->send_at);
    if (race_has_answer(l, a) && !a->settled) {
        int64_t due = l->last_data_at + race_hush_of(r, a);
        if (due > now) {
            earlier(next, due);
            return false;
        }
        if (race_settle(t, r, l))
            return true;
    }
    if (a->send_at)
        return false;
    if (a->sent_at)
        ask_again(t, r, l, next);
    int64_t end = give_up_at(t, r, l);
    if (end <= now)
        lane_close(l);
    else
        earlier(next, end);
    return false;
}

/* A reply that comes while other lanes still wait to send: a server that speaks first is not talked over. */
static void hold_questions(struct task *t, struct race *r)
{
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (r->asked[i].send_at && lane_talks(&t->lanes[i]))
            r->asked[i].send_at = task_now(t) + r->pace.long_hush;
}

static enum verdict race_on(struct task *t)
{
    struct race *r = t->stage_state;
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (t->lanes[i].state == LANE_OPEN && look_after(t, r, &t->lanes[i], &next))
            return race_end_search(t, r);
    int64_t look_again;
    while (race_may_go_on_asking(t, r)) {
        struct lane *l = race_place_for_next(t, r, &look_again);
        if (!l) {
            earlier(&next, look_again);
            break;
        }
        race_ask(t, r, l);
    }
    bool pauses = race_keeps_quiet(t, r) && race_may_go_on_asking(t, r);
    if ((!race_talking(t) && !pauses) || (r->found && !race_better_may_come(t, r)))
        return race_end_search(t, r);
    if (r->found)
        earlier(&next, r->better_until);
    if (!r->handed_over && !r->spoke && !race_is_udp(t)) {
        int64_t hold_ends = r->began_at + r->pace.hold;
        if (hold_ends <= task_now(t))
            race_hand_over(t, r);
        else
            earlier(&next, hold_ends);
    }
    if (next < INT64_MAX)
        task_tick_at(t, next);
    else
        task_tick_never(t);
    return VERDICT_WAIT;
}

/* ---- events */

/* Questions that the port's number suggests go out at once; others leave a server that speaks first its chance. */
static int64_t grace_of(const struct task *t, const struct race *r, const struct asked *a)
{
    bool first_hears = t->lanes[0].state == LANE_OPEN && r->asked[0].probe->is_null && !r->asked[0].settled;
    bool suggested = race_lists_port(t, a->probe) || experience_of(r->experience, PROTO_TCP, t->known.peer.port) == a->probe;
    return race_is_udp(t) || !first_hears || suggested || r->questions > 1 ? 0 : r->pace.grace;
}

/* The handshake of a tunnel is the server's own work: a server that is slow at it is slow at answering, too. */
static void keep_pace(const struct task *t, struct race *r, const struct lane *l)
{
    int64_t trip = t->rtt;
    int64_t handshake = t->tunnel ? (l->connected_at - l->dialled_at) / 2 : 0;
    if (handshake > r->slowest_handshake)
        r->slowest_handshake = handshake;
    if (r->slowest_handshake > trip)
        trip = r->slowest_handshake;
    if (trip)
        r->pace = race_pace_of(trip, t->known.peer.proto);
}

static void on_connected(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    keep_pace(t, r, l);
    if (a->probe->is_null) {
        lane_listen(l, task_now(t) + race_patience_of(r, a));
        return;
    }
    int64_t grace = grace_of(t, r, a);
    if (grace) {
        a->send_at = task_now(t) + grace;
        lane_listen(l, a->send_at + race_patience_of(r, a));
    } else {
        race_send(t, r, l);
    }
}

static bool ended_fast(const struct task *t, const struct race *r, const struct lane *l)
{
    const struct asked *a = &r->asked[l->number];
    int64_t since = a->sent_at ? a->sent_at : l->connected_at;
    return l->ended_at - since < 2 * t->rtt + 400 * MS;
}

/* The port could not be connected to again. A time-out while another lane is served tells of a full queue: one client at a time. */
static void on_failed_connect(struct task *t, struct race *r, struct lane *l)
{
    struct lane *served = NULL;
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (t->lanes[i].state == LANE_OPEN)
            served = &t->lanes[i];
    if ((l->end == END_TIMEOUT || race_keeps_sessions(t)) && served && !r->single) {
        race_take_back(r, r->asked[l->number].probe);
        race_go_single(t, r, served);
    } else {
        r->refused = true;
        r->shortage = l->end == END_LOCAL;
    }
}

static void on_silent_end(struct task *t, struct race *r, struct lane *l)
{
    if (!l->connected_at) {
        on_failed_connect(t, r, l);
        return;
    }
    r->refused |= l->end == END_REFUSED; /* udp: port unreachable */
    r->ended_silent++;
    r->closed_at_once += ended_fast(t, r, l);
    if (l->number != 0 || race_is_udp(t) || r->ending)
        return;
    r->ending = finding_ending(t, l);
    r->wrapped = r->asked[0].probe->is_null && ended_fast(t, r, l);
}

/* The server greets on a lane that has not asked yet: the listener hears the greeting too, and this lane is not needed. */
static bool speaks_first(const struct task *t, const struct race *r, const struct lane *l)
{
    const struct asked *a = &r->asked[l->number];
    return !a->sent_at && l->number != 0 && t->lanes[0].state == LANE_OPEN && r->asked[0].probe->is_null;
}

/* ---- hellos */

/* A session is up. It stays on lane 0 for the stage tls to enter, unless the port has named itself in clear text meanwhile. */
static enum verdict on_session(struct task *t, struct race *r, struct lane *l)
{
    if (r->found && !hello_met_tls(&t->facts, t->known.peer.proto)) {
        lane_close(l);
        return race_on(t);
    }
    experience_learn(r->experience, t->known.peer.proto, t->known.peer.port, r->asked[l->number].probe);
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (&t->lanes[i] != l)
            lane_close(&t->lanes[i]);
    if (l->number)
        lane_move(l, &t->lanes[0]);
    t->facts.port = FACTS_PORT_OPEN;
    return VERDICT_DONE;
}

/* What the peer said instead of a session is an answer like any other; that it was TLS is known from now on. */
static void on_hello_refused(struct task *t, struct race *r, struct lane *l)
{
    if (!l->received)
        return;
    race_read_reply(t, r, l);
    if (!hello_has_tls_shape(buf_view(&l->reply), t->known.peer.proto))
        return;
    t->facts.hellos = 1;
    t->facts.tls_failure = l->detail;
}

static void on_closed(struct task *t, struct race *r, struct lane *l)
{
    if (!l->received && !(r->asked[l->number].secures && l->connected_at && l->end == END_TIMEOUT))
        on_silent_end(t, r, l);
    r->last_end = task_now(t);
    lane_close(l);
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event e)
{
    struct race *r = t->stage_state;
    const struct asked *a = &r->asked[l->number];
    switch (e) {
    case LANE_CONNECTED:
        if (a->secures && a->sent_at)
            return on_session(t, r, l);
        on_connected(t, r, l);
        break;
    case LANE_DATA:
        if (speaks_first(t, r, l)) {
            lane_close(l);
            break;
        }
        race_notice_single(t, r, l);
        race_read_reply(t, r, l);
        hold_questions(t, r);
        if (race_is_whole(t, l) && race_settle(t, r, l))
            return race_end_search(t, r);
        break;
    case LANE_CLOSED:
        if (a->secures)
            on_hello_refused(t, r, l);
        if (race_has_answer(l, a) && !a->settled && race_settle(t, r, l))
            return race_end_search(t, r);
        on_closed(t, r, l);
        break;
    case LANE_DEADLINE:
        if (race_has_answer(l, a) && !a->settled && race_settle(t, r, l))
            return race_end_search(t, r);
        lane_close(l);
        break;
    }
    return race_on(t);
}

/* ---- the beginning */

static bool wants(const struct task *t, const void *config)
{
    return !t->facts.service.name;
}

/* udp: the scan's own question has drawn a reply already. True if it names the service. */
static bool read_known_reply(struct task *t, struct race *r)
{
    const struct probe *p = t->known.reply_to;
    struct asked *a = &r->asked[0];
    if (!t->known.reply.len)
        return false;
    r->spoke = true;
    facts_add_reply(&t->facts, &t->arena, p ? p->name : "scan", NULL, t->known.reply);
    if (p) {
        race_mark_asked(r, p);
        a->matched = match_reply(r->config->db, p, t->known.reply, &t->arena, &a->match);
    } else {
        a->matched = match_any(r->config->db, PROTO_UDP, t->known.reply, &t->arena, &a->match);
        p = a->matched ? a->match.owner : NULL;
    }
    a->probe = p;
    return a->matched && race_conclude(t, r, a);
}

static void listen_first(struct task *t, struct race *r, const struct probe *null)
{
    struct lane *l = &t->lanes[0];
    r->asked[0] = (struct asked){.probe = null};
    if (l->state == LANE_OPEN)
        lane_listen(l, l->connected_at + null->total_wait_us);
    else
        lane_open(l, r->pace.connect);
}

/* Inside TLS it may be known what waits there: then the session that is up asks for it at once, instead of listening.
 * Inside DTLS it asks anyway. */
static bool ask_first(struct task *t, struct race *r)
{
    struct probe_walk likeliest = r->walk;
    const struct probe *p = t->facts.awaits || race_is_udp(t) ? probe_walk_next(&likeliest, t->facts.awaits) : NULL;
    while (p && race_is_udp(t) && !race_may_ask(t, r, p))
        p = probe_walk_next(&likeliest, NULL);
    if (!p || t->lanes[0].state != LANE_OPEN || !race_may_ask(t, r, p))
        return false;
    r->asked[0] = (struct asked){.probe = p, .keeper = true};
    r->first = p;
    r->questions = 1;
    r->last_ask = task_now(t);
    race_mark_asked(r, p);
    race_send(t, r, &t->lanes[0]);
    return true;
}

static void prefer_experience(struct task *t, struct race *r)
{
    const struct probe *p = experience_of(r->experience, t->known.peer.proto, t->known.peer.port);
    if (p && race_may_ask(t, r, p))
        r->next = p;
}

static enum verdict start(struct task *t, const void *config)
{
    struct race *r = arena_alloc(&t->arena, sizeof *r);
    t->stage_state = r;
    r->config = config;
    r->seen = t->tunnel ? arena_alloc(&t->arena, sizeof t->asked) : t->asked;
    r->experience = t->tunnel ? NULL : r->config->experience;
    r->began_at = task_now(t);
    r->pace = race_pace_of(t->rtt, t->known.peer.proto);
    if (t->tunnel && t->lanes[0].state == LANE_OPEN)
        keep_pace(t, r, &t->lanes[0]);
    r->brief = experience_alike(r->experience, &t->known.peer.addr);
    probe_walk_begin(&r->walk, r->config->db, t->known.peer.proto, t->known.peer.port, r->config->intensity, PROBE_ORDER_LIKELIEST);
    r->walk.inside_tls = t->tunnel != NULL;
    if (race_is_udp(t)) {
        if (!t->tunnel && read_known_reply(t, r))
            return race_end_search(t, r);
        if (!t->tunnel || !ask_first(t, r))
            lane_close(&t->lanes[0]);
    } else if (ask_first(t, r)) {
        r->handed_over = true;
    } else if (t->facts.went_back) {
        r->handed_over = true; /* it has been listened to */
    } else if (probe_db_null(r->config->db)) {
        listen_first(t, r, probe_db_null(r->config->db));
    } else {
        lane_close(&t->lanes[0]);
    }
    prefer_experience(t, r);
    return race_on(t);
}

static void stop(struct task *t)
{
    struct race *r = t->stage_state;
    for (size_t i = 0; i < LIMIT_LANES && !r->found; i++)
        if (race_has_answer(&t->lanes[i], &r->asked[i]) && !r->asked[i].settled)
            race_settle(t, r, &t->lanes[i]);
    if (!t->facts.service.name)
        finding_note(t, "not finished");
}

const struct stage stage_identify = {"identify", wants, start, on_lane, race_on, stop};
