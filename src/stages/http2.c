/* http2.c owns the asking of HTTP/2 servers: GET / on lane 0, and the reading of its answer by the rules for HTTP/1. */
#include "stages/http2.h"

#include "probes/match.h"
#include "stages/finding.h"
#include "stages/hello.h"
#include "wire/http2.h"

#include <string.h>

static const int64_t PATIENCE = 5 * 1000 * 1000;
static const char ASKED_AS[] = "GetRequest"; /* the probe whose rules read the answer */

struct asking {
    const struct identify_config *config;
    struct http2 *http2;
};

static bool wants(const struct task *t, const void *config)
{
    return t->tunnel && t->facts.alpn && strcmp(t->facts.alpn, "h2") == 0 && !t->facts.service.name && lane_session(&t->lanes[0]);
}

static const struct probe *probe_named(const struct probe_db *db, const char *name)
{
    for (size_t i = 0; i < probe_db_count(db); i++)
        if (probe_db_at(db, i)->proto == PROTO_TCP && strcmp(probe_db_at(db, i)->name, name) == 0)
            return probe_db_at(db, i);
    return NULL;
}

static void read_answer(struct task *t, struct asking *a)
{
    struct match m;
    struct bytes answer = http2_answer(a->http2);
    const struct probe *p = probe_named(a->config->db, ASKED_AS);
    if (!answer.len)
        return;
    facts_add_reply(&t->facts, &t->arena, ASKED_AS, t->facts.tunnel, answer);
    if (p && match_reply(a->config->db, p, answer, &t->arena, &m))
        finding_take(t, &m, p);
}

/* That it is HTTP is known: the server chose it. */
static enum verdict conclude(struct task *t, struct asking *a)
{
    read_answer(t, a);
    http2_free(a->http2);
    a->http2 = NULL;
    lane_close(&t->lanes[0]);
    if (!t->facts.service.name)
        finding_name_softly(t, "http");
    return VERDICT_DONE;
}

static enum verdict carry(struct task *t, struct asking *a, struct lane *l)
{
    struct bytes out = http2_to_send(a->http2);
    if (out.len && !lane_send(l, out))
        return conclude(t, a);
    return VERDICT_WAIT;
}

static enum verdict start(struct task *t, const void *config)
{
    struct asking *a = arena_alloc(&t->arena, sizeof *a);
    char address[ADDR_TEXT_MAX];
    const char *name = hello_name(t);
    a->config = config;
    a->http2 = http2_ask(name ? name : addr_format(&t->known.peer.addr, address, sizeof address));
    t->stage_state = a;
    if (!a->http2)
        return conclude(t, a);
    task_trace(t, "Service scan asks in HTTP/2 on port %u", t->known.peer.port);
    lane_listen(&t->lanes[0], task_now(t) + PATIENCE);
    return carry(t, a, &t->lanes[0]);
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct asking *a = t->stage_state;
    if (event != LANE_DATA)
        return conclude(t, a);
    enum decoded read = http2_take(a->http2, buf_view(&l->reply));
    buf_clear(&l->reply);
    if (read != DECODED_MORE)
        return conclude(t, a);
    return carry(t, a, l);
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

static void stop(struct task *t)
{
    conclude(t, t->stage_state);
}

const struct stage stage_http2 = {"http2", wants, start, on_lane, on_tick, stop};
