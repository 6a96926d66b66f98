/*
 * tls.c owns the way into a TLS session. Servers refuse for different reasons, so there are several attempts, each with another hello
 * (stages/hello.h); the first session that comes up is the one that is entered, and its channel is the first lane inside. On udp ports it
 * is DTLS.
 *
 * The stage begins up to three times for a port:
 *   - TLS was met: a session is entered, the one that the race opened or one of its own. If none comes up, a server that is too old for
 *     our library is read by hand, and the port goes on being tried in clear text;
 *   - the search inside (or that in clear text) has ended: both sides are joined;
 *   - if the inside named nothing, there may be a reason to enter once more: with every protocol's name, or with the name that the
 *     certificate has.
 */
#include "stages/tls.h"

#include "base/hash.h"
#include "base/text.h"
#include "stages/finding.h"
#include "stages/hello.h"
#include "stages/session.h"
#include "wire/tls_flight.h"

#include <string.h>

#define SECOND (1000 * 1000LL)
static const int64_t OLD_PATIENCE = 5 * SECOND;

/* What is under way. */
enum errand {
    ERRAND_ENTER, /* the attempt-th hello */
    ERRAND_OLD, /* the old hello, by hand */
    ERRAND_PROTOCOLS, /* once more, with every protocol's name */
    ERRAND_NAME /* once more, with a name of the certificate */
};

struct entering {
    const struct tls_config *config;
    enum errand errand;
    struct tls_settings *settings; /* of the attempt */
    const struct tls_settings *inside; /* of the session whose inside has been searched */
    const char *failure; /* of the first attempt: what the plainest hello was told */
    unsigned attempt; /* hellos said */
    bool heard_tls; /* some answer had the shape of TLS */
    bool ended; /* some attempt was ended by the server */
};

static const char *tunnel_of(const struct task *t)
{
    return t->known.peer.proto == PROTO_UDP ? "dtls" : "tls";
}

static enum verdict connect_lane(struct task *t, struct entering *e)
{
    int64_t patience = 12 * t->rtt;
    t->tunnel = e->errand == ERRAND_OLD ? NULL : e->settings;
    lane_open(&t->lanes[0], patience < 5 * SECOND ? 5 * SECOND : patience < 10 * SECOND ? patience : 10 * SECOND);
    return VERDICT_WAIT;
}

static enum verdict attempt(struct task *t, struct entering *e, struct tls_settings *settings)
{
    e->settings = settings;
    tls_memory_forget(settings->memory);
    task_trace(t, "Service scan opens %s on port %u (ALPN %s, name %s)", tunnel_of(t), t->known.peer.port,
        settings->alpn ? settings->alpn : "-", settings->server_name ? settings->server_name : "-");
    return connect_lane(t, e);
}

/* ---- no session */

/* TLS was the wrong way, or cannot be gone; what else is there in clear text? */
static enum verdict give_up(struct task *t, const struct entering *e, const struct session_story *story)
{
    t->tunnel = NULL;
    session_tell(t, story);
    if (!t->facts.service.name && e->heard_tls)
        finding_name_softly(t, t->known.peer.proto == PROTO_UDP ? "dtls" : "ssl");
    finding_note(t, "TLS was not entered: %s", story->failure);
    if (t->known.peer.proto == PROTO_UDP || !t->facts.service.name || !facts_is_bare_tls(t->facts.service.name))
        return VERDICT_DONE;
    facts_go_back(&t->facts);
    return VERDICT_TUNNEL;
}

static enum verdict give_up_plainly(struct task *t, const struct entering *e)
{
    return give_up(t, e, &(struct session_story){.failure = e->failure, .server_name = hello_name(t)});
}

/* What an old server said in the clear is told as if its session had come up. */
static enum verdict tell_old(struct task *t, const struct entering *e, const struct tls_flight *f)
{
    struct tls_session s = {.protocol = tls_version_name(f->version), .cipher = tls_suite_name(f->cipher)};
    if (!s.cipher)
        s.cipher = arena_printf(&t->arena, "0x%04x", f->cipher);
    for (size_t i = 0; i < f->certificate_count; i++)
        s.chain[s.chain_length++] = f->certificates[i];
    return give_up(t, e,
        &(struct session_story){.session = &s,
            .failure = f->version == 0x0300 ? "the server speaks SSL 3.0 only" : "the server has old ciphers only",
            .with_chain = e->config->with_chain});
}

