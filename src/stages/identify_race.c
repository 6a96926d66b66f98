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
#include "stages/identify.h"

#include "base/hash.h"
#include "probes/match.h"
#include "probes/select.h"
#include "stages/complete.h"
#include "stages/finding.h"

#include <string.h>

#define MS 1000LL
#define SECOND (1000 * MS)

/* What is asked on one lane. */
struct asked {
    const struct probe *probe;
    int64_t send_at; /* connected, but waits for this before it sends; 0: no wait */
    int64_t sent_at; /* 0: not yet */
    bool keeper; /* a likely question: keeps its lane for its whole patience */
    bool settled; /* what came so far has been read and was not enough */
    bool resent; /* udp: asked a second time */
    bool matched; /* `match` holds */
    struct match match;
};

/* All waiting, derived from the round trip. Microseconds. */
struct pace {
    int64_t step; /* between two questions while nothing answers */
    int64_t grace; /* a connected lane holds its question back that long for a server that speaks first */
    int64_t hush; /* a reply that is quiet for so long has ended */
    int64_t long_hush; /* the same where the reply does not yet say enough */
    int64_t least; /* patience before a silent lane may lose its place */
    int64_t late; /* patience of a lane that nobody wants to replace */
    int64_t hold; /* silence everywhere for so long: one client at a time? */
    int64_t connect;
};

struct race {
    const struct identify_config *config;
    struct probe_walk walk;
    struct asked asked[LIMIT_LANES];
    struct pace pace;
    const struct probe *first; /* the first question */
    const struct probe *next; /* taken from the walk, not yet asked */
    const struct probe *last; /* the last question sent */
    bool walked; /* the walk is at its end */
    uint8_t seen[64]; /* bits: probes asked, by index */
    unsigned questions;
    int64_t began_at;
    int64_t last_ask;
    int64_t last_end; /* when a lane last ended or was closed */
    bool spoke; /* something was received */
    bool refused; /* the port refuses, or cannot be reached any more */
    bool single; /* serves one client at a time */
    bool handed_over; /* lane 0 was given the first question */
    bool brief; /* this host's ports all answer alike: ask the first questions only */
    unsigned closed_at_once; /* lanes that ended without data right after connecting or sending */
    bool wrapped; /* lane 0 did so, though nothing was sent on it */
    unsigned ended_silent;
    const char *ending; /* how lane 0 ended */
    bool found; /* a hard match counted */
    const struct probe *teller; /* a second question, for the version that the match did not tell */
    int64_t better_until; /* found, but something better may come until then; 0: no */
};

static const int64_t OVERALL = 8 * SECOND; /* no new question after this, if there was no queue */
enum { BRIEF_QUESTIONS = 2, CLOSED_AT_ONCE_ENOUGH = 3 };

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static struct pace pace_of(int64_t rtt, enum proto proto)
{
    if (!rtt)
        rtt = proto == PROTO_UDP ? 150 * MS : 50 * MS;
    return (struct pace){
        .step = clamp(rtt + rtt / 2, 10 * MS, SECOND),
        .grace = clamp(rtt / 4, 8 * MS, 100 * MS),
        .hush = clamp(rtt + rtt / 8, 10 * MS, 600 * MS),
        .long_hush = clamp(rtt + rtt / 2, 60 * MS, 800 * MS),
        .least = clamp(5 * rtt, 400 * MS, 3 * SECOND / 2),
        .late = clamp(10 * rtt, 3 * SECOND / 2, 4 * SECOND),
        .hold = clamp(6 * rtt, SECOND, 3 * SECOND),
        .connect = clamp(8 * rtt, 3 * SECOND, 6 * SECOND),
    };
}

static bool is_udp(const struct task *t)
{
    return t->known.peer.proto == PROTO_UDP;
}

static struct lane *talking_lane(struct task *t, size_t i)
{
    return lane_talks(&t->lanes[i]) ? &t->lanes[i] : NULL;
}

static unsigned talking(struct task *t)
{
    unsigned n = 0;
    for (size_t i = 0; i < LIMIT_LANES; i++)
        n += lane_talks(&t->lanes[i]);
    return n;
}

/* ---- which question is next */

static bool was_asked(const struct race *r, const struct probe *p)
{
    return p->index < 8 * sizeof r->seen && (r->seen[p->index / 8] >> (p->index % 8) & 1);
}

