/*
 * tls.c owns the way into a TLS session. Servers refuse for different reasons, so there are several attempts, each with another hello; the
 * first session that comes up is the one that is entered, and its channel is the first lane inside. On udp ports it is DTLS.
 */
#include "stages/tls.h"

#include "stages/finding.h"
#include "stages/session.h"

#include <string.h>

#define SECOND (1000 * 1000LL)

/* The hellos, in order. http/1.1 alone first: a server that is offered h2 chooses it, and then our questions mean nothing to it. */
static const struct hello {
    enum proto proto;
    const char *alpn;
    bool named; /* with the server's name */
} hellos[] = {
    {PROTO_TCP, "http/1.1", true},
    {PROTO_TCP, NULL, true},
    {PROTO_TCP, "h2,imap,pop3,smtp,managesieve,xmpp-client,xmpp-server,mqtt,dot,ftp,irc,nntp,postgresql,tds/8.0", true},
    {PROTO_TCP, NULL, false},
    {PROTO_UDP, NULL, true},
    {PROTO_UDP, "co,coap,stun.turn,stun.nat-discovery,webrtc,c-webrtc", true},
    {PROTO_UDP, NULL, false},
};
enum { HELLOS = sizeof hellos / sizeof *hellos };

struct entering {
    const struct tls_config *config;
    struct tls_settings settings; /* of the attempt */
    const char *server_name;
    const char *failure; /* of the first attempt: what the plainest hello was told */
    size_t attempt;
};

/* ---- attempts */

/* The next hello that is of use here, from e->attempt on. False: there is none. */
static bool choose(const struct task *t, struct entering *e)
{
    while (e->attempt < HELLOS && (hellos[e->attempt].proto != t->known.peer.proto || !(hellos[e->attempt].named || e->server_name)))
        e->attempt++;
    return e->attempt < HELLOS;
}

static const char *tunnel_of(const struct task *t)
{
    return t->known.peer.proto == PROTO_UDP ? "dtls" : "tls";
}

/* A flight of DTLS counts as lost after three round trips. */
static int64_t resend_of(const struct task *t)
{
    int64_t wait = 3 * t->rtt;
    return !t->rtt || wait > SECOND ? SECOND : wait < SECOND / 5 ? SECOND / 5 : wait;
}

static enum verdict attempt(struct task *t, struct entering *e)
{
    const struct hello *h = &hellos[e->attempt];
    int64_t patience = 12 * t->rtt;
    e->settings = (struct tls_settings){.alpn = h->alpn, .server_name = h->named ? e->server_name : NULL, .resend_us = resend_of(t)};
    t->tunnel = &e->settings;
    task_trace(t, "Service scan opens %s on port %u (ALPN %s, name %s)", tunnel_of(t), t->known.peer.port, h->alpn ? h->alpn : "-",
        e->settings.server_name ? e->settings.server_name : "-");
    lane_open(&t->lanes[0], patience < 5 * SECOND ? 5 * SECOND : patience < 10 * SECOND ? patience : 10 * SECOND);
    return VERDICT_WAIT;
}

static enum verdict give_up(struct task *t, const struct entering *e)
{
    session_tell(t, &(struct session_story){.failure = e->failure, .server_name = e->server_name});
    t->tunnel = NULL;
    finding_note(t, "TLS was not entered: %s", e->failure);
    return VERDICT_DONE;
}

static const char *failure_of(const struct lane *l)
{
    return l->detail ? l->detail : channel_end_name(l->end);
}

/* Another hello may help where this one was refused, not where nobody answers or where the answer is no TLS. */
static bool was_refused(const struct lane *l)
{
    return l->detail && (l->end == END_EOF || l->end == END_RESET || strncmp(l->detail, "alert", 5) == 0);
}

