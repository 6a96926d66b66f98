/*
 * lane.h owns one of the few channels that a port may have open at a time: its place in the queue for connections, its channel, what came back.
 */
#ifndef DESCRY_TASK_LANE_H
#define DESCRY_TASK_LANE_H

#include "net/dialer.h"
#include "net/tls.h"
#include "task/admission.h"

struct task;

enum lane_state {
    LANE_FREE,                          /* no conversation */
    LANE_QUEUED,                        /* waits for permission to connect */
    LANE_CONNECTING,
    LANE_OPEN,                          /* may be sent to; what comes is collected in `reply` */
    LANE_ENDED                          /* the peer ended it: `end` says how; `reply` stays until lane_close */
};

enum lane_event {
    LANE_CONNECTED,
    LANE_DATA,                          /* more is in `reply` */
    LANE_CLOSED,                        /* the state is now LANE_ENDED */
    LANE_DEADLINE                       /* `until` has passed; the lane is not listened to until lane_listen */
};

struct lane {
    struct task *task;
    unsigned number;                    /* its place among the task's lanes */
    enum lane_state state;
    struct channel *channel;
    struct ticket ticket;
    struct timer again;                 /* a descriptor was short: try once more a little later */
    unsigned shortages;                 /* how often that happened to this conversation */
    bool resumes;                       /* the handshake under way tries to resume an earlier session */
    int64_t connect_timeout;
    int64_t until;                      /* listened to until this time on the loop's clock */
    struct buf reply;                   /* at most LIMIT_REPLY; what is beyond is read and dropped. Of a handshake that failed: what the peer said in it */
    size_t received;                    /* all bytes, also those that were dropped */
    int64_t dialled_at;
    int64_t connected_at;               /* through a tunnel: when the session was up */
    int64_t last_data_at;
    int64_t ended_at;
    enum channel_end end;
    const char *detail;                 /* more about `end`, in the task's arena, or NULL */
};

/* Begins a conversation on a free lane: LANE_CONNECTED or LANE_CLOSED will follow (refused, unreachable, timed out). */
void lane_open(struct lane *l, int64_t connect_timeout_us);
/* Takes over a connected channel (the scan's): state LANE_OPEN at once, no event. Its owner promises nothing more. */
void lane_adopt(struct lane *l, struct channel *c);
/* Listens (on) until `until`; call it once the lane is open, and again to change the time. */
void lane_listen(struct lane *l, int64_t until);
bool lane_send(struct lane *l, struct bytes data);
/*
 * Puts a TLS session over an open lane: state LANE_CONNECTING, LANE_CONNECTED or LANE_CLOSED will follow. What came in clear text is dropped.
 * `settings` stay valid as long as the lane talks. False: there is no TLS client, or memory is short; then the lane is closed.
 */
bool lane_secure(struct lane *l, const struct tls_settings *settings, int64_t timeout_us);
/* Keeps up to `most` bytes instead of LIMIT_REPLY, until lane_close. For who takes what has come off `reply` as it goes (buf_drop_front): a udp datagram
 * is reported on its own, so that who takes each at once sees their boundaries. */
void lane_keep(struct lane *l, size_t most);
/* The conversation of an open lane goes on on a free one, with all that is known of it; nothing is listened to until lane_listen. */
void lane_move(struct lane *from, struct lane *to);
/* The session of a lane that is open through TLS; NULL: it is not. */
const struct tls_session *lane_session(const struct lane *l);
/* Ends the conversation from our side (by reset) and frees the lane. Harmless on a free lane. */
void lane_close(struct lane *l);
/* The same in order, for peers that would take a reset for a fault. */
void lane_leave(struct lane *l);
bool lane_talks(const struct lane *l);  /* queued, connecting or open */

void lane_init(struct lane *l, struct task *t, unsigned number);

#endif
