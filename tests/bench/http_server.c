/* http_server.c owns a small HTTP server for measurements: one thread, epoll, the same page for everyone. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char page[] = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\nContent-Length: 33\r\n\r\n"
                           "<html><body>hello</body></html>\r\n";

enum { EVENTS = 256, FDS = 1 << 20 };

static void die(const char *what)
{
    fprintf(stderr, "http_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_on(const char *address, int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
        die(address);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&to, sizeof to) || listen(fd, 4096))
        die("listen");
    return fd;
}

static void accept_all(int poll, int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), yes = 1;
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
            close(fd);
    }
}

/* A request is whatever has arrived when an empty line ends it: the clients here send theirs in one piece. */
static void answer(int fd)
{
    char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        close(fd);
        return;
    }
    if (n > 0 && memmem(bytes, (size_t)n, "\r\n\r\n", 4) && send(fd, page, sizeof page - 1, MSG_NOSIGNAL) < 0)
        close(fd);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: http_server ADDRESS PORT\n");
        return 2;
    }
    struct rlimit files = {FDS, FDS};
    if (setrlimit(RLIMIT_NOFILE, &files) && !getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int listener = listen_on(argv[1], atoi(argv[2])), poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS], first = {.events = EPOLLIN, .data.fd = listener};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &first))
        die("epoll");
    puts("ready");
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(poll, events, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(poll, listener);
            else
                answer(events[i].data.fd);
        }
    }
}