static enum verdict on_old_lane(struct task *t, struct entering *e, struct lane *l, enum lane_event event)
{
    struct tls_flight flight;
    uint8_t random[32];
    if (event == LANE_CONNECTED) {
        struct buf hello;
        buf_init(&hello, LIMIT_PAYLOAD);
        random_fill(random, sizeof random);
        if (tls_old_hello(&hello, random))
            lane_send(l, buf_view(&hello));
        buf_free(&hello);
        lane_listen(l, task_now(t) + OLD_PATIENCE);
        return VERDICT_WAIT;
    }
    if (tls_flight_read(buf_view(&l->reply), &t->arena, &flight) == DECODED_MORE && event == LANE_DATA)
        return VERDICT_WAIT;
    lane_close(l);
    return flight.hello ? tell_old(t, e, &flight) : give_up_plainly(t, e);
}

static enum verdict refused(struct task *t, struct entering *e)
{
    bool may_be_old = t->known.peer.proto == PROTO_TCP && e->heard_tls && e->ended && t->connections < LIMIT_CONNECTIONS_PER_PORT;
    if (!may_be_old)
        return give_up_plainly(t, e);
    e->errand = ERRAND_OLD;
    task_trace(t, "Service scan says an old hello on port %u", t->known.peer.port);
    return connect_lane(t, e);
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

/* The hello to say now. Who has no protocol of ours will not do without one either: then every name is offered. */
static struct tls_settings *next_hello(struct task *t, struct entering *e, const char *told)
{
    bool wants_protocol = told && strstr(told, "no application protocol");
    struct tls_settings *next;
    while ((next = hello_settings(t, e->attempt++)) && wants_protocol && !next->alpn)
        ;
    return next;
}

static enum verdict on_refused(struct task *t, struct entering *e, struct lane *l)
{
    bool again = was_refused(l);
    struct tls_settings *next = again ? next_hello(t, e, l->detail) : NULL;
    e->heard_tls |= hello_has_tls_shape(buf_view(&l->reply), t->known.peer.proto);
    e->ended |= again || l->end == END_TLS;
    if (!e->failure)
        e->failure = failure_of(l);
    lane_close(l);
    return next ? attempt(t, e, next) : refused(t, e);
}

/* ---- a session */

static void enter(struct task *t, struct entering *e, const struct tls_session *s)
{
    struct facts *f = &t->facts;
    const char *complained = f->service.name;
    bool http = (s->alpn && strcmp(s->alpn, "http/1.1") == 0) || (complained && strcmp(complained, "http") == 0);
    if (s->wants_certificate)
        e->settings->memory = NULL; /* some that ask for a certificate refuse to resume (OpenSSL without a session id context) */
    session_tell(t, &(struct session_story){.session = s, .server_name = e->settings->server_name, .with_chain = e->config->with_chain});
    t->tunnel = e->settings;
    f->tls_sessions++;
    facts_enter(f, tunnel_of(t));
    f->alpn = arena_strdup(&t->arena, s->alpn);
    f->awaits = http ? "http" : NULL;
}

/* ---- once more */

/* A host name, and not a pattern or an address. */
static bool is_host_name(const char *name)
{
    struct addr a;
    bool dotted = false;
    for (const char *at = name; at && *at; at++) {
        dotted |= *at == '.';
        if (!text_is_alnum((unsigned char)*at) && *at != '.' && *at != '-')
            return false;
    }
    return dotted && !addr_parse(name, &a);
}

static const struct value *certificate_of(const struct task *t)
{
    const struct detail *told = detail_find(t->facts.details, "tls");
    return told ? value_get(told->values, "certificate") : NULL;
}

static const char *certified_name(const struct task *t)
{
    const struct value *names = value_get(certificate_of(t), "names");
    for (const struct value *v = names ? names->first : NULL; v; v = v->next)
        if (is_host_name(v->text))
            return v->text;
    const char *common = value_get_text(certificate_of(t), "common_name");
    return common && is_host_name(common) ? common : NULL;
}

/* Whatever was tried since: the stages behind go on inside the session that is told. */
static enum verdict leave(struct task *t, const struct entering *e)
{
    t->tunnel = e->inside;
    return VERDICT_DONE;
}

/* The inside has named nothing. What could make it speak? */
static enum verdict next_errand(struct task *t, struct entering *e)
{
    bool may = t->known.peer.proto == PROTO_TCP && t->facts.tls_sessions == 1 && t->connections + 2 < LIMIT_CONNECTIONS_PER_PORT;
    const char *name = hello_name(t) ? NULL : certified_name(t);
    struct tls_settings *settings = NULL;
    e->errand++;
    if (e->errand == ERRAND_PROTOCOLS && t->facts.alpn)
        e->errand++;
    if (may && e->errand == ERRAND_PROTOCOLS)
        settings = hello_of_all_protocols(t);
    else if (may && e->errand == ERRAND_NAME && name)
        settings = hello_with_name(t, name);
    if (settings)
        return attempt(t, e, settings);
    return may && e->errand < ERRAND_NAME ? next_errand(t, e) : leave(t, e);
}

/* Is it worth the questions? With a protocol chosen, with another certificate, or where the first one was not just silent. */
static bool is_another(const struct task *t, const struct entering *e, const struct tls_session *s, const char *before)
{
    const char *now = value_get_text(certificate_of(t), "sha256");
    if (e->errand == ERRAND_PROTOCOLS)
        return s->alpn != NULL;
    return !t->facts.silent || !before || !now || strcmp(before, now) != 0;
}

static enum verdict on_second_lane(struct task *t, struct entering *e, struct lane *l, enum lane_event event)
{
    const struct tls_session *s = lane_session(l);
    const struct detail *told = detail_find(t->facts.details, "tls");
    if (event == LANE_CONNECTED) {
        struct detail before = *told;
        const char *certificate = value_get_text(certificate_of(t), "sha256");
        session_tell(
            t, &(struct session_story){.session = s, .server_name = e->settings->server_name, .with_chain = e->config->with_chain});
        if (is_another(t, e, s, certificate)) {
            enter(t, e, s);
            return VERDICT_TUNNEL;
        }
        struct detail *back = detail_add(&t->facts.details, &t->arena, "tls", DETAIL_STAGE);
        before.next = back->next;
        *back = before;
    }
    lane_close(l);
    return next_errand(t, e);
}

/* ---- the stage */

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct entering *e = t->stage_state;
    if (e->errand == ERRAND_OLD)
        return on_old_lane(t, e, l, event);
    if (event != LANE_CONNECTED && event != LANE_CLOSED)
        return VERDICT_WAIT;
    if (e->errand != ERRAND_ENTER)
        return on_second_lane(t, e, l, event);
    if (event == LANE_CLOSED)
        return on_refused(t, e, l);
    enter(t, e, lane_session(l));
    return VERDICT_TUNNEL;
}

