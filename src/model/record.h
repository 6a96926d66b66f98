/*
 * record.h owns what is known of a host and its ports when it is handed out: sealed (const for everyone who gets it), copied out of tasks.
 * Texts are as the peer sent them but bounded; NULs cannot occur; anything else can: every sink escapes by its own format's rules.
 * NULL or 0 means unknown, unless said otherwise.
 */
#ifndef DESCRY_MODEL_RECORD_H
#define DESCRY_MODEL_RECORD_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/limits.h"
#include "model/detail.h"

enum port_state {
    PORT_UNKNOWN,                       /* not looked at (a host that ran out of time) */
    PORT_OPEN,
    PORT_CLOSED,
    PORT_FILTERED,
    PORT_OPEN_FILTERED,
    PORT_STATES
};
const char *port_state_name(enum port_state s); /* "open", "closed", "filtered", "open|filtered", "unknown" */

/* Why the state is what it is; the field's words. */
enum port_reason {
    REASON_NONE,
    REASON_SYN_ACK,                     /* "syn-ack" */
    REASON_CONN_REFUSED,                /* "conn-refused" */
    REASON_RESET,                       /* "reset" */
    REASON_NO_RESPONSE,                 /* "no-response" */
    REASON_HOST_UNREACH,                /* "host-unreach" */
    REASON_NET_UNREACH,                 /* "net-unreach" */
    REASON_ADMIN_PROHIBITED,            /* "admin-prohibited" */
    REASON_PORT_UNREACH,                /* "port-unreach" */
    REASON_UDP_RESPONSE,                /* "udp-response" */
    REASON_TCP_RESPONSE,                /* "tcp-response" */
    REASON_USER_SET,                    /* "user-set": -Pn */
    REASON_LOCALHOST,                   /* "localhost-response" */
    REASON_SCRIPT,                      /* "script-set" */
    REASON_ERROR,                       /* "error": our surroundings */
    REASONS
};
const char *port_reason_name(enum port_reason r); /* REASON_NONE: "unknown" */

enum service_method { METHOD_NONE, METHOD_TABLE, METHOD_PROBED };

/* How sure a name is (the scale). */
enum { CONF_PRODUCT = 10, CONF_WRAPPED = 8, CONF_GENERIC = 7, CONF_SOFT = 5, CONF_TABLE = 3 };

/* What one probe drew. */
struct reply_record {
    const char *probe;
    const char *tunnel;                 /* "tls", "dtls", or NULL */
    struct bytes data;                  /* at most LIMIT_REPLY */
    size_t length;                      /* the full length */
};

/* One ONC RPC program of a port. */
struct rpc_program_record {
    uint32_t number;
    const char *name;                   /* "nfs"; NULL: nobody knows it */
    const char *owner;                  /* of the block of numbers that an unnamed one is in */
    const char *versions;               /* "3-4", "1-3,5" */
    uint32_t low, high;                 /* the lowest and the highest; 0, 0: unknown */
    bool asked;                         /* the port itself says so */
    bool told;                          /* the host's portmapper says so */
    bool stale;                         /* only the portmapper says so: the port itself denies it, or is closed */
    bool wants_auth;                    /* it is there, but answers only who logs in */
};

/* What a portmapper told, of whatever ports. */
struct rpc_registration_record {
    uint32_t program, version;
    const char *name;
    const char *netid;                  /* "tcp", "udp6", "local" */
    const char *address;                /* of what has no port; else NULL */
    const char *owner;                  /* the user who registered it */
    uint16_t port;                      /* 0: none */
    uint8_t proto;                      /* enum proto, if there is a port */
};

struct rpc_record {
    struct rpc_program_record *programs; /* the first is the one whose port this is */
    size_t program_count;
    unsigned tried, answered;           /* programs that were asked for */
    const char *remark;                 /* "answers to every program", "authentication required", ... */
    const char *silent;                 /* programs that are perhaps there: not answered, while all others were */
    bool tls;                           /* RPC over TLS is offered (RFC 9289) */
    int64_t clock;                      /* of a portmapper: seconds since 1970; 0: not told */
    const struct rpc_registration_record *registrations;
    size_t registration_count;
};

