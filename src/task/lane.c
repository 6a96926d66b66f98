/* lane.c owns the life of one conversation, from the queue for permission to its end. */
#include "task/lane.h"

#include "base/limits.h"
#include "task/lane_report.h"
#include "task/task.h"

#include <errno.h>

enum {
    LEAST_CONNECTIONS = 4,
    SHORTAGES_MOST = 400 /* twenty seconds: what is short for longer will not come back */
};
static const int64_t SHORTAGE_PAUSE = 50 * 1000;

static void on_channel(void *owner, struct channel *c, enum channel_event event);
static void end(struct lane *l, enum channel_end how);

static void dial_later(struct lane *l)
{
    l->shortages++;
    timer_start(&l->again, SHORTAGE_PAUSE);
}

static void dial_now(struct lane *l)
{
    struct task *t = l->task;
    l->state = LANE_CONNECTING;
    l->dialled_at = loop_now(t->env->loop);
    l->channel = dial(t->env->dialer, &t->known.peer);
    l->resumes = t->tunnel && tls_memory_holds(t->tunnel->memory);
    if (l->channel && t->tunnel)
        l->channel = channel_tls(l->channel, t->env->tls, t->tunnel);
    if (!l->channel) {
        dial_later(l);
        return;
    }
    channel_own(l->channel, on_channel, l);
    channel_open(l->channel, l->connect_timeout);
}

static void on_granted(struct ticket *ticket)
{
    dial_now(ticket->owner);
}

static void on_again(struct timer *timer)
{
    struct lane *l = timer->owner;
    if (l->shortages < SHORTAGES_MOST)
        dial_now(l);
    else
        end(l, END_LOCAL);
}

/* A reset on a connection that never carried anything makes some servers exit (iperf 2): those end in order. */
static enum channel_closing closing_of(const struct channel *c)
{
    return c->facts.sent || c->facts.received ? CLOSE_RESET : CLOSE_ORDERLY;
}

static void drop_channel(struct lane *l)
{
    timer_stop(&l->again);
    if (l->channel)
        channel_close(l->channel, closing_of(l->channel));
    l->channel = NULL;
    ticket_return(l->task->env->admission, &l->ticket);
}

static void keep_what_was_heard(struct lane *l)
{
    struct bytes heard = channel_tls_heard(l->channel);
    buf_append_some(&l->reply, heard.at, heard.len);
    l->received += heard.len;
    if (heard.len)
        l->last_data_at = loop_now(l->task->env->loop);
}

static void end(struct lane *l, enum channel_end how)
{
    l->end = how;
    if (l->state == LANE_CONNECTING && l->channel)
        keep_what_was_heard(l);
    l->detail = l->channel ? arena_strdup(&l->task->arena, l->channel->facts.detail) : NULL;
    l->ended_at = loop_now(l->task->env->loop);
    l->state = LANE_ENDED;
    drop_channel(l);
    lane_report(l, LANE_CLOSED);
}

/* Our own shortage is not the peer's doing: fewer at a time, and this one again a little later. */
static bool is_shortage(const struct channel_facts *f)
{
    return f->end == END_LOCAL && (f->error == EMFILE || f->error == ENFILE || f->error == EADDRNOTAVAIL || f->error == ENOBUFS);
}

static void connecting(struct lane *l, enum channel_event event)
{
    struct channel_facts *f = &l->channel->facts;
    switch (event) {
    case CHANNEL_CONNECTED:
        l->state = LANE_OPEN;
        l->connected_at = loop_now(l->task->env->loop);
        if (f->rtt && (!l->task->rtt || f->rtt < l->task->rtt))
            l->task->rtt = f->rtt;
        lane_report(l, LANE_CONNECTED);
        break;
    case CHANNEL_CLOSED:
        if (is_shortage(f)) {
            admission_shrink(l->task->env->admission, LEAST_CONNECTIONS);
            channel_close(l->channel, CLOSE_RESET);
            l->channel = NULL;
            dial_later(l);
        } else if (l->resumes) {
            tls_memory_forget(l->task->tunnel->memory);
            channel_close(l->channel, CLOSE_RESET);
            l->task->connections++;
            dial_now(l);
        } else {
            end(l, f->end);
        }
        break;
    default:
        end(l, END_TIMEOUT);
    }
}

static void collect(struct lane *l)
{
    struct bytes chunk = channel_data(l->channel);
    buf_append_some(&l->reply, chunk.at, chunk.len);
    l->received += chunk.len;
    l->last_data_at = loop_now(l->task->env->loop);
}

