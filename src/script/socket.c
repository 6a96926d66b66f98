/*
 * socket.c owns the sockets of scripts (specs/script-host.md, 3.2 and 3.3) over the run's channels. A call that has to wait puts its
 * thread to sleep and goes on in a continuation; what it waits for is one event of the channel, a place to connect, or an answer of
 * the resolver.
 *
 * Connections count in the host's budget and the run's rate like those of identification. Besides, so many threads of a run may own
 * sockets at a time: a script that has one is not kept from its second by scripts that have none.
 */
#include "script/inside.h"

#include "base/limits.h"
#include "script/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_FIRST = 30000, DRAIN_MOST = 512 * 1024, WORTH_SEARCHING = 64 * 1024, SEND_CHUNK = 32 * 1024 };
static const int64_t NO_LIMIT = 24LL * 3600 * 1000 * 1000;
static const int64_t QUEUE_PAUSE = 5 * 1000; /* until a full queue is tried again */
static const int64_t DRAIN_PAUSE = 1000; /* how long more of a large piece is waited for */
static const int64_t LONG_PAUSE = 20 * 1000; /* and of a long text */
static const char *const class_name = "descry.socket";

enum sock_state { SOCK_CLOSED, SOCK_BEGUN, SOCK_OPEN };
enum waits { WAITS_NOT, WAITS_NAME, WAITS_SLOT, WAITS_TICKET, WAITS_CONNECT, WAITS_DATA, WAITS_QUEUE };
enum reading { READ_ANY, READ_BYTES, READ_LINES, READ_UNTIL };

struct sock {
    struct sock *next, *prev;
    struct scripts *run;
    struct thread *owner; /* the instance that ends it; NULL: closed */
    struct thread *slot; /* whose count it is in; NULL: none */
    enum sock_state state;
    enum waits waits;
    struct thread *waiter;
    bool udp, want_ssl, ssl;
    int family;
    int64_t timeout_us; /* -1: none */
    struct endpoint peer;
    char server_name[LIMIT_HOST_NAME + 1];
    struct channel *channel;
    struct ticket ticket;
    lua_State *last_user; /* the coroutine of the last operation; NULL: since it was connected, none */
    const char *failure; /* why the operation failed, or NULL */
    const char *ended; /* the conversation is over: "EOF", "ERROR"; NULL */
    enum reading reading;
    size_t wanted; /* bytes or lines; of receive_buf: what is worth another look at all that has come */
    int64_t until; /* when the call ends */
    struct buf in; /* what this call has read */
    struct buf kept; /* of receive_buf */
    struct endpoint bound; /* asked for with bind() */
    bool anyone; /* udp that was not connected */
};

/* ---- results */

static int give_true(lua_State *L)
{
    lua_pushboolean(L, true);
    return 1;
}

static int give_failure(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

static int give_at_once(lua_State *L, const char *why)
{
    lua_pushboolean(L, false);
    lua_pushstring(L, why);
    return 2;
}

/* ---- slots: who may own sockets */

static unsigned slots_most(const struct scripts *s)
{
    return LIMIT_SCRIPT_SLOTS;
}

static void queue_for_slot(struct thread *t)
{
    struct scripts *s = t->run;
    t->slot_queued = true;
    t->slot_next = NULL;
    *(s->slot_last ? &s->slot_last->slot_next : &s->slot_first) = t;
    s->slot_last = t;
    s->slots_waiting++;
}

static void leave_slot_queue(struct thread *t)
{
    struct scripts *s = t->run;
    struct thread *before = NULL, *at = s->slot_first;
    while (at && at != t) {
        before = at;
        at = at->slot_next;
    }
    if (!at)
        return;
    *(before ? &before->slot_next : &s->slot_first) = t->slot_next;
    if (s->slot_last == t)
        s->slot_last = before;
    t->slot_queued = false;
    s->slots_waiting--;
}

static bool take_slot(struct thread *t)
{
    struct scripts *s = t->run;
    if (!t->has_slot && s->slots < slots_most(s)) {
        t->has_slot = true;
        s->slots++;
    }
    return t->has_slot;
}

static void grant_slots(struct scripts *s)
{
    while (s->slot_first && s->slots < slots_most(s)) {
        struct thread *t = s->slot_first;
        leave_slot_queue(t);
        take_slot(t);
        thread_wake(t);
    }
}

static void give_slot_back(struct thread *t)
{
    if (!t->has_slot)
        return;
    t->has_slot = false;
    t->run->slots--;
    grant_slots(t->run);
}

/* ---- the conversation */

static void drop_channel(struct sock *k)
{
    if (k->channel)
        channel_close(k->channel, CLOSE_ORDERLY);
    k->channel = NULL;
    if (k->run)
        ticket_return(k->run->parts.admission, &k->ticket);
    k->waits = WAITS_NOT;
    k->waiter = NULL;
    k->state = SOCK_CLOSED;
    k->ssl = false;
    k->ended = NULL;
    if (k->slot && --k->slot->sockets == 0 && !k->slot->slot_queued)
        give_slot_back(k->slot);
    k->slot = NULL;
    k->owner = NULL;
}

static void wake(struct sock *k)
{
    struct thread *t = k->waiter;
    k->waits = WAITS_NOT;
    k->waiter = NULL;
    thread_wake(t);
}

static const char *why_ended(const struct channel *c)
{
    return c->facts.end == END_EOF ? "EOF" : c->facts.end == END_TIMEOUT ? "TIMEOUT" : "ERROR";
}

static size_t count_lines(const struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++)
        n += b->at[i] == '\n';
    return n;
}

