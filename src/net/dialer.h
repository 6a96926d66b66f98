/* dialer.h owns the making of channels: sockets for the real network, a played one for tests. Whoever dials knows only this. */
#ifndef DESCRY_NET_DIALER_H
#define DESCRY_NET_DIALER_H

#include "net/channel.h"

/* What is out of the ordinary about a channel; zeroed: nothing. */
struct dial_how {
    struct endpoint local;              /* our own address and port; family 0, port 0: the system's choice */
    bool anyone;                        /* udp: datagrams of anybody are heard, and may be sent to anybody (broadcast, too); errors are not */
};

struct dialer {
    /* A channel that is not yet open. NULL only when memory is short. Shortage of descriptors shows as END_LOCAL at open. */
    struct channel *(*dial)(struct dialer *self, const struct endpoint *peer);
    struct channel *(*dial_as)(struct dialer *self, const struct endpoint *peer, const struct dial_how *how); /* NULL: as ordinary */
    void (*free)(struct dialer *self);
};

struct dialer *dialer_sockets(struct loop *l);
struct channel *dial(struct dialer *d, const struct endpoint *peer);
struct channel *dial_as(struct dialer *d, const struct endpoint *peer, const struct dial_how *how);
void dialer_free(struct dialer *d);

/* The number of descriptors the process may have open: raised to the hard limit if it is below `wanted`; gives what is now allowed. */
unsigned sockets_raise_limit(unsigned wanted);

#endif
