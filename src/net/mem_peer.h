/*
 * mem_peer.h owns what mem.c (the played network and the client's ends) and mem_peer.c (the peer's end of a connection, which plays the port's
 * script) know of each other.
 */
#ifndef DESCRY_NET_MEM_PEER_H
#define DESCRY_NET_MEM_PEER_H

#include "base/arena.h"
#include "net/mem.h"

struct served {
    struct mem_port port;
    struct addr at;                     /* family 0: everywhere */
    unsigned accepted, serving, dropped;
    struct served *next;
};

/* Something on its way, in either direction. */
enum parcel_kind { PARCEL_CONNECTED, PARCEL_DATA, PARCEL_EOF, PARCEL_RESET, PARCEL_REFUSED, PARCEL_LEFT };
struct parcel {
    enum parcel_kind kind;
    int64_t at;
    struct bytes data;                  /* in the net's arena */
    struct parcel *next;
};
struct queue {
    struct parcel *first, *last;
};

/* One connection: the peer's end lives on after the client's is closed, until it has noticed. */
struct conn {
    struct mem_net *net;
    struct served *served;              /* NULL: nothing there */
    struct mem_channel *client;         /* NULL: closed */
    unsigned number;
    struct endpoint peer;
    struct queue down, up;              /* to the client, to the peer */
    struct timer up_timer, script;
    const struct mem_step *step;        /* NULL: not begun, or over */
    bool begun, over, serving, waiting;
    struct buf received;
    struct conn *next, *prev;
};

struct mem_net {
    struct dialer dialer;
    struct loop *loop;
    int64_t rtt, born;
    struct arena arena;
    struct served *served;
    struct served *remaining;           /* mem_serve_rest */
    struct addr *down;
    size_t down_count;
    struct conn *conns;                 /* the newest first */
    struct mem_log *log;
    size_t log_count, log_cap;
    unsigned dialled, open, most;
};

/* mem.c: something sets out for the client, and arrives after `delay`. */
void mem_to_client(struct conn *k, enum parcel_kind kind, int64_t delay, struct bytes data);

/* mem_peer.c */
void mem_parcel_put(struct mem_net *n, struct queue *q, enum parcel_kind kind, int64_t at, struct bytes data);
struct parcel mem_parcel_take(struct queue *q);
void mem_peer_init(struct conn *k);
void mem_peer_free(struct conn *k);     /* leaves the net's list */
void mem_peer_connected(struct conn *k); /* tcp: the script begins when the client is connected */
void mem_peer_gets(struct conn *k, enum parcel_kind kind, struct bytes data); /* half a round trip later */

#endif
