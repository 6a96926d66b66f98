/* inside.h owns what the files of this room share: the engine and a host in progress. */
#ifndef DESCRY_ENGINE_INSIDE_H
#define DESCRY_ENGINE_INSIDE_H

#include "engine/engine.h"
#include "scan/scan.h"
#include "script/scripts.h"
#include "stages/http2.h"
#include "stages/identify.h"
#include "stages/msrpc.h"
#include "stages/netbios.h"
#include "stages/ntlm.h"
#include "stages/rpc.h"
#include "stages/script.h"
#include "stages/smb.h"
#include "stages/starttls.h"
#include "stages/tls.h"
#include "targets/ports.h"
#include "targets/targets.h"

/* A port that waits for its task, or has one. */
struct port_work {
    struct port_work *next;
    struct host *host;
    size_t slot;                        /* in host->ports */
    struct task *task;
    struct channel *channel;            /* waits with it */
    bool again;                         /* looked at once more, for what another port of the host tells of it */
};

/* One host in progress. */
struct host {
    struct engine *engine;
    struct host *next, *prev;
    struct arena arena;                 /* everything that its record holds */
    struct addr addr;
    char *given;
    struct addr *others;
    size_t other_count;
    char *reverse;
    struct scan_host *scanning;         /* NULL when the scan is done with it */
    struct admission_host share;
    struct hearsay hearsay;             /* among its ports */
    struct port_record *ports;          /* NULL until something is known of one */
    struct port_work *waiting, *last_waiting, *running;
    struct script_target *scripts;      /* what scripts know it by; NULL: there are none */
    struct script_job *script_job;      /* runs on it; NULL */
    bool scripted;                      /* it has run */
    struct detail *details;             /* what is told of the host as a whole */
    unsigned tasks;
    bool up, up_known, timed_out, stopped, naming, scanned, revisited;
    enum port_reason up_reason;
    int64_t began, ended;               /* loop clock */
    int64_t began_epoch;
    struct rtt rtt;
    struct timer timeout;
    struct timer name_wait;
};

/* The addresses of a name that are not scanned; kept until the name's host begins. */
struct other_addresses {
    struct other_addresses *next;
    char *name;
    size_t count;
    struct addr list[];
};

struct engine {
    struct other_addresses *others;
    const struct options *options;
    struct engine_parts parts;
    struct sink *const *sinks;
    size_t sink_count;
    struct exclusions *exclusions;
    struct target_source *targets;
    struct port_list ports;
    struct port_list ports_without;     /* --exclude-ports */
    char *tcp_text, *udp_text;
    struct probe_db *db;                /* NULL without identification and udp scan */
    struct gentle *gentle;
    struct experience *experience;
    struct identify_config identify;
    struct tls_config enter_tls;
    struct starttls_config starttls;
    struct rpc_programs *programs;      /* NULL until the first port wants it */
    struct ntlm_config ntlm;
    struct rpc_config rpc_first, rpc, rpc_heard;
    struct scripts *scripts;            /* NULL: none */
    struct script_config script_stage;
    struct script_job *script_job;      /* before or after the scan */
    bool scripted_before, scripted_after;
    struct arena script_arena;          /* of their results */
    struct detail *script_details;
    struct stage_use stages[12];
    size_t stage_count;
    struct task_env tasks;
    struct stage_use second_stages[1];
    struct task_env second_tasks;       /* of ports that are looked at again */
    struct scan *scan;
    struct scan_record record;
    struct scan_timing timing;
    struct rate fastest;                /* --max-rate: of the scan and of identification together */
    struct host *hosts;
    unsigned host_count, host_max;
    unsigned task_count, task_max;
    unsigned names_under_way;           /* of targets and exclusions */
    unsigned reverse_under_way;         /* names of addresses: nothing waits for them but their host, a little */
    size_t exclusion_at;
    struct timer feed, look_again, tick;
    bool sourced;                       /* the source has no more */
    bool stopping;
    uint64_t hosts_up, hosts_down, hosts_done, tasks_done;
    int64_t began;
    uint64_t rate_base;
    int64_t rate_at;
    double rate;
};

void engine_message(struct engine *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void engine_feed_soon(struct engine *e);
bool engine_identifies(const struct engine *e);
struct rpc_programs *engine_programs(struct engine *e); /* read when the first one wants them */
bool engine_excludes(struct engine *e, enum proto proto, uint16_t port); /* from identification */

/* names.c */
void names_resolve(struct engine *e, const struct target *t); /* the answer goes to the target source, on a later turn */
bool names_exclusions_ready(struct engine *e); /* false: a name among the exclusions is still looked up; feeding goes on when it is known */

/* host.c */
struct host *host_start(struct engine *e, const struct addr *a, const char *given);
unsigned host_connections_most(const struct engine *e); /* of identification and scripts to one host, at a time */
void host_drop_others(struct other_addresses **at);
void host_stop(struct host *h, bool timed_out); /* what is known goes out on this turn */
void host_port(struct host *h, uint16_t port, enum proto proto, enum port_state state, enum port_reason reason);
void host_scanned(struct host *h);
void host_finish_if_done(struct host *h); /* hands it out if nothing is under way; the host may be gone afterwards */
void host_is_up(struct host *h, bool up, enum port_reason reason);
size_t host_slot(const struct host *h, uint16_t port, enum proto proto); /* SIZE_MAX: not asked for */

/* work.c: the tasks of hosts */
/* True: the channel is taken. */
bool work_add(
    struct host *h, uint16_t port, enum proto proto, bool surely_open, struct channel *c, struct bytes reply, const void *reply_to);
/* Looks once more at ports that another port of the host tells of (a portmapper), and that did not speak of it themselves. True: something is under way. */
bool work_revisit(struct host *h);
void work_stop(struct host *h);         /* stops all tasks and keeps what they know */
void work_pump(struct engine *e);       /* starts waiting work where there is room */

/* scripting.c: scripts */
bool scripting_open(struct engine *e, struct diags *d); /* false: what was asked for cannot be */
void scripting_close(struct engine *e);
void scripting_host_begins(struct host *h);
void scripting_host_ends(struct host *h);
bool scripting_host(struct host *h);    /* true: scripts run on the host; it is not to end yet */
bool scripting_before(struct engine *e); /* true: scripts run; nothing is to begin yet */
bool scripting_after(struct engine *e); /* true: scripts run; the end is not yet */

/* stage_list.c */
void stage_list_make(struct engine *e); /* fills the stages and their settings from the options */

/* seal.c: from a host to its record */
void seal_service(struct host *h, size_t slot, const struct task *t);
/* What no rule recognised, in `a`; NULL: it was recognised, or nothing came. */
const char *seal_fingerprint(const struct engine *e, const struct port_record *p, const struct facts *f, struct arena *a);
void seal_host(struct host *h, struct host_record *out);

#endif
