/*
 * socket_connect.c owns the way to an open conversation: the peer's address, a slot, a ticket of the host's budget and the run's rate, the
 * connection, and TLS over one that is open.
 */
#include "script/socket_inside.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

static struct channel *dial_for(struct sock *k)
{
    struct scripts *s = k->run;
    struct dial_how how = {.local = k->bound, .anyone = k->anyone};
    struct channel *c = dial_as(s->parts.dialer, &k->peer, &how);
    struct tls_settings settings = {.server_name = k->server_name[0] ? k->server_name : NULL};
    return c && k->want_ssl ? channel_tls(c, s->parts.tls, &settings) : c;
}

static void dial_now(struct sock *k)
{
    k->channel = dial_for(k);
    if (!k->channel) {
        k->failure = "ERROR";
        return;
    }
    k->waits = WAITS_CONNECT;
    channel_own(k->channel, sock_on_channel, k);
    channel_open(k->channel, sock_time_left(k));
}

static void on_granted(struct ticket *ticket)
{
    sock_wake(ticket->owner);
}
/* ---- arguments: what stands for a peer */

/* The host's name or address; what of it is a name goes out as server name in TLS. */
const char *sock_check_host(lua_State *L, int index, struct sock *k)
{
    const char *name = NULL;
    k->server_name[0] = '\0';
    if (!lua_istable(L, index)) {
        const char *text = luaL_checkstring(L, index);
        snprintf(k->server_name, sizeof k->server_name, "%s", text);
        return text;
    }
    if (lua_getfield(L, index, "targetname") == LUA_TSTRING)
        snprintf(k->server_name, sizeof k->server_name, "%s", name = lua_tostring(L, -1));
    if (lua_getfield(L, index, "ip") == LUA_TSTRING)
        name = lua_tostring(L, -1);
    luaL_argcheck(L, name, index, "host table lacks 'ip' or 'targetname' fields");
    return name;
}

uint16_t sock_check_port(lua_State *L, int index, const char **proto)
{
    lua_Integer n;
    if (lua_istable(L, index)) {
        lua_getfield(L, index, "number");
        luaL_argcheck(L, lua_isinteger(L, -1), index, "port table lacks integer 'number' field");
        n = lua_tointeger(L, -1);
        if (lua_getfield(L, index, "protocol") == LUA_TSTRING)
            *proto = lua_tostring(L, -1);
    } else {
        n = luaL_checkinteger(L, index);
    }
    luaL_argcheck(L, n >= 0 && n <= 65535, index, "port out of range");
    return (uint16_t)n;
}

/* ---- connect */

static int connect_go(lua_State *L, int status, lua_KContext ctx);

static int connect_wait(lua_State *L, struct sock *k, enum waits what)
{
    k->waits = what;
    k->waiter = thread_current(L);
    return thread_wait(L, what, connect_go);
}

/* For a place that others have. */
static int connect_queue(lua_State *L, struct sock *k, enum waits what)
{
    k->waits = what;
    k->waiter = thread_current(L);
    return thread_wait_for_others(L, what, connect_go);
}

static int connect_end(lua_State *L, struct sock *k)
{
    if (k->failure) {
        const char *why = k->failure;
        bool at_once = !k->channel || k->channel->facts.end == END_LOCAL; /* nobody was asked */
        sock_drop(k);
        k->state = SOCK_BEGUN; /* close() after it is no error */
        return at_once ? sock_give_at_once(L, why) : sock_give_failure(L, why);
    }
    k->last_user = NULL;
    k->paid = true;
    return sock_give_true(L);
}

static int connect_ticket(lua_State *L, struct sock *k)
{
    struct thread *t = thread_current(L);
    k->slot = t;
    t->sockets++;
    k->owner = t->instance;
    k->ticket = (struct ticket){.host = t->target ? t->target->share : &k->run->anywhere, .granted = on_granted, .owner = k};
    if (!ticket_ask(k->run->parts.admission, &k->ticket))
        return connect_queue(L, k, WAITS_TICKET);
    return connect_go(L, LUA_YIELD, WAITS_TICKET);
}

