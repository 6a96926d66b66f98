/*
 * hearsay.h owns what one port of a host says about its others: the registrations of a portmapper or of an endpoint mapper. Hearsay labels a port
 * that is not known better; whoever asks that port itself confirms it or finds it stale. One for each host, shared by its tasks.
 */
#ifndef DESCRY_TASK_HEARSAY_H
#define DESCRY_TASK_HEARSAY_H

#include "base/addr.h"
#include "base/arena.h"

struct heard {
    struct heard *next;
    const char *teller; /* "portmapper", "epmapper"; a literal */
    enum proto proto;
    uint16_t port;
    const char *service; /* a service name, or NULL */
    const char *label; /* for people: "nlockmgr", "Windows Event Log" */
    uint32_t number, version; /* ONC RPC: a program and one of its versions; 0 */
};

struct hearsay {
    struct arena arena;
    struct heard *first, *last;
    size_t count; /* at most LIMIT_HEARSAY */
};

void hearsay_init(struct hearsay *h);
void hearsay_free(struct hearsay *h);
/* Copies; what was heard before from the same teller, and what is beyond the limit, is dropped. True if it is new. */
bool hearsay_add(struct hearsay *h, const struct heard *what);
/* The next one about a port after `after` (NULL: the first); `teller` NULL: by anyone. */
const struct heard *hearsay_about(const struct hearsay *h, enum proto proto, uint16_t port, const char *teller, const struct heard *after);

#endif