static void talking(struct lane *l, enum channel_event event)
{
    switch (event) {
    case CHANNEL_DATA:
        collect(l);
        channel_wait(l->channel, l->until - l->last_data_at);
        lane_report(l, LANE_DATA);
        break;
    case CHANNEL_CLOSED:
        end(l, l->channel->facts.end);
        break;
    default:
        lane_report(l, LANE_DEADLINE);
    }
}

static void on_channel(void *owner, struct channel *c, enum channel_event event)
{
    struct lane *l = owner;
    if (l->state == LANE_CONNECTING)
        connecting(l, event);
    else
        talking(l, event);
}

void lane_init(struct lane *l, struct task *t, unsigned number)
{
    *l = (struct lane){.task = t, .number = number};
    l->ticket.host = t->known.host;
    l->ticket.granted = on_granted;
    l->ticket.owner = l;
    timer_init(&l->again, t->env->loop, on_again, l);
    buf_init(&l->reply, LIMIT_REPLY);
}

static void begin(struct lane *l)
{
    l->task->connections++;
    buf_clear(&l->reply);
    l->received = 0;
    l->shortages = 0;
    l->connected_at = l->last_data_at = l->ended_at = 0;
    l->end = END_NONE;
    l->detail = NULL;
}

void lane_open(struct lane *l, int64_t connect_timeout_us)
{
    begin(l);
    l->connect_timeout = connect_timeout_us;
    l->state = LANE_QUEUED;
    if (ticket_ask(l->task->env->admission, &l->ticket))
        dial_now(l);
}

void lane_adopt(struct lane *l, struct channel *c)
{
    begin(l);
    l->channel = c;
    l->state = LANE_OPEN;
    l->connected_at = c->facts.connected_at ? c->facts.connected_at : loop_now(l->task->env->loop);
    ticket_take(l->task->env->admission, &l->ticket);
    channel_own(c, on_channel, l);
}

void lane_listen(struct lane *l, int64_t until)
{
    if (l->state != LANE_OPEN)
        return;
    l->until = until;
    channel_unwait(l->channel);
    channel_wait(l->channel, until - loop_now(l->task->env->loop));
}

bool lane_send(struct lane *l, struct bytes data)
{
    return l->state == LANE_OPEN && channel_send(l->channel, data);
}

void lane_keep(struct lane *l, size_t most)
{
    l->reply.max = most;
}

bool lane_secure(struct lane *l, const struct tls_settings *settings, int64_t timeout_us)
{
    struct tls_client *client = l->task->env->tls;
    if (l->state == LANE_OPEN && client) {
        channel_unwait(l->channel);
        l->channel = channel_tls(l->channel, client, settings);
    }
    if (l->state != LANE_OPEN || !client || !l->channel) {
        lane_close(l);
        return false;
    }
    buf_clear(&l->reply);
    l->received = 0;
    l->resumes = false;
    l->dialled_at = loop_now(l->task->env->loop) - l->task->rtt;
    l->state = LANE_CONNECTING;
    channel_own(l->channel, on_channel, l);
    channel_open(l->channel, timeout_us);
    return true;
}

void lane_move(struct lane *from, struct lane *to)
{
    struct admission *a = from->task->env->admission;
    channel_unwait(from->channel);
    ticket_return(a, &from->ticket);
    ticket_take(a, &to->ticket);
    to->channel = from->channel;
    to->state = LANE_OPEN;
    to->dialled_at = from->dialled_at;
    to->connected_at = from->connected_at;
    to->last_data_at = from->last_data_at;
    to->received = from->received;
    to->until = from->until;
    buf_clear(&to->reply);
    buf_append_some(&to->reply, from->reply.at, from->reply.len);
    from->channel = NULL;
    channel_own(to->channel, on_channel, to);
    lane_close(from);
}

const struct tls_session *lane_session(const struct lane *l)
{
    return l->state == LANE_OPEN ? channel_tls_session(l->channel) : NULL;
}

void lane_close(struct lane *l)
{
    drop_channel(l);
    l->state = LANE_FREE;
    buf_free(&l->reply);
    buf_init(&l->reply, LIMIT_REPLY);
}

void lane_leave(struct lane *l)
{
    if (l->channel && l->state == LANE_OPEN) {
        channel_close(l->channel, CLOSE_ORDERLY);
        l->channel = NULL;
    }
    lane_close(l);
}

bool lane_talks(const struct lane *l)
{
    return l->state == LANE_QUEUED || l->state == LANE_CONNECTING || l->state == LANE_OPEN;
}
