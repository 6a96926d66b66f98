/* race_replies.c owns the reading of replies: when one counts, and when the search is over. */
#include "stages/race.h"

#include "stages/complete.h"
#include "stages/finding.h"
#include "stages/hello.h"

#include <string.h>

/* ---- reading */

/* When the last other lane that was asked will have had its least patience; 0: none is. */
static int64_t others_answer_until(struct task *t, const struct race *r, const struct asked *a)
{
    int64_t until = 0;
    for (size_t i = 0; i < LIMIT_LANES; i++) {
        const struct asked *other = &r->asked[i];
        bool waits = other != a && race_talking_lane(t, i) && other->sent_at && !other->settled;
        if (waits && other->sent_at + r->pace.least > until)
            until = other->sent_at + r->pace.least;
    }
    return until > task_now(t) ? until : 0;
}

/* TLS was met in another way while a hello is out: its session is the way in. 0: none is out. */
static int64_t securing_until(struct task *t, const struct race *r)
{
    struct lane *l = race_securing(t, r);
    return l ? task_now(t) + race_patience_of(r, &r->asked[l->number]) : 0;
}

struct asking {
    const struct task *t;
    const struct race *r;
};

static bool may_be_asked(const void *owner, const struct probe *p)
{
    const struct asking *a = owner;
    return race_may_ask(a->t, a->r, p);
}

/*
 * Who is asked next for what the answer left open: the version, of who tells most versions; where that one has been asked and there is
 * no product either, whoever can name one.
 */
static const struct probe *second_question(const struct task *t, const struct race *r, const struct match *m)
{
    const struct probe_db *db = r->config->db;
    const struct probe *teller = probe_best_teller(db, t->known.peer.proto, m->service, m->product, m->owner);
    if (m->product || (teller && teller != m->owner && teller != r->teller && !race_was_asked(r, teller)))
        return teller;
    if (r->second_questions == SECOND_QUESTIONS)
        return NULL;
    return probe_best_namer(db, t->known.peer.proto, m->service, may_be_asked, &(struct asking){t, r});
}

/*
 * A hard match ends the search, but for some that leave something open: TLS while a hello is out; TLS that cannot be entered (a build
 * without it), while a question in clear text may still draw the server's complaint, which names the product; and a product without
 * version, or no product, where another probe knows more of that service. Until when to wait; 0: do not.
 */
static int64_t wait_for_better(struct task *t, struct race *r, const struct asked *a)
{
    if (t->env->tls && !t->tunnel && hello_met_tls(&t->facts, t->known.peer.proto))
        return securing_until(t, r);
    if (facts_is_bare_tls(a->match.service))
        return others_answer_until(t, r, a);
    if (a->match.version)
        return 0;
    const struct match *m = &a->match;
    const struct probe *teller = second_question(t, r, m);
    if (!teller || teller == a->match.owner || teller == r->teller || !teller->payload.len || r->refused ||
        t->connections >= LIMIT_CONNECTIONS_PER_PORT)
        return 0;
    if (race_was_asked(r, teller)) {
        r->teller = teller;
        return others_answer_until(t, r, a);
    }
    if (!race_may_ask(t, r, teller))
        return 0;
    r->teller = r->next = teller;
    r->second_questions++;
    return task_now(t) + r->pace.late;
}

/* Does a second answer speak of the product that is known? What has no version and only reads what any product says of itself does not. */
static bool says_more(const struct service_record *s, const struct match *m)
{
    return !s->product || (m->product && strcmp(s->product, m->product) == 0) || (m->version && !m->generic);
}

/* A second hard match while a better one is waited for: welcome if it is about the same service, or says what is inside TLS. */
static bool is_better(struct task *t, const struct match *m)
{
    struct service_record *s = &t->facts.service;
    if (m->soft || !s->name)
        return false;
    if (!facts_is_bare_tls(s->name))
        return strcmp(s->name, m->service) == 0 && says_more(s, m);
    if (facts_is_bare_tls(m->service))
        return false;
    *s = (struct service_record){.replies = s->replies, .reply_count = s->reply_count};
    return true;
}