static bool has_enough(const struct sock *k, size_t chunk)
{
    switch (k->reading) {
    case READ_BYTES:
        return k->in.len >= k->wanted;
    case READ_LINES:
        return count_lines(&k->in) >= k->wanted;
    case READ_UNTIL: /* a long text is not looked through again for every piece of it */
        return chunk < LIMIT_REPLY && k->in.len >= k->wanted;
    default: /* a full chunk: there is more that can be had without waiting */
        return k->udp || chunk < LIMIT_REPLY || k->in.len >= DRAIN_MOST;
    }
}

static void go_on_reading(struct sock *k)
{
    int64_t now = loop_now(k->run->parts.loop);
    bool drains = k->reading == READ_ANY || k->reading == READ_UNTIL;
    channel_wait(k->channel, drains && k->in.len ? (k->wanted > 1 ? LONG_PAUSE : DRAIN_PAUSE) : k->until > now ? k->until - now : 0);
}

static void heard(struct sock *k)
{
    struct bytes data = channel_data(k->channel);
    struct thread *t = k->owner;
    script_trace_data(k->run, k->channel, false, data);
    bool fits = buf_append(&k->in, data.at, data.len);
    if (t)
        t->received += data.len;
    if (!fits || (t && t->received > LIMIT_SCRIPT_RECEIVED)) {
        k->failure = "ERROR";
        wake(k);
    } else if (k->udp && !data.len) {
        k->failure = "EOF"; /* as the field's host has it: an empty datagram */
        wake(k);
    } else if (has_enough(k, data.len)) {
        wake(k);
    } else {
        go_on_reading(k);
    }
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
    wake(k);
}

static void on_channel(void *owner, struct channel *c, enum channel_event event)
{
    struct sock *k = owner;
    if (k->waits == WAITS_CONNECT) {
        connected(k, event);
    } else if (event == CHANNEL_DATA) {
        heard(k);
    } else {
        k->failure = event == CHANNEL_DEADLINE ? "TIMEOUT" : why_ended(c);
        if (event == CHANNEL_CLOSED)
            k->ended = k->failure;
        wake(k);
    }
}

static int64_t time_left(const struct sock *k)
{
    return k->timeout_us < 0 ? NO_LIMIT : k->timeout_us;
}

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
    channel_own(k->channel, on_channel, k);
    channel_open(k->channel, time_left(k));
}

static void on_granted(struct ticket *ticket)
{
    wake(ticket->owner);
}

/* ---- arguments */

static struct sock *check(lua_State *L)
{
    return luaL_checkudata(L, 1, class_name);
}

static struct sock *check_free(lua_State *L)
{
    struct sock *k = check(L);
    if (k->waits != WAITS_NOT || (k->last_user && k->last_user != L))
        luaL_error(L, "Invalid reuse of a socket from one thread to another.");
    return k;
}

static int not_open(lua_State *L)
{
    return give_at_once(L, "socket must be connected");
}

/* The host's name or address; what of it is a name goes out as server name in TLS. */
static const char *check_host(lua_State *L, int index, struct sock *k)
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

static uint16_t check_port(lua_State *L, int index, const char **proto)
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

