/* engine.h owns a scan from options to sinks: targets to the scan, open ports to tasks, finished hosts to records. */
#ifndef DESCRY_ENGINE_ENGINE_H
#define DESCRY_ENGINE_ENGINE_H

#include "base/diag.h"
#include "engine/options.h"
#include "model/sink.h"
#include "net/dialer.h"
#include "net/resolver.h"

struct engine;

/* What the engine needs from outside; the api fills it with the real things, tests with played ones. */
struct engine_parts {
    struct loop *loop;
    struct dialer *dialer;
    struct resolver *resolver;
    void (*message)(void *owner, const char *text); /* lines for people; may be NULL */
    void *message_owner;
    const char *version;
    const char *command;                /* the command line, for reports */
    const char *data;                   /* the directory of descry's own scripts; NULL: there is none */
    unsigned descriptors;               /* how many the process may have open */
};

enum engine_outcome { ENGINE_DONE, ENGINE_INTERRUPTED, ENGINE_USAGE };

/* Reads everything that was set: ports, targets, files. NULL with one line in `why` if something is wrong; nothing was sent. */
struct engine *engine_new(const struct options *o, const struct engine_parts *parts, struct buf *why);
void engine_free(struct engine *e);
void engine_script_help(struct engine *e, struct buf *out); /* --script-help: what the chosen scripts do */
/* Who gets the records; borrowed. Before engine_run. */
void engine_take_sinks(struct engine *e, struct sink *const *sinks, size_t count);
/* Runs the loop until all is done. Sinks get begin, each host, end. */
enum engine_outcome engine_run(struct engine *e);
void engine_stop(struct engine *e);     /* from any call-back: hands out what is known and ends */

#endif
