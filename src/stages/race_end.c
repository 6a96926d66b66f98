/* race_end.c owns the end of the race: when nothing better can come, and what is said of a port that nothing named. */
#include "stages/race.h"

#include "base/hash.h"
#include "stages/finding.h"

static void note_nothing(struct task *t, struct race *r)
{
    if (r->shortage)
        finding_note(t, "not asked: descriptors or local ports are lacking");
    else if (r->refused && r->last)
        finding_note(t, "went away after probe %s", r->last->name);
    else if (r->refused)
        finding_note(t, "went away");
    else if (t->facts.service.name)
        return; /* known softly: that says enough */
    else if (r->spoke && r->brief)
        finding_note(t, "answers like all ports of this host");
    else if (r->spoke)
        finding_note(t, "answered, not recognised");
    else if (r->ending)
        finding_note(t, "%s", r->ending);
    else if (r->ended_silent)
        finding_note(t, "closes when it is asked");
    else if (!t->connections || (race_is_udp(t) && !r->questions))
        finding_note(t, "no question to ask");
    else
        finding_note(t, "silent");
    t->facts.silent = !r->spoke && !r->ending && !r->ended_silent && !r->refused;
}

static uint64_t outcome_hash(const struct task *t, const struct race *r)
{
    uint64_t h = hash_u64(1 + r->spoke + 2u * (r->ending != NULL), 0);
    for (size_t i = 0; i < t->facts.reply_count && i < BRIEF_QUESTIONS; i++)
        h = hash_bytes(t->facts.replies[i].data, h);
    return h ? h : 1;
}

enum verdict race_end_search(struct task *t, struct race *r)
{
    if (!r->found)
        note_nothing(t, r);
    if (r->refused && race_is_udp(t) && !t->tunnel && !r->spoke)
        t->facts.port = FACTS_PORT_CLOSED;
    else if (r->spoke)
        t->facts.port = FACTS_PORT_OPEN;
    experience_outcome(r->experience, &t->known.peer.addr, r->found || t->facts.service.name ? 0 : outcome_hash(t, r));
    return VERDICT_DONE;
}

/* The second question is not asked yet, or its answer is still to come. */
static bool teller_is_out(struct task *t, const struct race *r)
{
    if (r->next == r->teller)
        return true;
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (lane_talks(&t->lanes[i]) && r->asked[i].probe == r->teller && !r->asked[i].settled)
            return true;
    return false;
}

/* Is what the found waits for (race_replies.c, wait_for_better) still to come? */
bool race_better_may_come(struct task *t, const struct race *r)
{
    if (r->better_until <= task_now(t))
        return false;
    if (r->teller)
        return teller_is_out(t, r);
    return !t->env->tls || race_securing(t, r);
}