static int connect_end(lua_State *L, struct sock *k)
{
    if (k->failure) {
        const char *why = k->failure;
        drop_channel(k);
        k->state = SOCK_BEGUN; /* close() after it is no error */
        return give_failure(L, why);
    }
    k->last_user = NULL;
    return give_true(L);
}

static int connect_ticket(lua_State *L, struct sock *k)
{
    struct thread *t = thread_current(L);
    k->slot = t;
    t->sockets++;
    k->owner = t->instance;
    k->ticket = (struct ticket){.host = t->target ? t->target->share : &k->run->anywhere, .granted = on_granted, .owner = k};
    if (!ticket_ask(k->run->parts.admission, &k->ticket))
        return connect_wait(L, k, WAITS_TICKET);
    return connect_go(L, LUA_YIELD, WAITS_TICKET);
}

static int connect_slot(lua_State *L, struct sock *k)
{
    struct thread *t = thread_current(L);
    if (t->sockets >= LIMIT_SCRIPT_SOCKETS)
        return give_at_once(L, "ERROR");
    if (!take_slot(t)) {
        queue_for_slot(t);
        return connect_wait(L, k, WAITS_SLOT);
    }
    return connect_ticket(L, k);
}

static int connect_go(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    struct thread *t = thread_current(L);
    k->waits = WAITS_NOT;
    k->waiter = NULL;
    switch ((enum waits)ctx) {
    case WAITS_NAME:
        if (!t->resolved_count || !addr_parse(t->resolved[0], &k->peer.addr))
            return give_at_once(L, "Name or service not known");
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
static int connect_begin(lua_State *L, struct sock *k, const char *name)
{
    k->failure = NULL;
    if (addr_parse(name, &k->peer.addr))
        return connect_slot(L, k);
    resolve_begin(L, name, k->family);
    return connect_wait(L, k, WAITS_NAME);
}

static int sock_connect(lua_State *L)
{
    static const char *const protos[] = {"tcp", "udp", "ssl", NULL};
    struct sock *k = check(L);
    const char *proto = k->udp ? "udp" : "tcp";
    lua_settop(L, 4);
    const char *name = check_host(L, 2, k);
    uint16_t port = check_port(L, 3, &proto);
    int which = luaL_checkoption(L, 4, proto, protos);
    if (k->waits != WAITS_NOT)
        return luaL_error(L, "Invalid reuse of a socket from one thread to another.");
    thread_check_wait(L);
    drop_channel(k);
    k->anyone = false;
    k->want_ssl = which == 2;
    if (k->want_ssl && !k->run->parts.tls)
        return give_at_once(L, "ERROR");
    if (which != 2)
        k->udp = which == 1;
    k->peer = (struct endpoint){.port = port, .proto = k->udp ? PROTO_UDP : PROTO_TCP};
    return connect_begin(L, k, name);
}

/* ---- TLS over what is open */

static int secured(lua_State *L, int status, lua_KContext ctx)
{
    return connect_end(L, lua_touserdata(L, 1));
}

static int sock_reconnect_ssl(lua_State *L)
{
    struct sock *k = check_free(L);
    if (k->state != SOCK_OPEN || !k->channel)
        return not_open(L);
    if (!k->run->parts.tls || k->ended)
        return give_at_once(L, "ERROR");
    thread_check_wait(L);
    struct tls_settings settings = {.server_name = k->server_name[0] ? k->server_name : NULL};
    channel_unwait(k->channel);
    k->channel = channel_tls(k->channel, k->run->parts.tls, &settings);
    if (!k->channel)
        return give_at_once(L, "ERROR");
    k->want_ssl = true;
    k->failure = NULL;
    k->waits = WAITS_CONNECT;
    k->waiter = thread_current(L);
    channel_own(k->channel, on_channel, k);
    channel_open(k->channel, time_left(k));
    return thread_wait(L, 0, secured);
}

/* ---- sending: done when all is queued */

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
    k->waits = WAITS_NOT;
    k->waiter = NULL;
    k->last_user = L;
    if (!k->channel)
        return give_at_once(L, "ERROR");
    while (sent < length) {
        size_t some = k->udp || length - sent < SEND_CHUNK ? length - sent : SEND_CHUNK;
        if (!channel_send(k->channel, bytes_of(text + sent, some)))
            break;
        script_trace_data(k->run, k->channel, true, bytes_of(text + sent, some));
        sent += some;
    }
    if (sent == length || k->channel->facts.end == END_EOF)
        return give_true(L);
    if (k->channel->facts.end != END_NONE || k->udp)
        return give_failure(L, "ERROR");
    if (loop_now(k->run->parts.loop) >= k->until)
        return give_failure(L, "TIMEOUT");
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
        return give_failure(L, "ERROR");
    if (k->state != SOCK_OPEN)
        return not_open(L);
    if (length > LIMIT_SCRIPT_SEND)
        return give_failure(L, "ERROR");
    if (k->anyone)
        return give_failure(L, "ERROR"); /* it has no peer */
    k->until = loop_now(k->run->parts.loop) + time_left(k);
    return send_go(L, LUA_OK, 0);
}

static int sock_send(lua_State *L)
{
    struct sock *k = check_free(L);
    luaL_checkstring(L, 2);
    return send_connected(L, k, 2);
}

/* ---- udp to whom it may concern: socket, host, port, data */

static int send_datagram(lua_State *L, struct sock *k)
{
    size_t length;
    const char *text = lua_tolstring(L, 4, &length);
    k->last_user = L;
    if (!channel_send_to(k->channel, &k->peer, bytes_of(text, length)) && !(length && channel_send(k->channel, bytes_of(text, length))))
        return give_failure(L, "ERROR");
    script_trace_data(k->run, k->channel, true, bytes_of(text, length));
    return give_true(L);
}

static int sent_to(lua_State *L, int status, lua_KContext ctx)
{
    if (lua_toboolean(L, -2))
        return send_datagram(L, lua_touserdata(L, 1));
    return 2;
}

/* Opens the socket that hears anyone, as connect does. */
static int open_for_anyone(lua_State *L)
{
    struct sock *k = lua_touserdata(L, 1);
    const char *name = lua_tostring(L, 2);
    k->peer = (struct endpoint){.port = (uint16_t)lua_tointeger(L, 3), .proto = PROTO_UDP};
    k->want_ssl = false;
    return connect_begin(L, k, name);
}

static int sock_sendto(lua_State *L)
{
    struct sock *k = check_free(L);
    const char *proto = "udp";
    struct addr a;
    lua_settop(L, 4);
    luaL_checkstring(L, 4);
    const char *name = check_host(L, 2, k);
    uint16_t port = check_port(L, 3, &proto);
    if (!k->udp)
        return send_connected(L, k, 4); /* a stream has its peer: whom to send to is not looked at */
    if (k->channel && k->state == SOCK_OPEN && k->anyone && addr_parse(name, &a)) {
        k->peer = (struct endpoint){.addr = a, .port = port, .proto = PROTO_UDP};
        return send_datagram(L, k);
    }
    thread_check_wait(L);
    drop_channel(k);
    k->anyone = true;
    lua_pushcfunction(L, open_for_anyone);
    lua_pushvalue(L, 1);
    lua_pushstring(L, name);
    lua_pushinteger(L, port);
    lua_callk(L, 3, 2, 0, sent_to);
    return sent_to(L, LUA_OK, 0);
}

/* ---- receiving */

static int received(lua_State *L, int status, lua_KContext ctx);

static int read_begin(lua_State *L, struct sock *k, lua_KFunction then)
{
    k->failure = NULL;
    k->until = loop_now(k->run->parts.loop) + time_left(k);
    k->waits = WAITS_DATA;
    k->waiter = thread_current(L);
    buf_clear(&k->in);
    go_on_reading(k);
    return thread_wait(L, 0, then);
}

static int receive(lua_State *L, enum reading how, size_t wanted)
{
    struct sock *k = check_free(L);
    if (k->state != SOCK_OPEN || !k->channel)
        return not_open(L);
    if (k->ended)
        return give_at_once(L, k->ended);
    thread_check_wait(L);
    k->reading = how;
    k->wanted = wanted;
    return read_begin(L, k, received);
}

/* What came before a deadline or an end is a success. */
static int received(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    k->last_user = L;
    if (k->failure && !k->in.len)
        return give_failure(L, k->failure);
    lua_pushboolean(L, true);
    lua_pushlstring(L, (const char *)k->in.at, k->in.len);
    buf_free(&k->in);
    buf_init(&k->in, LIMIT_SCRIPT_BUFFER);
    return 2;
}

static int sock_receive(lua_State *L)
{
    return receive(L, READ_ANY, 1);
}

static int sock_receive_bytes(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 2);
    return receive(L, READ_BYTES, n > 0 ? (size_t)n : 1);
}