static void mark_asked(struct race *r, const struct probe *p)
{
    if (p->index < 8 * sizeof r->seen)
        r->seen[p->index / 8] |= (uint8_t)(1u << (p->index % 8));
}

static const char *suspected(const struct task *t)
{
    return t->facts.service.soft ? t->facts.service.name : NULL;
}

static bool may_ask(const struct task *t, const struct race *r, const struct probe *p)
{
    const struct endpoint *e = &t->known.peer;
    return p->payload.len && !was_asked(r, p) && !gentle_forbids(r->config->gentle, p->name, e->proto, e->port, suspected(t));
}

static const struct probe *look_ahead(struct task *t, struct race *r)
{
    while (!r->next && !r->walked) {
        r->next = probe_walk_next(&r->walk, suspected(t));
        if (!r->next)
            r->walked = true;
        else if (!may_ask(t, r, r->next))
            r->next = NULL;
    }
    return r->next;
}

/* A soft match narrows the search: questions that cannot name the service, and were not sent yet, are not wanted any more. */
static void narrow(struct task *t, struct race *r)
{
    const char *service = suspected(t);
    r->walked = false;
    if (r->next && !probe_names_service(r->next, service))
        r->next = NULL;
    for (size_t i = 0; i < LIMIT_LANES; i++) {
        const struct asked *a = &r->asked[i];
        if (lane_talks(&t->lanes[i]) && !a->sent_at && !a->probe->is_null && !probe_names_service(a->probe, service))
            lane_close(&t->lanes[i]);
    }
}

static bool may_go_on_asking(struct task *t, struct race *r)
{
    if (r->found)
        return r->teller && r->next == r->teller;
    bool in_time = task_now(t) < r->began_at + OVERALL || admission_queued(t->env->admission);
    bool brief = r->brief && r->questions >= BRIEF_QUESTIONS;
    bool wrapped = r->wrapped && r->closed_at_once >= CLOSED_AT_ONCE_ENOUGH && r->closed_at_once == r->ended_silent && !r->spoke;
    return in_time && !brief && !wrapped && !r->refused && t->connections < LIMIT_CONNECTIONS_PER_PORT && look_ahead(t, r);
}

/* ---- asking */

static void trace_sending(struct task *t, const struct probe *p)
{
    char addr[ADDR_TEXT_MAX];
    task_trace(t, "Service scan sending probe %s to %s:%u (%s)", p->name, addr_format(&t->known.peer.addr, addr, sizeof addr),
        t->known.peer.port, proto_name(t->known.peer.proto));
}

static int64_t patience_of(const struct race *r, const struct asked *a)
{
    if (a->probe->is_null || a->keeper)
        return a->probe->total_wait_us;
    return r->pace.late < a->probe->total_wait_us ? r->pace.late : a->probe->total_wait_us;
}

static void send_question(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    a->sent_at = task_now(t);
    a->send_at = 0;
    r->last = a->probe;
    trace_sending(t, a->probe);
    lane_send(l, a->probe->payload);
    lane_listen(l, a->sent_at + patience_of(r, a));
}

static void ask(struct task *t, struct race *r, struct lane *l)
{
    const struct probe *p = r->next;
    r->next = NULL;
    r->asked[l->number] = (struct asked){.probe = p, .keeper = r->questions < 2 || port_set_has(p->ports, t->known.peer.port)};
    if (!r->first)
        r->first = p;
    mark_asked(r, p);
    r->questions++;
    r->last_ask = task_now(t);
    lane_open(l, r->pace.connect);
}

/* The lane that has waited longest without an answer, past its least patience, and is neither the listener nor a keeper. */
static struct lane *lane_to_replace(struct task *t, struct race *r, int64_t *free_at)
{
    struct lane *best = NULL;
    *free_at = INT64_MAX;
    for (size_t i = 0; i < LIMIT_LANES; i++) {
        struct lane *l = talking_lane(t, i);
        const struct asked *a = &r->asked[i];
        if (!l || a->probe->is_null || a->keeper || !a->sent_at || (l->reply.len && !a->settled))
            continue;
        int64_t due = a->settled ? 0 : a->sent_at + r->pace.least;
        if (due < *free_at) {
            *free_at = due;
            best = l;
        }
    }
    return best && *free_at <= task_now(t) ? best : NULL;
}

