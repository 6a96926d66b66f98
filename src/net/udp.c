/*
 * udp.c owns the udp channel. Its socket is not connected, because a connected one is deaf to a peer that answers from another of
 * its ports, as every TFTP server does; that unreachables come back to us nevertheless is asked of the kernel, and strangers are
 * sent away here.
 */
#include "net/sockets.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { STRANGERS_AT_ONCE = 64 };

struct udp {
    struct socket s; /* first */
    struct addr source; /* where answers come from */
    int64_t first_sent; /* 0: nothing sent */
    bool told;
};

static struct udp *udp_of(struct channel *c)
{
    return (struct udp *)c;
}

/* ---- who speaks? */

/* What is sent to no address at all the kernel sends to ourselves. */
static struct addr source_of(const struct addr *peer)
{
    static const struct addr nowhere;
    struct addr a = *peer;
    if (memcmp(a.octet, nowhere.octet, sizeof a.octet) != 0)
        return a;
    addr_parse(a.family == 4 ? "127.0.0.1" : "::1", &a);
    return a;
}

static bool same_address(const struct addr *a, const struct sockaddr_storage *from)
{
    if (from->ss_family == AF_INET)
        return a->family == 4 && memcmp(&((const struct sockaddr_in *)from)->sin_addr, a->octet, 4) == 0;
    const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)from;
    if (from->ss_family != AF_INET6 || a->family != 6 || memcmp(&sin6->sin6_addr, a->octet, 16) != 0)
        return false;
    return !a->zone || !sin6->sin6_scope_id || a->zone == sin6->sin6_scope_id;
}

static uint16_t port_of(const struct sockaddr_storage *from)
{
    return ntohs(
        from->ss_family == AF_INET ? ((const struct sockaddr_in *)from)->sin_port : ((const struct sockaddr_in6 *)from)->sin6_port);
}

static void keep_sender(struct udp *u, const struct sockaddr_storage *from)
{
    struct endpoint *e = &u->s.base.facts.from;
    *e = (struct endpoint){.port = port_of(from), .proto = PROTO_UDP, .addr.family = from->ss_family == AF_INET ? 4 : 6};
    if (from->ss_family == AF_INET)
        memcpy(e->addr.octet, &((const struct sockaddr_in *)from)->sin_addr, 4);
    else
        memcpy(e->addr.octet, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
}

static bool is_for_us(const struct udp *u, const struct sockaddr_storage *from)
{
    if (u->s.how.anyone)
        return true;
    if (!same_address(&u->source, from))
        return false;
    return port_of(from) == u->s.base.peer.port || !sockets_gave_up(u->s.set, port_of(from));
}

static void measure(struct udp *u)
{
    struct channel *c = &u->s.base;
    if (u->first_sent && !c->facts.rtt)
        c->facts.rtt = loop_now(c->loop) > u->first_sent ? loop_now(c->loop) - u->first_sent : 1;
}

/* A flood of strangers must not hold the others. */
static void hear(struct udp *u)
{
    for (int i = 0; i < STRANGERS_AT_ONCE; i++) {
        struct sockaddr_storage from = {0};
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(u->s.fd, sockets_scratch(u->s.set), SOCKETS_CHUNK, 0, (struct sockaddr *)&from, &length);
        if (n < 0) {
            socket_not_heard(&u->s, errno);
            return;
        }
        if (is_for_us(u, &from)) {
            measure(u);
            if (u->s.how.anyone)
                keep_sender(u, &from);
            socket_heard(&u->s, (size_t)n);
            return;
        }
    }
    socket_queue(&u->s);
}

/* ---- the channel */

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
        hear(u);
    }
}

/* Bound at once, because a lack of ports shows in a send as a full queue. An IPv6 socket may carry IPv4: it wants both options. */
static int udp_bind(struct socket *s)
{
    int on = 1;
    if (s->how.anyone) {
        setsockopt(s->fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
        return socket_bind(s);
    }
    setsockopt(s->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    if (s->base.peer.addr.family != 4)
        setsockopt(s->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    return socket_bind(s);
}

static void udp_open(struct channel *c)
{
    struct udp *u = udp_of(c);
    int error = socket_make(&u->s, SOCK_DGRAM);
    if (!error)
        error = udp_bind(&u->s);
    if (!error)
        error = socket_watch(&u->s);
    if (error)
        socket_end(&u->s, END_LOCAL, error);
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

/* An error that sendto() gives belongs to an earlier datagram: it is the end, as if it had been read. Before the first one it is ours. */
static bool udp_send(struct channel *c, struct bytes data)
{
    struct udp *u = udp_of(c);
    assert(data.len > 0);
    if (c->facts.end != END_NONE)
        return false;
    struct sockaddr_storage to;
    socklen_t length = socket_address(&c->peer, &to);
    ssize_t n = sendto(u->s.fd, data.at, data.len, MSG_NOSIGNAL, (struct sockaddr *)&to, length);
    if (n < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE || errno == EINTR))
        return false;
    if (n < 0) {
        bool no_route = errno == ENETUNREACH && !u->first_sent;
        socket_end(&u->s, no_route ? END_LOCAL : socket_end_of(errno), errno);
        socket_queue(&u->s);
        return false;
    }
    loop_refresh(c->loop);
    if (!u->first_sent)
        u->first_sent = loop_now(c->loop);
    c->facts.sent += (uint64_t)n;
    return true;
}

static bool udp_send_to(struct channel *c, const struct endpoint *peer, struct bytes data)
{
    struct udp *u = udp_of(c);
    struct sockaddr_storage to;
    socklen_t length = socket_address(peer, &to);
    if (!u->s.how.anyone || c->facts.end != END_NONE)
        return false;
    ssize_t n = sendto(u->s.fd, data.at, data.len, MSG_NOSIGNAL, (struct sockaddr *)&to, length);
    if (n < 0)
        return false;
    c->facts.sent += (uint64_t)n;
    return true;
}

static void udp_shut(struct channel *c)
{
    (void)c;
}

static void udp_close(struct channel *c, enum channel_closing how)
{
    struct udp *u = udp_of(c);
    (void)how;
    if (u->first_sent && c->facts.end == END_NONE)
        sockets_give_up(u->s.set, c->peer.port);
    socket_free(&u->s);
}

static const struct channel_ops udp_ops = {.name = "udp",
    .open = udp_open,
    .wait = udp_wait,
    .rest = udp_rest,
    .send = udp_send,
    .shut = udp_shut,
    .close = udp_close,
    .send_to = udp_send_to,
    .local = socket_local};

struct channel *udp_new(struct sockets *set, const struct endpoint *peer)
{
    struct udp *u = calloc(1, sizeof *u);
    if (!u)
        return NULL;
    channel_init(&u->s.base, &udp_ops, sockets_loop(set), peer);
    u->s.set = set;
    u->s.fd = -1;
    u->s.advance = udp_advance;
    u->source = source_of(&peer->addr);
    return &u->s.base;
}