/* True if the search is over. */
bool race_conclude(struct task *t, struct race *r, struct asked *a)
{
    bool waited = r->found && r->teller;
    if (r->found && !is_better(t, &a->match))
        return false;
    finding_take(t, &a->match, a->probe);
    if (a->match.soft)
        return false;
    r->found = true;
    if (waited && !a->match.version && a->probe != r->teller)
        return false; /* the same once more: the second question is still out */
    r->better_until = wait_for_better(t, r, a);
    if (!r->teller || a->probe == r->teller)
        experience_learn(r->experience, t->known.peer.proto, t->known.peer.port, a->probe);
    return r->better_until == 0;
}

/* What came since the question. */
static struct bytes answer_of(const struct lane *l, const struct asked *a)
{
    struct bytes all = buf_view(&l->reply);
    return a->before < all.len ? bytes_of(all.at + a->before, all.len - a->before) : bytes_of(all.at, 0);
}

/*
 * What was said at the door tells of the service at most softly: the question itself is still to be heard. It is said in clear text
 * also where TLS is spoken inside, so the hello comes first.
 */
static void take_from_the_door(struct task *t, struct race *r, struct asked *a)
{
    if (r->found) {
        r->better_until = r->quiet_until + r->pace.late;
        if (r->teller && !race_was_asked(r, r->teller))
            r->next = r->teller;
        return;
    }
    if (a->matched && !t->facts.service.name) {
        a->match.soft = true;
        race_conclude(t, r, a);
        race_narrow(t, r);
    }
    const struct probe *hello = t->env->tls && !race_is_udp(t) ? probe_first_hello(r->config->db, PROTO_TCP) : NULL;
    if (hello && race_may_ask(t, r, hello))
        r->next = hello;
}

/* A reply counts: it has ended, is complete, or has been quiet. True if the search is over. */
bool race_settle(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    a->settled = true;
    facts_add_reply(&t->facts, &t->arena, a->probe->name, t->facts.tunnel, answer_of(l, a));
    r->only_tls |= t->facts.went_back && hello_has_tls_shape(answer_of(l, a), t->known.peer.proto);
    if (race_is_turned_away(t, r, l, answer_of(l, a))) {
        take_from_the_door(t, r, a);
        return false;
    }
    if (a->matched && !a->match.soft)
        return race_conclude(t, r, a);
    if (a->matched && !r->found && !t->facts.service.name) {
        race_conclude(t, r, a);
        race_narrow(t, r);
    }
    return false;
}

static struct bytes without_line_ends(struct bytes text)
{
    while (text.len && (text.at[text.len - 1] == '\r' || text.at[text.len - 1] == '\n'))
        text.len--;
    return text;
}

/* An echo service gives every question back, perhaps in pieces or with other line ends, and many questions look like their own answers. */
static bool is_our_own_question(const struct asked *a, struct bytes reply, const struct match *m)
{
    struct bytes said = without_line_ends(reply);
    return reply.len && bytes_starts(a->sent, said.len ? said : reply) && strcmp(m->service, "echo") != 0;
}

void race_read_reply(struct task *t, struct race *r, struct lane *l)
{
    struct asked *a = &r->asked[l->number];
    struct match m;
    a->settled = false;
    r->spoke = true;
    bool found = match_reply(r->config->db, a->probe, buf_view(&l->reply), &t->arena, &m);
    if (a->before && (!found || m.soft))
        found = match_reply(r->config->db, a->probe, answer_of(l, a), &t->arena, &m) || found;
    if (found && !is_our_own_question(a, answer_of(l, a), &m)) {
        a->match = m;
        a->matched = true;
    }
}

/* What is still missing decides how long silence must last. */
int64_t race_hush_of(const struct race *r, const struct asked *a)
{
    bool enough = a->matched && !a->match.soft && a->match.version;
    return enough ? r->pace.hush : r->pace.long_hush;
}

bool race_is_whole(const struct task *t, const struct lane *l)
{
    return race_is_udp(t) || l->reply.len >= LIMIT_REPLY || reply_completeness(buf_view(&l->reply)) == COMPLETE_YES;
}