/* A place for the next question now, or NULL with the time when to look again. */
static struct lane *place_for_next(struct task *t, struct race *r, int64_t *look_again)
{
    *look_again = INT64_MAX;
    if (r->single && talking(t))
        return NULL;
    if (r->questions && talking(t) && task_now(t) < r->last_ask + r->pace.step && r->last_end <= r->last_ask) {
        *look_again = r->last_ask + r->pace.step;
        return NULL;
    }
    struct lane *l = task_free_lane(t);
    if (l)
        return l;
    l = lane_to_replace(t, r, look_again);
    if (l)
        lane_close(l);
    return l;
}

/* ---- reading */

/* When the last other lane that was asked will have had its least patience; 0: none is. */
static int64_t others_answer_until(struct task *t, const struct race *r, const struct asked *a)
{
    int64_t until = 0;
    for (size_t i = 0; i < LIMIT_LANES; i++) {
        const struct asked *other = &r->asked[i];
        bool waits = other != a && talking_lane(t, i) && other->sent_at && !other->settled;
        if (waits && other->sent_at + r->pace.least > until)
            until = other->sent_at + r->pace.least;
    }
    return until > task_now(t) ? until : 0;
}

static bool is_bare_tls(const struct match *m)
{
    return strcmp(m->service, "ssl") == 0;
}

/*
 * A hard match ends the search, but for two that leave something open: TLS that was recognised while a question in clear text may still
 * draw the server's complaint, which names the product; and a product without version, where another probe knows most of that service.
 * Until when to wait; 0: do not.
 */
static int64_t wait_for_better(struct task *t, struct race *r, const struct asked *a)
{
    if (is_bare_tls(&a->match))
        return others_answer_until(t, r, a);
    if (a->match.version)
        return 0;
    const struct probe *teller = probe_best_teller(r->config->db, t->known.peer.proto, a->match.service);
    if (!teller || teller == a->match.owner || teller == r->teller || !teller->payload.len || r->refused ||
        t->connections >= LIMIT_CONNECTIONS_PER_PORT)
        return 0;
    if (was_asked(r, teller))
        return others_answer_until(t, r, a);
    if (!may_ask(t, r, teller))
        return 0;
    r->teller = r->next = teller;
    return task_now(t) + r->pace.least;
}

/* A second hard match while a better one is waited for: welcome if it is about the same service, or says what is inside TLS. */
static bool is_better(struct task *t, const struct match *m)
{
    struct service_record *s = &t->facts.service;
    if (m->soft || !s->name)
        return false;
    if (strcmp(s->name, "ssl") != 0)
        return strcmp(s->name, m->service) == 0;
    if (is_bare_tls(m))
        return false;
    *s = (struct service_record){.replies = s->replies, .reply_count = s->reply_count};
    return true;
}

/* True if the search is over. */
static bool conclude(struct task *t, struct race *r, struct asked *a)
{
    if (r->found && !is_better(t, &a->match))
        return false;
    finding_take(t, &a->match, a->probe);
    if (a->match.soft)
        return false;
    r->found = true;
    r->better_until = wait_for_better(t, r, a);
    if (!r->teller || a->probe == r->teller)
        experience_learn(r->config->experience, t->known.peer.proto, t->known.peer.port, a->probe);
    return r->better_until == 0;
}

/* A reply counts: it has ended, is complete, or has been quiet. True if the search is over. */
static bool settle(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    a->settled = true;
    facts_add_reply(&t->facts, &t->arena, a->probe->name, NULL, buf_view(&l->reply));
    if (a->matched && !a->match.soft)
        return conclude(t, r, a);
    if (a->matched && !r->found && !t->facts.service.name) {
        conclude(t, r, a);
        narrow(t, r);
    }
    return false;
}

/* An echo service gives every question back, and many questions look like their own answers. */
static bool is_our_own_question(const struct probe *p, struct bytes reply, const struct match *m)
{
    return bytes_equal(reply, p->payload) && strcmp(m->service, "echo") != 0;
}

static void read_reply(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    struct match m;
    a->settled = false;
    r->spoke = true;
    if (match_reply(r->config->db, a->probe, buf_view(&l->reply), &t->arena, &m) &&
        !is_our_own_question(a->probe, buf_view(&l->reply), &m)) {
        a->match = m;
        a->matched = true;
    }
}

/* What is still missing decides how long silence must last. */
static int64_t hush_of(const struct race *r, const struct asked *a)
{
    bool enough = a->matched && !a->match.soft && a->match.version;
    return enough ? r->pace.hush : r->pace.long_hush;
}

