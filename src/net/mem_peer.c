/* mem_peer.c owns the peer's end of a played connection: it plays the port's script. */
#include "net/mem_peer.h"

#include <assert.h>
#include <stdlib.h>

enum { RECEIVED_MAX = 1024 * 1024, STEPS_AT_ONCE = 10000 };

/* ---- parcels */

void mem_parcel_put(struct mem_net *n, struct queue *q, enum parcel_kind kind, int64_t at, struct bytes data)
{
    struct parcel *p = must_zalloc(sizeof *p), **place = &q->first;
    *p = (struct parcel){.kind = kind, .at = at, .data = arena_bytes(&n->arena, data)};
    if (q->last && q->last->at <= at)
        place = &q->last->next;
    while (*place && (*place)->at <= at)
        place = &(*place)->next;
    p->next = *place;
    *place = p;
    if (!p->next)
        q->last = p;
}

struct parcel mem_parcel_take(struct queue *q)
{
    struct parcel *p = q->first, copy = *p;
    q->first = p->next;
    if (!q->first)
        q->last = NULL;
    free(p);
    return copy;
}

/* ---- the script */

/* What came is told to a peer with a mind of its own. */
static void tell(struct conn *k)
{
    struct buf heard = k->received;
    buf_init(&k->received, RECEIVED_MAX);
    if (heard.len && !k->over)
        k->served->port.hears(k->served->port.owner, (struct mem_talk *)k, buf_view(&heard));
    buf_free(&heard);
}

static void script_begin(struct conn *k)
{
    k->begun = true;
    if (k->served->port.hears)
        tell(k);
    k->step = k->served->port.steps;
    if (k->step)
        timer_start(&k->script, 0);
}

static void turn_away(struct conn *k)
{
    k->begun = k->over = true;
    mem_to_client(k, PARCEL_DATA, k->net->rtt / 2, k->served->port.turns_away);
    mem_to_client(k, PARCEL_EOF, k->net->rtt / 2, bytes_of(NULL, 0));
}

/* A tcp client is served when it is connected and there is a place. */
static void serve(struct conn *k)
{
    struct served *s = k->served;
    if (s->port.clients && s->serving >= s->port.clients) {
        k->waiting = !s->port.turns_away.len;
        if (!k->waiting)
            turn_away(k);
        return;
    }
    k->waiting = false;
    k->serving = true;
    s->serving++;
    script_begin(k);
}

static void leave(struct conn *k)
{
    struct conn *oldest = NULL;
    k->waiting = false;
    k->over = true;
    timer_stop(&k->script);
    if (!k->serving)
        return;
    k->serving = false;
    k->served->serving--;
    for (struct conn *other = k->net->conns; other; other = other->next)
        if (other->waiting && other->served == k->served)
            oldest = other;
    if (oldest)
        serve(oldest);
}

static bool expected(struct conn *k, struct bytes wanted)
{
    bool found = k->received.len && bytes_find(buf_view(&k->received), wanted);
    if (found)
        buf_clear(&k->received);
    return found;
}

/* Plays one step; false where the script pauses or ends. */
static bool play(struct conn *k)
{
    const struct mem_step *step = k->step;
    int64_t half = k->net->rtt / 2;
    if (step->kind == MEM_STEP_EXPECT && !expected(k, step->data))
        return false;
    k->step = step->kind == MEM_STEP_LOOP ? k->served->port.steps : step + 1;
    switch (step->kind) {
    case MEM_STEP_WAIT:
        timer_start(&k->script, step->ms * 1000);
        return false;
    case MEM_STEP_SEND:
        mem_to_client(k, PARCEL_DATA, half, step->data);
        return true;
    case MEM_STEP_CLOSE:
    case MEM_STEP_RESET:
        mem_to_client(k, step->kind == MEM_STEP_CLOSE ? PARCEL_EOF : PARCEL_RESET, half, bytes_of(NULL, 0));
        leave(k);
        return false;
    case MEM_STEP_END:
        k->step = NULL;
        return false;
    default:
        return true;
    }
}

static void on_script(struct timer *t)
{
    struct conn *k = t->owner;
    if (!k->begun) {
        serve(k);
        return;
    }
    int steps = 0;
    while (k->step && !k->over && play(k))
        assert(++steps < STEPS_AT_ONCE); /* a loop that neither waits nor expects */
}

static void peer_gets_data(struct conn *k, struct bytes data)
{
    struct served *s = k->served;
    bool udp = k->peer.proto == PROTO_UDP;
    if (k->over || (s && s->port.filtered))
        return;
    if (udp && s && s->dropped < s->port.drop_first) {
        s->dropped++;
        return;
    }
    if (udp && (!s || s->port.refused)) {
        mem_to_client(k, PARCEL_REFUSED, k->net->rtt / 2, bytes_of(NULL, 0));
        return;
    }
    if (udp && !k->begun)
        serve(k);
    buf_append_some(&k->received, data.at, data.len);
    if (s && s->port.hears && k->begun)
        tell(k);
    if (k->step && k->step->kind == MEM_STEP_EXPECT && !timer_running(&k->script))
        on_script(&k->script);
}

void mem_say(struct mem_talk *talk, struct bytes data, int64_t delay_us)
{
    struct conn *k = (struct conn *)talk;
    mem_to_client(k, PARCEL_DATA, k->net->rtt / 2 + delay_us, data);
}

void mem_hang_up(struct mem_talk *talk, bool reset, int64_t delay_us)
{
    struct conn *k = (struct conn *)talk;
    mem_to_client(k, reset ? PARCEL_RESET : PARCEL_EOF, k->net->rtt / 2 + delay_us, bytes_of(NULL, 0));
    leave(k);
}

unsigned mem_talk_number(const struct mem_talk *talk)
{
    return ((const struct conn *)talk)->number;
}

int64_t mem_talk_now(const struct mem_talk *talk)
{
    return loop_now(((const struct conn *)talk)->net->loop);
}

void mem_peer_connected(struct conn *k)
{
    timer_start(&k->script, k->net->rtt);
}

/* ---- the life of the peer's end */

void mem_peer_free(struct conn *k)
{
    while (k->down.first)
        mem_parcel_take(&k->down);
    while (k->up.first)
        mem_parcel_take(&k->up);
    timer_stop(&k->up_timer);
    timer_stop(&k->script);
    buf_free(&k->received);
    *(k->prev ? &k->prev->next : &k->net->conns) = k->next;
    if (k->next)
        k->next->prev = k->prev;
    free(k);
}

static void on_up(struct timer *t)
{
    struct conn *k = t->owner;
    struct parcel p = mem_parcel_take(&k->up);
    if (k->up.first)
        timer_start_at(&k->up_timer, k->up.first->at);
    if (p.kind == PARCEL_DATA)
        peer_gets_data(k, p.data);
    if (p.kind == PARCEL_LEFT) {
        leave(k);
        mem_peer_free(k);
    }
}

void mem_peer_gets(struct conn *k, enum parcel_kind kind, struct bytes data)
{
    mem_parcel_put(k->net, &k->up, kind, loop_now(k->net->loop) + k->net->rtt / 2, data);
    if (!timer_running(&k->up_timer))
        timer_start_at(&k->up_timer, k->up.first->at);
}

void mem_peer_init(struct conn *k)
{
    timer_init(&k->up_timer, k->net->loop, on_up, k);
    timer_init(&k->script, k->net->loop, on_script, k);
    buf_init(&k->received, RECEIVED_MAX);
}
