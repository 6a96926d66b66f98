/* ntlm.c owns the exchange with a service up to its challenge: one connection for each way that its protocol has, until one leads to it. */
#include "stages/ntlm.h"

#include "base/text.h"
#include "stages/hello.h"
#include "stages/naming.h"
#include "stages/ntlm_exchange.h"

#include <string.h>

static const int64_t STEP_TIME = 5 * 1000 * 1000;
enum { ASK_MAX = 2048 };

struct challenge_search {
    const struct ntlm_exchange *exchange;
    size_t at; /* the step */
    struct tls_settings settings; /* of a session in the middle of an exchange */
    const char *name; /* the server's, for protocols that ask for it */
    bool asked;
};

static enum verdict try_next(struct task *t, struct challenge_search *s);

/* ---- ends */

static void close_lanes(struct task *t)
{
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
}

/* A service that is nothing but Windows' own is named after it. */
static void name_service(struct task *t, const struct ntlm_challenge *c)
{
    struct service_record *s = &t->facts.service;
    struct windows_name w;
    if (!s->name || strcmp(s->name, "msrpc") != 0 || s->product || !naming_is_windows(c))
        return;
    windows_name_of(&t->arena, c->major, c->minor, c->build, NULL, &w);
    s->product = w.product;
    s->info = arena_printf(&t->arena, "%s%sbuild %u", s->info ? s->info : "", s->info ? "; " : "", w.build);
    s->conf = CONF_PRODUCT;
}

static void version_line(struct arena *a, struct value *lines, const struct ntlm_challenge *c)
{
    struct windows_name w;
    if (!c->has_version)
        return;
    if (naming_is_windows(c)) {
        windows_name_of(a, c->major, c->minor, c->build, NULL, &w);
        value_printf(a, lines, NULL, "NTLM: %s (build %u)", w.product, c->build);
    } else if (naming_is_samba(c)) {
        value_text(a, lines, NULL, "NTLM: Samba");
    } else {
        value_printf(a, lines, NULL, "NTLM: version %u.%u.%u", c->major, c->minor, c->build);
    }
}

static void report(struct task *t, const struct ntlm_challenge *c)
{
    struct arena *a = &t->arena;
    struct detail *d = detail_add(&t->facts.details, a, "ntlm", DETAIL_STAGE);
    struct value *lines = value_list(a, NULL, NULL), *values = value_table(a, NULL, NULL);
    version_line(a, lines, c);
    naming_lines(a, lines, c);
    naming_values(a, values, c);
    d->verbose_lines = lines;
    d->values = values;
    naming_facts(t, c);
    name_service(t, c);
}

/* A reply, or what came on a lane. Telnet doubles its byte 255. */
static bool find_challenge(struct task *t, struct bytes reply, struct ntlm_challenge *c)
{
    const char *service = t->facts.service.name;
    struct buf plain;
    if (!service || strcmp(service, "telnet") != 0)
        return ntlm_find_challenge(reply, &t->arena, c);
    buf_init(&plain, LIMIT_REPLY);
    for (size_t i = 0; i < reply.len; i++) {
        buf_append_u8(&plain, reply.at[i]);
        if (reply.at[i] == 0xff && i + 1 < reply.len && reply.at[i + 1] == 0xff)
            i++;
    }
    bool found = ntlm_find_challenge(buf_view(&plain), &t->arena, c);
    buf_free(&plain);
    return found;
}

/* ---- the dialogue */

static bool append_filled(struct buf *out, struct bytes text, const char *name)
{
    const struct {
        const char *hole, *filling;
    } holes[] = {{"{name}", name}, {"{ntlm}", ntlm_negotiate_base64()}};
    while (text.len) {
        const uint8_t *at = memchr(text.at, '{', text.len);
        size_t plain = at ? (size_t)(at - text.at) : text.len;
        if (!buf_append(out, text.at, plain))
            return false;
        text = bytes_of(text.at + plain, text.len - plain);
        for (size_t i = 0; i < sizeof holes / sizeof *holes && text.len; i++)
            if (bytes_starts(text, bytes_str(holes[i].hole))) {
                size_t n = strlen(holes[i].hole);
                if (!buf_append_str(out, holes[i].filling))
                    return false;
                text = bytes_of(text.at + n, text.len - n);
                break;
            }
    }
    return true;
}

/* Says what the next step says, and waits for the answer. */
static enum verdict go_on(struct task *t, struct challenge_search *s, struct lane *l)
{
    const struct ntlm_step *step = &s->exchange->steps[s->at];
    struct buf out;
    if (s->at >= ntlm_exchange_length(s->exchange))
        return try_next(t, s);
    buf_init(&out, ASK_MAX);
    bool ok = step->write ? step->write(&out) : append_filled(&out, step->say.ask, s->name);
    ok = ok && (!out.len || lane_send(l, buf_view(&out)));
    buf_free(&out);
    if (!ok)
        return try_next(t, s);
    lane_listen(l, task_now(t) + STEP_TIME);
    return VERDICT_WAIT;
}

