/* race_single.c owns servers that take one client at a time: how they are noticed, and how they are asked. */
#include "stages/race.h"

/* The other lanes leave; what was asked on them nobody has heard. */
void race_go_single(struct task *t, struct race *r, const struct lane *served)
{
    r->single = true;
    for (size_t i = 0; i < LIMIT_LANES; i++) {
        struct lane *l = &t->lanes[i];
        if (l == served || !lane_talks(l) || l->received)
            continue;
        race_take_back(r, r->asked[i].probe);
        lane_close(l);
    }
}

/* A lane that was long silent comes alive right after another one left: the server serves one at a time. From now on so do we. */
void race_notice_single(struct task *t, struct race *r, struct lane *l)
{
    const struct asked *a = &r->asked[l->number];
    int64_t now = task_now(t);
    bool was_silent = a->sent_at && now - a->sent_at > r->pace.least;
    bool after_another = r->last_end && now - r->last_end < r->pace.hush && r->last_end > a->sent_at;
    if (!r->single && was_silent && after_another)
        race_go_single(t, r, l);
}

/* Nobody answers on any lane: perhaps the server is busy with lane 0, which says nothing. So lane 0 asks the first question too. */
void race_hand_over(struct task *t, struct race *r)
{
    struct lane *l = &t->lanes[0];
    if (r->handed_over || race_is_udp(t) || r->spoke || r->last_end || !r->first || l->state != LANE_OPEN || !r->asked[0].probe->is_null)
        return;
    if (gentle_forbids(r->config->gentle, r->first->name, PROTO_TCP, t->known.peer.port, NULL))
        return;
    int64_t until = l->until;
    r->handed_over = true;
    r->asked[0].probe = r->first;
    r->asked[0].keeper = true;
    race_send(t, r, l);
    lane_listen(l, until > l->until ? until : l->until);
}
