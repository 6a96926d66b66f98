/* rpc_peer.c owns the answers of the played server. */
#include "rpc_peer.h"

#include "base/hash.h"
#include "base/limits.h"
#include "wire/rpc.h"
#include "wire/xdr.h"

#include <string.h>

enum { PENDING_MAX = 1 << 20, REPLY_MAX = 128 * 1024, MANY_FRAGMENTS = 100 };

struct call {
    uint32_t xid, direction, rpc, program, version, procedure, flavor;
};

static unsigned throw_dice(struct rpc_peer *p, unsigned sides)
{
    p->dice = hash_u64(p->dice + 1, 4711);
    return (unsigned)(p->dice % sides);
}

static const struct rpc_played *known(const struct rpc_peer *p, uint32_t program)
{
    for (const struct rpc_played *k = p->programs; k && k->program; k++)
        if (k->program == program)
            return k;
    return NULL;
}

static bool has(const struct rpc_peer *p, enum rpc_manners m)
{
    return (p->manners & m) != 0;
}

/* ---- replies */

static void put_head(struct rpc_peer *p, struct buf *b, const struct call *c, uint32_t stat)
{
    const char *verifier = has(p, RPC_VERIFIERS) ? "abcde" : "";
    if (c->flavor == RPC_AUTH_TLS)
        verifier = "STARTTLS";
    xdr_put_u32(b, has(p, RPC_STRANGE_IDS) ? c->xid ^ 0x55555555 : c->xid);
    xdr_put_u32(b, 1);
    xdr_put_u32(b, 0);
    xdr_put_u32(b, 0);
    xdr_put_opaque(b, bytes_str(verifier));
    xdr_put_u32(b, stat);
}

static void put_mismatch(struct rpc_peer *p, struct buf *b, const struct call *c, uint32_t low, uint32_t high)
{
    put_head(p, b, c, 2);
    xdr_put_u32(b, low);
    xdr_put_u32(b, high);
}

static void put_denied(struct buf *b, const struct call *c, uint32_t stat, uint32_t first, uint32_t second)
{
    xdr_put_u32(b, c->xid);
    xdr_put_u32(b, 1);
    xdr_put_u32(b, 1);
    xdr_put_u32(b, stat);
    xdr_put_u32(b, first);
    if (stat == 0)
        xdr_put_u32(b, second);
}

static void put_list(const struct rpc_peer *p, struct buf *b, uint32_t version)
{
    for (const struct registration *e = p->list; e && e->program; e++) {
        if (version == 2 && !e->has_port)
            continue;
        xdr_put_u32(b, 1);
        xdr_put_u32(b, e->program);
        xdr_put_u32(b, e->version);
        if (version == 2) {
            xdr_put_u32(b, e->proto == PROTO_UDP ? 17 : 6);
            xdr_put_u32(b, e->port);
            continue;
        }
        xdr_put_opaque(b, bytes_str(e->netid));
        xdr_put_opaque(b, bytes_str(e->address));
        xdr_put_opaque(b, bytes_str("superuser"));
    }
    xdr_put_u32(b, 0);
}

static void put_success(struct rpc_peer *p, struct buf *b, const struct call *c)
{
    put_head(p, b, c, 0);
    if (c->program == RPC_PORTMAPPER && c->procedure == PORTMAP_DUMP && p->list)
        put_list(p, b, c->version);
    if (c->program == RPC_PORTMAPPER && c->procedure == PORTMAP_GETTIME)
        xdr_put_u32(b, 1700000000);
}

/* What a decent server says; nothing in *b: nothing. */
static void put_decent(struct rpc_peer *p, struct buf *b, const struct call *c)
{
    const struct rpc_played *k = known(p, c->program);
    bool has_version = k && k->low <= c->version && c->version <= k->high && c->version != k->gap;
    if (!k && !has(p, RPC_SILENT_UNKNOWN))
        put_head(p, b, c, 1);
    else if (k && has(p, RPC_NO_RANGE) && !has_version)
        put_mismatch(p, b, c, 0, 0);
    else if (k && !has_version)
        put_mismatch(p, b, c, k->low, k->high);
    else if (k && !has(p, RPC_NO_RANGE))
        put_success(p, b, c);
}

