/* channel.c owns what all kinds of channels share: the one promise, its deadline, and the rules between them. */
#include "net/channel.h"

#include <assert.h>
#include <stddef.h>

const char *channel_end_name(enum channel_end end)
{
    static const char *const names[] = {
        [END_NONE] = "open",
        [END_EOF] = "closed",
        [END_RESET] = "reset",
        [END_REFUSED] = "refused",
        [END_UNREACHABLE] = "unreachable",
        [END_TIMEOUT] = "timed out",
        [END_TLS] = "tls failed",
        [END_LOCAL] = "local error",
    };
    return (size_t)end < sizeof names / sizeof *names ? names[end] : "unknown";
}

static void on_deadline(struct timer *t)
{
    struct channel *c = t->owner;
    channel_report(c, CHANNEL_DEADLINE);
}

void channel_init(struct channel *c, const struct channel_ops *ops, struct loop *l, const struct endpoint *peer)
{
    *c = (struct channel){.ops = ops, .loop = l, .peer = *peer};
    timer_init(&c->deadline, l, on_deadline, c);
}

void channel_report(struct channel *c, enum channel_event event)
{
    assert(c->promised);
    assert(event != CHANNEL_CLOSED || c->facts.end != END_NONE);
    c->promised = false;
    timer_stop(&c->deadline);
    if (event == CHANNEL_CONNECTED && !c->facts.connected_at)
        c->facts.connected_at = loop_now(c->loop);
    if (event == CHANNEL_CLOSED && !c->facts.ended_at)
        c->facts.ended_at = loop_now(c->loop);
    c->ops->rest(c);
    c->fn(c->owner, c, event);
}

void channel_own(struct channel *c, channel_fn *fn, void *owner)
{
    assert(!c->promised);
    c->fn = fn;
    c->owner = owner;
}

void channel_open(struct channel *c, int64_t timeout_us)
{
    assert(!c->promised && !c->facts.opened_at && c->fn);
    c->facts.opened_at = loop_now(c->loop);
    c->promised = true;
    c->ops->open(c);
    timer_start(&c->deadline, timeout_us);
}

void channel_wait(struct channel *c, int64_t timeout_us)
{
    assert(!c->promised && c->facts.opened_at && c->fn);
    c->promised = true;
    c->ops->wait(c);
    timer_start(&c->deadline, timeout_us);
}

void channel_unwait(struct channel *c)
{
    if (!c->promised)
        return;
    c->promised = false;
    timer_stop(&c->deadline);
    c->ops->rest(c);
}

bool channel_send(struct channel *c, struct bytes data)
{
    assert(c->facts.opened_at);
    return c->ops->send(c, data);
}

void channel_shut(struct channel *c)
{
    c->ops->shut(c);
}

void channel_close(struct channel *c, enum channel_closing how)
{
    c->promised = false;
    timer_stop(&c->deadline);
    c->ops->close(c, how);
}

struct bytes channel_data(const struct channel *c)
{
    return c->data;
}

bool channel_send_to(struct channel *c, const struct endpoint *to, struct bytes data)
{
    assert(c->facts.opened_at);
    return c->ops->send_to && c->ops->send_to(c, to, data);
}

bool channel_local(struct channel *c, struct endpoint *out)
{
    return c->ops->local && c->ops->local(c, out);
}
