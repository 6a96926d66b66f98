/* play.h owns the stage of the scenario tests: one port on the played network, a fake clock, and what identification made of it. */
#ifndef DESCRY_TESTS_SCENARIO_PLAY_H
#define DESCRY_TESTS_SCENARIO_PLAY_H

#include "net/mem.h"
#include "stages/identify.h"
#include "stages/tls.h"

enum { PLAY_PORT = 4711, PLAY_MS = 1000 };

struct play {
    struct loop *loop;
    struct mem_net *net;
    struct probe_db *db;
    struct experience *experience;
    struct identify_config config;
    struct tls_config enter_tls;
    struct stage_use stages[2];
    struct task_env env;
    struct admission_host host;
    uint16_t port;                      /* PLAY_PORT, if nothing else is chosen after play_open */
    struct hearsay *hearsay; /* NULL: none */
    struct task *task;
    bool done;
    int64_t began, ended;
    /* what was found */
    struct service_record *service;
};

/* `probes` is the text of a probe file; `rtt_ms` the round trip of the network. */
void play_open(struct play *p, const char *probes, int64_t rtt_ms, bool sequential);
void play_serve(struct play *p, const struct mem_step *steps);
void play_serve_port(struct play *p, const struct mem_port *port);
/* Connects as the scan does, gives the channel to a task, and runs until it is done or `limit_ms` have gone by. True: done. */
bool play_run(struct play *p, enum proto proto, int64_t limit_ms);
/* For tasks that are not begun by play_run; `owner` is the play. */
void play_on_done(struct task *t, void *owner);
/* After play_open: TLS is entered. */
void play_enter_tls(struct play *p);
void play_close(struct play *p); /* asserts that no connection is left open */

int64_t play_elapsed_ms(const struct play *p);
/* How often the client sent these bytes, over all connections. */
unsigned play_sent(const struct play *p, const char *bytes);

#endif
