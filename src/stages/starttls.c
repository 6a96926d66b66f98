/* starttls.c owns the upgrade of a clear-text service to TLS: one connection, the dialogue, the handshake over that very connection. */
#include "stages/starttls.h"

#include "stages/dialogue.h"
#include "stages/hello.h"
#include "stages/session.h"

#include "base/text.h"

#include <string.h>

static const int64_t STEP_TIME = 5 * 1000 * 1000;
enum { ASK_MAX = 1024, REFUSAL_MAX = 80 };

struct upgrade {
    const struct dialogue *dialogue;
    const char *name; /* the server's, for protocols that ask for it */
    struct tls_settings settings;
    bool with_chain;
    size_t at; /* the step */
    bool offered;
    bool agreed; /* the server gave the go-ahead */
};

static bool is_offered(const struct dialogue *d, const struct facts *f)
{
    for (size_t i = 0; i < f->reply_count; i++)
        if (dialogue_offers(d, f->replies[i].data))
            return true;
    return false;
}

/* ---- ends */

static enum verdict conclude(struct task *t, const struct upgrade *u, const char *failure)
{
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
    task_trace(t, "Service scan STARTTLS on port %u: %s%s%s", t->known.peer.port, u->offered ? "offered" : "not offered",
        failure ? ", " : "", failure ? failure : "");
    if (u->offered)
        session_tell(
            t, &(struct session_story){.starttls = true, .failure = failure, .server_name = failure ? u->settings.server_name : NULL});
    return VERDICT_DONE;
}

static enum verdict refused(struct task *t, const struct upgrade *u, struct bytes reply)
{
    struct bytes line = dialogue_refusal(u->dialogue, reply);
    char text[REFUSAL_MAX + 16] = "refused";
    size_t n = line.len < REFUSAL_MAX ? line.len : REFUSAL_MAX, at = strlen(text);
    if (n) {
        memcpy(text + at, ": ", 2);
        for (size_t i = 0; i < n; i++)
            text[at + 2 + i] = line.at[i] ? (char)line.at[i] : ' ';
        text[at + 2 + n] = '\0';
    }
    return conclude(t, u, u->offered ? arena_strdup(&t->arena, text) : NULL);
}

static enum verdict upgraded(struct task *t, const struct upgrade *u, struct lane *l)
{
    const struct tls_session *s = channel_tls_session(l->channel);
    session_tell(
        t, &(struct session_story){.session = s, .server_name = u->settings.server_name, .starttls = true, .with_chain = u->with_chain});
    task_trace(t, "Service scan STARTTLS on port %u: %s", t->known.peer.port, s->protocol);
    lane_close(l);
    return VERDICT_DONE;
}

/* ---- the dialogue */

static bool send_filled(struct lane *l, struct bytes ask, const char *name)
{
    static const char hole[] = "{name}";
    const uint8_t *at = bytes_find(ask, bytes_str(hole));
    if (!at)
        return lane_send(l, ask);
    struct buf filled;
    size_t before = (size_t)(at - ask.at), after = ask.len - before - strlen(hole);
    buf_init(&filled, ASK_MAX);
    bool sent = buf_append(&filled, ask.at, before) && buf_append_str(&filled, name) && buf_append(&filled, at + strlen(hole), after) &&
                lane_send(l, buf_view(&filled));
    buf_free(&filled);
    return sent;
}

/* Sends what the next step sends; behind the last step the handshake begins. */
static enum verdict go_on(struct task *t, struct upgrade *u, struct lane *l)
{
    for (; u->at < dialogue_length(u->dialogue); u->at++) {
        const struct dialogue_step *s = &u->dialogue->steps[u->at];
        if (s->ask.len && !send_filled(l, s->ask, u->name))
            return conclude(t, u, "nothing more could be sent");
        if (s->yes || s->read) {
            lane_listen(l, task_now(t) + STEP_TIME);
            return VERDICT_WAIT;
        }
    }
    u->offered = u->agreed = true;
    return lane_secure(l, &u->settings, STEP_TIME) ? VERDICT_WAIT : conclude(t, u, "no session could be opened");
}

/* What came with an answer but belongs to no step is dropped: nothing that was slipped in before the handshake is believed after it. */
static enum verdict read_answer(struct task *t, struct upgrade *u, struct lane *l)
{
    const struct dialogue_step *s = &u->dialogue->steps[u->at];
    struct bytes reply = buf_view(&l->reply);
    enum dialogue_answer answer = dialogue_read(u->dialogue, s, reply);
    if (answer == DIALOGUE_MORE)
        return VERDICT_WAIT;
    if (answer == DIALOGUE_NO)
        return refused(t, u, reply);
    if (s->lists)
        u->offered = dialogue_offers(u->dialogue, reply);
    if (s->lists && !u->offered)
        return conclude(t, u, NULL);
    buf_clear(&l->reply);
    u->at++;
    return go_on(t, u, l);
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct upgrade *u = t->stage_state;
    switch (event) {
    case LANE_CONNECTED:
        if (channel_tls_session(l->channel))
            return upgraded(t, u, l);
        return u->agreed ? conclude(t, u, "no session could be opened") : go_on(t, u, l);
    case LANE_DATA:
        return read_answer(t, u, l);
    case LANE_CLOSED:
        return conclude(t, u, l->detail ? l->detail : channel_end_name(l->end));
    default:
        return conclude(t, u, "no answer");
    }
}

/* ---- the stage */

static bool wants(const struct task *t, const void *config)
{
    const struct service_record *s = &t->facts.service;
    return t->known.peer.proto == PROTO_TCP && !t->facts.tunnel && !s->tunnel && !detail_find(t->facts.details, "tls") &&
           dialogue_of(s->name);
}

/* It goes into XML as it is. */
static bool is_plain_name(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    for (size_t i = 0; i < n; i++)
        if (!text_is_digit((uint8_t)name[i]) && !(text_lower((uint8_t)name[i]) >= 'a' && text_lower((uint8_t)name[i]) <= 'z') &&
            !strchr(".-_:", name[i]))
            return false;
    return n && n <= LIMIT_HOST_NAME;
}

static const char *name_of(struct task *t, const char *asked)
{
    char address[ADDR_TEXT_MAX];
    const char *choices[] = {asked, t->facts.service.hostname};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (is_plain_name(choices[i]))
            return choices[i];
    return arena_strdup(&t->arena, addr_format(&t->known.peer.addr, address, sizeof address));
}

static enum verdict start(struct task *t, const void *config)
{
    const struct starttls_config *c = config;
    struct upgrade *u = arena_alloc(&t->arena, sizeof *u);
    const char *asked = hello_name(t);
    *u = (struct upgrade){.dialogue = dialogue_of(t->facts.service.name), .settings.server_name = asked, .with_chain = c->with_chain};
    t->stage_state = u;
    u->offered = is_offered(u->dialogue, &t->facts);
    if (!c->upgrade || !t->env->tls || t->connections >= LIMIT_CONNECTIONS_PER_PORT)
        return conclude(t, u, NULL);
    u->name = name_of(t, asked);
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
    lane_open(&t->lanes[0], STEP_TIME);
    return VERDICT_WAIT;
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

/* What was offered is known even if the dialogue did not come to its end. */
static void stop(struct task *t)
{
    conclude(t, t->stage_state, NULL);
}

const struct stage stage_starttls = {"starttls", wants, start, on_lane, on_tick, stop};