bool sock_may_reach(struct sock *k)
{
    struct scripts *s = k->run;
    struct script *x = s->current->script;
    char address[ADDR_TEXT_MAX];
    if (!s->parts.may_reach || s->parts.may_reach(s->parts.owner, &k->peer))
        return true;
    if (!x->told_kept_from)
        scripts_say(s, "NSE: %s is kept from %s port %u/%s, which is excluded", x->name,
            addr_format(&k->peer.addr, address, sizeof address), k->peer.port, k->udp ? "udp" : "tcp");
    x->told_kept_from = true;
    return false;
}

static int connect_slot(lua_State *L, struct sock *k)
{
    struct thread *t = thread_current(L);
    if (!sock_may_reach(k))
        return sock_give_at_once(L, "excluded from this scan");
    if (t->sockets >= LIMIT_SCRIPT_SOCKETS)
        return sock_give_at_once(L, "ERROR");
    if (!slot_take(t)) {
        slot_queue(t);
        return connect_queue(L, k, WAITS_SLOT);
    }
    return connect_ticket(L, k);
}

static int connect_go(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    struct thread *t = thread_current(L);
    sock_goes_on(k);
    switch ((enum waits)ctx) {
    case WAITS_NAME:
        if (!t->resolved_count || !addr_parse(t->resolved[0], &k->peer.addr))
            return sock_give_at_once(L, t->resolve_again ? "Temporary failure in name resolution" : "Name or service not known");
        return connect_slot(L, k);
    case WAITS_SLOT:
        return connect_ticket(L, k);
    case WAITS_TICKET:
        dial_now(k);
        if (k->failure)
            return connect_end(L, k);
        return connect_wait(L, k, WAITS_CONNECT);
    default:
        return connect_end(L, k);
    }
}

/* The peer is in `name`, an address or a name. */
int sock_connect_begin(lua_State *L, struct sock *k, const char *name)
{
    k->failure = NULL;
    if (addr_parse(name, &k->peer.addr))
        return connect_slot(L, k);
    if (strlen(name) > LIMIT_HOST_NAME)
        return sock_give_at_once(L, "Name or service not known");
    resolve_begin(L, name, k->family);
    return connect_wait(L, k, WAITS_NAME);
}

int sock_connect(lua_State *L)
{
    static const char *const protos[] = {"tcp", "udp", "ssl", NULL};
    struct sock *k = sock_check(L);
    const char *proto = k->udp ? "udp" : "tcp";
    lua_settop(L, 4);
    const char *name = sock_check_host(L, 2, k);
    uint16_t port = sock_check_port(L, 3, &proto);
    int which = luaL_checkoption(L, 4, proto, protos);
    if (k->waits != WAITS_NOT)
        return luaL_error(L, "Invalid reuse of a socket from one thread to another.");
    thread_check_wait(L);
    sock_drop(k);
    k->anyone = false;
    k->want_ssl = which == 2;
    if (k->want_ssl && !k->run->parts.tls)
        return sock_give_at_once(L, "ERROR");
    if (which != 2)
        k->udp = which == 1;
    k->peer = (struct endpoint){.port = port, .proto = k->udp ? PROTO_UDP : PROTO_TCP};
    return sock_connect_begin(L, k, name);
}

/* ---- TLS over what is open */

static int secured(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    sock_goes_on(k);
    return connect_end(L, k);
}

int sock_reconnect_ssl(lua_State *L)
{
    struct sock *k = sock_check_free(L);
    if (k->state != SOCK_OPEN || !k->channel)
        return sock_give_not_open(L);
    if (!k->run->parts.tls || k->ended)
        return sock_give_at_once(L, "ERROR");
    thread_check_wait(L);
    struct tls_settings settings = {.server_name = k->server_name[0] ? k->server_name : NULL};
    channel_unwait(k->channel);
    k->channel = channel_tls(k->channel, k->run->parts.tls, &settings);
    if (!k->channel)
        return sock_give_at_once(L, "ERROR");
    k->want_ssl = true;
    k->failure = NULL;
    k->waits = WAITS_CONNECT;
    k->waiter = thread_current(L);
    channel_own(k->channel, sock_on_channel, k);
    channel_open(k->channel, sock_time_left(k));
    return thread_wait(L, 0, secured);
}
