/* experience.c owns two small tables: port to probe, and host to what all its ports have in common. */
#include "stages/experience.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdlib.h>

enum { HOSTS = 1024 }; /* hosts watched at a time; a colliding newcomer takes the place over */

struct host_outcome {
    struct addr addr;
    uint64_t seen;
    unsigned count;
    bool varied; /* something else was seen too */
};

struct experience {
    const struct probe *worked[2][65536];
    struct host_outcome hosts[HOSTS];
};

struct experience *experience_new(void)
{
    return must_zalloc(sizeof(struct experience)); /* a megabyte of untouched zero pages: costs what is used */
}

void experience_free(struct experience *e)
{
    free(e);
}

const struct probe *experience_of(const struct experience *e, enum proto proto, uint16_t port)
{
    return e ? e->worked[proto][port] : NULL;
}

void experience_learn(struct experience *e, enum proto proto, uint16_t port, const struct probe *worked)
{
    if (e)
        e->worked[proto][port] = worked;
}

static struct host_outcome *place(const struct experience *e, const struct addr *host)
{
    uint64_t h = hash_bytes(bytes_of(host->octet, sizeof host->octet), host->family);
    return (struct host_outcome *)&e->hosts[h % HOSTS];
}

bool experience_alike(const struct experience *e, const struct addr *host)
{
    if (!e)
        return false;
    const struct host_outcome *o = place(e, host);
    return addr_equal(&o->addr, host) && !o->varied && o->count >= ALIKE_PORTS;
}

void experience_outcome(struct experience *e, const struct addr *host, uint64_t seen)
{
    if (!e)
        return;
    struct host_outcome *o = place(e, host);
    if (!addr_equal(&o->addr, host))
        *o = (struct host_outcome){.addr = *host, .seen = seen};
    if (!seen || o->seen != seen)
        o->varied = true;
    o->count++;
}

void experience_forget(struct experience *e, const struct addr *host)
{
    if (!e)
        return;
    struct host_outcome *o = place(e, host);
    if (addr_equal(&o->addr, host))
        *o = (struct host_outcome){0};
}
