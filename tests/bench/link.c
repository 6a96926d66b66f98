/* link.c owns a wire between two network namespaces: two TUN devices, joined in user space with a chosen delay, loss and rate. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_MAX = 2048, QUEUE = 1 << 16, BURST = 64 };

struct packet {
    int64_t due;
    uint16_t length;
    unsigned char *bytes;
};

/* One direction. The queue is in order of due: the delay is the same for all. */
struct lane {
    int from, to;
    struct packet queue[QUEUE];
    uint32_t head, tail;
    int64_t busy_until;
    uint64_t passed, lost;
};

struct terms {
    int64_t delay_ns;
    double loss;
    double bits_per_second;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_tun(const char *namespace, const char *name)
{
    int ns = open(namespace, O_RDONLY | O_CLOEXEC);
    if (ns < 0 || setns(ns, CLONE_NEWNET))
        die(namespace);
    close(ns);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        die("/dev/net/tun");
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(fd, TUNSETIFF, &request))
        die("TUNSETIFF");
    return fd;
}

/* Takes what the device has to say into the queue. */
static void take(struct lane *lane, const struct terms *terms)
{
    unsigned char bytes[PACKET_MAX];
    for (int i = 0; i < BURST; i++) {
        ssize_t n = read(lane->from, bytes, sizeof bytes);
        if (n <= 0)
            return;
        if (lane->tail - lane->head == QUEUE || drand48() < terms->loss) {
            lane->lost++;
            continue;
        }
        int64_t start = now_ns();
        if (terms->bits_per_second > 0) {
            if (start < lane->busy_until)
                start = lane->busy_until;
            start += (int64_t)((double)n * 8e9 / terms->bits_per_second);
            lane->busy_until = start;
        }
        struct packet *p = &lane->queue[lane->tail++ % QUEUE];
        *p = (struct packet){.due = start + terms->delay_ns, .length = (uint16_t)n, .bytes = malloc((size_t)n)};
        if (!p->bytes)
            die("malloc");
        memcpy(p->bytes, bytes, (size_t)n);
    }
}

static void give(struct lane *lane)
{
    int64_t now = now_ns();
    while (lane->head != lane->tail) {
        struct packet *p = &lane->queue[lane->head % QUEUE];
        if (p->due > now)
            return;
        if (write(lane->to, p->bytes, p->length) == p->length)
            lane->passed++;
        else
            lane->lost++;
        free(p->bytes);
        lane->head++;
    }
}

/* Nanoseconds until the next packet is due, -1: nothing waits. */
static int64_t next_due(const struct lane *lane, int64_t now)
{
    if (lane->head == lane->tail)
        return -1;
    int64_t left = lane->queue[lane->head % QUEUE].due - now;
    return left > 0 ? left : 0;
}

static void relay(struct lane *lanes, const struct terms *terms)
{
    struct pollfd fds[] = {
        {.fd = lanes[0].from, .events = POLLIN}, {.fd = lanes[1].from, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    for (;;) {
        int64_t now = now_ns(), left = next_due(&lanes[0], now), other = next_due(&lanes[1], now);
        if (left < 0 || (other >= 0 && other < left))
            left = other;
        struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
        if (ppoll(fds, 3, left < 0 ? NULL : &wait, NULL) < 0 && errno != EINTR)
            die("ppoll");
        /* Whoever started us closes our standard input when the wire is to be cut. */
        if (fds[2].revents)
            return;
        for (int i = 0; i < 2; i++) {
            take(&lanes[i], terms);
            give(&lanes[i]);
        }
    }
}

int main(int argc, char **argv)
{
    struct terms terms = {0};
    int option;
    while ((option = getopt(argc, argv, "d:l:r:")) != -1) {
        switch (option) {
        case 'd':
            terms.delay_ns = (int64_t)(atof(optarg) * 1e6);
            break;
        case 'l':
            terms.loss = atof(optarg) / 100;
            break;
        case 'r':
            terms.bits_per_second = atof(optarg);
            break;
        default:
            return 2;
        }
    }
    if (argc - optind != 4) {
        fprintf(stderr, "usage: link [-d MS_EACH_WAY] [-l LOSS_PERCENT] [-r BITS_PER_SECOND] NAMESPACE DEVICE NAMESPACE DEVICE\n");
        return 2;
    }
    int left = open_tun(argv[optind], argv[optind + 1]), right = open_tun(argv[optind + 2], argv[optind + 3]);
    struct lane *lanes = calloc(2, sizeof *lanes);
    if (!lanes)
        die("calloc");
    lanes[0].from = lanes[1].to = left;
    lanes[0].to = lanes[1].from = right;
    srand48(1);
    puts("ready");
    fflush(stdout);
    relay(lanes, &terms);
    printf("passed %llu lost %llu\n", (unsigned long long)(lanes[0].passed + lanes[1].passed),
        (unsigned long long)(lanes[0].lost + lanes[1].lost));
    free(lanes);
    return 0;
}
