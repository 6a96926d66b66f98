/*
 * tls.c owns the tls channel: records from below go through OpenSSL's memory buffers, plain text comes out, and the other way round.
 * DTLS adds the bounds of datagrams, which a memory buffer loses, and a clock for what was lost on the way.
 */
#include "net/tls.h"

#include "base/text.h"
#include "net/tls_client.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

enum { PLAIN_MAX = 16 * 1024, RECORD_HEAD = 13, RESEND_FIRST = 1000 * 1000, RESEND_MOST = 8 * 1000 * 1000, RESEND_LEAST = 1000 };
static const int64_t LONG = 3600LL * 1000 * 1000; /* our own head keeps the deadline; the one below must not come first */

enum tls_state {
    TLS_BEGUN, /* made; not asked to open yet */
    TLS_OPENING, /* the channel below connects */
    TLS_SHAKING, /* the handshake goes on */
    TLS_UP,
    TLS_ENDED
};

struct tls {
    struct channel base; /* first */
    struct channel *below;
    enum tls_state state;
    struct timer turn; /* to report what is already here */
    bool datagrams; /* DTLS */
    struct timer resend; /* DTLS: when a flight of the handshake counts as lost */
    int64_t resend_first;
    SSL *ssl;
    BIO *in, *out; /* records from and to the peer; belong to ssl */
    int alert; /* the peer's fatal alert, or -1 */
    bool told; /* that the session is up */
    struct buf heard; /* from the peer, until the session is up */
    struct tls_memory *memory;
    struct tls_session session;
    char detail[96];
};

static struct tls *tls_of(struct channel *c)
{
    return (struct tls *)c;
}

/* As many whole records as one datagram holds, at least one (RFC 6347, section 4.1.1). They are OpenSSL's own, so well made. */
static size_t datagram_length(struct bytes records)
{
    size_t n = 0;
    while (records.len - n >= RECORD_HEAD) {
        struct reader head = reader_of(bytes_of(records.at + n + RECORD_HEAD - 2, 2));
        size_t record = RECORD_HEAD + (size_t)reader_be16(&head);
        if (n && n + record > DTLS_MTU)
            break;
        n = n + record < records.len ? n + record : records.len;
    }
    return n ? n : records.len;
}

/* What OpenSSL wrote goes to the peer. */
static bool flush(struct tls *t)
{
    char *at;
    long n = BIO_get_mem_data(t->out, &at);
    struct bytes records = bytes_of(at, n > 0 ? (size_t)n : 0);
    bool sent = true;
    while (sent && records.len) {
        size_t length = t->datagrams ? datagram_length(records) : records.len;
        sent = channel_send(t->below, bytes_of(records.at, length));
        records = bytes_of(records.at + length, records.len - length);
    }
    (void)BIO_reset(t->out);
    return sent;
}

static void copy_numbers(struct tls *t)
{
    struct channel_facts *f = &t->base.facts;
    const struct channel_facts *g = &t->below->facts;
    f->rtt = g->rtt;
    f->sent = g->sent;
    f->received = g->received;
}

static void end(struct tls *t, enum channel_end how, int error)
{
    t->state = TLS_ENDED;
    timer_stop(&t->resend);
    t->base.facts.end = how;
    t->base.facts.error = error;
    if (t->detail[0])
        t->base.facts.detail = t->detail;
    copy_numbers(t);
}

/* The library lacks names for two that scanners meet (RFC 8446, section 6). */
static const char *alert_name(int alert)
{
    return alert == 116 ? "certificate required" : alert == 109 ? "missing extension" : SSL_alert_desc_string_long(alert);
}

/* Why OpenSSL gave up: the peer's alert if there was one. */
static void end_of_tls(struct tls *t)
{
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (t->alert >= 0)
        snprintf(t->detail, sizeof t->detail, "alert: %s%s", alert_name(t->alert),
            t->session.wants_certificate && t->state == TLS_SHAKING ? " (it asks for a client certificate)" : "");
    else
        snprintf(t->detail, sizeof t->detail, "%s", reason ? reason : "the handshake failed");
    ERR_clear_error();
    flush(t);
    end(t, END_TLS, 0);
}

static void end_of_below(struct tls *t)
{
    const struct channel_facts *f = &t->below->facts;
    if (t->state == TLS_SHAKING)
        snprintf(t->detail, sizeof t->detail, "%s during the handshake", channel_end_name(f->end));
    end(t, f->end, f->error);
}

