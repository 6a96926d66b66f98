/* resolver.c owns the look-ups of names by the system's resolver, on libuv's threads. */
#include "net/resolver.h"

#include "base/arena.h"
#include "base/limits.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

enum { ADDRS_MAX = 64 };

/* One look-up. `resolver` is NULL once the resolver is freed: then the answer is dropped. */
struct lookup {
    struct system *resolver;
    struct lookup *next, *prev;
    union {
        uv_getaddrinfo_t forward;
        uv_getnameinfo_t backward;
        uv_req_t any;
    } request;
    void (*forward_fn)(void *owner, const struct addr *addrs, size_t count, const char *why);
    void (*backward_fn)(void *owner, const char *name);
    void *owner;
    struct timer refused; /* libuv did not take the request */
    int error;
};

struct system {
    struct resolver base; /* first */
    struct loop *loop;
    struct lookup *lookups;
};

static struct lookup *lookup_new(struct system *r, void *owner, timer_fn *refused)
{
    struct lookup *k = must_zalloc(sizeof *k);
    k->resolver = r;
    k->owner = owner;
    k->request.any.data = k;
    timer_init(&k->refused, r->loop, refused, k);
    k->next = r->lookups;
    if (k->next)
        k->next->prev = k;
    r->lookups = k;
    return k;
}

/* Takes the look-up off its resolver; false if the resolver is gone. */
static bool detach(struct lookup *k)
{
    struct system *r = k->resolver;
    if (!r)
        return false;
    loop_refresh(r->loop);
    *(k->prev ? &k->prev->next : &r->lookups) = k->next;
    if (k->next)
        k->next->prev = k->prev;
    return true;
}

static bool addr_of(const struct sockaddr *from, struct addr *to)
{
    *to = (struct addr){0};
    if (from->sa_family == AF_INET) {
        to->family = 4;
        memcpy(to->octet, &((const struct sockaddr_in *)from)->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        to->family = 6;
        memcpy(to->octet, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
        to->zone = ((const struct sockaddr_in6 *)from)->sin6_scope_id;
    }
    return to->family != 0;
}

static size_t addrs_of(const struct addrinfo *list, struct addr *out)
{
    size_t count = 0;
    for (; list && count < ADDRS_MAX; list = list->ai_next) {
        bool known = !addr_of(list->ai_addr, &out[count]);
        for (size_t i = 0; i < count && !known; i++)
            known = addr_equal(&out[i], &out[count]);
        count += !known;
    }
    return count;
}

const char resolver_no_answer[] = "the name servers do not answer";

static const char *why_not(int error)
{
    switch (error) {
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
    case UV_EAI_ADDRFAMILY:
        return "name not known";
    case UV_EAI_AGAIN:
        return resolver_no_answer;
    default:
        return uv_strerror(error);
    }
}

static void answer_forward(struct lookup *k, int error, struct addrinfo *list)
{
    struct addr addrs[ADDRS_MAX];
    size_t count = error ? 0 : addrs_of(list, addrs);
    if (detach(k))
        k->forward_fn(k->owner, addrs, count, count ? NULL : error ? why_not(error) : "name not known");
    uv_freeaddrinfo(list);
    free(k);
}

static void on_forward(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    answer_forward(request->data, status, list);
}

static void on_forward_refused(struct timer *t)
{
    struct lookup *k = t->owner;
    answer_forward(k, k->error, NULL);
}

static void answer_backward(struct lookup *k, const char *name)
{
    if (detach(k))
        k->backward_fn(k->owner, name);
    free(k);
}

static void on_backward(uv_getnameinfo_t *request, int status, const char *name, const char *service)
{
    (void)service;
    answer_backward(request->data, status == 0 && name && *name ? name : NULL);
}

static void on_backward_refused(struct timer *t)
{
    answer_backward(t->owner, NULL);
}

static void forward(struct resolver *self, const char *name, int family,
    void (*fn)(void *owner, const struct addr *addrs, size_t count, const char *why), void *owner)
{
    struct system *r = (struct system *)self;
    struct lookup *k = lookup_new(r, owner, on_forward_refused);
    struct addrinfo hints = {.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    k->forward_fn = fn;
    k->error = uv_getaddrinfo(loop_uv(r->loop), &k->request.forward, on_forward, name, NULL, &hints);
    if (k->error)
        timer_start(&k->refused, 0);
}

static void backward(struct resolver *self, const struct addr *a, void (*fn)(void *owner, const char *name), void *owner)
{
    struct system *r = (struct system *)self;
    struct lookup *k = lookup_new(r, owner, on_backward_refused);
    struct sockaddr_storage at = {.ss_family = a->family == 4 ? AF_INET : AF_INET6};
    if (a->family == 4)
        memcpy(&((struct sockaddr_in *)&at)->sin_addr, a->octet, 4);
    else
        memcpy(&((struct sockaddr_in6 *)&at)->sin6_addr, a->octet, 16);
    k->backward_fn = fn;
    k->error = uv_getnameinfo(loop_uv(r->loop), &k->request.backward, on_backward, (struct sockaddr *)&at, NI_NAMEREQD);
    if (k->error)
        timer_start(&k->refused, 0);
}

static void system_free(struct resolver *self)
{
    struct system *r = (struct system *)self;
    struct lookup *next;
    for (struct lookup *k = r->lookups; k; k = next) {
        next = k->next;
        k->resolver = NULL;
        if (timer_running(&k->refused)) {
            timer_stop(&k->refused);
            free(k);
        } else {
            uv_cancel(&k->request.any); /* one that a thread works on answers later, to nobody */
        }
    }
    free(r);
}

struct resolver *resolver_system(struct loop *l)
{
    struct system *r = must_zalloc(sizeof *r);
    r->base = (struct resolver){.forward = forward, .backward = backward, .free = system_free};
    r->loop = l;
    return &r->base;
}
