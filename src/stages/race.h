/*
 * race.h owns what the files of the race share: its state, and the steps that identify_race.c drives. race_questions.c chooses and sends questions;
 * race_replies.c reads what comes back; race_single.c, race_crowd.c and race_end.c own what their names say. For this room only.
 */
#ifndef DESCRY_STAGES_RACE_H
#define DESCRY_STAGES_RACE_H

#include "probes/match.h"
#include "probes/select.h"
#include "stages/identify.h"

/* What is asked on one lane. */
struct asked {
    const struct probe *probe;
    struct bytes sent;                  /* what was sent for it */
    int64_t send_at;                    /* connected, but waits for this before it sends; 0: no wait */
    int64_t sent_at;                    /* 0: not yet */
    size_t before;                      /* bytes that had come on the lane before the question: a banner */
    bool keeper;                        /* a likely question: keeps its lane for its whole patience */
    bool settled;                       /* what came so far has been read and was not enough */
    bool resent;                        /* udp: asked a second time */
    bool secures;                       /* a hello: the lane opens a session instead of sending the probe's payload */
    bool matched;                       /* `match` holds */
    struct match match;
};

/* All waiting, derived from the round trip. Microseconds. */
struct pace {
    int64_t step;                       /* between two questions while nothing answers */
    int64_t grace;                      /* a connected lane holds its question back that long for a server that speaks first */
    int64_t hush;                       /* a reply that is quiet for so long has ended */
    int64_t long_hush;                  /* the same where the reply does not yet say enough */
    int64_t least;                      /* patience before a silent lane may lose its place */
    int64_t late;                       /* patience of a lane that nobody wants to replace */
    int64_t hold;                       /* silence everywhere for so long: one client at a time? */
    int64_t connect;
};

enum { SEEN_BITS = 8 * sizeof((struct task *)0)->asked };
enum { SECOND_QUESTIONS = 3 };          /* at most, of one port */
enum { BRIEF_QUESTIONS = 2 };           /* asked of a port of a host whose ports all answer alike */

struct race {
    const struct identify_config *config;
    struct experience *experience;      /* NULL inside a tunnel: what works there says nothing about the port in clear text */
    struct probe_walk walk;
    struct asked asked[LIMIT_LANES];
    struct pace pace;
    const struct probe *first;          /* the first question */
    const struct probe *next;           /* taken from the walk, not yet asked */
    const struct probe *waits;          /* its turn has come, but it must wait for another's answer (data/gentle) */
    const struct probe *last;           /* the last question sent */
    bool walked;                        /* the walk is at its end */
    uint8_t *seen;                      /* bits: probes asked, by index */
    unsigned questions;
    unsigned general;                   /* of them: those that are asked everywhere (rarity 1) */
    int64_t began_at;
    int64_t last_ask;
    int64_t last_end;                   /* when a lane last ended or was closed */
    bool spoke;                         /* something was received */
    bool only_tls;                      /* went back to clear text, and is answered with TLS: there is nothing but that */
    bool refused;                       /* the port refuses, or cannot be reached any more */
    bool shortage;                      /* our own: no descriptor or local port for another connection */
    bool single;                        /* serves one client at a time */
    unsigned turned_away;               /* how often the server said that we are too many */
    int64_t quiet_until;                /* no new question before this, because of that */
    bool handed_over;                   /* lane 0 was given the first question */
    bool brief;                         /* this host's ports all answer alike: ask the first questions only */
    unsigned closed_at_once;            /* lanes that ended without data right after connecting or sending */
    bool wrapped;                       /* lane 0 did so, though nothing was sent on it */
    unsigned ended_silent;
    int64_t slowest_handshake;          /* of a tunnel, as a round trip; 0: none yet */
    const char *ending;                 /* how lane 0 ended */
    bool found;                         /* a hard match counted */
    const struct probe *teller;         /* a second question, for the version, or the product, that the match did not tell */
    unsigned second_questions;          /* of them, so far */
    int64_t better_until;               /* found, but something better may come until then; 0: no */
};

static inline bool race_is_udp(const struct task *t)
{
    return t->known.peer.proto == PROTO_UDP;
}

/* A session in DTLS took round trips to open, and its datagrams stand for themselves: it serves one question after another. */
static inline bool race_keeps_sessions(const struct task *t)
{
    return race_is_udp(t) && t->tunnel;
}

