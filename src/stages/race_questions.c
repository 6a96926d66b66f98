/* race_questions.c owns the choice of the next question, the lane it gets, and its sending. */
#include "stages/race.h"

#include "stages/hello.h"
#include "stages/question.h"

static const int64_t OVERALL = 8 * 1000 * 1000; /* no new question after this, if there was no queue */
enum { CLOSED_AT_ONCE_ENOUGH = 3 };

/* ---- which question is next */

bool race_was_asked(const struct race *r, const struct probe *p)
{
    return p->index < SEEN_BITS && (r->seen[p->index / 8] >> (p->index % 8) & 1);
}

void race_mark_asked(struct race *r, const struct probe *p)
{
    if (p->index < SEEN_BITS)
        r->seen[p->index / 8] |= (uint8_t)(1u << (p->index % 8));
}

void race_take_back(struct race *r, const struct probe *p)
{
    if (p->is_null || p->index >= SEEN_BITS)
        return;
    r->seen[p->index / 8] &= (uint8_t) ~(1u << (p->index % 8));
    probe_walk_return(&r->walk, p);
    r->walked = false;
}

static const char *suspected(const struct task *t)
{
    return t->facts.service.soft ? t->facts.service.name : NULL;
}

static bool has_unread_answer(const struct task *t, const struct race *r)
{
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (lane_talks(&t->lanes[i]) && race_has_answer(&t->lanes[i], &r->asked[i]) && !r->asked[i].settled)
            return true;
    return false;
}

/* Not before something has been answered, and the answer did not end the search, or closed on (data/gentle). */
static bool must_wait(const struct task *t, const struct race *r, const struct probe *p)
{
    const struct endpoint *e = &t->known.peer;
    if (!gentle_delays(r->config->gentle, p->name, e->proto, e->port))
        return false;
    return (!t->facts.reply_count && !r->ended_silent) || has_unread_answer(t, r);
}

bool race_may_ask(const struct task *t, const struct race *r, const struct probe *p)
{
    const struct endpoint *e = &t->known.peer;
    bool no_hello = t->tunnel || t->facts.went_back;
    if (must_wait(t, r, p))
        return false;
    return p->payload.len && !race_was_asked(r, p) && !(no_hello && probe_is_hello(p)) &&
           !gentle_forbids(r->config->gentle, p->name, e->proto, e->port, suspected(t));
}

/* After the first question that is asked everywhere comes the hello: what speaks TLS is mostly silent to all others. */
static void prefer_hello(struct task *t, struct race *r)
{
    if (r->general != 1 || r->next || r->spoke || race_is_udp(t) || !t->env->tls || suspected(t))
        return;
    const struct probe *hello = probe_first_hello(r->config->db, PROTO_TCP);
    if (hello && hello->rarity <= r->config->intensity && race_may_ask(t, r, hello))
        r->next = hello;
}

static const struct probe *look_ahead(struct task *t, struct race *r)
{
    prefer_hello(t, r);
    if (!r->next && r->waits && race_may_ask(t, r, r->waits))
        r->next = r->waits;
    while (!r->next && !r->walked) {
        r->next = probe_walk_next(&r->walk, suspected(t));
        if (r->next && must_wait(t, r, r->next))
            r->waits = r->next;
        if (!r->next)
            r->walked = true;
        else if (!race_may_ask(t, r, r->next))
            r->next = NULL;
    }
    return r->next;
}

/* A soft match narrows the search: questions that cannot name the service, and were not sent yet, are not wanted any more. */
void race_narrow(struct task *t, struct race *r)
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
    const struct probe *teller = probe_best_teller(r->config->db, t->known.peer.proto, service, t->facts.service.product, NULL);
    if (teller && race_may_ask(t, r, teller))
        r->next = teller;
}

bool race_may_go_on_asking(struct task *t, struct race *r)
{
    if (r->found)
        return r->teller && r->next == r->teller;
    bool in_time = task_now(t) < r->began_at + OVERALL || admission_queued(t->env->admission);
    bool brief = r->brief && r->questions >= BRIEF_QUESTIONS;
    bool wrapped = r->wrapped && r->closed_at_once >= CLOSED_AT_ONCE_ENOUGH && r->closed_at_once == r->ended_silent && !r->spoke;
    return in_time && !brief && !wrapped && !r->refused && !r->only_tls && t->connections < LIMIT_CONNECTIONS_PER_PORT && look_ahead(t, r);
}