static bool wants(const struct task *t, const void *config)
{
    const struct facts *f = &t->facts;
    return t->env->tls && (f->tunnel || f->went_back || lane_session(&t->lanes[0]) || hello_met_tls(f, t->known.peer.proto));
}

/* What the server chose by ALPN says what it speaks, if nothing else did. */
static void name_by_alpn(struct task *t)
{
    static const char *const names[][2] = {{"h2", "http"}, {"http/1.1", "http"}, {"imap", "imap"}, {"pop3", "pop3"}, {"smtp", "smtp"},
        {"managesieve", "sieve"}, {"xmpp-client", "xmpp"}, {"xmpp-server", "xmpp"}, {"mqtt", "mqtt"}, {"dot", "domain"}, {"ftp", "ftp"},
        {"irc", "irc"}, {"nntp", "nntp"}, {"postgresql", "postgresql"}, {"tds/8.0", "ms-sql-s"}, {"co", "coap"}, {"coap", "coap"},
        {"stun.turn", "stun"}, {"stun.nat-discovery", "stun"}};
    const struct facts *f = &t->facts;
    for (size_t i = 0; f->alpn && i < sizeof names / sizeof *names; i++)
        if (strcmp(f->alpn, names[i][0]) == 0)
            finding_name_softly(t, names[i][1]);
}

static void close_lanes(struct task *t)
{
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
}

/* The search inside has ended. */
static enum verdict come_out(struct task *t, struct entering *e)
{
    struct facts *f = &t->facts;
    e->inside = t->tunnel;
    facts_leave(f);
    if (!f->service.name)
        name_by_alpn(t);
    if (f->service.name && !f->service.soft)
        return leave(t, e);
    close_lanes(t);
    e->errand = ERRAND_OLD;
    return next_errand(t, e);
}

static enum verdict start(struct task *t, const void *config)
{
    struct facts *f = &t->facts;
    struct entering *e = arena_alloc(&t->arena, sizeof *e);
    *e = (struct entering){.config = config, .failure = f->tls_failure, .attempt = f->hellos};
    t->stage_state = e;
    if (f->tunnel)
        return come_out(t, e);
    if (f->went_back) {
        facts_leave(f);
        return VERDICT_DONE;
    }
    if (lane_session(&t->lanes[0])) {
        e->settings = hello_settings(t, 0);
        enter(t, e, lane_session(&t->lanes[0]));
        return VERDICT_TUNNEL;
    }
    close_lanes(t);
    e->heard_tls = e->ended = f->tls_failure != NULL;
    struct tls_settings *settings = next_hello(t, e, f->tls_failure);
    return settings ? attempt(t, e, settings) : refused(t, e);
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
