/*
 * socket_slots.c owns the places for threads that may own sockets: so many of a run at a time, the others queue. Who has a place may open
 * as many sockets as it likes: a script that has one is not kept from its second by scripts that have none. For the same reason an instance
 * that has a place gets one for one of its workers: it may be waiting for it.
 */
#include "script/socket_inside.h"

#include "base/limits.h"

static bool is_waited_for(const struct thread *t)
{
    return t->instance != t && t->instance->has_slot && t->instance->worker_slots == 0;
}

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

bool slot_take(struct thread *t)
{
    struct scripts *s = t->run;
    if (!t->has_slot && (s->slots < LIMIT_SCRIPT_SLOTS || is_waited_for(t))) {
        t->has_slot = true;
        t->instance->worker_slots += t->instance != t;
        s->slots++;
    }
    return t->has_slot;
}

static void grant(struct thread *t)
{
    slot_leave_queue(t);
    slot_take(t);
    thread_wake(t);
}

static void grant_slots(struct scripts *s, const struct thread *instance)
{
    struct thread *t = s->slot_first;
    while (t && !(t->instance == instance && is_waited_for(t)))
        t = t->slot_next;
    if (t)
        grant(t);
    while (s->slot_first && s->slots < LIMIT_SCRIPT_SLOTS)
        grant(s->slot_first);
}

void slot_give_back(struct thread *t)
{
    if (!t->has_slot)
        return;
    t->has_slot = false;
    t->instance->worker_slots -= t->instance != t;
    t->run->slots--;
    grant_slots(t->run, t->instance);
}