static void put_reply(struct rpc_peer *p, struct buf *b, const struct call *c)
{
    if (c->flavor == RPC_AUTH_TLS && !has(p, RPC_OFFERS_TLS))
        put_denied(b, c, 1, 2, 0);
    else if (has(p, RPC_WANTS_AUTH) || (has(p, RPC_AUTH_FOR_KNOWN) && known(p, c->program)))
        put_denied(b, c, 1, 5, 0);
    else if (has(p, RPC_OTHER_VERSION))
        put_denied(b, c, 0, 3, 3);
    else if (has(p, RPC_SUCCEEDS_ALL))
        put_success(p, b, c);
    else if (has(p, RPC_CLAIMS_ALL) && !(known(p, c->program) && c->version <= 4))
        put_mismatch(p, b, c, 2, 4);
    else
        put_decent(p, b, c);
}

/* ---- records */

static void put_record(struct buf *out, struct bytes message, bool fragments)
{
    size_t part = fragments ? 5 : message.len;
    for (size_t at = 0; at < message.len; at += part) {
        size_t n = message.len - at < part ? message.len - at : part;
        xdr_put_u32(out, (uint32_t)n | (at + n == message.len ? 0x80000000u : 0));
        buf_append(out, message.at + at, n);
    }
}

static void put_bad_record(const struct rpc_peer *p, struct buf *out)
{
    static const uint8_t byte[5] = {0, 0, 0, 1, 'x'};
    if (has(p, RPC_EMPTY_RECORDS))
        xdr_put_u32(out, 0x80000000u);
    if (has(p, RPC_HUGE_RECORDS))
        xdr_put_u32(out, 0xfffffff0u);
    if (has(p, RPC_GARBAGE))
        put_record(out, bytes_str("I am no RPC server at all"), false);
    for (int i = 0; has(p, RPC_ENDLESS_FRAGMENTS) && i < MANY_FRAGMENTS; i++)
        buf_append(out, byte, sizeof byte);
}

static bool is_bad(const struct rpc_peer *p)
{
    return p->manners & (RPC_EMPTY_RECORDS | RPC_HUGE_RECORDS | RPC_ENDLESS_FRAGMENTS | RPC_GARBAGE);
}

static void say_in_pieces(struct mem_talk *t, struct bytes all, int64_t delay)
{
    for (size_t at = 0; at < all.len; at += 7)
        mem_say(t, bytes_of(all.at + at, all.len - at < 7 ? all.len - at : 7), delay);
}

/* Tcp: what waits for its turn keeps the order of the answers before it. */
static int64_t delay_of(struct rpc_peer *p, const struct mem_talk *t)
{
    int64_t now = mem_talk_now(t), jitter = p->jitter ? throw_dice(p, (unsigned)p->jitter) : 0;
    if (p->pause && p->answers == p->pause_at && !p->paused_until)
        p->paused_until = now + p->pause;
    if (p->paused_until > now)
        return p->paused_until - now;
    if (!p->per_second)
        return jitter;
    if (p->free_at < now)
        p->free_at = now;
    p->free_at += 1000000 / p->per_second;
    return p->free_at - now;
}

static void send_reply(struct rpc_peer *p, struct mem_talk *t, struct bytes message, bool datagram)
{
    struct buf out;
    buf_init(&out, REPLY_MAX);
    if (datagram)
        buf_append(&out, message.at, message.len);
    else if (is_bad(p) && p->answers >= p->after)
        put_bad_record(p, &out);
    else
        put_record(&out, message, has(p, RPC_FRAGMENTS));
    for (int times = has(p, RPC_ANSWERS_TWICE) ? 2 : 1; times; times--) {
        int64_t delay = delay_of(p, t);
        if (has(p, RPC_ODD_BYTES))
            say_in_pieces(t, buf_view(&out), delay);
        else if (!datagram || throw_dice(p, 100) >= p->loss)
            mem_say(t, buf_view(&out), delay);
    }
    p->answers++;
    buf_free(&out);
}

