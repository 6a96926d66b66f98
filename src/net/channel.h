/*
 * channel.h owns the interface of a channel: one conversation with a port. Kinds: tcp, udp, mem (tests), and tls over tcp or dtls
 * over udp, which are filters: they own the channel below them and have the same interface.
 *
 * Rules. (1) A wait and its deadline are one call: channel_open and channel_wait each promise exactly one call-back, with one event.
 * (2) No call-back runs inside the call that asked for it. (3) After channel_close no call-back comes. (4) channel_close may be called in
 * the call-back. (5) Nothing is read while nobody waits: a peer that floods is held by its window, but for at most LIMIT_REPLY bytes
 * (tcp: what the kernel buffers).
 */
#ifndef DESCRY_NET_CHANNEL_H
#define DESCRY_NET_CHANNEL_H

#include "base/addr.h"
#include "base/bytes.h"
#include "net/loop.h"

enum channel_event {
    CHANNEL_CONNECTED,                  /* answers channel_open */
    CHANNEL_DATA,                       /* answers channel_wait: channel_data() has the bytes of this chunk (udp: one datagram) */
    CHANNEL_CLOSED,                     /* answers either: facts.end says how; nothing more will come. Data that arrived before is given first */
    CHANNEL_DEADLINE                    /* answers either: the deadline passed; the channel goes on, wait again or close */
};

/* How a conversation ended. A result, not an error. */
enum channel_end {
    END_NONE,                           /* has not ended */
    END_EOF,                            /* the peer closed in order */
    END_RESET,                          /* ECONNRESET, EPIPE, ECONNABORTED after the connection was up */
    END_REFUSED,                        /* tcp: reset in answer to the SYN; udp: port unreachable */
    END_UNREACHABLE,                    /* host, network or protocol unreachable; administratively prohibited (EACCES, EPERM from the net) */
    END_TIMEOUT,                        /* the kernel gave up (ETIMEDOUT) */
    END_TLS,                            /* a filter's handshake or record layer failed; facts.detail says why */
    END_LOCAL                           /* our surroundings: no descriptor, no local port, no memory, no route; facts.error is the errno */
};
const char *channel_end_name(enum channel_end end); /* "closed", "reset", "refused", "unreachable", "timed out", ... */

enum channel_closing {
    CLOSE_RESET,                        /* no TIME_WAIT on our side: what the peer still sends does not matter */
    CLOSE_ORDERLY                       /* FIN */
};

/* What a channel learnt. Times in microseconds on the loop's clock; 0 unknown. */
struct channel_facts {
    enum channel_end end;
    int error;                          /* errno behind `end`, or 0 */
    const char *detail;                 /* text behind `end` in the channel's memory, or NULL */
    int64_t opened_at;
    int64_t connected_at;
    int64_t ended_at;
    int64_t rtt;                        /* tcp: time of the handshake; udp: first datagram to first reply */
    uint64_t sent;                      /* bytes */
    uint64_t received;
    struct endpoint from;               /* udp that hears anyone: who sent the last datagram */
    const char *tunnel;                 /* filters: "tls", "dtls"; NULL for tcp and udp. More: net/tls.h */
};

struct channel;
typedef void channel_fn(void *owner, struct channel *c, enum channel_event event);

/* What a kind of channel fills in. Callers use the functions below. */
struct channel_ops {
    const char *name;
    void (*open)(struct channel *c);                    /* begin; report with channel_report */
    void (*wait)(struct channel *c);                    /* reading may begin (or go on) */
    void (*rest)(struct channel *c);                    /* a wait ended: stop reading */
    bool (*send)(struct channel *c, struct bytes data); /* copies; false: the queue is full or the channel has ended */
    void (*shut)(struct channel *c);
    void (*close)(struct channel *c, enum channel_closing how); /* frees the channel, at the latest on a later turn */
    bool (*send_to)(struct channel *c, const struct endpoint *to, struct bytes data); /* udp that hears anyone; else NULL */
    bool (*local)(struct channel *c, struct endpoint *out); /* our own end; NULL: it has none that could be told */
};

/* The common head of every kind: first member of its struct. */
struct channel {
    const struct channel_ops *ops;
    struct loop *loop;
    struct endpoint peer;
    channel_fn *fn;
    void *owner;
    struct timer deadline;              /* runs while a call-back is promised */
    bool promised;
    struct bytes data;
    struct channel_facts facts;
};

/* For kinds: sets up the head; and reports the one promised event (stops the deadline, then calls back). Never called
 * inside open, wait or send: use a timer of delay 0 or the loop's own readiness. */
void channel_init(struct channel *c, const struct channel_ops *ops, struct loop *l, const struct endpoint *peer);
void channel_report(struct channel *c, enum channel_event event);

/* For callers. The owner can change as a channel is handed on (from the scan to a task), when nothing is promised. */
void channel_own(struct channel *c, channel_fn *fn, void *owner);
void channel_open(struct channel *c, int64_t timeout_us);
void channel_wait(struct channel *c, int64_t timeout_us);
void channel_unwait(struct channel *c); /* takes the promise back: no call-back will come */
bool channel_send(struct channel *c, struct bytes data);
void channel_shut(struct channel *c);   /* no more will be sent */
void channel_close(struct channel *c, enum channel_closing how);
bool channel_send_to(struct channel *c, const struct endpoint *to, struct bytes data); /* may be empty; false: it cannot */
bool channel_local(struct channel *c, struct endpoint *out); /* our own address and port; false: not known */
struct bytes channel_data(const struct channel *c); /* during CHANNEL_DATA only */

#endif
