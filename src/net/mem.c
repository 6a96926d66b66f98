/* mem.c owns the played network: who is served where, the client's ends of its connections, and the log of what was done there. */
#include "net/mem_peer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { CHUNK = 16 * 1024 };

struct mem_channel {
    struct channel base; /* first */
    struct conn *conn;
    struct timer pump;
    struct bytes rest; /* of a datum longer than a chunk */
    bool connected;
    int64_t first_sent;
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

/* ---- the client's end */

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

void mem_to_client(struct conn *k, enum parcel_kind kind, int64_t delay, struct bytes data)
{
    if (!k->client)
        return;
    mem_parcel_put(k->net, &k->down, kind, loop_now(k->net->loop) + delay, data);
    client_arm(k->client);
}

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
        mem_to_client(k, PARCEL_CONNECTED, 0, bytes_of(NULL, 0));
        return;
    }
    if (is_down(k->net, &c->peer.addr) || (s && s->port.filtered))
        return;
    if (!s || s->port.refused || (s->port.accepts && s->accepted >= s->port.accepts)) {
        mem_to_client(k, PARCEL_REFUSED, rtt, bytes_of(NULL, 0));
        return;
    }
    s->accepted++;
    mem_to_client(k, PARCEL_CONNECTED, rtt, bytes_of(NULL, 0));
    mem_peer_connected(k);
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
    struct parcel p = mem_parcel_take(&m->conn->down);
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
        mem_peer_gets(m->conn, PARCEL_DATA, data);
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
        mem_peer_gets(k, PARCEL_LEFT, bytes_of(NULL, 0));
    else
        mem_peer_free(k);
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
    mem_peer_init(k);
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
        mem_peer_free(n->conns);
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
