/* script_stage.h owns what tests of the script host play on: a host with one port over the played network, and scripts that are texts. */
#ifndef DESCRY_TESTS_SCRIPT_STAGE_H
#define DESCRY_TESTS_SCRIPT_STAGE_H

#include "net/mem.h"
#include "net/resolver.h"
#include "probes/rpc_programs.h"
#include "script/scripts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { PORT = 4711, MS = 1000 };

struct stage_of_test {
    struct loop *loop;
    struct mem_net *net;
    struct rate rate;                   /* of the admission; none at first */
    struct resolver resolver;           /* knows server.example, after a millisecond */
    struct looking_up *looking_up;
    struct endpoint excluded;           /* family 0: none */
    struct admission *admission;
    struct admission_host share;
    char directory[64];
    char messages[4096];
    unsigned said;                      /* messages in all */
    struct scripts *scripts;
    struct script_target *target;
    struct arena arena;
    struct service_record service;
    struct detail *details, *of_host;
    enum port_state state;
    enum proto proto;
    struct rpc_programs *programs;      /* made when a script wants them */
    bool done;
};

/* Every script's head: a rule that matches the open port. */
#define HEAD "categories = { 'safe' }\nportrule = function(host, port) return port.state == 'open' end\n"

void open_stage(struct stage_of_test *p);
void write_file(struct stage_of_test *p, const char *name, const char *text); /* below the directory of scripts */
void begin(struct stage_of_test *p, const struct script_settings *settings); /* NULL: the ordinary ones */
void run_for(struct stage_of_test *p, int64_t limit_ms);
void close_stage(struct stage_of_test *p); /* nothing may be left open */

/* One script from its text to its end; against a server that plays `steps`, or nobody. */
void play_with(struct stage_of_test *p, const char *script, const struct mem_step *steps, const struct script_settings *settings);
void play(struct stage_of_test *p, const char *script, const struct mem_step *steps);
const char *text_of(struct stage_of_test *p, const char *id, char *out, size_t size); /* NULL: no result */
void told(struct stage_of_test *p, const char *expected); /* the script "it" */
void told_nothing(struct stage_of_test *p);

/* The body of an action that means harm: it ends, and a good script beside it is not harmed. */
void hostile(const char *action);
/* The same beside a server that plays these steps; NULL: none. */
void hostile_to_server(const char *action, const struct mem_step *server);

#endif
