/*
 * smb.c owns the conversations with a file server. Each of the two tongues goes through the same steps on a lane of its own:
 *
 *   connecting - a new connection is under way (a lane that identification left unused, or in the middle of its own question, saves it)
 *   session    - where it is needed (port 139): a session of NetBIOS was asked for
 *   negotiate  - NEGOTIATE is out
 *   setup      - SESSION_SETUP is out
 *   over       - all is known that can be, or no more can be said
 */
#include "stages/smb.h"

#include "base/hash.h"
#include "stages/moment.h"
#include "stages/smb_found.h"
#include "wire/nbss.h"
#include "wire/spnego.h"

#include <string.h>

#define SECOND (1000 * 1000LL)
static const int64_t STEP_TIME = 5 * SECOND;
enum { MESSAGE_MAX = 1024, PORT_NETBIOS = 139, PORT_DIRECT = 445 };

enum step { STEP_CONNECTING, STEP_SESSION, STEP_NEGOTIATE, STEP_SETUP, STEP_OVER };

struct talk {
    const struct tongue *tongue;
    struct lane *lane;
    enum step step;
    bool netbios; /* begins with a session */
    bool fresh; /* on a connection of its own making */
    uint64_t message_id; /* SMB 2: of the next question */
};

enum { TALK_2, TALK_1, TALKS };

struct interrogation {
    struct talk talks[TALKS];
    struct smb_found found;
};

/* What differs between SMB 2 and SMB 1. */
struct tongue {
    bool (*write_negotiate)(struct buf *out, struct talk *k);
    bool (*write_setup)(struct buf *out, struct talk *k, struct bytes token);
    bool (*negotiated)(struct task *t, struct interrogation *q, struct bytes message); /* in the arena; true: go on to the session */
    void (*challenged)(struct task *t, struct interrogation *q, struct bytes message);
    void (*ended)(struct interrogation *q); /* the peer closed instead of answering NEGOTIATE */
};

/* ---- the tongues */

static bool write_negotiate2(struct buf *out, struct talk *k)
{
    uint8_t salt[SMB2_SALT];
    random_fill(salt, sizeof salt);
    return smb2_write_negotiate(out, k->message_id++, salt);
}

static bool write_setup2(struct buf *out, struct talk *k, struct bytes token)
{
    return smb2_write_session_setup(out, k->message_id++, token);
}

static void take_challenge(struct task *t, struct smb_found *f, struct bytes security)
{
    if (!f->challenged)
        f->challenged = ntlm_find_challenge(security, &t->arena, &f->challenge);
}

static bool negotiated2(struct task *t, struct interrogation *q, struct bytes message)
{
    struct smb_found *f = &q->found;
    struct smb2_negotiated n;
    if (smb2_read_negotiated(message, &n) != DECODED_OK)
        return false;
    f->two = n;
    f->spoke2 = true;
    f->clock_at = moment_now();
    return true;
}

static void challenged2(struct task *t, struct interrogation *q, struct bytes message)
{
    struct bytes security;
    if (smb2_read_session(message, &q->found.status, &security) == DECODED_OK)
        take_challenge(t, &q->found, security);
}

static void ended2(struct interrogation *q)
{
}

static bool write_negotiate1(struct buf *out, struct talk *k)
{
    return smb1_write_negotiate(out);
}

static bool write_setup1(struct buf *out, struct talk *k, struct bytes token)
{
    return smb1_write_session_setup(out, token);
}

/* Without extended security a session could only begin with a login. */
static bool negotiated1(struct task *t, struct interrogation *q, struct bytes message)
{
    struct smb_found *f = &q->found;
    struct smb1_negotiated n;
    if (smb1_read_negotiated(message, &t->arena, &n) != DECODED_OK)
        return false;
    f->one_offered = n.dialect == SMB1_NO_DIALECT ? SMB1_NOT_OFFERED : SMB1_OFFERED;
    f->one = n;
    if (!f->spoke2)
        f->clock_at = moment_now();
    return f->one_offered == SMB1_OFFERED && n.extended;
}

static void challenged1(struct task *t, struct interrogation *q, struct bytes message)
{
    struct smb_found *f = &q->found;
    if (smb1_read_session(message, &t->arena, &f->session) == DECODED_OK)
        take_challenge(t, f, f->session.security);
}

static void ended1(struct interrogation *q)
{
    q->found.one_offered = SMB1_NOT_OFFERED;
}

static const struct tongue tongues[TALKS] = {
    [TALK_2] = {write_negotiate2, write_setup2, negotiated2, challenged2, ended2},
    [TALK_1] = {write_negotiate1, write_setup1, negotiated1, challenged1, ended1},
};

/* ---- the steps */

static void end_talk(struct talk *k)
{
    if (k->lane)
        lane_leave(k->lane);
    k->lane = NULL;
    k->step = STEP_OVER;
}

/* Sends what was written, and waits for what comes next. */
static void say(struct task *t, struct talk *k, enum step step, const struct buf *what, bool written)
{
    k->step = step;
    if (written && lane_send(k->lane, buf_view(what)))
        lane_listen(k->lane, task_now(t) + STEP_TIME);
    else
        end_talk(k);
}