static enum verdict found(struct task *t, const struct challenge_search *s, struct lane *l, const struct ntlm_challenge *c)
{
    if (s->exchange->farewell)
        lane_send(l, bytes_str(s->exchange->farewell));
    lane_leave(l);
    close_lanes(t);
    task_trace(t, "NTLM challenge on port %u from %s", t->known.peer.port, naming_host(c) ? naming_host(c) : "a host without a name");
    report(t, c);
    return VERDICT_DONE;
}

static enum verdict read_answer(struct task *t, struct challenge_search *s, struct lane *l)
{
    const struct ntlm_step *step = &s->exchange->steps[s->at];
    struct bytes reply = buf_view(&l->reply);
    struct ntlm_challenge c;
    static const struct dialogue by_lines = {0};
    enum dialogue_answer answer = dialogue_read(&by_lines, &step->say, reply);
    if (answer == DIALOGUE_MORE)
        return VERDICT_WAIT;
    bool last = s->at + 1 == ntlm_exchange_length(s->exchange);
    if (last && find_challenge(t, reply, &c))
        return found(t, s, l, &c);
    if (answer == DIALOGUE_NO || last || (step->say.lists && !dialogue_offers(&s->exchange->offer, reply)))
        return try_next(t, s);
    buf_clear(&l->reply);
    s->at++;
    if (!step->secure)
        return go_on(t, s, l);
    return lane_secure(l, &s->settings, STEP_TIME) ? VERDICT_WAIT : try_next(t, s);
}

/* After a session has come up in the middle of an exchange no greeting comes: the next step speaks. */
static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct challenge_search *s = t->stage_state;
    switch (event) {
    case LANE_CONNECTED:
        return go_on(t, s, l);
    case LANE_DATA:
        return read_answer(t, s, l);
    default:
        return try_next(t, s);
    }
}

/* ---- the stage */

static bool is_offered(const struct ntlm_exchange *x, const struct facts *f)
{
    for (size_t i = 0; i < f->reply_count; i++)
        if (dialogue_offers(&x->offer, f->replies[i].data))
            return true;
    return false;
}

static bool needs_tls(const struct ntlm_exchange *x)
{
    for (size_t i = 0; i < NTLM_STEPS; i++)
        if (x->steps[i].secure)
            return true;
    return false;
}

static bool applies(const struct task *t, const struct ntlm_exchange *x)
{
    if (needs_tls(x) && (!t->env->tls || t->tunnel))
        return false;
    return !x->in_replies || is_offered(x, &t->facts);
}

static const struct ntlm_exchange *next_of(const struct task *t, const struct ntlm_exchange *after)
{
    const struct ntlm_exchange *x = ntlm_exchange_of(t->facts.service.name, after);
    while (x && !applies(t, x))
        x = ntlm_exchange_of(t->facts.service.name, x);
    return x;
}

static enum verdict try_next(struct task *t, struct challenge_search *s)
{
    close_lanes(t);
    s->exchange = next_of(t, s->exchange);
    s->at = 0;
    if (!s->exchange || t->connections >= LIMIT_CONNECTIONS_PER_PORT)
        return VERDICT_DONE;
    lane_open(&t->lanes[0], STEP_TIME);
    return VERDICT_WAIT;
}

static bool came_anyway(struct task *t)
{
    struct ntlm_challenge c;
    for (size_t i = 0; i < t->facts.reply_count; i++)
        if (find_challenge(t, t->facts.replies[i].data, &c)) {
            report(t, &c);
            return true;
        }
    return false;
}

/* A port that another stage has read a challenge from needs no second one. */
static bool wants(const struct task *t, const void *config)
{
    return t->known.peer.proto == PROTO_TCP && t->facts.service.name && !detail_find(t->facts.details, "smb");
}

/* It goes into requests as it is. */
static bool is_plain_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (!text_is_alnum((uint8_t)*at) && !strchr(".-_:", *at))
            return false;
    return *name && strlen(name) <= LIMIT_HOST_NAME;
}

static enum verdict start(struct task *t, const void *config)
{
    const struct ntlm_config *c = config;
    struct challenge_search *s = arena_alloc(&t->arena, sizeof *s);
    const char *asked = hello_name(t);
    char address[ADDR_TEXT_MAX];
    t->stage_state = s;
    if (came_anyway(t) || !c->ask)
        return VERDICT_DONE;
    s->settings = (struct tls_settings){.server_name = asked};
    s->name = asked && is_plain_name(asked) ? asked : arena_strdup(&t->arena, addr_format(&t->known.peer.addr, address, sizeof address));
    return try_next(t, s);
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

static void stop(struct task *t)
{
}

const struct stage stage_ntlm = {"ntlm", wants, start, on_lane, on_tick, stop};
