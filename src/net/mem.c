/* mem.c owns the played network: its peers, their scripts, and the log of what reached them. */
#include "net/mem.h"

#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 * 1024, RECEIVED_MAX = 1024 * 1024, STEPS_AT_ONCE = 10000 };

struct served {
    struct mem_port port;
    struct addr at; /* family 0: everywhere */
    unsigned accepted, serving, dropped;
    struct served *next;
};

/* Something on its way, in either direction. */
enum parcel_kind { PARCEL_CONNECTED, PARCEL_DATA, PARCEL_EOF, PARCEL_RESET, PARCEL_REFUSED, PARCEL_LEFT };
struct parcel {
    enum parcel_kind kind;
    int64_t at;
    struct bytes data; /* in the net's arena */
    struct parcel *next;
};
struct queue {
    struct parcel *first, *last;
};

/* One connection: the peer's end lives on after the client's is closed, until it has noticed. */
struct conn {
    struct mem_net *net;
    struct served *served; /* NULL: nothing there */
    struct mem_channel *client; /* NULL: closed */
    unsigned number;
    struct endpoint peer;
    struct queue down, up; /* to the client, to the peer */
    struct timer up_timer, script;
    const struct mem_step *step; /* NULL: not begun, or over */
    bool begun, over, serving, waiting;
    struct buf received;
    struct conn *next, *prev;
};

struct mem_channel {
    struct channel base; /* first */
    struct conn *conn;
    struct timer pump;
    struct bytes rest; /* of a datum longer than a chunk */
    bool connected;
    int64_t first_sent;
};

struct mem_net {
    struct dialer dialer;
    struct loop *loop;
    int64_t rtt, born;
    struct arena arena;
    struct served *served;
    struct served *remaining; /* mem_serve_rest */
    struct addr *down;
    size_t down_count;
    struct conn *conns; /* the newest first */
    struct mem_log *log;
    size_t log_count, log_cap;
    unsigned dialled, open, most;
};

/* ---- the log */

static void log_add(struct mem_net *n, enum mem_log_kind kind, const struct conn *k, struct bytes data)
{
    if (n->log_count == n->log_cap) {
        n->log_cap = n->log_cap ? 2 * n->log_cap : 64;
        n->log = must_realloc(n->log, n->log_cap * sizeof *n->log);
    }
    n->log[n->log_count++] = (struct mem_log){
        .kind = kind, .at = loop_now(n->loop) - n->born, .connection = k->number, .peer = k->peer, .data = arena_bytes(&n->arena, data)};
}

/* ---- parcels */

static void put(struct mem_net *n, struct queue *q, enum parcel_kind kind, int64_t at, struct bytes data)
{
    struct parcel *p = must_zalloc(sizeof *p);
    *p = (struct parcel){.kind = kind, .at = at, .data = arena_bytes(&n->arena, data)};
    *(q->last ? &q->last->next : &q->first) = p;
    q->last = p;
}

static struct parcel take(struct queue *q)
{
    struct parcel *p = q->first, copy = *p;
    q->first = p->next;
    if (!q->first)
        q->last = NULL;
    free(p);
    return copy;
}

static void client_arm(struct mem_channel *m)
{
    if (!m->base.promised)
        return;
    int64_t now = loop_now(m->base.loop);
    if (m->base.facts.end != END_NONE || m->rest.len)
        timer_start(&m->pump, 0);
    else if (m->conn->down.first)
        timer_start_at(&m->pump, m->conn->down.first->at > now ? m->conn->down.first->at : now);
}

static void to_client(struct conn *k, enum parcel_kind kind, int64_t delay, struct bytes data)
{
    if (!k->client)
        return;
    put(k->net, &k->down, kind, loop_now(k->net->loop) + delay, data);
    client_arm(k->client);
}

static void to_peer(struct conn *k, enum parcel_kind kind, struct bytes data)
{
    put(k->net, &k->up, kind, loop_now(k->net->loop) + k->net->rtt / 2, data);
    if (!timer_running(&k->up_timer))
        timer_start_at(&k->up_timer, k->up.first->at);
}

/* ---- the peer's end */

