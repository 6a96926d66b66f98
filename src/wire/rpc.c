/* rpc.c owns the reading and writing of RPC messages. */
#include "wire/rpc.h"

#include "base/limits.h"
#include "wire/xdr.h"

enum { CALL = 0, REPLY = 1, ACCEPTED = 0, DENIED = 1, CALL_WORDS = 10 };

bool rpc_write_call(struct buf *out, const struct rpc_call *c, bool record)
{
    const uint32_t words[] = {
        0x80000000u | 4 * CALL_WORDS, c->xid, CALL, 2, c->program, c->version, c->procedure, c->flavor, 0, RPC_AUTH_NONE, 0};
    size_t before = out->len;
    bool fits = true;
    for (size_t i = record ? 0 : 1; i < sizeof words / sizeof *words; i++)
        fits = fits && xdr_put_u32(out, words[i]);
    if (!fits)
        out->len = before;
    return fits;
}

/* ---- replies */

static bool has_range(enum rpc_answer a)
{
    return a == RPC_PROG_MISMATCH || a == RPC_MISMATCH;
}

/* Section 9: what follows reply_stat MSG_ACCEPTED. False: no such accept_stat. */
static bool read_accepted(struct reader *r, struct rpc_reply *out)
{
    out->verifier_flavor = reader_be32(r);
    out->verifier = xdr_opaque(r, LIMIT_RPC_VERIFIER);
    uint32_t stat = reader_be32(r);
    out->answer = (enum rpc_answer)(stat <= RPC_SYSTEM_ERR ? stat : RPC_SYSTEM_ERR);
    return r->bad || stat <= RPC_SYSTEM_ERR;
}

static bool read_denied(struct reader *r, struct rpc_reply *out)
{
    uint32_t stat = reader_be32(r);
    out->answer = stat == 0 ? RPC_MISMATCH : RPC_AUTH_ERROR;
    if (stat == 1)
        out->auth_stat = reader_be32(r);
    return r->bad || stat <= 1;
}

/* A verifier that claims more than any may have is no cut-off message. */
static bool verifier_is_too_long(struct bytes message)
{
    struct reader r = reader_of(message);
    reader_skip(&r, 16);
    return reader_be32(&r) > LIMIT_RPC_VERIFIER && !r.bad;
}

enum decoded rpc_read_reply(struct bytes message, struct rpc_reply *out)
{
    struct reader r = reader_of(message);
    *out = (struct rpc_reply){.xid = reader_be32(&r)};
    uint32_t direction = reader_be32(&r), stat = reader_be32(&r);
    if (r.bad)
        return message.len >= 8 && direction != REPLY ? DECODED_BAD : DECODED_MORE;
    if (direction != REPLY || stat > DENIED || (stat == ACCEPTED && verifier_is_too_long(message)))
        return DECODED_BAD;
    if (!(stat == ACCEPTED ? read_accepted(&r, out) : read_denied(&r, out)))
        return DECODED_BAD;
    if (!r.bad && has_range(out->answer)) {
        out->low = reader_be32(&r);
        out->high = reader_be32(&r);
    }
    if (r.bad)
        return DECODED_MORE;
    if (out->answer == RPC_SUCCESS)
        out->results = reader_take(&r, reader_left(&r));
    return DECODED_OK;
}

bool rpc_offers_tls(const struct rpc_reply *reply)
{
    return reply->answer == RPC_SUCCESS && reply->verifier_flavor == RPC_AUTH_NONE && bytes_equal(reply->verifier, bytes_str("STARTTLS"));
}

bool rpc_answer_claims(enum rpc_answer a)
{
    return a != RPC_PROG_UNAVAIL && a != RPC_MISMATCH && a != RPC_AUTH_ERROR;
}

/* ---- records */

/* Walks the fragments; appends them to `joined` if there is one. */
static enum decoded walk(struct bytes stream, struct buf *joined, struct bytes *first, unsigned *fragments, size_t *used)
{
    struct reader r = reader_of(stream);
    size_t total = 0;
    for (*fragments = 1; *fragments <= LIMIT_RPC_FRAGMENTS; ++*fragments) {
        uint32_t mark = reader_be32(&r);
        size_t len = mark & 0x7fffffff;
        bool last = mark >> 31;
        if (r.bad)
            return DECODED_MORE;
        total += len;
        if ((!len && !last) || !total || total > LIMIT_RPC_RECORD)
            return DECODED_BAD;
        struct bytes part = reader_take(&r, len);
        if (r.bad)
            return DECODED_MORE;
        if (joined && !buf_append(joined, part.at, part.len))
            return DECODED_BAD;
        if (*fragments == 1)
            *first = part;
        *used = stream.len - reader_left(&r);
        if (last)
            return DECODED_OK;
    }
    return DECODED_BAD;
}

enum decoded rpc_read_record(struct bytes stream, struct buf *joined, struct bytes *message, size_t *used)
{
    unsigned fragments;
    enum decoded d = walk(stream, NULL, message, &fragments, used);
    if (d != DECODED_OK || fragments == 1)
        return d;
    buf_clear(joined);
    d = walk(stream, joined, message, &fragments, used);
    *message = buf_view(joined);
    return d;
}

bool rpc_has_reply_shape(struct bytes reply, bool record)
{
    struct rpc_reply r;
    struct buf joined;
    struct bytes message = reply;
    size_t used;
    buf_init(&joined, LIMIT_RPC_RECORD);
    bool is = (!record || rpc_read_record(reply, &joined, &message, &used) == DECODED_OK) && rpc_read_reply(message, &r) == DECODED_OK;
    buf_free(&joined);
    return is;
}
