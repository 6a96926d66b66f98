/* options.h owns everything that can be set, and the table that reads it by the command's names. */
#ifndef DESCRY_ENGINE_OPTIONS_H
#define DESCRY_ENGINE_OPTIONS_H

#include "base/arena.h"
#include "scan/scan.h"

struct options_output {
    const char *format;                 /* "xml" */
    const char *path;                   /* "-": standard output */
};

struct options_list {
    const char **items;
    size_t count, cap;
};

struct options {
    struct arena arena;                 /* the texts */
    /* what */
    struct options_list targets;
    struct options_list target_files;
    const char *exclude, *exclude_file;
    int64_t seed;
    /* ports */
    const char *ports, *exclude_ports;
    int64_t top_ports;                  /* 0: not asked for */
    bool fast;
    /* how */
    bool tcp, udp, syn_asked, ping_only, skip_discovery, ipv6, in_order;
    bool no_reverse, always_reverse;
    int64_t timing;                     /* 0..5 */
    double max_rate, min_rate;
    int64_t max_retries;                /* -1: the preset's */
    int64_t host_timeout, scan_delay, max_rtt, initial_rtt; /* microseconds; -1: the preset's */
    int64_t max_parallel, min_parallel; /* 0: the preset's */
    /* identification */
    bool identify_asked, no_identify, sequential, all_ports, version_trace;
    int64_t intensity;
    const char *probe_db;
    const char *rpc_db;                 /* --rpc-db */
    bool rpc_only;                      /* nothing but ONC RPC is asked for (descry rpc) */
    const char *server_name;            /* --sni */
    bool starttls, ntlm;
    bool certificates;                  /* --certs */
    /* scripts */
    struct options_list scripts;        /* --script */
    struct options_list script_paths;   /* --script-path, --datadir */
    const char *script_args, *script_args_file;
    bool default_scripts, script_help, script_trace, script_unsafe;
    int64_t script_timeout;             /* microseconds; 0: the built-in one */
    /* output */
    struct options_output outputs[16];
    size_t output_count;
    int64_t verbose, debug;
    bool reason, open_only, fingerprints;
};

struct option_row {
    const char *name, *argument, *group, *help;
    /* False with a text in `why` (at most 200 bytes). */
    bool (*set)(struct options *o, const struct option_row *row, const char *value, struct buf *why);
    size_t field;                       /* offsetof in struct options, for the plain kinds */
    int64_t low, high;                  /* bounds of a number, or what a flag sets */
};
extern const struct option_row option_rows[];
extern const size_t option_row_count;

void options_init(struct options *o);
void options_free(struct options *o);
/* False with one line in `why`. */
bool options_set(struct options *o, const char *name, const char *value, struct buf *why);
void options_add(struct options *o, struct options_list *list, const char *text);
/* The preset with what was set on top. */
struct scan_timing options_timing(const struct options *o);

#endif