static bool is_whole(const struct task *t, const struct lane *l)
{
    return is_udp(t) || l->reply.len >= LIMIT_REPLY || reply_completeness(buf_view(&l->reply)) == COMPLETE_YES;
}

/* ---- one client at a time */

/* A lane that was long silent comes alive right after another one left: the server serves one at a time. From now on so do we. */
static void notice_single(struct task *t, struct race *r, struct lane *l)
{
    const struct asked *a = &r->asked[l->number];
    int64_t now = task_now(t);
    bool was_silent = a->sent_at && now - a->sent_at > r->pace.least;
    bool after_another = r->last_end && now - r->last_end < r->pace.hush && r->last_end > a->sent_at;
    if (r->single || !was_silent || !after_another)
        return;
    r->single = true;
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (i != l->number)
            lane_close(&t->lanes[i]);
}

/* Nobody answers on any lane: perhaps the server is busy with lane 0, which says nothing. So lane 0 asks the first question too. */
static void hand_over(struct task *t, struct race *r)
{
    struct lane *l = &t->lanes[0];
    if (r->handed_over || is_udp(t) || r->spoke || r->last_end || !r->first || l->state != LANE_OPEN || !r->asked[0].probe->is_null)
        return;
    if (gentle_forbids(r->config->gentle, r->first->name, PROTO_TCP, t->known.peer.port, NULL))
        return;
    int64_t until = l->until;
    r->handed_over = true;
    r->asked[0].probe = r->first;
    r->asked[0].keeper = true;
    send_question(t, r, l);
    lane_listen(l, until > l->until ? until : l->until);
}

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
    if (short_now && l->state == LANE_OPEN)
        return since + r->pace.least < l->until ? since + r->pace.least : l->until;
    return l->until;
}

/* Asks a silent udp port once more: datagrams are lost. */
static void ask_again(struct task *t, struct race *r, struct lane *l, int64_t *next)
{
    struct asked *a = &r->asked[l->number];
    if (!is_udp(t) || a->resent || l->received)
        return;
    int64_t due = a->sent_at + r->pace.least / 2;
    if (due > task_now(t)) {
        earlier(next, due);
        return;
    }
    a->resent = true;
    lane_send(l, a->probe->payload);
}

