/*
 * socket_slots.c owns the places for threads that may own sockets: so many of a run at a time, the others queue. Who has a place may open
 * as many sockets as it likes: a script that has one is not kept from its second by scripts that have none.
 *
 * Who waits for another thread may have what that one needs: a place here, or one of the host's. It lets them rest for so long; where all
 * rest, one more is given (task/admission.h does the same).
 */
#include "script/socket_inside.h"

#include "base/limits.h"

void slot_queue(struct thread *t)
{
    struct scripts *s = t->run;
    t->slot_queued = true;
    t->slot_next = NULL;
    *(s->slot_last ? &s->slot_last->slot_next : &s->slot_first) = t;
    s->slot_last = t;
    s->slots_waiting++;
}

void slot_leave_queue(struct thread *t)
{
    struct scripts *s = t->run;
    struct thread *before = NULL, *at = s->slot_first;
    while (at && at != t) {
        before = at;
        at = at->slot_next;
    }
    if (!at)
        return;
    *(before ? &before->slot_next : &s->slot_first) = t->slot_next;
    if (s->slot_last == t)
        s->slot_last = before;
    t->slot_queued = false;
    s->slots_waiting--;
}

static bool is_room(const struct scripts *s)
{
    return s->slots < LIMIT_SCRIPT_SLOTS || s->slots == s->slots_resting;
}

bool slot_take(struct thread *t)
{
    struct scripts *s = t->run;
    if (!t->has_slot && is_room(s)) {
        t->has_slot = true;
        s->slots++;
        s->slots_resting += t->rests;
    }
    return t->has_slot;
}

static void grant_slots(struct scripts *s)
{
    while (s->slot_first && is_room(s)) {
        struct thread *t = s->slot_first;
        slot_leave_queue(t);
        slot_take(t);
        thread_wake(t);
    }
}

void slot_give_back(struct thread *t)
{
    if (!t->has_slot)
        return;
    t->has_slot = false;
    t->run->slots--;
    t->run->slots_resting -= t->rests;
    grant_slots(t->run);
}

void socket_thread_rests(struct thread *t, bool rests)
{
    struct scripts *s = t->run;
    if (t->rests == rests)
        return;
    t->rests = rests;
    for (struct sock *k = t->sockets ? s->socks : NULL; k; k = k->next)
        if (k->slot == t)
            ticket_rest(s->parts.admission, &k->ticket, rests);
    if (t->has_slot)
        s->slots_resting += rests ? 1 : -1;
    if (rests)
        grant_slots(s);
}