static int sock_receive_lines(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 2);
    return receive(L, READ_LINES, n > 0 ? (size_t)n : 1);
}

/* ---- receive_buf: socket, delimiter, keep; the text so far is at index 4 */

static int buffer_go(lua_State *L, int status, lua_KContext ctx);

static void find_delimiter(lua_State *L)
{
    if (lua_isfunction(L, 2)) {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 4);
        lua_call(L, 1, 2);
        return;
    }
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "find");
    lua_pushvalue(L, 4);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 2);
    lua_remove(L, -3);
}

static bool has_match(lua_State *L, size_t length, size_t *from, size_t *to)
{
    if (!lua_isnumber(L, -2) || !lua_isnumber(L, -1))
        return false;
    lua_Integer l = lua_tointeger(L, -2), r = lua_tointeger(L, -1);
    if (l > r || r > (lua_Integer)length || l < 1)
        luaL_error(L, "invalid indices for match");
    *from = (size_t)l;
    *to = (size_t)r;
    return true;
}

static int buffer_try(lua_State *L, struct sock *k)
{
    size_t length, from, to;
    const char *text = lua_tolstring(L, 4, &length);
    if (length) {
        find_delimiter(L);
        if (has_match(L, length, &from, &to)) {
            buf_clear(&k->kept);
            buf_append(&k->kept, text + to, length - to);
            lua_pushboolean(L, true);
            lua_pushlstring(L, text, lua_toboolean(L, 3) ? to : from - 1);
            return 2;
        }
        lua_settop(L, 4);
    }
    if (k->ended)
        return give_failure(L, k->ended);
    if (length > LIMIT_SCRIPT_BUFFER)
        return give_failure(L, "ERROR");
    thread_check_wait(L);
    k->reading = READ_UNTIL;
    k->wanted = length < WORTH_SEARCHING ? 1 : length / 8;
    return read_begin(L, k, buffer_go);
}