static void conn_free(struct conn *k)
{
    while (k->down.first)
        take(&k->down);
    while (k->up.first)
        take(&k->up);
    timer_stop(&k->up_timer);
    timer_stop(&k->script);
    buf_free(&k->received);
    *(k->prev ? &k->prev->next : &k->net->conns) = k->next;
    if (k->next)
        k->next->prev = k->prev;
    free(k);
}

static void script_begin(struct conn *k)
{
    k->begun = true;
    k->step = k->served->port.steps;
    if (k->step)
        timer_start(&k->script, 0);
}

/* A tcp client is served when it is connected and there is a place. */
static void serve(struct conn *k)
{
    struct served *s = k->served;
    if (s->port.clients && s->serving >= s->port.clients) {
        k->waiting = true;
        return;
    }
    k->waiting = false;
    k->serving = true;
    s->serving++;
    script_begin(k);
}

static void leave(struct conn *k)
{
    struct conn *oldest = NULL;
    k->waiting = false;
    k->over = true;
    timer_stop(&k->script);
    if (!k->serving)
        return;
    k->serving = false;
    k->served->serving--;
    for (struct conn *other = k->net->conns; other; other = other->next)
        if (other->waiting && other->served == k->served)
            oldest = other;
    if (oldest)
        serve(oldest);
}

static bool expected(struct conn *k, struct bytes wanted)
{
    bool found = k->received.len && bytes_find(buf_view(&k->received), wanted);
    if (found)
        buf_clear(&k->received);
    return found;
}

/* Plays one step; false where the script pauses or ends. */
static bool play(struct conn *k)
{
    const struct mem_step *step = k->step;
    int64_t half = k->net->rtt / 2;
    if (step->kind == MEM_STEP_EXPECT && !expected(k, step->data))
        return false;
    k->step = step->kind == MEM_STEP_LOOP ? k->served->port.steps : step + 1;
    switch (step->kind) {
    case MEM_STEP_WAIT:
        timer_start(&k->script, step->ms * 1000);
        return false;
    case MEM_STEP_SEND:
        to_client(k, PARCEL_DATA, half, step->data);
        return true;
    case MEM_STEP_CLOSE:
    case MEM_STEP_RESET:
        to_client(k, step->kind == MEM_STEP_CLOSE ? PARCEL_EOF : PARCEL_RESET, half, bytes_of(NULL, 0));
        leave(k);
        return false;
    case MEM_STEP_END:
        k->step = NULL;
        return false;
    default:
        return true;
    }
}

static void on_script(struct timer *t)
{
    struct conn *k = t->owner;
    if (!k->begun) {
        serve(k);
        return;
    }
    int steps = 0;
    while (k->step && !k->over && play(k))
        assert(++steps < STEPS_AT_ONCE); /* a loop that neither waits nor expects */
}

static void peer_gets_data(struct conn *k, struct bytes data)
{
    struct served *s = k->served;
    bool udp = k->peer.proto == PROTO_UDP;
    if (k->over || (s && s->port.filtered))
        return;
    if (udp && s && s->dropped < s->port.drop_first) {
        s->dropped++;
        return;
    }
    if (udp && (!s || s->port.refused)) {
        to_client(k, PARCEL_REFUSED, k->net->rtt / 2, bytes_of(NULL, 0));
        return;
    }
    if (udp && !k->begun)
        serve(k);
    buf_append_some(&k->received, data.at, data.len);
    if (k->step && k->step->kind == MEM_STEP_EXPECT && !timer_running(&k->script))
        on_script(&k->script);
}

static void on_up(struct timer *t)
{
    struct conn *k = t->owner;
    struct parcel p = take(&k->up);
    if (k->up.first)
        timer_start_at(&k->up_timer, k->up.first->at);
    if (p.kind == PARCEL_DATA)
        peer_gets_data(k, p.data);
    if (p.kind == PARCEL_LEFT) {
        leave(k);
        conn_free(k);
    }
}

/* ---- the client's end */

static bool is_down(const struct mem_net *n, const struct addr *a)
{
    for (size_t i = 0; i < n->down_count; i++)
        if (addr_equal(&n->down[i], a))
            return true;
    return false;
}

