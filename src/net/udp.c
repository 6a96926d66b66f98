/* udp.c owns the udp channel: a connected socket, so that a port unreachable comes back to us. */
#include "net/sockets.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

struct udp {
    struct socket s; /* first */
    int64_t first_sent; /* 0: nothing sent */
    bool told;
};

static struct udp *udp_of(struct channel *c)
{
    return (struct udp *)c;
}

static void udp_advance(struct socket *s)
{
    struct udp *u = (struct udp *)s;
    struct channel *c = &s->base;
    if (!c->promised)
        return;
    if (c->facts.end != END_NONE) {
        channel_report(c, CHANNEL_CLOSED);
    } else if (!u->told) {
        u->told = true;
        channel_report(c, CHANNEL_CONNECTED);
    } else if (s->readable) {
        if (u->first_sent && !c->facts.rtt)
            c->facts.rtt = loop_now(c->loop) > u->first_sent ? loop_now(c->loop) - u->first_sent : 1;
        socket_read(s, false);
    }
}

static void udp_open(struct channel *c)
{
    struct udp *u = udp_of(c);
    int error = socket_connect(&u->s, SOCK_DGRAM);
    int on = 1;
    /* Without this the kernel keeps unreachable hosts to itself. */
    if (!error && !addr_is_loopback(&c->peer.addr))
        setsockopt(u->s.fd, c->peer.addr.family == 4 ? IPPROTO_IP : IPPROTO_IPV6, c->peer.addr.family == 4 ? IP_RECVERR : IPV6_RECVERR, &on,
            sizeof on);
    enum channel_end end = error == ENETUNREACH ? END_LOCAL : socket_end_of(error);
    if (!error) {
        error = socket_watch(&u->s);
        end = END_LOCAL;
    }
    if (error)
        socket_end(&u->s, end, error);
    socket_queue(&u->s);
}

static void udp_wait(struct channel *c)
{
    struct udp *u = udp_of(c);
    if (c->facts.end != END_NONE || !u->told || u->s.readable)
        socket_queue(&u->s);
}

static void udp_rest(struct channel *c)
{
    (void)c;
}

/* An error that send() gives belongs to an earlier datagram: it is the end, as if it had been read. */
static bool udp_send(struct channel *c, struct bytes data)
{
    struct udp *u = udp_of(c);
    assert(data.len > 0);
    if (c->facts.end != END_NONE)
        return false;
    ssize_t n = send(u->s.fd, data.at, data.len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE || errno == EINTR))
        return false;
    if (n < 0) {
        socket_end(&u->s, socket_end_of(errno), errno);
        socket_queue(&u->s);
        return false;
    }
    loop_refresh(c->loop);
    if (!u->first_sent)
        u->first_sent = loop_now(c->loop);
    c->facts.sent += (uint64_t)n;
    return true;
}

static void udp_shut(struct channel *c)
{
    (void)c;
}

static void udp_close(struct channel *c, enum channel_closing how)
{
    (void)how;
    socket_free(&udp_of(c)->s);
}

static const struct channel_ops udp_ops = {
    .name = "udp", .open = udp_open, .wait = udp_wait, .rest = udp_rest, .send = udp_send, .shut = udp_shut, .close = udp_close};

struct channel *udp_new(struct sockets *set, const struct endpoint *peer)
{
    struct udp *u = calloc(1, sizeof *u);
    if (!u)
        return NULL;
    channel_init(&u->s.base, &udp_ops, sockets_loop(set), peer);
    u->s.set = set;
    u->s.fd = -1;
    u->s.advance = udp_advance;
    return &u->s.base;
}