/* False: the connection has ended. */
static bool answer(struct rpc_peer *p, struct mem_talk *t, struct bytes message, bool datagram)
{
    struct reader r = reader_of(message);
    struct call c = {reader_be32(&r), reader_be32(&r), reader_be32(&r), reader_be32(&r), reader_be32(&r), reader_be32(&r), reader_be32(&r)};
    struct buf reply;
    p->calls++;
    if (datagram && (throw_dice(p, 100) < p->loss || (p->per_second && p->free_at > mem_talk_now(t) + 100000)))
        return true;
    if (!datagram && ((has(p, RPC_DROPS_UNKNOWN) && !known(p, c.program)) || (p->poison == c.program && !has(p, RPC_STUCK) && p->poison))) {
        mem_hang_up(t, true, 0);
        return false;
    }
    if (p->poison && p->poison == c.program)
        p->stuck_on = mem_talk_number(t);
    if ((p->mute && p->mute == c.program) || p->stuck_on == mem_talk_number(t))
        return true;
    buf_init(&reply, REPLY_MAX);
    put_reply(p, &reply, &c);
    if (reply.len)
        send_reply(p, t, buf_view(&reply), datagram);
    buf_free(&reply);
    return true;
}

/* ---- hearing */

static void hears_datagram(void *owner, struct mem_talk *t, struct bytes data)
{
    answer(owner, t, data, true);
}

/* How many whole calls there are. */
static unsigned count_calls(struct bytes all)
{
    struct buf joined;
    struct bytes message;
    size_t used;
    unsigned n = 0;
    buf_init(&joined, LIMIT_RPC_RECORD);
    for (; rpc_read_record(all, &joined, &message, &used) == DECODED_OK; n++)
        all = bytes_of(all.at + used, all.len - used);
    buf_free(&joined);
    return n;
}

static void hears_stream(void *owner, struct mem_talk *t, struct bytes data)
{
    struct rpc_peer *p = owner;
    struct buf joined;
    struct bytes message;
    size_t used, taken = 0;
    unsigned calls;
    if (p->last_connection != mem_talk_number(t))
        buf_clear(&p->pending);
    p->last_connection = mem_talk_number(t);
    buf_append(&p->pending, data.at, data.len);
    calls = count_calls(buf_view(&p->pending));
    if (calls > p->most_at_once)
        p->most_at_once = calls;
    if (has(p, RPC_DROPS_PIPELINE) && calls > 1) {
        mem_hang_up(t, false, 0);
        return;
    }
    buf_init(&joined, LIMIT_RPC_RECORD);
    struct bytes all = buf_view(&p->pending);
    bool on = true;
    while (on && rpc_read_record(bytes_of(all.at + taken, all.len - taken), &joined, &message, &used) == DECODED_OK) {
        taken += used;
        on = answer(p, t, message, false);
    }
    buf_drop_front(&p->pending, on ? taken : p->pending.len);
    buf_free(&joined);
}

/* Answers the last call of a flight first. */
static void hears_and_shuffles(void *owner, struct mem_talk *t, struct bytes data)
{
    struct rpc_peer *p = owner;
    unsigned calls = count_calls(data);
    for (unsigned i = calls; i-- > 0;)
        answer(p, t, bytes_of(data.at + 44 * i + 4, 40), false);
}

struct mem_port rpc_peer_port(struct rpc_peer *p, enum proto proto)
{
    buf_init(&p->pending, PENDING_MAX);
    mem_hears_fn *hears = proto == PROTO_UDP ? hears_datagram : has(p, RPC_SHUFFLES) ? hears_and_shuffles : hears_stream;
    return (struct mem_port){.proto = (uint8_t)proto, .hears = hears, .owner = p};
}

void rpc_peer_free(struct rpc_peer *p)
{
    buf_free(&p->pending);
}