static struct served *find_served(struct mem_net *n, const struct endpoint *peer)
{
    struct served *anywhere = NULL;
    for (struct served *s = n->served; s; s = s->next) {
        if (s->port.port != peer->port || s->port.proto != peer->proto)
            continue;
        if (s->at.family && addr_equal(&s->at, &peer->addr))
            return s;
        if (!s->at.family && !anywhere)
            anywhere = s;
    }
    if (anywhere || !n->remaining || n->remaining->port.proto != peer->proto)
        return anywhere;
    return n->remaining;
}

static void mem_open(struct channel *c)
{
    struct mem_channel *m = (struct mem_channel *)c;
    struct conn *k = m->conn;
    struct served *s = k->served;
    int64_t rtt = k->net->rtt;
    if (c->peer.proto == PROTO_UDP) {
        to_client(k, PARCEL_CONNECTED, 0, bytes_of(NULL, 0));
        return;
    }
    if (is_down(k->net, &c->peer.addr) || (s && s->port.filtered))
        return;
    if (!s || s->port.refused || (s->port.accepts && s->accepted >= s->port.accepts)) {
        to_client(k, PARCEL_REFUSED, rtt, bytes_of(NULL, 0));
        return;
    }
    s->accepted++;
    to_client(k, PARCEL_CONNECTED, rtt, bytes_of(NULL, 0));
    timer_start(&k->script, rtt);
}

static void mem_end(struct mem_channel *m, enum channel_end end, int error)
{
    m->base.facts.end = end;
    m->base.facts.error = error;
    m->base.facts.ended_at = loop_now(m->base.loop);
    channel_report(&m->base, CHANNEL_CLOSED);
}

static void mem_connected(struct mem_channel *m)
{
    struct channel_facts *f = &m->base.facts;
    m->connected = true;
    if (m->base.peer.proto == PROTO_TCP)
        f->rtt = m->conn->net->rtt > 0 ? m->conn->net->rtt : 1;
    channel_report(&m->base, CHANNEL_CONNECTED);
}

static void mem_chunk(struct mem_channel *m, struct bytes data)
{
    struct channel_facts *f = &m->base.facts;
    size_t n = data.len < CHUNK ? data.len : CHUNK;
    m->base.data = bytes_of(data.at, n);
    m->rest = m->base.peer.proto == PROTO_TCP ? bytes_of(data.at + n, data.len - n) : bytes_of(NULL, 0);
    f->received += n;
    if (!f->rtt && m->first_sent)
        f->rtt = loop_now(m->base.loop) - m->first_sent;
    channel_report(&m->base, CHANNEL_DATA);
}

static void on_pump(struct timer *t)
{
    struct mem_channel *m = t->owner;
    if (m->base.facts.end != END_NONE) {
        channel_report(&m->base, CHANNEL_CLOSED);
        return;
    }
    if (m->rest.len) {
        mem_chunk(m, m->rest);
        return;
    }
    struct parcel p = take(&m->conn->down);
    switch (p.kind) {
    case PARCEL_CONNECTED:
        mem_connected(m);
        break;
    case PARCEL_DATA:
        mem_chunk(m, p.data);
        break;
    case PARCEL_EOF:
        mem_end(m, END_EOF, 0);
        break;
    case PARCEL_RESET:
        mem_end(m, END_RESET, ECONNRESET);
        break;
    default:
        mem_end(m, END_REFUSED, ECONNREFUSED);
        break;
    }
}

static void mem_wait(struct channel *c)
{
    client_arm((struct mem_channel *)c);
}

static void mem_rest(struct channel *c)
{
    timer_stop(&((struct mem_channel *)c)->pump);
}

static bool mem_send(struct channel *c, struct bytes data)
{
    struct mem_channel *m = (struct mem_channel *)c;
    assert(data.len > 0 || c->peer.proto == PROTO_TCP);
    if (c->facts.end != END_NONE)
        return false;
    log_add(m->conn->net, MEM_LOG_SENT, m->conn, data);
    c->facts.sent += data.len;
    if (!m->first_sent)
        m->first_sent = loop_now(c->loop);
    if (!is_down(m->conn->net, &c->peer.addr))
        to_peer(m->conn, PARCEL_DATA, data);
    return true;
}

