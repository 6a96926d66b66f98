/* sockets.c owns the epoll set of a dialer, and what tcp and udp sockets share. */
#include "net/sockets.h"

#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

enum { BATCH = 256, GIVEN_UP = 512 };

struct sockets {
    struct dialer dialer; /* first */
    struct loop *loop;
    int epoll;
    uv_poll_t *poll; /* outlives the set until libuv lets it go */
    struct timer pump;
    struct socket *first, *last; /* to be advanced */
    struct socket *dead; /* to be freed after this batch */
    bool in_batch;
    uint16_t given_up[GIVEN_UP]; /* a ring; 0: none */
    unsigned next_given_up;
    uint8_t scratch[SOCKETS_CHUNK];
};

struct loop *sockets_loop(struct sockets *set)
{
    return set->loop;
}

uint8_t *sockets_scratch(struct sockets *set)
{
    return set->scratch;
}

/* ---- the turn */

static void free_dead(struct sockets *set)
{
    set->in_batch = false;
    while (set->dead) {
        struct socket *s = set->dead;
        set->dead = s->next;
        free(s);
    }
}

static void on_events(struct sockets *set, const struct epoll_event *events, int count)
{
    set->in_batch = true;
    for (int i = 0; i < count; i++) {
        struct socket *s = events[i].data.ptr;
        if (s->dead)
            continue;
        uint32_t e = events[i].events;
        s->readable |= (e & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        s->writable |= (e & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
        s->hung_up |= (e & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        s->advance(s);
    }
    free_dead(set);
}

static void on_epoll(uv_poll_t *h, int status, int events)
{
    (void)status;
    (void)events;
    struct sockets *set = h->data;
    struct epoll_event batch[BATCH];
    loop_refresh(set->loop);
    int count = epoll_wait(set->epoll, batch, BATCH, 0);
    if (count > 0)
        on_events(set, batch, count);
}

static void leave_queue(struct socket *s)
{
    struct sockets *set = s->set;
    *(s->prev ? &s->prev->next : &set->first) = s->next;
    *(s->next ? &s->next->prev : &set->last) = s->prev;
    s->next = s->prev = NULL;
    s->queued = false;
}

/* Advances those that are queued now; who queues again meanwhile stands behind the mark and waits for the next turn. */
static void on_pump(struct timer *t)
{
    struct sockets *set = t->owner;
    struct socket mark = {.set = set, .queued = true, .prev = set->last};
    *(set->last ? &set->last->next : &set->first) = &mark;
    set->last = &mark;
    set->in_batch = true;
    while (set->first != &mark) {
        struct socket *s = set->first;
        leave_queue(s);
        s->advance(s);
    }
    leave_queue(&mark);
    free_dead(set);
    if (set->first)
        timer_start(&set->pump, 0);
}

void socket_queue(struct socket *s)
{
    struct sockets *set = s->set;
    if (s->queued)
        return;
    s->queued = true;
    s->next = NULL;
    s->prev = set->last;
    *(set->last ? &set->last->next : &set->first) = s;
    set->last = s;
    if (!timer_running(&set->pump))
        timer_start(&set->pump, 0);
}

void socket_free(struct socket *s)
{
    struct sockets *set = s->set;
    if (s->queued)
        leave_queue(s);
    if (s->fd >= 0)
        close(s->fd);
    if (!set->in_batch) {
        free(s);
        return;
    }
    s->dead = true;
    s->next = set->dead;
    set->dead = s;
}

/* ---- one socket */

socklen_t socket_address(const struct endpoint *peer, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (peer->addr.family == 4) {
        struct sockaddr_in *sin = (struct sockaddr_in *)out;
        sin->sin_family = AF_INET;
        sin->sin_port = htons(peer->port);
        memcpy(&sin->sin_addr, peer->addr.octet, 4);
        return sizeof *sin;
    }
    struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)out;
    sin6->sin6_family = AF_INET6;
    sin6->sin6_port = htons(peer->port);
    sin6->sin6_scope_id = peer->addr.zone;
    memcpy(&sin6->sin6_addr, peer->addr.octet, 16);
    return sizeof *sin6;
}

int socket_make(struct socket *s, int type)
{
    s->fd = socket(s->base.peer.addr.family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return s->fd < 0 ? errno : 0;
}

int socket_bind(struct socket *s)
{
    struct endpoint own = s->how.local;
    struct sockaddr_storage name;
    int on = 1;
    if (!own.addr.family)
        own.addr = (struct addr){.family = s->base.peer.addr.family};
    socklen_t length = socket_address(&own, &name);
    setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(s->fd, (struct sockaddr *)&name, length) == 0 ? 0 : errno;
}

int socket_watch(struct socket *s)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = s};
    return epoll_ctl(s->set->epoll, EPOLL_CTL_ADD, s->fd, &e) == 0 ? 0 : errno;
}

enum channel_end socket_end_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return END_REFUSED;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        return END_RESET;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
    case EACCES:
    case EPERM:
        return END_UNREACHABLE;
    case ETIMEDOUT:
        return END_TIMEOUT;
    default:
        return END_LOCAL;
    }
}

