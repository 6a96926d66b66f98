/*
 * descry.h: tells what is really listening behind the ports of a network. The whole of the library; the command uses nothing else.
 *
 *     descry *d = descry_new();
 *     descry_set(d, "-p", "22,80");
 *     descry_add_target(d, "192.0.2.0/24");
 *     descry_on_host(d, print_host, NULL);
 *     int rc = descry_run(d);
 *     if (rc != DESCRY_OK)
 *         fprintf(stderr, "%s\n", descry_error(d));
 *     descry_free(d);
 *
 * A handle is used from one thread; several handles may run in several threads. Nothing prints but the outputs that were asked for.
 * Text from the network is handed out as it came (bounded, without NULs): escape it for where it goes.
 */
#ifndef DESCRY_DESCRY_H
#define DESCRY_DESCRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DESCRY_API __attribute__((visibility("default")))

typedef struct descry descry;

/* What functions that can fail return; descry_error() has the line for people. */
enum {
    DESCRY_OK = 0,
    DESCRY_FAILED = 1,                  /* our surroundings: memory, descriptors, a file */
    DESCRY_USAGE = 2,                   /* a wrong option, port list, target or file; nothing was scanned */
    DESCRY_INTERRUPTED = 130            /* descry_stop() or a signal: what was known was handed out */
};

DESCRY_API const char *descry_version(void);
DESCRY_API descry *descry_new(void);    /* ends the program when memory is exhausted, as does everything else here */
DESCRY_API void descry_free(descry *d); /* NULL is fine; not while it runs */
DESCRY_API const char *descry_error(const descry *d); /* why the last call failed: one line; "" if none did. Valid until the next call */

/* ---- settings: by the names that the command has for them */

struct descry_option {
    const char *name;                   /* "-p", "--top-ports" */
    const char *argument;               /* "PORTS"; NULL: takes none */
    const char *group;                  /* a heading for the help */
    const char *help;                   /* one line; NULL: an alias that help does not list */
};
/* The index-th option, from 0, in the order of the help; false beyond the last. */
DESCRY_API bool descry_option_at(size_t index, struct descry_option *out);

/* Sets one option; `value` is NULL for one without argument. Later settings replace earlier ones, counters (-v) count. */
DESCRY_API int descry_set(descry *d, const char *name, const char *value);
/* An address, name, network or range, as on the command line. */
DESCRY_API int descry_add_target(descry *d, const char *text);
/* The command line as typed, for reports; copied. */
DESCRY_API void descry_set_command(descry *d, const char *line);

/* ---- results */

/* One ONC RPC program of a port. */
struct descry_rpc {
    uint32_t program;
    const char *name;                   /* "nfs"; NULL: unknown */
    const char *owner;                  /* of the block of numbers that an unnamed one is in, or NULL */
    const char *versions;               /* "3-4", "1-3,5"; NULL: unknown */
    uint32_t low, high;
    const char *origin;                 /* "asked" (the port itself answers for it), "portmapper", "both" */
    bool stale;                         /* only the portmapper says so, and the port itself denies it */
};

/* One entry of a portmapper's list, about whatever port of its host. */
struct descry_registration {
    uint32_t program, version;
    const char *name;                   /* NULL: unknown */
    const char *netid;                  /* "tcp", "udp6", "local" */
    const char *address;                /* of what has no port, or NULL */
    uint16_t port;                      /* 0: none */
};

struct descry_service {
    const char *name, *tunnel, *product, *version, *info, *hostname, *os, *device; /* NULL: unknown */
    const char *cpe[3];                 /* CPE 2.2 URIs; NULL-filled */
    const char *cpe23[3];
    const char *note;                   /* why there is no more */
    const char *fingerprint;            /* of replies that nothing recognised */
    const char *rule;                   /* "file:line" of the rule that recognised it */
    int conf;                           /* 10 product, 7 generic reading, 5 soft match, 3 port table, 0 none */
    bool probed;                        /* found by asking, not from the port table */
    const struct descry_rpc *rpc;       /* the first is the one that the service is named after */
    size_t rpc_count;
    const struct descry_registration *registrations; /* of a portmapper */
    size_t registration_count;
};

struct descry_port {
    uint16_t number;
    const char *proto;                  /* "tcp", "udp" */
    const char *state;                  /* "open", "closed", "filtered", "open|filtered", "unknown" */
    const char *reason;
    struct descry_service service;
};

struct descry_host {
    const char *address;
    const char *name;                   /* as it was given, or NULL */
    const char *reverse;                /* the name of the address, or NULL */
    bool up;
    bool complete;                      /* false: stopped or out of time */
    const struct descry_port *ports;
    size_t port_count;
    int64_t elapsed_us;
};

/* Called once for each host, while descry_run runs; the host is valid during the call. */
typedef void descry_host_fn(void *owner, const struct descry_host *host);
DESCRY_API void descry_on_host(descry *d, descry_host_fn *fn, void *owner);

/* Lines for people while it runs: warnings, names that do not resolve, --version-trace. No newline. */
typedef void descry_message_fn(void *owner, const char *text);
DESCRY_API void descry_on_message(descry *d, descry_message_fn *fn, void *owner);

/* Reports in the command's formats: "normal", "grepable", "xml", "json". The stream stays the caller's. */
DESCRY_API int descry_add_output(descry *d, const char *format, FILE *to, bool colour);
/* A progress line on a terminal. */
DESCRY_API void descry_set_progress(descry *d, FILE *terminal);

/* ---- running */

/* Scans; returns when all is done. Once per handle. */
DESCRY_API int descry_run(descry *d);
/* From a call-back: stop and hand out what is known. (SIGINT and SIGTERM do the same when descry_stop_on_signals was called.) */
DESCRY_API void descry_stop(descry *d);
DESCRY_API void descry_stop_on_signals(descry *d);

/* ---- reading replies that somebody else collected */

/*
 * Which rule recognises these bytes? `probe` names the question that drew them, "NULL" for a banner, NULL: all rules of the protocol ("tcp", "udp").
 * True if a rule matched. Texts in *out are valid until the next call. Uses --probe-db if it was set.
 */
DESCRY_API bool descry_match(descry *d, const char *proto, const char *probe, const void *reply, size_t length,
    struct descry_service *out, bool *soft);

/* One JSON object a line in, one a line out (the command `descry match`; docs/formats/match.md). Bad lines are messages and get {"error"}. */
DESCRY_API int descry_match_lines(descry *d, FILE *in, FILE *out);

/* ---- probe files: for those who write them (the command `descry db`) */

struct descry_db_counts {
    size_t probes, rules, examples;
    size_t errors, warnings;            /* all that were found, told or not */
    size_t notes;                       /* that were told */
};
/*
 * Checks one file and tells each finding, "file:line:column: error: text" (or warning, note), in the order of lines; at most 1000.
 * Runs its examples; looks for shadowed, unanchored and slow expressions, for bad CPEs and soft rules with a product. Rules without example are told if
 * the file has any, or with `each_needs_example`. DESCRY_OK: no error and no warning. DESCRY_FAILED: some. DESCRY_USAGE: the file cannot be read.
 */
DESCRY_API int descry_db_check(descry *d, const char *path, bool each_needs_example, descry_message_fn *tell, void *owner,
    struct descry_db_counts *counts);
/* Writes the services that the collection (or --probe-db) knows; or one service's probes and rules: DESCRY_USAGE if there are none. */
DESCRY_API int descry_db_show(descry *d, const char *service, FILE *out);
/* Writes the collection as one file in the plain format, without examples. */
DESCRY_API int descry_db_export(descry *d, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