static int buffer_go(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    k->last_user = L;
    if (k->failure && !k->in.len)
        return give_failure(L, k->failure);
    lua_settop(L, 4);
    lua_pushlstring(L, (const char *)k->in.at, k->in.len);
    lua_concat(L, 2);
    return buffer_try(L, k);
}

static int sock_receive_buf(lua_State *L)
{
    struct sock *k = check_free(L);
    if (k->state != SOCK_OPEN || !k->channel)
        return not_open(L);
    if (!lua_isfunction(L, 2) && lua_type(L, 2) != LUA_TSTRING)
        return luaL_argerror(L, 2, lua_pushfstring(L, "function/string expected, got %s", luaL_typename(L, 2)));
    luaL_checktype(L, 3, LUA_TBOOLEAN);
    lua_settop(L, 3);
    lua_pushlstring(L, (const char *)k->kept.at, k->kept.len);
    return buffer_try(L, k);
}

/* ---- the rest */

static int sock_set_timeout(lua_State *L)
{
    struct sock *k = check(L);
    lua_Number ms = floor(luaL_checknumber(L, 2));
    if (ms < -1 || ms != ms)
        return luaL_error(L, "Negative timeout: %f", ms);
    k->timeout_us = ms < 0 ? -1 : ms > 86400e3 ? NO_LIMIT : (int64_t)ms * 1000;
    return give_true(L);
}

static void push_endpoint(lua_State *L, const struct endpoint *e)
{
    char text[ADDR_TEXT_MAX];
    lua_pushstring(L, e ? addr_format(&e->addr, text, sizeof text) : "unknown protocol");
    lua_pushinteger(L, e ? e->port : 0);
}

static int sock_get_info(lua_State *L)
{
    struct sock *k = check(L);
    struct endpoint own;
    if (!k->udp && k->state != SOCK_OPEN)
        return not_open(L);
    lua_pushboolean(L, true);
    push_endpoint(L, k->channel && channel_local(k->channel, &own) ? &own : NULL);
    const struct endpoint *remote = !k->channel ? NULL : k->anyone ? &k->channel->facts.from : &k->peer;
    push_endpoint(L, remote && remote->addr.family ? remote : NULL);
    return 5;
}

