/* house.h owns the place of tests with real sockets: a loop, a dialer, and a server socket of the test itself on loopback. */
#ifndef DESCRY_TEST_HOUSE_H
#define DESCRY_TEST_HOUSE_H

#include "heard.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 60 * 1000000 };

struct house {
    struct loop *loop;
    struct dialer *dialer;
    const char *address;                /* of the server */
    int server;                         /* -1: closed */
    uint16_t port;
    struct heard h;
};

/* A bound socket; -1 if this machine has no such address. */
static inline int server_open(const char *address, int type, uint16_t *port)
{
    struct addr a;
    assert_true(addr_parse(address, &a));
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 at = {.sin6_family = AF_INET6};
    socklen_t length = sizeof at;
    memcpy(&at.sin6_addr, a.octet, 16);
    if (a.family == 4) {
        memcpy(&v4.sin_addr, a.octet, 4);
        memcpy(&at, &v4, sizeof v4);
        length = sizeof v4;
    }
    int fd = socket(a.family == 4 ? AF_INET : AF_INET6, type, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, length) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin6_port); /* at the same place in both */
    return fd;
}

/* Without the address (no IPv6 here) the test is skipped, and says so. */
static inline void house_open(struct house *o, const char *address, int type)
{
    memset(o, 0, sizeof *o);
    o->address = address;
    o->server = server_open(address, type, &o->port);
    if (o->server < 0) {
        print_message("no address %s on this machine\n", address);
        skip();
    }
    o->loop = loop_new();
    o->dialer = dialer_sockets(o->loop);
    o->h.patience = PATIENCE;
    o->h.stop_loop = true;
}

static inline void house_close_server(struct house *o)
{
    close(o->server);
    o->server = -1;
}

static inline void house_close(struct house *o)
{
    channel_close(o->h.channel, CLOSE_RESET);
    if (o->server >= 0)
        close(o->server);
    dialer_free(o->dialer);
    loop_free(o->loop);
}

static inline void house_dial(struct house *o, enum proto proto)
{
    heard_open(&o->h, o->loop, o->dialer, o->address, o->port, proto);
}

#endif