static void ask_session(struct task *t, struct talk *k)
{
    struct buf out;
    buf_init(&out, MESSAGE_MAX);
    say(t, k, STEP_SESSION, &out, nbss_write_request(&out));
    buf_free(&out);
}

static void ask_negotiate(struct task *t, struct interrogation *q, struct talk *k)
{
    struct buf out;
    size_t start;
    buf_init(&out, MESSAGE_MAX);
    if (k == &q->talks[TALK_2] || !q->found.asked_at)
        q->found.asked_at = moment_now();
    say(t, k, STEP_NEGOTIATE, &out, nbss_begin(&out, &start) && k->tongue->write_negotiate(&out, k) && nbss_end(&out, start));
    buf_free(&out);
}

static void ask_setup(struct task *t, struct talk *k)
{
    struct buf out, token;
    size_t start;
    buf_init(&out, MESSAGE_MAX);
    buf_init(&token, MESSAGE_MAX);
    bool ok = spnego_write_init(&token, ntlm_negotiate()) && nbss_begin(&out, &start) &&
              k->tongue->write_setup(&out, k, buf_view(&token)) && nbss_end(&out, start);
    say(t, k, STEP_SETUP, &out, ok);
    buf_free(&token);
    buf_free(&out);
}

static void begin(struct task *t, struct interrogation *q, struct talk *k)
{
    if (k->netbios)
        ask_session(t, k);
    else
        ask_negotiate(t, q, k);
}

/* On a connection of its own. */
static void begin_fresh(struct task *t, struct talk *k)
{
    k->lane = t->connections < LIMIT_CONNECTIONS_PER_PORT ? task_free_lane(t) : NULL;
    k->step = k->lane ? STEP_CONNECTING : STEP_OVER;
    k->fresh = true;
    k->message_id = 0;
    if (k->lane)
        lane_open(k->lane, STEP_TIME);
}

static void begin_again(struct task *t, struct talk *k)
{
    bool before = k->fresh;
    end_talk(k);
    if (!before)
        begin_fresh(t, k);
}

/* The server wants a session of NetBIOS, though the port did not look like it. */
static void begin_with_session(struct task *t, struct interrogation *q, struct talk *k)
{
    end_talk(k);
    k->netbios = q->found.netbios = true;
    begin_fresh(t, k);
}

/* ---- what comes back */

static void heard(struct task *t, struct interrogation *q, struct talk *k, const struct nbss_frame *f)
{
    if (f->type == NBSS_REFUSED && k->step == STEP_NEGOTIATE && !k->netbios)
        begin_with_session(t, q, k);
    else if (k->step == STEP_SESSION && f->type == NBSS_ACCEPTED)
        ask_negotiate(t, q, k);
    else if (k->step == STEP_NEGOTIATE && f->type == NBSS_MESSAGE && k->tongue->negotiated(t, q, f->body))
        ask_setup(t, k);
    else {
        if (k->step == STEP_SETUP && f->type == NBSS_MESSAGE)
            k->tongue->challenged(t, q, f->body);
        end_talk(k);
    }
}

/* One answer: nothing was asked that a second one could belong to. */
static void read_answer(struct task *t, struct interrogation *q, struct talk *k)
{
    struct nbss_frame f;
    enum decoded d;
    while ((d = nbss_read(buf_view(&k->lane->reply), &f)) == DECODED_OK && f.type == NBSS_KEEP_ALIVE)
        buf_drop_front(&k->lane->reply, f.size);
    if (d == DECODED_MORE)
        return;
    if (d == DECODED_BAD) {
        end_talk(k);
        return;
    }
    struct bytes body = arena_bytes(&t->arena, f.body);
    buf_clear(&k->lane->reply);
    f.body = body;
    heard(t, q, k, &f);
}

static void closed(struct task *t, struct interrogation *q, struct talk *k)
{
    bool answer = k->step == STEP_NEGOTIATE && k->lane->end != END_LOCAL;
    if (answer && k == &q->talks[TALK_2])
        begin_again(t, k);
    else {
        if (answer)
            k->tongue->ended(q);
        end_talk(k);
    }
}

/* Whoever has told what it knows does not wait long for the other, which may be silent for good. */
static void hurry(struct task *t, struct interrogation *q)
{
    int64_t until = task_now(t) + (4 * t->rtt > SECOND ? 4 * t->rtt : SECOND);
    bool told = q->found.spoke2 || q->found.one_offered == SMB1_OFFERED;
    for (int i = 0; i < TALKS; i++) {
        struct talk *k = &q->talks[i], *other = &q->talks[TALKS - 1 - i];
        if (k->step != STEP_OVER && other->step == STEP_OVER && told && k->lane->state == LANE_OPEN && k->lane->until > until)
            lane_listen(k->lane, until);
    }
}

/* ---- the stage */

static enum verdict conclude(struct task *t)
{
    struct interrogation *q = t->stage_state;
    for (int i = 0; i < TALKS; i++)
        end_talk(&q->talks[i]);
    smb_found_report(t, &q->found);
    return VERDICT_DONE;
}

