/* play.c owns the carrying out of a scenario. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

void play_open(struct play *p, const char *probes, int64_t rtt_ms, bool sequential)
{
    struct diags d;
    *p = (struct play){.host = {.max = 64}, .port = PLAY_PORT};
    diags_init(&d);
    p->loop = loop_new_fake();
    p->net = mem_net_new(p->loop, rtt_ms * PLAY_MS);
    p->db = probe_db_read("play", bytes_str(probes), PROBE_DB_OURS, &d);
    assert_int_equal(d.errors, 0);
    diags_free(&d);
    p->experience = experience_new();
    p->config = (struct identify_config){.db = p->db, .experience = p->experience, .intensity = 7};
    p->stages[0] = (struct stage_use){sequential ? &stage_identify_sequential : &stage_identify, &p->config};
    p->env = (struct task_env){.loop = p->loop, .dialer = mem_net_dialer(p->net), .stages = p->stages, .stage_count = 1};
    p->env.admission = admission_new(p->loop, 1000, NULL);
}

void play_serve_port(struct play *p, const struct mem_port *port)
{
    struct mem_port mine = *port;
    mine.port = p->port;
    mem_serve(p->net, &mine);
}

void play_serve(struct play *p, const struct mem_step *steps)
{
    struct mem_port port = {.proto = PROTO_TCP, .steps = steps};
    play_serve_port(p, &port);
}

void play_on_done(struct task *t, void *owner)
{
    struct play *p = owner;
    p->done = true;
    p->ended = loop_now(p->loop);
    p->service = &t->facts.service;
    loop_stop(p->loop);
}

static void on_connected(void *owner, struct channel *c, enum channel_event e)
{
    struct play *p = owner;
    assert_int_equal(e, CHANNEL_CONNECTED);
    struct task_start known = {
        .peer = c->peer, .host = &p->host, .hearsay = p->hearsay, .channel = c, .rtt_us = c->facts.rtt, .surely_open = true};
    p->task = task_new(&p->env, &known, play_on_done, p);
}

bool play_run(struct play *p, enum proto proto, int64_t limit_ms)
{
    struct endpoint peer = {.port = p->port, .proto = (uint8_t)proto};
    addr_parse("192.0.2.1", &peer.addr);
    p->began = loop_now(p->loop);
    p->done = false;
    if (proto == PROTO_TCP) {
        struct channel *c = dial(p->env.dialer, &peer);
        channel_own(c, on_connected, p);
        channel_open(c, 10 * 1000 * PLAY_MS);
    } else {
        struct task_start known = {.peer = peer, .host = &p->host, .hearsay = p->hearsay};
        p->task = task_new(&p->env, &known, play_on_done, p);
    }
    loop_run_fake(p->loop, limit_ms * PLAY_MS);
    if (p->task && !p->done) {
        task_stop(p->task);
        p->service = &p->task->facts.service;
    }
    return p->done;
}

void play_enter_tls(struct play *p)
{
    p->stages[1] = (struct stage_use){&stage_tls, &p->enter_tls};
    p->env.stage_count = 2;
    p->env.tls = tls_client_new();
}

void play_close(struct play *p)
{
    task_free(p->task);
    p->task = NULL;
    loop_run_fake(p->loop, 0);
    assert_int_equal(mem_connections_open(p->net), 0);
    assert_int_equal(admission_open(p->env.admission), 0);
    admission_free(p->env.admission);
    tls_client_free(p->env.tls);
    experience_free(p->experience);
    mem_net_free(p->net);
    probe_db_free(p->db);
    loop_free(p->loop);
}

int64_t play_elapsed_ms(const struct play *p)
{
    return (p->ended - p->began) / PLAY_MS;
}

unsigned play_sent(const struct play *p, const char *text)
{
    unsigned n = 0;
    for (size_t i = 0; i < mem_log_count(p->net); i++) {
        const struct mem_log *l = mem_log_at(p->net, i);
        n += l->kind == MEM_LOG_SENT && bytes_equal(l->data, bytes_str(text));
    }
    return n;
}
