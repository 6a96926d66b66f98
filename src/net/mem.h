/*
 * mem.h owns the in-memory network of the scenario tests: peers are played from a script on a fake loop; everything that was dialled and sent
 * is kept, with its time.
 *
 *     static const struct mem_step ssh[] = {MEM_WAIT(20), MEM_SEND("SSH-2.0-OpenSSH_9.2p1\r\n"), MEM_END};
 *     mem_serve(net, &(struct mem_port){.port = 22, .proto = PROTO_TCP, .steps = ssh});
 *
 * Steps run for each connection on its own: tcp from the moment the client is connected, udp from the first datagram that arrives.
 */
#ifndef DESCRY_NET_MEM_H
#define DESCRY_NET_MEM_H

#include "net/dialer.h"

enum mem_step_kind {
    MEM_STEP_END,                       /* stays silent and open */
    MEM_STEP_WAIT,                      /* `ms` pass */
    MEM_STEP_SEND,                      /* `data` goes to the client (udp: one datagram) */
    MEM_STEP_EXPECT,                    /* waits until the client has sent bytes that contain `data` (any bytes if it is empty); uses up all that has come */
    MEM_STEP_CLOSE,                     /* the peer closes in order */
    MEM_STEP_RESET,
    MEM_STEP_LOOP                       /* goes back to the first step */
};
struct mem_step {
    enum mem_step_kind kind;
    int64_t ms;
    struct bytes data;
};
#define MEM_WAIT(millis) ((struct mem_step){MEM_STEP_WAIT, (millis), {0, 0}})
#define MEM_SEND(text) ((struct mem_step){MEM_STEP_SEND, 0, {(const uint8_t *)(text), sizeof(text) - 1}})
#define MEM_SEND_BYTES(view) ((struct mem_step){MEM_STEP_SEND, 0, (view)})
#define MEM_EXPECT(text) ((struct mem_step){MEM_STEP_EXPECT, 0, {(const uint8_t *)(text), sizeof(text) - 1}})
#define MEM_CLOSE ((struct mem_step){MEM_STEP_CLOSE, 0, {0, 0}})
#define MEM_RESET ((struct mem_step){MEM_STEP_RESET, 0, {0, 0}})
#define MEM_LOOP ((struct mem_step){MEM_STEP_LOOP, 0, {0, 0}})
#define MEM_END ((struct mem_step){MEM_STEP_END, 0, {0, 0}})

/*
 * A peer with a mind of its own instead of a script: it is told of everything that the client sends (udp: each datagram) when it arrives, and answers with
 * mem_say and mem_hang_up, whose delays come on top of the network's. Datagrams overtake each other if their delays say so.
 */
struct mem_talk;
typedef void mem_hears_fn(void *owner, struct mem_talk *talk, struct bytes data);
void mem_say(struct mem_talk *talk, struct bytes data, int64_t delay_us);
void mem_hang_up(struct mem_talk *talk, bool reset, int64_t delay_us); /* nothing is heard any more from then on */
unsigned mem_talk_number(const struct mem_talk *talk); /* the connection's, from 1 */
int64_t mem_talk_now(const struct mem_talk *talk); /* of the net's clock */

/* How a played port answers. Zeroed means: accepts everyone, no delay beyond the network's. */
struct mem_port {
    uint16_t port;
    uint8_t proto;
    const struct mem_step *steps;       /* ends with MEM_END, or NULL: open and silent */
    mem_hears_fn *hears;                /* instead of steps; NULL: none */
    void *owner;                        /* of `hears` */
    bool refused;                       /* tcp: reset; udp: port unreachable */
    bool filtered;                      /* no answer at all */
    unsigned clients;                   /* at most so many served at a time; more connect but are never served until one leaves. 0: no bound */
    struct bytes turns_away;            /* who is not served because of that bound is told this and sent off. Empty: left waiting */
    unsigned accepts;                   /* after so many connections the port refuses. 0: no bound */
    unsigned drop_first;                /* udp: so many datagrams from the client are lost first */
};

struct mem_net;
/* `rtt_us` is the round trip of the played network: a connect takes one, data half of one each way. Addresses do not matter unless mem_serve_at. */
struct mem_net *mem_net_new(struct loop *fake, int64_t rtt_us);
void mem_net_free(struct mem_net *n);
struct dialer *mem_net_dialer(struct mem_net *n); /* owned by the net */
void mem_serve(struct mem_net *n, const struct mem_port *port); /* copied; ports not served refuse */
void mem_serve_at(struct mem_net *n, const struct addr *at, const struct mem_port *port);
void mem_down(struct mem_net *n, const struct addr *at); /* nothing answers there */
void mem_serve_rest(struct mem_net *n, const struct mem_port *port); /* every port not named (its `port` is ignored) */

/* What happened. */
enum mem_log_kind { MEM_LOG_DIAL, MEM_LOG_SENT, MEM_LOG_SHUT, MEM_LOG_CLOSE };
struct mem_log {
    enum mem_log_kind kind;
    int64_t at;                         /* microseconds since the net was made */
    unsigned connection;                /* from 1, in the order of dialling */
    struct endpoint peer;
    struct bytes data;                  /* MEM_LOG_SENT */
};
size_t mem_log_count(const struct mem_net *n);
const struct mem_log *mem_log_at(const struct mem_net *n, size_t i);
unsigned mem_connections(const struct mem_net *n);      /* dialled so far */
unsigned mem_connections_most(const struct mem_net *n); /* most open at a time */
unsigned mem_connections_open(const struct mem_net *n); /* now: a test's end asserts 0 */

#endif
