/*
 * scripts.h owns the interface of the script host: the scripts of one run, what they are told of hosts and ports, and the running of them in phases.
 * Scripts are written in Lua 5.4 for the host interface of specs/script-host.md (NSE). No header of Lua is needed to use this one.
 *
 * All call-backs come on the loop, never inside the call that asked for them.
 */
#ifndef DESCRY_SCRIPT_SCRIPTS_H
#define DESCRY_SCRIPT_SCRIPTS_H

#include "base/diag.h"
#include "model/record.h"
#include "net/dialer.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "task/admission.h"

struct scripts;
struct script_target;
struct script_job;
struct rpc_programs;

/* What was asked for. Texts are borrowed and stay valid as long as the scripts. */
struct script_settings {
    const char *const *rules;           /* the texts of --script; each may hold several rules */
    size_t rule_count;
    bool defaults;                      /* the rule "default" as well (-sC) */
    bool version;                       /* services are identified: scripts of category version run on their ports without being asked for */
    bool silent;                        /* so are udp ports that answered nothing (open|filtered) */
    const char *args, *args_file;       /* --script-args, --script-args-file; NULL */
    const char *const *foreign;         /* --script-path, --datadir: directories with scripts and libraries; the first that has a name wins */
    size_t foreign_count;
    const char *own;                    /* the directory of descry's own scripts; NULL: there is none */
    int64_t timeout_us;                 /* of one script on one port or host; 0: LIMIT_SCRIPT_SECONDS */
    bool trace;                         /* --script-trace */
    bool unsafe;                        /* --script-unsafe: files and processes are not kept from scripts */
    unsigned megasteps;                 /* for tests; 0: LIMIT_SCRIPT_MEGASTEPS */
    int verbose, debug, intensity, timing;
    bool ipv6;
};

/* What the host needs from outside. */
struct script_parts {
    struct loop *loop;
    struct dialer *dialer;
    struct admission *admission;
    unsigned connections;               /* of all scripts that belong to no host, at a time: as many as of a host; 0: LIMIT_SCRIPT_SOCKETS */
    struct resolver *resolver;
    struct tls_client *tls;             /* NULL: no TLS */
    void (*message)(void *owner, const char *text); /* a line for people, unescaped */
    bool (*add_target)(void *owner, const char *text); /* false: not taken. NULL: no targets can be added */
    bool (*is_excluded)(void *owner, uint16_t port, enum proto proto); /* from identification; may be NULL */
    bool (*may_reach)(void *owner, const struct endpoint *peer); /* false: the user keeps the scan from it. NULL: all may be reached */
    const char *(*service_name)(enum proto proto, uint16_t port); /* the port table */
    struct rpc_programs *(*rpc_programs)(void *owner); /* the table that is asked for; may be NULL */
    void *owner;
};

/* Does this build have scripts at all? */
bool scripts_built_in(void);

/*
 * Chooses the scripts. No Lua runs yet if nothing but `version` was asked for. NULL with an error in `d` when a rule names nothing, the arguments do
 * not parse, or a script that was named does not load; what is skipped is a warning.
 */
struct scripts *scripts_new(const struct script_settings *s, const struct script_parts *parts, struct diags *d);
void scripts_free(struct scripts *s);   /* every target must be freed; the resolver calls no more */

/* Lists the chosen scripts with category and description (--script-help). */
void scripts_help(struct scripts *s, struct buf *out);

/* ---- what scripts see of a host; the owner of the host answers */

struct script_port {
    uint16_t number;
    uint8_t proto, state, reason;       /* as in struct port_record */
    const struct service_record *service; /* NULL: nothing known */
};

struct script_host {
    struct addr addr;
    const char *given, *reverse;        /* names, or NULL */
    enum port_reason up_reason;
    int64_t rtt_us, rtt_var_us, rtt_timeout_us;
};

struct script_target_ops {
    void (*host)(void *owner, struct script_host *out);
    bool (*port)(void *owner, uint16_t number, enum proto proto, struct script_port *out); /* false: was not asked */
    bool (*next)(void *owner, const struct script_port *after, struct script_port *out); /* NULL: the first; tcp before udp, ascending */
    /* The service of a port, to be changed, with the arena of its texts; NULL: the port was not asked. */
    struct service_record *(*service)(void *owner, uint16_t number, enum proto proto, struct arena **a);
    void (*set_state)(void *owner, uint16_t number, enum proto proto, enum port_state state);
    struct detail **(*host_details)(void *owner, struct arena **a); /* where results go, with the arena of their texts */
    struct detail **(*port_details)(void *owner, uint16_t number, enum proto proto, struct arena **a); /* NULL: the port was not asked */
};

/* `share` is the host's budget of connections; all is borrowed. */
struct script_target *script_target_new(
    struct scripts *s, const struct script_target_ops *ops, void *owner, struct admission_host *share);
void script_target_free(struct script_target *t); /* stops what still runs there; `done` is not called */

/* ---- running */

enum script_phase {
    SCRIPT_PRE,                         /* before the scan, once */
    SCRIPT_PORT,                        /* scripts of category version, on one port that has just been identified */
    SCRIPT_HOST,                        /* all others, when the ports of a host are known: for the host and for each of its open ports */
    SCRIPT_POST                         /* after the scan, once */
};

struct script_job_of {
    enum script_phase phase;
    struct script_target *target;       /* SCRIPT_PORT, SCRIPT_HOST */
    uint16_t port;                      /* SCRIPT_PORT */
    enum proto proto;
    struct detail **details;            /* SCRIPT_PRE, SCRIPT_POST: where results go */
    struct arena *arena;
};

/* Is there anything to run? Cheap: of the scripts of category version, only those count that can match. */
bool scripts_want(struct scripts *s, const struct script_job_of *what);

typedef void script_done_fn(void *owner);
/* Runs them; `done` comes once. Results stand in the details of ports, host or job by then. */
struct script_job *script_job_start(struct scripts *s, const struct script_job_of *what, script_done_fn *done, void *owner);
void script_job_stop(struct script_job *j); /* before `done`: ends what runs; `done` will not come */

#endif
