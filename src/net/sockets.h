/*
 * sockets.h owns the set of sockets of one dialer: one edge-triggered epoll set, watched by libuv as a single descriptor, so that a socket
 * costs one registration in its life; and the list of those that have something to report without the kernel's saying so.
 */
#ifndef DESCRY_NET_SOCKETS_H
#define DESCRY_NET_SOCKETS_H

#include "net/channel.h"
#include "net/dialer.h"

#include <sys/socket.h>

/* Head of a tcp or udp channel. */
struct socket {
    struct channel base;                /* first */
    struct sockets *set;
    int fd;                             /* -1: none */
    bool readable, writable;            /* as far as we know: until the kernel says EAGAIN */
    bool hung_up;                       /* the kernel has announced an end behind the data */
    bool connecting, connected;
    struct dial_how how;
    int broken;                         /* errno of a failed send: it explains the end that reading will meet */
    void (*advance)(struct socket *s);  /* something changed: goes on, and reports if something is promised */
    struct socket *next, *prev;         /* in the list of those to be advanced */
    bool queued, dead;
};

struct sockets;
struct sockets *sockets_new(struct loop *l);
void sockets_free(struct sockets *set);
struct loop *sockets_loop(struct sockets *set);
/*
 * The ports where a udp conversation of this set was given up lately, on whatever host. What comes from one of them to another conversation is
 * a straggler: the kernel gave our old local port out again.
 */
void sockets_give_up(struct sockets *set, uint16_t port);
bool sockets_gave_up(const struct sockets *set, uint16_t port);
/* The set's reading buffer: what it holds is valid until the next read on any socket. */
uint8_t *sockets_scratch(struct sockets *set);
enum { SOCKETS_CHUNK = 16 * 1024 };

/* The peer's address as the kernel writes it; gives its length. */
socklen_t socket_address(const struct endpoint *peer, struct sockaddr_storage *out);
/* A non-blocking socket of the peer's family, SOCK_STREAM or SOCK_DGRAM, for `s`; 0 or errno. */
int socket_make(struct socket *s, int type);
/* A channel's `local`. */
bool socket_local(struct channel *c, struct endpoint *out);
/* Takes the local address and port that were asked for; 0 or errno. */
int socket_bind(struct socket *s);
/* Registers with the set; 0 or errno. */
int socket_watch(struct socket *s);
/* `advance` will run on the next turn. */
void socket_queue(struct socket *s);
/* Closes the descriptor and frees `s`, now or when the turn that still knows it is over. */
void socket_free(struct socket *s);
/* Keeps how the conversation ended. */
void socket_end(struct socket *s, enum channel_end end, int error);
/* Reports the first `n` bytes of the reading buffer. */
void socket_heard(struct socket *s, size_t n);
/* A read gave this errno: nothing is there yet, or it is the end, which is reported. */
void socket_not_heard(struct socket *s, int error);
enum channel_end socket_end_of(int error);

struct channel *tcp_new(struct sockets *set, const struct endpoint *peer);
struct channel *udp_new(struct sockets *set, const struct endpoint *peer);

#endif
