/*
 * socket.c owns the sockets of scripts (specs/script-host.md, 3.2 and 3.3) over the run's channels: the object, its events, its end. A call
 * that has to wait puts its thread to sleep and goes on in a continuation; what it waits for is one event of the channel, a place to
 * connect, or an answer of the resolver.
 *
 * Connections count in the host's budget and the run's rate like those of identification.
 */
#include "script/socket_inside.h"

#include "base/limits.h"
#include "script/trace.h"

#include <math.h>

enum { TIMEOUT_FIRST = 30000 };
static const char *const class_name = "descry.socket";

/* ---- results */

int sock_give_true(lua_State *L)
{
    lua_pushboolean(L, true);
    return 1;
}

int sock_give_failure(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

int sock_give_at_once(lua_State *L, const char *why)
{
    lua_pushboolean(L, false);
    lua_pushstring(L, why);
    return 2;
}

/* ---- its memory */

bool sock_hold(struct sock *k)
{
    if (!k->held)
        k->payer = k->owner;
    return state_hold_for(k->run, k->payer, &k->held, k->in.cap + k->kept.cap);
}

static void free_buffers(struct sock *k)
{
    buf_free(&k->in);
    buf_free(&k->kept);
    buf_init(&k->in, LIMIT_SCRIPT_BUFFER);
    buf_init(&k->kept, 2 * LIMIT_SCRIPT_BUFFER);
    sock_hold(k);
}

/* ---- the conversation */

void sock_drop(struct sock *k)
{
    if (k->channel)
        channel_close(k->channel, CLOSE_ORDERLY);
    k->channel = NULL;
    if (k->run)
        ticket_return(k->run->parts.admission, &k->ticket);
    if (k->run)
        ticket_return(k->run->parts.admission, &k->turn);
    k->waits = WAITS_NOT;
    k->waiter = NULL;
    k->state = SOCK_CLOSED;
    k->ssl = false;
    k->ended = NULL;
    k->end_told = false;
    if (k->slot && --k->slot->sockets == 0 && !k->slot->slot_queued)
        slot_give_back(k->slot);
    k->slot = NULL;
    k->owner = NULL;
}

void sock_wake(struct sock *k)
{
    thread_wake(k->waiter);
}

void sock_goes_on(struct sock *k)
{
    k->waits = WAITS_NOT;
    k->waiter = NULL;
}

static const char *why_ended(const struct channel *c)
{
    return c->facts.end == END_EOF ? "EOF" : c->facts.end == END_TIMEOUT ? "TIMEOUT" : "ERROR";
}

static void connected(struct sock *k, enum channel_event event)
{
    if (event == CHANNEL_CONNECTED) {
        k->state = SOCK_OPEN;
        k->ssl = k->want_ssl;
        script_trace_event(k->run, k->channel, "CONNECT");
    } else {
        k->failure = event == CHANNEL_DEADLINE ? "TIMEOUT" : "ERROR";
    }
    sock_wake(k);
}

void sock_on_channel(void *owner, struct channel *c, enum channel_event event)
{
    struct sock *k = owner;
    if (k->waits == WAITS_CONNECT) {
        connected(k, event);
    } else if (event == CHANNEL_DATA) {
        sock_heard(k);
    } else {
        k->failure = event == CHANNEL_DEADLINE ? "TIMEOUT" : why_ended(c);
        if (event == CHANNEL_CLOSED)
            k->ended = k->failure;
        sock_wake(k);
    }
}

int64_t sock_time_left(const struct sock *k)
{
    return k->timeout_us < 0 ? SOCK_NO_LIMIT : k->timeout_us;
}

/* ---- arguments */

struct sock *sock_check(lua_State *L)
{
    return luaL_checkudata(L, 1, class_name);
}

struct sock *sock_check_free(lua_State *L)
{
    struct sock *k = sock_check(L);
    if (k->waits != WAITS_NOT || (k->last_user && k->last_user != L))
        luaL_error(L, "Invalid reuse of a socket from one thread to another.");
    return k;
}

int sock_give_not_open(lua_State *L)
{
    return sock_give_at_once(L, "socket must be connected");
}

/* ---- the rest */

static int sock_set_timeout(lua_State *L)
{
    struct sock *k = sock_check(L);
    lua_Number ms = floor(luaL_checknumber(L, 2));
    if (ms < -1 || ms != ms)
        return luaL_error(L, "Negative timeout: %f", ms);
    k->timeout_us = ms < 0 ? -1 : ms > 86400e3 ? SOCK_NO_LIMIT : (int64_t)ms * 1000;
    return sock_give_true(L);
}

static void push_endpoint(lua_State *L, const struct endpoint *e)
{
    char text[ADDR_TEXT_MAX];
    lua_pushstring(L, e ? addr_format(&e->addr, text, sizeof text) : "unknown protocol");
    lua_pushinteger(L, e ? e->port : 0);
}

static int sock_get_info(lua_State *L)
{
    struct sock *k = sock_check(L);
    struct endpoint own;
    if (!k->udp && k->state != SOCK_OPEN)
        return sock_give_not_open(L);
    lua_pushboolean(L, true);
    push_endpoint(L, k->channel && channel_local(k->channel, &own) ? &own : NULL);
    const struct endpoint *remote = !k->channel ? NULL : k->anyone ? &k->channel->facts.from : &k->peer;
    push_endpoint(L, remote && remote->addr.family ? remote : NULL);
    return 5;
}

static int sock_bind(lua_State *L)
{
    struct sock *k = sock_check(L);
    const char *address = luaL_optstring(L, 2, NULL);
    lua_Integer port = luaL_checkinteger(L, 3);
    luaL_argcheck(L, port >= 0 && port <= 65535, 3, "port out of range");
    k->bound.port = (uint16_t)port;
    if (address && !addr_parse(address, &k->bound.addr))
        return sock_give_at_once(L, "getaddrinfo: Name or service not known");
    return sock_give_true(L);
}

static int sock_close(lua_State *L)
{
    struct sock *k = sock_check(L);
    if (k->waits != WAITS_NOT)
        return luaL_error(L, "Invalid reuse of a socket from one thread to another.");
    bool was_open = k->state != SOCK_CLOSED;
    if (k->channel)
        script_trace_event(k->run, k->channel, "CLOSE");
    free_buffers(k);
    sock_drop(k);
    k->timeout_us = TIMEOUT_FIRST * 1000;
    k->bound = (struct endpoint){0};
    k->last_user = NULL;
    if (!was_open)
        return sock_give_at_once(L, "socket already closed");
    return sock_give_true(L);
}

static int sock_get_ssl_certificate(lua_State *L)
{
    struct sock *k = sock_check(L);
    if (k->state != SOCK_OPEN)
        return sock_give_not_open(L);
    const struct tls_session *session = channel_tls_session(k->channel);
    luaL_argcheck(L, session, 1, "not a SSL socket");
    if (!session->chain_length)
        return lua_pushnil(L), 1;
    return certificate_push(L, session->chain[0]);
}

static int sock_pcap_open(lua_State *L)
{
    return luaL_error(L, "can't open pcap reader on %s", luaL_checkstring(L, 2));
}

static int sock_pcap_receive(lua_State *L)
{
    return luaL_error(L, "not a pcap socket");
}

static void unlink_sock(struct sock *k)
{
    *(k->prev ? &k->prev->next : &k->run->socks) = k->next;
    if (k->next)
        k->next->prev = k->prev;
}

static int sock_gc(lua_State *L)
{
    struct sock *k = lua_touserdata(L, 1);
    if (!k->run)
        return 0;
    sock_drop(k);
    unlink_sock(k);
    free_buffers(k);
    k->run = NULL;
    return 0;
}

void sock_make_class(lua_State *L)
{
    static const luaL_Reg methods[] = {{"set_timeout", sock_set_timeout}, {"connect", sock_connect}, {"reconnect_ssl", sock_reconnect_ssl},
        {"send", sock_send}, {"sendto", sock_sendto}, {"receive", sock_receive}, {"receive_bytes", sock_receive_bytes},
        {"receive_lines", sock_receive_lines}, {"receive_buf", sock_receive_buf}, {"get_info", sock_get_info}, {"bind", sock_bind},
        {"close", sock_close}, {"get_ssl_certificate", sock_get_ssl_certificate}, {"pcap_open", sock_pcap_open},
        {"pcap_receive", sock_pcap_receive}, {"pcap_close", sock_close}, {"pcap_register", sock_pcap_receive}, {NULL, NULL}};
    luaL_newmetatable(L, class_name);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, sock_gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    lua_setfield(L, -2, "__metatable");
    lua_pushnil(L);
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}

int socket_new(lua_State *L)
{
    static const char *const protos[] = {"tcp", "udp", NULL};
    static const char *const families[] = {"inet", "inet6", NULL};
    struct scripts *s = scripts_of(L);
    int proto = luaL_checkoption(L, 1, "tcp", protos);
    int family = luaL_checkoption(L, 2, s->settings.ipv6 ? "inet6" : "inet", families);
    struct sock *k = lua_newuserdatauv(L, sizeof *k, 0);
    *k = (struct sock){.run = s, .udp = proto == 1, .family = family == 1 ? 6 : 4, .timeout_us = TIMEOUT_FIRST * 1000, .next = s->socks};
    free_buffers(k);
    if (k->next)
        k->next->prev = k;
    s->socks = k;
    luaL_setmetatable(L, class_name);
    return 1;
}

/* ---- ends */

/* Those of an instance end with it; a worker's count is no longer kept, and what it waited for is nobody's. */
void socket_thread_ended(struct thread *t)
{
    socket_thread_rests(t, false);
    for (struct sock *k = t->run->socks; k; k = k->next) {
        if (k->waiter == t || k->owner == t)
            sock_drop(k);
        if (k->slot == t)
            k->slot = NULL;
        if (k->payer == t)
            k->payer = NULL;
    }
    if (t->slot_queued)
        slot_leave_queue(t);
    slot_give_back(t);
}

void socket_close_all(struct scripts *s)
{
    for (struct sock *k = s->socks; k; k = k->next)
        sock_drop(k);
}