struct service_record {
    const char *name;                   /* "http"; NULL: none known */
    const char *tunnel;                 /* "tls" or "dtls"; NULL: clear text */
    const char *product;
    const char *version;
    const char *info;
    const char *hostname;
    const char *os;
    const char *device;
    const char *cpe[LIMIT_CPE];         /* CPE 2.2 URIs "cpe:/a:..." in the order a, h, o */
    const char *cpe23[LIMIT_CPE];       /* the same as CPE 2.3 formatted strings; an entry may be NULL */
    size_t cpe_count;
    enum service_method method;
    int conf;
    bool soft;
    const char *note;                   /* why there is no more, for people: "closed at once", "closed after 3.0 s without data",
                                           "went away after probe GetRequest", "excluded from identification", "silent" */
    const char *probe;                  /* the probe whose reply was recognised */
    const char *rule;                   /* "file:line" of the rule */
    const char *fingerprint;            /* the block of specs/engine-behaviour.md 3.6 without line wraps, for unmatched replies */
    const struct rpc_record *rpc;       /* NULL: no ONC RPC */
    const struct detail *details;       /* what stages and scripts tell of the port beyond this */
    const struct reply_record *replies; /* what each probe drew */
    size_t reply_count;
};

struct port_record {
    uint16_t number;
    uint8_t proto;                      /* enum proto */
    uint8_t state;                      /* enum port_state */
    uint8_t reason;                     /* enum port_reason */
    const struct service_record *service; /* NULL: nothing known but the port table (sinks may look nothing up: the engine fills METHOD_TABLE in
                                              for every port that is shown) */
};

struct host_record {
    struct addr addr;
    const char *given;                  /* the name it was given by, or NULL */
    const char *reverse;                /* the name the address resolves to, or NULL */
    const struct addr *others;          /* addresses of the same name that were not scanned */
    size_t other_count;
    bool up;
    enum port_reason up_reason;
    bool complete;                      /* false: ran out of time, or the scan was stopped */
    bool timed_out;                     /* --host-timeout */
    const struct port_record *ports;    /* tcp before udp, ascending; each port that was asked for (unknown ones included) */
    size_t port_count;
    const struct detail *details;       /* what is told of the host as a whole */
    int64_t started_at;                 /* seconds since 1970 */
    int64_t ended_at;
    int64_t elapsed_us;
    int64_t rtt_us;                     /* smoothed; 0 unknown */
    int64_t rtt_var_us;
};

/* What is known before the first host. */
struct scan_record {
    const char *version;                /* descry's */
    const char *args;                   /* the command line as typed */
    int64_t started_at;                 /* seconds since 1970 */
    bool tcp, udp;                      /* which scans run */
    const char *tcp_ports;              /* "22,80,100-200", the numbers asked for; NULL: none */
    const char *udp_ports;
    size_t tcp_count, udp_count;
    bool identify;                      /* services are identified */
    int intensity;                      /* --version-intensity */
    int verbose, debug;
    bool reason;                        /* --reason */
    bool open_only;                     /* --open */
    bool fingerprints;                  /* --fingerprints */
};

struct scan_totals {
    uint64_t hosts_up, hosts_down, hosts_total;
    int64_t ended_at;                   /* seconds since 1970 */
    int64_t elapsed_us;
    bool interrupted;
    const char *error;                  /* why it ended early, or NULL */
};

/* How far the scan is; for the progress line. Counts may grow while targets are still being read. */
struct scan_progress {
    int64_t elapsed_us;
    uint64_t probes_done, probes_total; /* port questions; total 0: unknown */
    uint64_t hosts_done, hosts_total;
    uint64_t tasks_done, tasks_open;    /* ports being identified */
    double rate;                        /* port questions per second, recent */
    int64_t left_us;                    /* estimate; -1 unknown */
};

#endif
