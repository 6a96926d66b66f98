/* socket_receive.c owns what scripts receive: how much a call waits for, and the text that receive_buf keeps from one call to the next. */
#include "script/socket_inside.h"

#include "base/limits.h"
#include "script/pattern.h"
#include "script/trace.h"

enum { DRAIN_MOST = 512 * 1024, WORTH_SEARCHING = 64 * 1024 };
static const int64_t DRAIN_PAUSE = 1000; /* how long more of a large piece is waited for */
static const int64_t LONG_PAUSE = 20 * 1000; /* and of a long text */

/* ---- what comes */

static size_t count_lines(struct bytes data)
{
    size_t n = 0;
    for (size_t i = 0; i < data.len; i++)
        n += data.at[i] == '\n';
    return n;
}

static bool has_enough(const struct sock *k, size_t chunk)
{
    switch (k->reading) {
    case READ_BYTES:
        return k->in.len >= k->wanted;
    case READ_LINES:
        return k->lines >= k->wanted;
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

void sock_heard(struct sock *k)
{
    struct bytes data = channel_data(k->channel);
    struct thread *t = k->owner;
    script_trace_data(k->run, k->channel, false, data);
    bool fits = buf_append(&k->in, data.at, data.len) && sock_hold(k);
    k->lines += count_lines(data);
    if (t)
        t->received += data.len;
    if (!fits || (t && t->received > LIMIT_SCRIPT_RECEIVED)) {
        k->failure = "ERROR";
        sock_wake(k);
    } else if (k->udp && !data.len) {
        k->failure = "EOF"; /* as the field's host has it: an empty datagram */
        sock_wake(k);
    } else if (has_enough(k, data.len)) {
        sock_wake(k);
    } else {
        go_on_reading(k);
    }
}

/* ---- calls that wait for a number of bytes or lines */

static int received(lua_State *L, int status, lua_KContext ctx);

static int read_begin(lua_State *L, struct sock *k, lua_KFunction then)
{
    k->failure = NULL;
    k->until = loop_now(k->run->parts.loop) + sock_time_left(k);
    k->waits = WAITS_DATA;
    k->waiter = thread_current(L);
    buf_clear(&k->in);
    k->lines = 0;
    go_on_reading(k);
    return thread_wait(L, 0, then);
}

/* The first to hear of the end has waited for it; whoever asks again has not. */
static int give_end(lua_State *L, struct sock *k)
{
    bool again = k->end_told;
    k->end_told = true;
    return again ? sock_give_at_once(L, k->ended) : sock_give_failure(L, k->ended);
}

static int receive(lua_State *L, enum reading how, size_t wanted)
{
    struct sock *k = sock_check_free(L);
    if (k->state != SOCK_OPEN || !k->channel)
        return sock_give_not_open(L);
    if (k->ended)
        return give_end(L, k);
    thread_check_wait(L);
    k->reading = how;
    k->wanted = wanted;
    return read_begin(L, k, received);
}

/* What came before a deadline or an end is a success. */
static int received(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    sock_goes_on(k);
    k->last_user = L;
    if (k->failure && !k->in.len)
        return k->ended ? give_end(L, k) : sock_give_failure(L, k->failure);
    lua_pushboolean(L, true);
    lua_pushlstring(L, (const char *)k->in.at, k->in.len);
    buf_free(&k->in);
    buf_init(&k->in, LIMIT_SCRIPT_BUFFER);
    sock_hold(k);
    return 2;
}

int sock_receive(lua_State *L)
{
    return receive(L, READ_ANY, 1);
}

int sock_receive_bytes(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 2);
    return receive(L, READ_BYTES, n > 0 ? (size_t)n : 1);
}

int sock_receive_lines(lua_State *L)
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
    lua_pushcfunction(L, pattern_find);
    lua_pushvalue(L, 4);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 2);
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
        if (!k->channel) /* the call-back has closed it */
            return sock_give_not_open(L);
        if (has_match(L, length, &from, &to)) {
            buf_clear(&k->kept);
            if (!buf_append(&k->kept, text + to, length - to) || !sock_hold(k))
                return luaL_error(L, "not enough memory");
            lua_pushboolean(L, true);
            lua_pushlstring(L, text, lua_toboolean(L, 3) ? to : from - 1);
            return 2;
        }
        lua_settop(L, 4);
    }
    if (!k->channel)
        return sock_give_not_open(L); /* the delimiter's function closed it */
    if (k->ended)
        return sock_give_failure(L, k->ended);
    if (length > LIMIT_SCRIPT_BUFFER)
        return sock_give_failure(L, "ERROR");
    thread_check_wait(L);
    k->reading = READ_UNTIL;
    k->wanted = length < WORTH_SEARCHING ? 1 : length / 8;
    return read_begin(L, k, buffer_go);
}

static int buffer_go(lua_State *L, int status, lua_KContext ctx)
{
    struct sock *k = lua_touserdata(L, 1);
    sock_goes_on(k);
    k->last_user = L;
    if (k->failure && !k->in.len)
        return sock_give_failure(L, k->failure);
    lua_settop(L, 4);
    lua_pushlstring(L, (const char *)k->in.at, k->in.len);
    lua_concat(L, 2);
    return buffer_try(L, k);
}

int sock_receive_buf(lua_State *L)
{
    struct sock *k = sock_check_free(L);
    if (k->state != SOCK_OPEN || !k->channel)
        return sock_give_not_open(L);
    if (!lua_isfunction(L, 2) && lua_type(L, 2) != LUA_TSTRING)
        return luaL_argerror(L, 2, lua_pushfstring(L, "function/string expected, got %s", luaL_typename(L, 2)));
    luaL_checktype(L, 3, LUA_TBOOLEAN);
    lua_settop(L, 3);
    lua_pushlstring(L, (const char *)k->kept.at, k->kept.len);
    return buffer_try(L, k);
}
