/* tcp.c owns the tcp channel. */
#include "net/sockets.h"

#include "base/arena.h"
#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

struct tcp {
    struct socket s; /* first */
    struct buf out; /* what the kernel has not taken yet */
    bool told; /* that the connection is up */
    bool shut_wanted, shut_done;
};

static struct tcp *tcp_of(struct channel *c)
{
    return (struct tcp *)c;
}

/* Dialling a free local port, the kernel may choose that very port as the source: then we talk to ourselves, and nobody listens there. */
static bool met_itself(const struct tcp *t)
{
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    if (getsockname(t->s.fd, (struct sockaddr *)&own, &length) != 0)
        return false;
    const struct endpoint *peer = &t->s.base.peer;
    if (own.ss_family == AF_INET) {
        const struct sockaddr_in *sin = (const struct sockaddr_in *)&own;
        return ntohs(sin->sin_port) == peer->port && memcmp(&sin->sin_addr, peer->addr.octet, 4) == 0;
    }
    const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)&own;
    return ntohs(sin6->sin6_port) == peer->port && memcmp(&sin6->sin6_addr, peer->addr.octet, 16) == 0;
}

static void reset_on_close(struct tcp *t)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(t->s.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void flush(struct tcp *t)
{
    while (t->out.len && t->s.writable) {
        ssize_t n = send(t->s.fd, t->out.at, t->out.len, MSG_NOSIGNAL);
        if (n > 0) {
            t->s.base.facts.sent += (uint64_t)n;
            buf_drop_front(&t->out, (size_t)n);
        } else if (errno == EAGAIN) {
            t->s.writable = false;
        } else if (errno != EINTR) {
            t->s.broken = errno;
            buf_clear(&t->out);
        }
    }
    if (t->shut_wanted && !t->shut_done && !t->out.len) {
        shutdown(t->s.fd, SHUT_WR);
        t->shut_done = true;
    }
}

static void connected(struct tcp *t)
{
    struct socket *s = &t->s;
    struct channel_facts *f = &s->base.facts;
    s->connecting = false;
    if (met_itself(t)) {
        reset_on_close(t);
        socket_end(s, END_REFUSED, ECONNREFUSED);
        return;
    }
    int on = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    s->connected = true;
    s->writable = true;
    loop_refresh(s->base.loop);
    f->connected_at = loop_now(s->base.loop);
    f->rtt = f->connected_at > f->opened_at ? f->connected_at - f->opened_at : 1;
}

static void not_connected(struct tcp *t, enum channel_end end, int error)
{
    t->s.connecting = false;
    socket_end(&t->s, end, error);
}

/* The outcome of connect(): a reset that is not a refusal came after the handshake, so there was a connection. */
static void conclude(struct tcp *t, int error)
{
    if (error == ECONNRESET || error == EPIPE) {
        t->s.broken = error;
        t->s.readable = t->s.hung_up = true;
        error = 0;
    }
    if (error)
        not_connected(t, socket_end_of(error), error);
    else
        connected(t);
}

static void finish_connect(struct tcp *t)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (!t->s.writable && !t->s.readable)
        return;
    if (t->s.hung_up && getsockopt(t->s.fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    conclude(t, error);
}

static void eof(struct socket *s)
{
    socket_end(s, s->broken ? END_RESET : END_EOF, s->broken);
    channel_report(&s->base, CHANNEL_CLOSED);
}

static void hear(struct socket *s)
{
    ssize_t n = recv(s->fd, sockets_scratch(s->set), SOCKETS_CHUNK, 0);
    if (n < 0) {
        socket_not_heard(s, errno);
        return;
    }
    if (n == 0) {
        eof(s);
        return;
    }
    if (n < SOCKETS_CHUNK && !s->hung_up)
        s->readable = false; /* drained: the next byte is a new edge */
    socket_heard(s, (size_t)n);
}

static void tcp_advance(struct socket *s)
{
    struct tcp *t = (struct tcp *)s;
    struct channel *c = &s->base;
    if (s->connecting)
        finish_connect(t);
    if (s->connected)
        flush(t);
    if (s->connecting || !c->promised)
        return;
    if (c->facts.end != END_NONE) {
        channel_report(c, CHANNEL_CLOSED);
    } else if (!t->told) {
        t->told = true;
        channel_report(c, CHANNEL_CONNECTED);
    } else if (s->readable) {
        hear(s);
    }
}

/* 0, EINPROGRESS, or the errno. */
static int dial_peer(struct socket *s)
{
    struct sockaddr_storage to;
    socklen_t length = socket_address(&s->base.peer, &to);
    int error = socket_make(s, SOCK_STREAM);
    if (error)
        return error;
    if ((s->how.local.addr.family || s->how.local.port) && (error = socket_bind(s)) != 0)
        return error;
    if (connect(s->fd, (struct sockaddr *)&to, length) == 0)
        return 0;
    if (errno != EINPROGRESS || !addr_is_loopback(&s->base.peer.addr))
        return errno;
    /* On loopback the answer is there already: asking again saves the closed port a registration and a turn. */
    if (connect(s->fd, (struct sockaddr *)&to, length) == 0)
        return 0;
    return errno == EALREADY ? EINPROGRESS : errno;
}

static void tcp_open(struct channel *c)
{
    struct tcp *t = tcp_of(c);
    loop_refresh(c->loop); /* many are opened in one turn: the first must not lend its time to the last */
    c->facts.opened_at = loop_now(c->loop);
    t->s.connecting = true;
    int error = dial_peer(&t->s);
    if (error == ENETUNREACH)
        not_connected(t, END_LOCAL, error); /* said at once: we have no route */
    else if (error != EINPROGRESS)
        conclude(t, error);
    if (t->s.connecting || t->s.connected)
        error = socket_watch(&t->s);
    if (t->s.connecting && error && error != EINPROGRESS)
        not_connected(t, END_LOCAL, error);
    if (!t->s.connecting)
        socket_queue(&t->s);
}

/* What ended, what is up but not yet told, and what has come: all are reported on the next turn. */
static void tcp_wait(struct channel *c)
{
    struct tcp *t = tcp_of(c);
    if (c->facts.end != END_NONE || (t->s.connected && (!t->told || t->s.readable)))
        socket_queue(&t->s);
}

static void tcp_rest(struct channel *c)
{
    (void)c;
}

static bool tcp_send(struct channel *c, struct bytes data)
{
    struct tcp *t = tcp_of(c);
    if (c->facts.end != END_NONE || t->s.broken || t->shut_wanted || !buf_append(&t->out, data.at, data.len))
        return false;
    if (t->s.connected)
        flush(t);
    return !t->s.broken;
}

static void tcp_shut(struct channel *c)
{
    struct tcp *t = tcp_of(c);
    t->shut_wanted = true;
    if (t->s.connected)
        flush(t);
}

static void tcp_close(struct channel *c, enum channel_closing how)
{
    struct tcp *t = tcp_of(c);
    if (how == CLOSE_ORDERLY && t->s.connected)
        flush(t);
    else if (t->s.connected && c->facts.end == END_NONE)
        reset_on_close(t);
    buf_free(&t->out);
    socket_free(&t->s);
}

static const struct channel_ops tcp_ops = {.name = "tcp",
    .open = tcp_open,
    .wait = tcp_wait,
    .rest = tcp_rest,
    .send = tcp_send,
    .shut = tcp_shut,
    .close = tcp_close,
    .local = socket_local};

struct channel *tcp_new(struct sockets *set, const struct endpoint *peer)
{
    struct tcp *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    channel_init(&t->s.base, &tcp_ops, sockets_loop(set), peer);
    t->s.set = set;
    t->s.fd = -1;
    t->s.advance = tcp_advance;
    buf_init(&t->out, LIMIT_SEND_QUEUE);
    return &t->s.base;
}