static void mem_shut(struct channel *c)
{
    struct mem_channel *m = (struct mem_channel *)c;
    log_add(m->conn->net, MEM_LOG_SHUT, m->conn, bytes_of(NULL, 0));
}

static void mem_close(struct channel *c, enum channel_closing how)
{
    (void)how;
    struct mem_channel *m = (struct mem_channel *)c;
    struct conn *k = m->conn;
    log_add(k->net, MEM_LOG_CLOSE, k, bytes_of(NULL, 0));
    k->net->open--;
    k->client = NULL;
    timer_stop(&m->pump);
    if (k->served)
        to_peer(k, PARCEL_LEFT, bytes_of(NULL, 0));
    else
        conn_free(k);
    free(m);
}

static const struct channel_ops mem_ops = {
    .name = "mem", .open = mem_open, .wait = mem_wait, .rest = mem_rest, .send = mem_send, .shut = mem_shut, .close = mem_close};

static struct channel *mem_dial(struct dialer *self, const struct endpoint *peer)
{
    struct mem_net *n = (struct mem_net *)self;
    struct conn *k = must_zalloc(sizeof *k);
    struct mem_channel *m = must_zalloc(sizeof *m);
    *k = (struct conn){.net = n, .client = m, .number = ++n->dialled, .peer = *peer, .served = find_served(n, peer), .next = n->conns};
    if (n->conns)
        n->conns->prev = k;
    n->conns = k;
    timer_init(&k->up_timer, n->loop, on_up, k);
    timer_init(&k->script, n->loop, on_script, k);
    buf_init(&k->received, RECEIVED_MAX);
    channel_init(&m->base, &mem_ops, n->loop, peer);
    m->conn = k;
    timer_init(&m->pump, n->loop, on_pump, m);
    if (++n->open > n->most)
        n->most = n->open;
    log_add(n, MEM_LOG_DIAL, k, bytes_of(NULL, 0));
    return &m->base;
}

/* ---- the net */

static void mem_dialer_free(struct dialer *self)
{
    (void)self; /* the net's own */
}

struct mem_net *mem_net_new(struct loop *fake, int64_t rtt_us)
{
    struct mem_net *n = must_zalloc(sizeof *n);
    n->dialer = (struct dialer){.dial = mem_dial, .free = mem_dialer_free};
    n->loop = fake;
    n->rtt = rtt_us;
    n->born = loop_now(fake);
    arena_init(&n->arena);
    return n;
}

void mem_net_free(struct mem_net *n)
{
    if (!n)
        return;
    assert(n->open == 0);
    while (n->conns)
        conn_free(n->conns);
    while (n->served) {
        struct served *next = n->served->next;
        free(n->served);
        n->served = next;
    }
    free(n->remaining);
    free(n->down);
    free(n->log);
    arena_free(&n->arena);
    free(n);
}

struct dialer *mem_net_dialer(struct mem_net *n)
{
    return &n->dialer;
}

void mem_serve_at(struct mem_net *n, const struct addr *at, const struct mem_port *port)
{
    struct served *s = must_zalloc(sizeof *s);
    s->port = *port;
    if (at)
        s->at = *at;
    s->next = n->served;
    n->served = s;
}

void mem_serve(struct mem_net *n, const struct mem_port *port)
{
    mem_serve_at(n, NULL, port);
}

void mem_serve_rest(struct mem_net *n, const struct mem_port *port)
{
    assert(!n->remaining);
    n->remaining = must_zalloc(sizeof *n->remaining);
    n->remaining->port = *port;
}

void mem_down(struct mem_net *n, const struct addr *at)
{
    n->down = must_realloc(n->down, (n->down_count + 1) * sizeof *n->down);
    n->down[n->down_count++] = *at;
}

size_t mem_log_count(const struct mem_net *n)
{
    return n->log_count;
}

const struct mem_log *mem_log_at(const struct mem_net *n, size_t i)
{
    return &n->log[i];
}

unsigned mem_connections(const struct mem_net *n)
{
    return n->dialled;
}

unsigned mem_connections_most(const struct mem_net *n)
{
    return n->most;
}

unsigned mem_connections_open(const struct mem_net *n)
{
    return n->open;
}
