/* resolver.h owns names: forward and backward, without blocking the loop (getaddrinfo and getnameinfo on libuv's threads). */
#ifndef DESCRY_NET_RESOLVER_H
#define DESCRY_NET_RESOLVER_H

#include "base/addr.h"
#include "net/loop.h"

/* The interface, so that tests can play it. Each call promises one call-back, on a later turn. */
struct resolver {
    /* `family` 0: any, 4, 6. addrs/count live during the call-back; count 0 with a text why ("name not known"). */
    void (*forward)(struct resolver *self, const char *name, int family,
        void (*fn)(void *owner, const struct addr *addrs, size_t count, const char *why), void *owner);
    /* name NULL where there is none. */
    void (*backward)(struct resolver *self, const struct addr *a, void (*fn)(void *owner, const char *name), void *owner);
    void (*free)(struct resolver *self); /* calls that are under way never call back */
};

/* A text why: no name server answered, another time the name may be known. */
extern const char resolver_no_answer[];

struct resolver *resolver_system(struct loop *l);

#endif