static inline bool race_lists_port(const struct task *t, const struct probe *p)
{
    return probe_lists_port(p, t->known.peer.port, t->tunnel != NULL);
}

static inline struct lane *race_talking_lane(struct task *t, size_t i)
{
    return lane_talks(&t->lanes[i]) ? &t->lanes[i] : NULL;
}

/* Has anything come since the question? */
static inline bool race_has_answer(const struct lane *l, const struct asked *a)
{
    return l->received > a->before;
}

static inline unsigned race_talking(struct task *t)
{
    unsigned n = 0;
    for (size_t i = 0; i < LIMIT_LANES; i++)
        n += lane_talks(&t->lanes[i]);
    return n;
}

/* The lane on which a hello is out, or about to be; NULL: none is. */
static inline struct lane *race_securing(struct task *t, const struct race *r)
{
    for (size_t i = 0; i < LIMIT_LANES; i++)
        if (r->asked[i].secures && lane_talks(&t->lanes[i]))
            return &t->lanes[i];
    return NULL;
}

/* ---- race_pace.c */

/* rtt 0: unknown, a careful guess is taken. */
struct pace race_pace_of(int64_t rtt, enum proto proto);

/* ---- race_questions.c */

bool race_was_asked(const struct race *r, const struct probe *p);
void race_mark_asked(struct race *r, const struct probe *p);
/* A question that nobody heard is asked again in its turn. */
void race_take_back(struct race *r, const struct probe *p);
/* Neither asked before nor forbidden here (data/gentle). */
bool race_may_ask(const struct task *t, const struct race *r, const struct probe *p);
/* A soft match narrows the search: questions that cannot name the service, and were not sent yet, are not wanted any more;
 * the probe that knows most of the service comes first. */
void race_narrow(struct task *t, struct race *r);
/* Is there a question left (then r->next is it), and may it be asked? */
bool race_may_go_on_asking(struct task *t, struct race *r);
/* How long the answer may take, from the sending. */
int64_t race_patience_of(const struct race *r, const struct asked *a);
/* Sends the lane's question and listens. */
void race_send(struct task *t, struct race *r, struct lane *l);
/* Asks r->next: on a free lane, which is dialled, or on the listener, which is open. */
void race_ask(struct task *t, struct race *r, struct lane *l);
/* A place for the next question now, or NULL with the time when to look again. */
struct lane *race_place_for_next(struct task *t, struct race *r, int64_t *look_again);

/* ---- race_single.c */

/* The other lanes leave; what was asked on them nobody has heard. */
void race_go_single(struct task *t, struct race *r, const struct lane *served);
/* A lane that was long silent comes alive right after another one left: the server serves one at a time. From now on so do we. */
void race_notice_single(struct task *t, struct race *r, struct lane *l);
/* Nobody answers on any lane: perhaps the server is busy with lane 0, which says nothing. So lane 0 asks the first question too. */
void race_hand_over(struct task *t, struct race *r);

/* ---- race_crowd.c */

/* Does this answer say that we are too many, or too fast? Then the question is taken back, the other lanes leave, and from now on one asks at a time;
 * the next after a pause. Not for ever: after a few times such an answer is one like any other. */
bool race_is_turned_away(struct task *t, struct race *r, struct lane *l, struct bytes answer);
/* Is that pause still on? */
bool race_keeps_quiet(struct task *t, const struct race *r);

/* ---- race_end.c */

/* Is what the found waits for (race_replies.c, wait_for_better) still to come? */
bool race_better_may_come(struct task *t, const struct race *r);
/* The search is over: what is known of the port, and the note if that is nothing. */
enum verdict race_end_search(struct task *t, struct race *r);

/* ---- race_replies.c */

/* A match goes into the facts. True if the search is over. */
bool race_conclude(struct task *t, struct race *r, struct asked *a);
/* A reply counts: it has ended, is complete, or has been quiet. True if the search is over. */
bool race_settle(struct task *t, struct race *r, struct lane *l);
/* Looks at what has come so far; nothing counts before race_settle. */
void race_read_reply(struct task *t, struct race *r, struct lane *l);
/* What is still missing decides how long silence must last. */
int64_t race_hush_of(const struct race *r, const struct asked *a);
/* Nothing more is to come, by the protocol's own rules. */
bool race_is_whole(const struct task *t, const struct lane *l);

#endif