/* OpenSSL keeps the time of the flight that is out. */
static void await_flight(struct tls *t)
{
    struct timeval left;
    if (t->state != TLS_SHAKING || !DTLSv1_get_timeout(t->ssl, &left)) {
        timer_stop(&t->resend);
        return;
    }
    int64_t us = (int64_t)left.tv_sec * 1000 * 1000 + left.tv_usec;
    timer_start(&t->resend, us > RESEND_LEAST ? us : RESEND_LEAST);
}

/* What could not be sent is lost like any datagram; if the channel below has ended, its next wait tells. */
static void shaking_on(struct tls *t)
{
    if (!flush(t) && !t->datagrams)
        end_of_below(t);
    else if (t->datagrams)
        await_flight(t);
}

static void shake(struct tls *t)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(t->ssl);
    if (rc == 1) {
        t->state = TLS_UP;
        timer_stop(&t->resend);
        buf_free(&t->heard);
        tls_session_read(&t->session, t->ssl);
        copy_numbers(t);
        flush(t);
    } else if (SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_READ) {
        shaking_on(t);
    } else {
        end_of_tls(t);
    }
}

/* The next plain text; 0: nothing yet, or the session has ended. */
static size_t read_plain(struct tls *t, uint8_t plain[PLAIN_MAX])
{
    size_t n = 0;
    ERR_clear_error();
    int rc = SSL_read_ex(t->ssl, plain, PLAIN_MAX, &n);
    int why = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(t->ssl, rc);
    flush(t); /* answers to key updates and the like */
    if (why == SSL_ERROR_NONE)
        return n;
    if (why == SSL_ERROR_ZERO_RETURN)
        end(t, END_EOF, 0);
    else if (why != SSL_ERROR_WANT_READ)
        end_of_tls(t);
    return 0;
}

/* Reports what there is to report; if there is nothing yet, goes on reading below. The channel may be gone when it returns. */
static void advance(struct tls *t)
{
    struct channel *c = &t->base;
    if (t->state == TLS_SHAKING)
        shake(t);
    if (!c->promised)
        return;
    if (t->state == TLS_UP && !t->told) {
        t->told = true;
        channel_report(c, CHANNEL_CONNECTED);
        return;
    }
    uint8_t plain[PLAIN_MAX];
    size_t n = t->state == TLS_UP ? read_plain(t, plain) : 0;
    if (n) {
        c->data = bytes_of(plain, n);
        copy_numbers(t);
        channel_report(c, CHANNEL_DATA);
    } else if (t->state == TLS_ENDED) {
        channel_report(c, CHANNEL_CLOSED);
    } else {
        channel_wait(t->below, LONG);
    }
}

static void on_below(void *owner, struct channel *below, enum channel_event event)
{
    struct tls *t = owner;
    struct bytes records = channel_data(below);
    switch (event) {
    case CHANNEL_CONNECTED:
        t->state = TLS_SHAKING;
        break;
    case CHANNEL_DATA:
        if (t->state == TLS_SHAKING)
            buf_append_some(&t->heard, records.at, records.len);
        BIO_write(t->in, records.at, (int)records.len);
        break;
    case CHANNEL_CLOSED:
        end_of_below(t);
        break;
    case CHANNEL_DEADLINE:
        break;
    }
    advance(t);
}

static void on_turn(struct timer *timer)
{
    advance(timer->owner);
}

static void on_resend(struct timer *timer)
{
    struct tls *t = timer->owner;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(t->ssl) >= 0) {
        shaking_on(t);
        return;
    }
    end_of_tls(t);
    if (t->base.promised)
        channel_report(&t->base, CHANNEL_CLOSED);
}

static void tls_open(struct channel *c)
{
    struct tls *t = tls_of(c);
    channel_own(t->below, on_below, t);
    if (t->below->facts.opened_at) {
        t->state = TLS_SHAKING;
        timer_start(&t->turn, 0);
    } else {
        t->state = TLS_OPENING;
        channel_open(t->below, LONG);
    }
}

static void tls_wait(struct channel *c)
{
    struct tls *t = tls_of(c);
    if (!t->below->promised)
        timer_start(&t->turn, 0);
}

/* While the channel below connects its promise stands: it cannot be opened twice. */
static void tls_rest(struct channel *c)
{
    struct tls *t = tls_of(c);
    timer_stop(&t->turn);
    timer_stop(&t->resend);
    if (t->state > TLS_OPENING)
        channel_unwait(t->below);
}

