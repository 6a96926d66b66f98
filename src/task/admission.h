/*
 * admission.h owns the permission to open a connection: so many at a time in all, so many to one host, so many a second. Whoever is refused
 * queues and is called when its turn comes. A datagram over what is open needs a turn of the rate, and no place.
 *
 * Who has a place and waits for somebody who may need one lets it rest. Where all rest, one more is granted: else all would wait for ever.
 */
#ifndef DESCRY_TASK_ADMISSION_H
#define DESCRY_TASK_ADMISSION_H

#include "base/rate.h"
#include "net/loop.h"

struct admission;
struct ticket;

/* One host's share. Embedded in whatever stands for the host; outlives its tickets. */
struct admission_host {
    unsigned open;
    unsigned resting;                   /* of them */
    unsigned max;
    unsigned ground;                    /* ports that are asked for ONC RPC programs at this time: they share a window (stages/rpc.c) */
};

/* The wish of one lane. Embedded in the lane. */
typedef void ticket_fn(struct ticket *t);
struct ticket {
    struct admission_host *host;
    ticket_fn *granted;                 /* called on a later turn than ticket_ask */
    void *owner;
    struct ticket *next, *prev;
    bool sends;                         /* it is for a datagram: never held */
    bool queued, held, resting;
};

/* `rate` is borrowed and may be shared with others who ask; NULL: no bound. */
struct admission *admission_new(struct loop *l, unsigned max, struct rate *rate);
void admission_free(struct admission *a);

/* True: granted at once (and held). False: queued, `granted` will be called. */
bool ticket_ask(struct admission *a, struct ticket *t);
/* Takes a place without asking: a connection that the scan has already made. */
void ticket_take(struct admission *a, struct ticket *t);
void ticket_rest(struct admission *a, struct ticket *t, bool rests); /* harmless if it is not held */
void ticket_return(struct admission *a, struct ticket *t); /* gives the place back, or leaves the queue; harmless if neither */
unsigned admission_open(const struct admission *a);
unsigned admission_queued(const struct admission *a);
/* Our surroundings refused a descriptor: lower the bound to what is open now (never below `least`). */
void admission_shrink(struct admission *a, unsigned least);

#endif