void socket_end(struct socket *s, enum channel_end end, int error)
{
    struct channel_facts *f = &s->base.facts;
    if (f->end != END_NONE)
        return;
    f->end = end;
    f->error = error;
    f->detail = error ? strerrordesc_np(error) : NULL;
    f->ended_at = loop_now(s->base.loop);
}

void socket_heard(struct socket *s, size_t n)
{
    s->base.facts.received += n;
    s->base.data = bytes_of(s->set->scratch, n);
    channel_report(&s->base, CHANNEL_DATA);
}

void socket_not_heard(struct socket *s, int error)
{
    if (error == EAGAIN) {
        s->readable = false;
    } else if (error == EINTR) {
        socket_queue(s);
    } else {
        socket_end(s, socket_end_of(error), error);
        channel_report(&s->base, CHANNEL_CLOSED);
    }
}

/* ---- stragglers */

void sockets_give_up(struct sockets *set, uint16_t port)
{
    set->given_up[set->next_given_up++ % GIVEN_UP] = port;
}

bool sockets_gave_up(const struct sockets *set, uint16_t port)
{
    for (size_t i = 0; i < GIVEN_UP; i++)
        if (set->given_up[i] == port)
            return true;
    return false;
}

/* ---- the dialer */

static struct channel *dial_socket(struct dialer *self, const struct endpoint *peer)
{
    struct sockets *set = (struct sockets *)self;
    return peer->proto == PROTO_UDP ? udp_new(set, peer) : tcp_new(set, peer);
}

static struct channel *dial_socket_as(struct dialer *self, const struct endpoint *peer, const struct dial_how *how)
{
    struct channel *c = dial_socket(self, peer);
    if (c)
        ((struct socket *)c)->how = *how;
    return c;
}

static void free_dialer(struct dialer *self)
{
    sockets_free((struct sockets *)self);
}

static void on_poll_closed(uv_handle_t *h)
{
    free(h);
}

struct sockets *sockets_new(struct loop *l)
{
    struct sockets *set = must_zalloc(sizeof *set);
    set->dialer = (struct dialer){.dial = dial_socket, .dial_as = dial_socket_as, .free = free_dialer};
    set->loop = l;
    timer_init(&set->pump, l, on_pump, set);
    set->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (set->epoll < 0) {
        free(set);
        return NULL;
    }
    set->poll = must_zalloc(sizeof *set->poll);
    if (uv_poll_init(loop_uv(l), set->poll, set->epoll) != 0) {
        close(set->epoll);
        free(set->poll);
        free(set);
        return NULL;
    }
    set->poll->data = set;
    uv_poll_start(set->poll, UV_READABLE, on_epoll);
    return set;
}

void sockets_free(struct sockets *set)
{
    assert(!set->first && !set->in_batch);
    timer_stop(&set->pump);
    uv_poll_stop(set->poll);
    uv_close((uv_handle_t *)set->poll, on_poll_closed);
    close(set->epoll);
    free(set);
}

struct dialer *dialer_sockets(struct loop *l)
{
    struct sockets *set = sockets_new(l);
    return set ? &set->dialer : NULL;
}

struct channel *dial(struct dialer *d, const struct endpoint *peer)
{
    return d->dial(d, peer);
}

struct channel *dial_as(struct dialer *d, const struct endpoint *peer, const struct dial_how *how)
{
    return d->dial_as ? d->dial_as(d, peer, how) : d->dial(d, peer);
}

void dialer_free(struct dialer *d)
{
    if (d)
        d->free(d);
}

unsigned sockets_raise_limit(unsigned wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur < 1u << 30 ? (unsigned)limit.rlim_cur : 1u << 30;
}

bool socket_local(struct channel *c, struct endpoint *out)
{
    struct socket *s = (struct socket *)c;
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    *out = (struct endpoint){.proto = c->peer.proto};
    if (s->fd < 0 || getsockname(s->fd, (struct sockaddr *)&own, &length) != 0)
        return false;
    if (own.ss_family == AF_INET) {
        const struct sockaddr_in *sin = (const struct sockaddr_in *)&own;
        out->addr.family = 4;
        memcpy(out->addr.octet, &sin->sin_addr, 4);
        out->port = ntohs(sin->sin_port);
    } else {
        const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)&own;
        out->addr.family = 6;
        memcpy(out->addr.octet, &sin6->sin6_addr, 16);
        out->port = ntohs(sin6->sin6_port);
    }
    return true;
}