static void enter(struct task *t, const struct entering *e, const struct tls_session *s)
{
    const char *complained = t->facts.service.name;
    bool http = (s->alpn && strcmp(s->alpn, "http/1.1") == 0) || (complained && strcmp(complained, "http") == 0);
    session_tell(t, &(struct session_story){.session = s, .server_name = e->settings.server_name, .with_chain = e->config->with_chain});
    facts_enter(&t->facts, tunnel_of(t));
    t->facts.alpn = arena_strdup(&t->arena, s->alpn);
    t->facts.awaits = http ? "http" : NULL;
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct entering *e = t->stage_state;
    if (event == LANE_CONNECTED) {
        enter(t, e, channel_tls_session(l->channel));
        return VERDICT_TUNNEL;
    }
    if (event != LANE_CLOSED)
        return VERDICT_WAIT;
    if (!e->failure)
        e->failure = failure_of(l);
    bool again = was_refused(l);
    lane_close(l);
    e->attempt++;
    return again && choose(t, e) ? attempt(t, e) : give_up(t, e);
}

/* ---- the stage */

/* An alert or a handshake message in a record (RFC 8446, section 5.1; RFC 6347, section 4.1). */
static bool has_tls_shape(struct bytes reply, enum proto proto)
{
    if (reply.len < 6 || (reply.at[0] != 0x15 && reply.at[0] != 0x16))
        return false;
    return proto == PROTO_UDP ? reply.at[1] == 0xfe && reply.at[2] >= 0xfd && reply.at[3] == 0 && reply.at[4] == 0
                              : reply.at[1] == 3 && reply.at[2] <= 4;
}

/* What web servers say to whom does not speak TLS. A rule may have read no more than their name. */
static bool complains(struct bytes reply)
{
    static const char *const words[] = {"The plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port", "Client sent an HTTP request to an HTTPS server",
        "combination of host and port requires TLS"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_starts(reply, bytes_str("HTTP/1.")) && bytes_find(reply, bytes_str(words[i])))
            return true;
    return false;
}

static bool met_tls(const struct facts *f, enum proto proto)
{
    const struct service_record *s = &f->service;
    if (s->tunnel || (s->name && facts_is_bare_tls(s->name)))
        return true;
    for (size_t i = 0; i < f->reply_count; i++)
        if (complains(f->replies[i].data) || (!s->name && has_tls_shape(f->replies[i].data, proto)))
            return true;
    return false;
}

static bool wants(const struct task *t, const void *config)
{
    return t->env->tls && (t->facts.tunnel || met_tls(&t->facts, t->known.peer.proto));
}

/* What the server chose by ALPN says what it speaks, if nothing else did. */
static void name_by_alpn(struct facts *f)
{
    static const char *const names[][2] = {{"h2", "http"}, {"http/1.1", "http"}, {"imap", "imap"}, {"pop3", "pop3"}, {"smtp", "smtp"},
        {"managesieve", "sieve"}, {"xmpp-client", "xmpp"}, {"xmpp-server", "xmpp"}, {"mqtt", "mqtt"}, {"dot", "domain"}, {"ftp", "ftp"},
        {"irc", "irc"}, {"nntp", "nntp"}, {"postgresql", "postgresql"}, {"tds/8.0", "ms-sql-s"}, {"co", "coap"}, {"coap", "coap"},
        {"stun.turn", "stun"}, {"stun.nat-discovery", "stun"}};
    struct service_record *s = &f->service;
    for (size_t i = 0; f->alpn && i < sizeof names / sizeof *names; i++)
        if (strcmp(f->alpn, names[i][0]) == 0) {
            s->name = names[i][1];
            s->method = METHOD_PROBED;
            s->conf = CONF_SOFT;
            s->soft = true;
        }
}

static enum verdict start(struct task *t, const void *config)
{
    if (t->facts.tunnel) {
        facts_leave(&t->facts);
        if (!t->facts.service.name)
            name_by_alpn(&t->facts);
        return VERDICT_DONE;
    }
    struct entering *e = arena_alloc(&t->arena, sizeof *e);
    t->stage_state = e;
    e->config = config;
    e->server_name = e->config->server_name ? e->config->server_name : t->known.host_name;
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
    choose(t, e);
    return attempt(t, e);
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

static void stop(struct task *t)
{
    t->tunnel = NULL;
}

const struct stage stage_tls = {"tls", wants, start, on_lane, on_tick, stop};
