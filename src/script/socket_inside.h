/* socket_inside.h owns what the socket files of this room share: the socket itself, and the steps that one file takes for another. */
#ifndef DESCRY_SCRIPT_SOCKET_INSIDE_H
#define DESCRY_SCRIPT_SOCKET_INSIDE_H

#include "script/inside.h"

enum sock_state { SOCK_CLOSED, SOCK_BEGUN, SOCK_OPEN };
enum waits { WAITS_NOT, WAITS_NAME, WAITS_SLOT, WAITS_TICKET, WAITS_CONNECT, WAITS_DATA, WAITS_QUEUE };
enum reading { READ_ANY, READ_BYTES, READ_LINES, READ_UNTIL };

struct sock {
    struct sock *next, *prev;
    struct scripts *run;
    struct thread *owner;               /* the instance that ends it; NULL: closed */
    struct thread *slot;                /* whose count it is in; NULL: none */
    enum sock_state state;
    enum waits waits;
    struct thread *waiter;
    bool udp, want_ssl, ssl;
    int family;
    int64_t timeout_us;                 /* -1: none */
    struct endpoint peer;
    char server_name[LIMIT_HOST_NAME + 1];
    struct channel *channel;
    struct ticket ticket;
    struct ticket turn;                 /* of a datagram */
    bool paid;                          /* the connection's turn is the first datagram's */
    lua_State *last_user;               /* the coroutine of the last operation; NULL: since it was connected, none */
    const char *failure;                /* why the operation failed, or NULL */
    const char *ended;                  /* the conversation is over: "EOF", "ERROR"; NULL */
    bool end_told;                      /* the script knows: who asks again gets no more than a false */
    enum reading reading;
    size_t lines;                       /* ended, in what this call has read */
    size_t wanted;                      /* bytes or lines; of receive_buf: what is worth another look at all that has come */
    int64_t until;                      /* when the call ends */
    struct buf in;                      /* what this call has read */
    struct buf kept;                    /* of receive_buf */
    size_t held;                        /* memory of the two */
    struct thread *payer;               /* the instance that it counts for; NULL: nobody's any more */
    struct endpoint bound;              /* asked for with bind() */
    bool anyone;                        /* udp that was not connected */
};

static const int64_t SOCK_NO_LIMIT = 24LL * 3600 * 1000 * 1000;

/* socket.c: the object. The giving ones return the number of Lua results. */
void sock_make_class(lua_State *L);
int sock_give_true(lua_State *L);
int sock_give_failure(lua_State *L, const char *why); /* after it has waited */
int sock_give_at_once(lua_State *L, const char *why);
int sock_give_not_open(lua_State *L);
struct sock *sock_check(lua_State *L);  /* argument 1 */
struct sock *sock_check_free(lua_State *L); /* which nobody else uses */
int64_t sock_time_left(const struct sock *k); /* for a call that begins now */
void sock_wake(struct sock *k);         /* its waiter goes on, soon: nobody else has the socket before */
void sock_goes_on(struct sock *k);      /* the waiter's first step */
void sock_drop(struct sock *k);         /* ends the conversation; the object can be connected again */
bool sock_hold(struct sock *k);         /* counts the memory of its buffers; false: too much for the instance that owns it */
void sock_on_channel(void *owner, struct channel *c, enum channel_event event);

/* socket_slots.c */
bool slot_take(struct thread *t);       /* false: all are taken */
void slot_queue(struct thread *t);      /* woken when it has one */
void slot_leave_queue(struct thread *t);
void slot_give_back(struct thread *t);  /* harmless without one */

/* socket_connect.c */
const char *sock_check_host(lua_State *L, int index, struct sock *k); /* an address or a name; sets the server name of TLS */
uint16_t sock_check_port(lua_State *L, int index, const char **proto);
bool sock_may_reach(struct sock *k);    /* the peer; false, and said: the user keeps the scan from it */
int sock_connect_begin(lua_State *L, struct sock *k, const char *name); /* true, or nil and why; port and protocol of the peer are set */
int sock_connect(lua_State *L);
int sock_reconnect_ssl(lua_State *L);

/* socket_send.c */
int sock_send(lua_State *L);
int sock_sendto(lua_State *L);

/* socket_receive.c */
void sock_heard(struct sock *k);        /* the channel has data */
int sock_receive(lua_State *L);
int sock_receive_bytes(lua_State *L);
int sock_receive_lines(lua_State *L);
int sock_receive_buf(lua_State *L);

#endif