/* One open lane's turn. True if the search is over. */
static bool look_after(struct task *t, struct race *r, struct lane *l, int64_t *next)
{
    struct asked *a = &r->asked[l->number];
    int64_t now = task_now(t);
    if (a->send_at && a->send_at <= now)
        send_question(t, r, l);
    else if (a->send_at)
        earlier(next, a->send_at);
    if (l->received && !a->settled) {
        int64_t due = l->last_data_at + hush_of(r, a);
        if (due <= now)
            return settle(t, r, l);
        earlier(next, due);
        return false;
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

/* ---- the end */

static void note_nothing(struct task *t, struct race *r)
{
    if (r->refused && r->last)
        finding_note(t, "went away after probe %s", r->last->name);
    else if (r->refused)
        finding_note(t, "went away");
    else if (r->spoke && r->brief)
        finding_note(t, "answers like all ports of this host");
    else if (r->spoke)
        finding_note(t, "answered, not recognised");
    else if (r->ending)
        finding_note(t, "%s", r->ending);
    else if (r->ended_silent)
        finding_note(t, "closes when it is asked");
    else
        finding_note(t, "silent");
}

static uint64_t outcome_hash(const struct task *t, const struct race *r)
{
    uint64_t h = hash_u64(1 + r->spoke + 2u * (r->ending != NULL), 0);
    for (size_t i = 0; i < t->facts.reply_count && i < BRIEF_QUESTIONS; i++)
        h = hash_bytes(t->facts.replies[i].data, h);
    return h ? h : 1;
}

static enum verdict end_search(struct task *t, struct race *r)
{
    if (!r->found)
        note_nothing(t, r);
    if (r->refused && is_udp(t) && !r->spoke)
        t->facts.port = FACTS_PORT_CLOSED;
    else if (r->spoke)
        t->facts.port = FACTS_PORT_OPEN;
    experience_outcome(r->config->experience, &t->known.peer.addr, r->found || t->facts.service.name ? 0 : outcome_hash(t, r));
    return VERDICT_DONE;
}

static enum verdict race_on(struct task *t)
{
    struct race *r = t->stage_state;
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (t->lanes[i].state == LANE_OPEN && look_after(t, r, &t->lanes[i], &next))
            return end_search(t, r);
    int64_t look_again;
    while (may_go_on_asking(t, r)) {
        struct lane *l = place_for_next(t, r, &look_again);
        if (!l) {
            earlier(&next, look_again);
            break;
        }
        ask(t, r, l);
    }
    if (!talking(t) || (r->found && r->better_until <= task_now(t)))
        return end_search(t, r);
    if (r->found)
        earlier(&next, r->better_until);
    if (!r->handed_over && !r->spoke && !is_udp(t)) {
        int64_t hold_ends = r->began_at + r->pace.hold;
        if (hold_ends <= task_now(t))
            hand_over(t, r);
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
    bool suggested = port_set_has(a->probe->ports, t->known.peer.port) ||
                     experience_of(r->config->experience, PROTO_TCP, t->known.peer.port) == a->probe;
    return is_udp(t) || !first_hears || suggested || r->questions > 1 ? 0 : r->pace.grace;
}

static void on_connected(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    if (t->rtt)
        r->pace = pace_of(t->rtt, t->known.peer.proto);
    if (a->probe->is_null) {
        lane_listen(l, task_now(t) + patience_of(r, a));
        return;
    }
    int64_t grace = grace_of(t, r, a);
    if (grace) {
        a->send_at = task_now(t) + grace;
        lane_listen(l, a->send_at + patience_of(r, a));
    } else {
        send_question(t, r, l);
    }
}

static bool ended_fast(const struct task *t, const struct race *r, const struct lane *l)
{
    const struct asked *a = &r->asked[l->number];
    int64_t since = a->sent_at ? a->sent_at : l->connected_at;
    return l->ended_at - since < 2 * t->rtt + 400 * MS;
}

static void on_silent_end(struct task *t, struct race *r, struct lane *l)
{
    bool was_up = l->connected_at != 0;
    r->refused |= l->end == END_REFUSED || !was_up;
    if (!was_up)
        return;
    r->ended_silent++;
    r->closed_at_once += ended_fast(t, r, l);
    if (l->number != 0 || is_udp(t))
        return;
    r->ending = finding_ending(t, l);
    r->wrapped = r->asked[0].probe->is_null && ended_fast(t, r, l);
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event e)
{
    struct race *r = t->stage_state;
    switch (e) {
    case LANE_CONNECTED:
        on_connected(t, r, l);
        break;
    case LANE_DATA:
        notice_single(t, r, l);
        read_reply(t, r, l);
        hold_questions(t, r);
        if (is_whole(t, l) && settle(t, r, l))
            return end_search(t, r);
        break;
    case LANE_CLOSED:
        if (l->reply.len && !r->asked[l->number].settled && settle(t, r, l))
            return end_search(t, r);
        if (!l->received)
            on_silent_end(t, r, l);
        r->last_end = task_now(t);
        lane_close(l);
        break;
    case LANE_DEADLINE:
        if (l->reply.len && !r->asked[l->number].settled && settle(t, r, l))
            return end_search(t, r);
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
    if (!p || !t->known.reply.len)
        return false;
    mark_asked(r, p);
    r->spoke = true;
    a->probe = p;
    facts_add_reply(&t->facts, &t->arena, p->name, NULL, t->known.reply);
    a->matched = match_reply(r->config->db, p, t->known.reply, &t->arena, &a->match);
    return a->matched && conclude(t, r, a);
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

static void prefer_experience(struct task *t, struct race *r)
{
    const struct probe *p = experience_of(r->config->experience, t->known.peer.proto, t->known.peer.port);
    if (p && may_ask(t, r, p))
        r->next = p;
}

static enum verdict start(struct task *t, const void *config)
{
    struct race *r = arena_alloc(&t->arena, sizeof *r);
    t->stage_state = r;
    r->config = config;
    r->began_at = task_now(t);
    r->pace = pace_of(t->rtt, t->known.peer.proto);
    r->brief = experience_alike(r->config->experience, &t->known.peer.addr);
    probe_walk_begin(&r->walk, r->config->db, t->known.peer.proto, t->known.peer.port, r->config->intensity, PROBE_ORDER_LIKELIEST);
    if (is_udp(t)) {
        if (read_known_reply(t, r))
            return end_search(t, r);
        lane_close(&t->lanes[0]);
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
        if (t->lanes[i].reply.len && !r->asked[i].settled)
            settle(t, r, &t->lanes[i]);
    if (!t->facts.service.name)
        finding_note(t, "not finished");
}

const struct stage stage_identify = {"identify", wants, start, on_lane, race_on, stop};