/* ---- asking */

static void trace_sending(struct task *t, const struct probe *p)
{
    char addr[ADDR_TEXT_MAX];
    task_trace(t, "Service scan sending probe %s to %s:%u (%s)", p->name, addr_format(&t->known.peer.addr, addr, sizeof addr),
        t->known.peer.port, proto_name(t->known.peer.proto));
}

int64_t race_patience_of(const struct race *r, const struct asked *a)
{
    if (a->probe->is_null || a->keeper)
        return a->probe->total_wait_us;
    return r->pace.late < a->probe->total_wait_us ? r->pace.late : a->probe->total_wait_us;
}

void race_send(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    a->sent_at = task_now(t);
    a->send_at = 0;
    r->last = a->probe;
    trace_sending(t, a->probe);
    if (a->secures) {
        lane_secure(l, hello_settings(t, 0), race_patience_of(r, a));
        return;
    }
    a->sent = question_payload(t, a->probe);
    lane_send(l, a->sent);
    lane_listen(l, a->sent_at + race_patience_of(r, a));
}

void race_ask(struct task *t, struct race *r, struct lane *l)
{
    const struct probe *p = r->next;
    r->next = NULL;
    bool secures = t->env->tls && !t->tunnel && probe_is_hello(p) && l->state != LANE_OPEN;
    r->asked[l->number] = (struct asked){.probe = p, .secures = secures, .keeper = r->questions < 2 || race_lists_port(t, p)};
    if (!r->first)
        r->first = p;
    race_mark_asked(r, p);
    r->questions++;
    r->general += p->rarity == 1;
    r->last_ask = task_now(t);
    if (l->state == LANE_OPEN) {
        r->asked[l->number].before = l->received;
        race_send(t, r, l);
    } else {
        lane_open(l, r->pace.connect);
    }
}

/* The lane that has waited longest without an answer, past its least patience, and is neither the listener nor a keeper. */
static struct lane *lane_to_replace(struct task *t, struct race *r, int64_t *free_at)
{
    struct lane *best = NULL;
    *free_at = INT64_MAX;
    for (size_t i = 0; i < LIMIT_LANES; i++) {
        struct lane *l = race_talking_lane(t, i);
        const struct asked *a = &r->asked[i];
        if (!l || a->probe->is_null || a->keeper || !a->sent_at || (race_has_answer(l, a) && !a->settled))
            continue;
        int64_t due = a->settled ? 0 : a->sent_at + r->pace.least;
        if (due < *free_at) {
            *free_at = due;
            best = l;
        }
    }
    return best && *free_at <= task_now(t) ? best : NULL;
}

/* Lane 0 once its banner was read and did not name the product: the next question goes there, and costs no connection. */
static struct lane *listener_with_banner(struct task *t, const struct race *r)
{
    struct lane *l = &t->lanes[0];
    const struct asked *a = &r->asked[0];
    return l->state == LANE_OPEN && a->probe->is_null && a->settled && l->received ? l : NULL;
}

/* Where the service is known, and only its product is asked for, one question at a time is enough. */
static int64_t step_of(const struct task *t, const struct race *r)
{
    return suspected(t) ? r->pace.least : r->pace.step;
}

/* A place for the next question now, or NULL with the time when to look again. */
struct lane *race_place_for_next(struct task *t, struct race *r, int64_t *look_again)
{
    *look_again = INT64_MAX;
    if (race_keeps_quiet(t, r)) {
        *look_again = r->quiet_until;
        return NULL;
    }
    struct lane *l = listener_with_banner(t, r);
    if (l)
        return l;
    if (r->single && race_talking(t))
        return race_keeps_sessions(t) ? lane_to_replace(t, r, look_again) : NULL;
    if (r->questions && race_talking(t) && task_now(t) < r->last_ask + step_of(t, r) && r->last_end <= r->last_ask) {
        *look_again = r->last_ask + step_of(t, r);
        return NULL;
    }
    l = task_free_lane(t);
    if (l)
        return l;
    l = lane_to_replace(t, r, look_again);
    if (l && !(race_keeps_sessions(t) && l->state == LANE_OPEN))
        lane_close(l);
    return l;
}
