/* socket_send.c owns what scripts send: over a connection, and as datagrams to whom it may concern. */
#include "script/socket_inside.h"

#include "base/limits.h"
#include "script/trace.h"

enum { SEND_CHUNK = 32 * 1024 };
static const int64_t QUEUE_PAUSE = 5 * 1000; /* until a full queue is tried again */

/* ---- turns of datagrams: --max-rate bounds them like connections. The first goes with the turn of its socket's opening. */

static void on_turn(struct ticket *ticket)
{
    sock_wake(ticket->owner);
}

/* Goes on with `then`, at once or when it is the datagram's turn. */
static int take_turn(lua_State *L, struct sock *k, lua_KFunction then)
{
    struct thread *t = thread_current(L);
    bool paid = k->paid;
    k->paid = false;
    if (paid)
        return then(L, LUA_OK, 0);
    thread_check_wait(L);
    k->turn = (struct ticket){.host = t->target ? t->target->share : &k->run->anywhere, .granted = on_turn, .owner = k, .sends = true};
    if (ticket_ask(k->run->parts.admission, &k->turn))
        return then(L, LUA_OK, 0);
    k->waits = WAITS_TICKET;
    k->waiter = t;
    return thread_wait(L, 0, then);
}

/* ---- over a connection: done when all is queued */

static int send_go(lua_State *L, int status, lua_KContext ctx);

static void on_queue_pause(struct timer *timer)
{
    struct thread *t = timer->owner;
    thread_wake(t);
}

static int send_wait(lua_State *L, struct sock *k, size_t sent)
{
    struct thread *t = thread_current(L);
    k->waits = WAITS_QUEUE;
    k->waiter = t;
    t->sleep.fn = on_queue_pause;
    timer_start(&t->sleep, QUEUE_PAUSE);
    return thread_wait(L, (lua_KContext)sent, send_go);
}

/* The text is at index 2. */
static int send_go(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    size_t length, sent = (size_t)ctx;
    const char *text = lua_tolstring(L, 2, &length);
    sock_goes_on(k);
    k->last_user = L;
    if (!k->channel)
        return sock_give_at_once(L, "ERROR");
    while (sent < length) {
        size_t some = k->udp || length - sent < SEND_CHUNK ? length - sent : SEND_CHUNK;
        if (!channel_send(k->channel, bytes_of(text + sent, some)))
            break;
        script_trace_data(k->run, k->channel, true, bytes_of(text + sent, some));
        sent += some;
    }
    if (sent == length || k->channel->facts.end == END_EOF)
        return sock_give_true(L);
    if (k->channel->facts.end != END_NONE || k->udp)
        return sock_give_failure(L, "ERROR");
    if (loop_now(k->run->parts.loop) >= k->until)
        return sock_give_failure(L, "TIMEOUT");
    thread_check_wait(L);
    return send_wait(L, k, sent);
}

static int send_connected(lua_State *L, struct sock *k, int text)
{
    size_t length;
    lua_tolstring(L, text, &length);
    lua_copy(L, text, 2);
    lua_settop(L, 2);
    if (k->udp && !k->channel)
        return sock_give_failure(L, "ERROR");
    if (k->state != SOCK_OPEN)
        return sock_give_not_open(L);
    if (length > LIMIT_SCRIPT_SEND)
        return sock_give_failure(L, "ERROR");
    if (k->anyone)
        return sock_give_failure(L, "ERROR"); /* it has no peer */
    k->until = loop_now(k->run->parts.loop) + sock_time_left(k);
    return k->udp ? take_turn(L, k, send_go) : send_go(L, LUA_OK, 0);
}

int sock_send(lua_State *L)
{
    struct sock *k = sock_check_free(L);
    luaL_checkstring(L, 2);
    return send_connected(L, k, 2);
}

/* ---- udp to whom it may concern: socket, host, port, data */

static bool is_own_peer(const struct sock *k)
{
    return addr_equal(&k->peer.addr, &k->channel->peer.addr) && k->peer.port == k->channel->peer.port;
}

static int send_datagram(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    size_t length;
    const char *text = lua_tolstring(L, 4, &length);
    sock_goes_on(k);
    k->last_user = L;
    if (!k->channel)
        return sock_give_at_once(L, "ERROR");
    if (!channel_send_to(k->channel, &k->peer, bytes_of(text, length)) &&
        !(length && is_own_peer(k) && channel_send(k->channel, bytes_of(text, length))))
        return sock_give_failure(L, "ERROR");
    script_trace_data(k->run, k->channel, true, bytes_of(text, length));
    return sock_give_true(L);
}

static int sent_to(lua_State *L, int status, lua_KContext ctx)
{
    if (lua_toboolean(L, -2))
        return take_turn(L, lua_touserdata(L, 1), send_datagram);
    return 2;
}

/* Opens the socket that hears anyone, as connect does. */
static int open_for_anyone(lua_State *L)
{
    struct sock *k = lua_touserdata(L, 1);
    const char *name = lua_tostring(L, 2);
    k->peer = (struct endpoint){.port = (uint16_t)lua_tointeger(L, 3), .proto = PROTO_UDP};
    k->want_ssl = false;
    return sock_connect_begin(L, k, name);
}

int sock_sendto(lua_State *L)
{
    struct sock *k = sock_check_free(L);
    const char *proto = "udp";
    struct addr a;
    lua_settop(L, 4);
    luaL_checkstring(L, 4);
    const char *name = sock_check_host(L, 2, k);
    uint16_t port = sock_check_port(L, 3, &proto);
    if (!k->udp)
        return send_connected(L, k, 4); /* a stream has its peer: whom to send to is not looked at */
    if (k->channel && k->state == SOCK_OPEN && k->anyone && addr_parse(name, &a)) {
        k->peer = (struct endpoint){.addr = a, .port = port, .proto = PROTO_UDP};
        if (!sock_may_reach(k))
            return sock_give_at_once(L, "excluded from this scan");
        return take_turn(L, k, send_datagram);
    }
    thread_check_wait(L);
    sock_drop(k);
    k->anyone = true;
    lua_pushcfunction(L, open_for_anyone);
    lua_pushvalue(L, 1);
    lua_pushstring(L, name);
    lua_pushinteger(L, port);
    lua_callk(L, 3, 2, 0, sent_to);
    return sent_to(L, LUA_OK, 0);
}