static bool tls_send(struct channel *c, struct bytes data)
{
    struct tls *t = tls_of(c);
    size_t written;
    if (t->state != TLS_UP)
        return false;
    ERR_clear_error();
    return !data.len || (SSL_write_ex(t->ssl, data.at, data.len, &written) == 1 && flush(t));
}

static void tls_shut(struct channel *c)
{
    struct tls *t = tls_of(c);
    if (t->state != TLS_UP)
        return;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    flush(t);
    channel_shut(t->below);
}

static void tls_close(struct channel *c, enum channel_closing how)
{
    struct tls *t = tls_of(c);
    if (how == CLOSE_ORDERLY || t->datagrams)
        tls_shut(c);
    timer_stop(&t->turn);
    timer_stop(&t->resend);
    channel_close(t->below, how);
    tls_session_free(&t->session);
    buf_free(&t->heard);
    if (t->told)
        SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* else its session counts as broken, and is not resumed */
    SSL_free(t->ssl);
    free(t);
}

static bool tls_local(struct channel *c, struct endpoint *out)
{
    return channel_local(tls_of(c)->below, out);
}

static const struct channel_ops tls_ops = {.name = "tls",
    .open = tls_open,
    .wait = tls_wait,
    .rest = tls_rest,
    .send = tls_send,
    .shut = tls_shut,
    .close = tls_close,
    .local = tls_local};

/* The peer's fatal alerts, as they are read. */
static void on_ssl_event(const SSL *ssl, int where, int value)
{
    struct tls *t = SSL_get_app_data(ssl);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
        t->alert = value & 0xff;
}

/* Tells that a certificate was asked for; we have none. */
static int on_certificate_wanted(SSL *ssl, void *unused)
{
    struct tls *t = SSL_get_app_data(ssl);
    t->session.wants_certificate = true;
    return 1;
}

/* How long a flight may be out; 0: it is the first. */
static unsigned next_patience(SSL *ssl, unsigned before)
{
    const struct tls *t = SSL_get_app_data(ssl);
    if (!before)
        return (unsigned)t->resend_first;
    return before < RESEND_MOST / 2 ? 2 * before : RESEND_MOST;
}

static void be_dtls(struct tls *t, int64_t resend_us)
{
    t->datagrams = true;
    t->resend_first = resend_us > 0 && resend_us < RESEND_MOST ? resend_us : RESEND_FIRST;
    t->base.facts.tunnel = "dtls";
    DTLS_set_timer_cb(t->ssl, next_patience);
}

struct channel *channel_tls(struct channel *below, struct tls_client *client, const struct tls_settings *settings)
{
    struct tls *t = calloc(1, sizeof *t);
    SSL *ssl = t ? tls_client_ssl(client, settings, below->peer.proto == PROTO_UDP) : NULL;
    BIO *in = ssl ? BIO_new(BIO_s_mem()) : NULL;
    BIO *out = ssl ? BIO_new(BIO_s_mem()) : NULL;
    if (!in || !out) {
        BIO_free(in);
        BIO_free(out);
        SSL_free(ssl);
        free(t);
        channel_close(below, CLOSE_RESET);
        return NULL;
    }
    channel_init(&t->base, &tls_ops, below->loop, &below->peer);
    timer_init(&t->turn, below->loop, on_turn, t);
    timer_init(&t->resend, below->loop, on_resend, t);
    t->base.facts.tunnel = "tls";
    t->below = below;
    t->ssl = ssl;
    t->in = in;
    t->out = out;
    t->alert = -1;
    t->memory = settings->memory;
    buf_init(&t->heard, LIMIT_REPLY);
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_app_data(ssl, t);
    tls_memory_recall(t->memory, ssl);
    SSL_set_info_callback(ssl, on_ssl_event);
    SSL_set_cert_cb(ssl, on_certificate_wanted, NULL);
    if (below->peer.proto == PROTO_UDP)
        be_dtls(t, settings->resend_us);
    return &t->base;
}

const struct tls_session *channel_tls_session(const struct channel *c)
{
    if (!c || c->ops != &tls_ops || !((const struct tls *)c)->told)
        return NULL;
    return &((const struct tls *)c)->session;
}

struct bytes channel_tls_heard(const struct channel *c)
{
    return c && c->ops == &tls_ops ? buf_view(&((const struct tls *)c)->heard) : bytes_of(NULL, 0);
}

int tls_on_new_session(SSL *ssl, SSL_SESSION *session)
{
    const struct tls *t = SSL_get_app_data(ssl);
    tls_memory_keep(t->memory, session);
    return 0;
}