static enum verdict go_on(struct task *t, struct interrogation *q)
{
    if (q->talks[TALK_2].step == STEP_OVER && q->talks[TALK_1].step == STEP_OVER)
        return conclude(t);
    hurry(t, q);
    return VERDICT_WAIT;
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct interrogation *q = t->stage_state;
    struct talk *k = q->talks[TALK_2].lane == l ? &q->talks[TALK_2] : &q->talks[TALK_1];
    if (k->lane != l)
        return VERDICT_WAIT;
    switch (event) {
    case LANE_CONNECTED:
        begin(t, q, k);
        break;
    case LANE_DATA:
        read_answer(t, q, k);
        break;
    case LANE_CLOSED:
        closed(t, q, k);
        break;
    default:
        end_talk(k);
    }
    return go_on(t, q);
}

static bool is_smb(const char *name)
{
    return name && (strcmp(name, "microsoft-ds") == 0 || strcmp(name, "netbios-ssn") == 0 || strcmp(name, "smb") == 0);
}

/* A server without SMB 1 may answer nothing that identification asks; its port is asked all the same. */
static bool wants(const struct task *t, const void *config)
{
    uint16_t port = t->known.peer.port;
    const char *name = t->facts.service.name;
    return t->known.peer.proto == PROTO_TCP && (is_smb(name) || (!name && !t->tunnel && (port == PORT_NETBIOS || port == PORT_DIRECT)));
}

/* In clear text a lane with a session of TLS is of no use. */
static bool is_unused(const struct task *t, const struct lane *l)
{
    return l->state == LANE_OPEN && !l->received && !l->channel->facts.sent && (t->tunnel || !lane_session(l));
}

/* What identification has under way on a lane: its question was a negotiation in SMB 1 that offers SMB 2, and has been answered. */
static bool take_up(struct task *t, struct interrogation *q, struct lane *l)
{
    struct talk *two = &q->talks[TALK_2], *one = &q->talks[TALK_1];
    struct nbss_frame f;
    if (l->state != LANE_OPEN || nbss_read(buf_view(&l->reply), &f) != DECODED_OK || f.type != NBSS_MESSAGE || f.size != l->received)
        return false;
    struct bytes message = arena_bytes(&t->arena, f.body);
    if (smb2_is_message(message) && !two->lane && negotiated2(t, q, message)) {
        two->lane = l;
        two->message_id = 1;
        return true;
    }
    if (smb1_is_message(message) && !one->lane && negotiated1(t, q, message) && q->found.one.dialect == 0) {
        one->lane = l;
        two->step = STEP_OVER; /* who had it would have chosen it */
        return true;
    }
    return false;
}

/* True: a frame of NetBIOS refused what was asked without a session. */
static bool was_refused(const struct task *t)
{
    const struct facts *f = &t->facts;
    struct nbss_frame frame;
    for (size_t i = 0; i < f->reply_count; i++)
        if (nbss_read(f->replies[i].data, &frame) == DECODED_OK && frame.type == NBSS_REFUSED)
            return true;
    return false;
}

static void take_lanes(struct task *t, struct interrogation *q)
{
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        if (!take_up(t, q, &t->lanes[i]) && !is_unused(t, &t->lanes[i]))
            lane_close(&t->lanes[i]);
    for (int k = 0; k < TALKS; k++)
        for (unsigned i = 0; i < LIMIT_LANES && !q->talks[k].lane && q->talks[k].step != STEP_OVER; i++)
            if (is_unused(t, &t->lanes[i]) && q->talks[TALKS - 1 - k].lane != &t->lanes[i])
                q->talks[k].lane = &t->lanes[i];
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        if (q->talks[TALK_2].lane != &t->lanes[i] && q->talks[TALK_1].lane != &t->lanes[i])
            lane_close(&t->lanes[i]);
}

static void begin_talk(struct task *t, struct interrogation *q, struct talk *k)
{
    bool under_way = k->lane && k->lane->received;
    if (k->step == STEP_OVER)
        return;
    if (!k->lane) {
        begin_fresh(t, k);
        return;
    }
    buf_clear(&k->lane->reply);
    if (under_way && (k == &q->talks[TALK_1] || q->found.two.dialect != SMB2_DIALECT_ANY))
        ask_setup(t, k);
    else if (under_way)
        ask_negotiate(t, q, k);
    else
        begin(t, q, k);
}

static enum verdict start(struct task *t, const void *config)
{
    struct interrogation *q = arena_alloc(&t->arena, sizeof *q);
    t->stage_state = q;
    for (int i = 0; i < TALKS; i++)
        q->talks[i].tongue = &tongues[i];
    take_lanes(t, q);
    bool netbios = !q->found.spoke2 && (was_refused(t) || t->known.peer.port == PORT_NETBIOS);
    q->found.netbios = netbios;
    for (int i = 0; i < TALKS; i++) {
        q->talks[i].netbios = netbios;
        begin_talk(t, q, &q->talks[i]);
    }
    return go_on(t, q);
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

static void stop(struct task *t)
{
    conclude(t);
}

const struct stage stage_smb = {"smb", wants, start, on_lane, on_tick, stop};