static int sock_bind(lua_State *L)
{
    struct sock *k = check(L);
    const char *address = luaL_optstring(L, 2, NULL);
    k->bound.port = (uint16_t)luaL_checkinteger(L, 3);
    if (address && !addr_parse(address, &k->bound.addr))
        return give_at_once(L, "getaddrinfo: Name or service not known");
    return give_true(L);
}

static int sock_close(lua_State *L)
{
    struct sock *k = check(L);
    if (k->waits != WAITS_NOT)
        return luaL_error(L, "Invalid reuse of a socket from one thread to another.");
    bool was_open = k->state != SOCK_CLOSED;
    if (k->channel)
        script_trace_event(k->run, k->channel, "CLOSE");
    drop_channel(k);
    buf_clear(&k->kept);
    k->timeout_us = TIMEOUT_FIRST * 1000;
    k->bound = (struct endpoint){0};
    k->last_user = NULL;
    if (!was_open)
        return give_at_once(L, "socket already closed");
    return give_true(L);
}

static int sock_get_ssl_certificate(lua_State *L)
{
    struct sock *k = check(L);
    if (k->state != SOCK_OPEN)
        return not_open(L);
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
    drop_channel(k);
    unlink_sock(k);
    buf_free(&k->in);
    buf_free(&k->kept);
    k->run = NULL;
    return 0;
}

static void push_class(lua_State *L)
{
    static const luaL_Reg methods[] = {{"set_timeout", sock_set_timeout}, {"connect", sock_connect}, {"reconnect_ssl", sock_reconnect_ssl},
        {"send", sock_send}, {"sendto", sock_sendto}, {"receive", sock_receive}, {"receive_bytes", sock_receive_bytes},
        {"receive_lines", sock_receive_lines}, {"receive_buf", sock_receive_buf}, {"get_info", sock_get_info}, {"bind", sock_bind},
        {"close", sock_close}, {"get_ssl_certificate", sock_get_ssl_certificate}, {"pcap_open", sock_pcap_open},
        {"pcap_receive", sock_pcap_receive}, {"pcap_close", sock_close}, {"pcap_register", sock_pcap_receive}, {NULL, NULL}};
    if (!luaL_newmetatable(L, class_name))
        return;
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, sock_gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    lua_setfield(L, -2, "__metatable");
    lua_pushnil(L);
    lua_setfield(L, -2, "__name");
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
    buf_init(&k->in, LIMIT_SCRIPT_BUFFER);
    buf_init(&k->kept, 2 * LIMIT_SCRIPT_BUFFER);
    if (k->next)
        k->next->prev = k;
    s->socks = k;
    push_class(L);
    lua_setmetatable(L, -2);
    return 1;
}

/* ---- functions of nmap.socket */

static void on_slept(struct timer *timer)
{
    thread_wake(timer->owner);
}

static int slept(lua_State *L, int status, lua_KContext ctx)
{
    return 0;
}

static int sleep_seconds(lua_State *L)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    if (seconds < 0)
        return luaL_error(L, "argument to sleep (%f) must not be negative\n", seconds);
    thread_check_wait(L);
    struct thread *t = thread_current(L);
    t->sleep.fn = on_slept;
    timer_start(&t->sleep, seconds < 86400 ? (int64_t)round(seconds * 1000) * 1000 : NO_LIMIT);
    return thread_wait(L, 0, slept);
}

static int get_stats(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, scripts_of(L)->slots_waiting);
    lua_setfield(L, -2, "connect_waiting");
    return 1;
}

static int parse_ssl_certificate(lua_State *L)
{
    size_t length;
    const char *der = luaL_checklstring(L, 1, &length);
    return certificate_push(L, bytes_of(der, length));
}

static int loop(lua_State *L)
{
    return 0;
}

int open_socket(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", socket_new}, {"sleep", sleep_seconds}, {"get_stats", get_stats},
        {"parse_ssl_certificate", parse_ssl_certificate}, {"loop", loop}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

/* ---- ends */

/* Those of an instance end with it; a worker's count is no longer kept, and what it waited for is nobody's. */
void socket_thread_ended(struct thread *t)
{
    for (struct sock *k = t->run->socks; k; k = k->next) {
        if (k->waiter == t || k->owner == t)
            drop_channel(k);
        if (k->slot == t)
            k->slot = NULL;
    }
    if (t->slot_queued)
        leave_slot_queue(t);
    give_slot_back(t);
}

void socket_close_all(struct scripts *s)
{
    for (struct sock *k = s->socks; k; k = k->next)
        drop_channel(k);
}
