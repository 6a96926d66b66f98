/* limits.h owns every maximum of the program. One place, so that a reader can see what a hostile peer can cost. */
#ifndef DESCRY_BASE_LIMITS_H
#define DESCRY_BASE_LIMITS_H

enum {
    /* replies */
    LIMIT_REPLY = 16 * 1024,            /* bytes kept of one reply; reading stops there */
    LIMIT_SEND_QUEUE = 64 * 1024,       /* bytes queued for sending on one channel */

    /* the probe file (reference behaviour: 8,191 bytes a line) */
    LIMIT_PROBE_LINE = 16 * 1024,       /* bytes in one line of a probe file */
    LIMIT_PROBE_FILE = 64 * 1024 * 1024,
    LIMIT_PAYLOAD = 8 * 1024,           /* bytes of one probe's payload */
    LIMIT_FALLBACKS = 17,               /* names in one fallback directive */
    LIMIT_DIAGNOSTICS = 1000,           /* diagnostics kept of one file */

    /* matching: per rule; hitting one means "this rule did not match" */
    LIMIT_MATCH_STEPS = 50000,
    LIMIT_MATCH_DEPTH = 1000,
    LIMIT_MATCH_HEAP_KIB = 10 * 1024,
    LIMIT_MATCH_GAVE_UP = 64,           /* rules that may hit a limit on one reply; then no more are tried */
    LIMIT_CAPTURES = 32,

    /* template fields, in bytes kept; a longer result leaves the field empty */
    LIMIT_FIELD_SHORT = 79,             /* product, version, host name, each CPE */
    LIMIT_FIELD_INFO = 255,
    LIMIT_FIELD_TINY = 31,              /* operating system, device type */
    LIMIT_CPE = 3,                      /* one a part: a, h, o */

    /* TLS and certificates */
    LIMIT_CERTIFICATES = 10,            /* certificates kept of a chain */
    LIMIT_CERTIFICATE = 64 * 1024,      /* bytes of one certificate that is looked at */
    LIMIT_CHAIN = 100 * 1024,           /* bytes of the chain that a handshake may carry */
    LIMIT_CERTIFICATE_NAMES = 64,       /* alternative names kept of one certificate */
    LIMIT_CERTIFICATE_TEXT = 255,       /* bytes kept of a name or serial number */

    /* what ports say of other ports of their host */
    LIMIT_HEARSAY = 4096,               /* registrations kept of one host */

    /* ONC RPC */
    LIMIT_RPC_RECORD = 64 * 1024,       /* bytes of one record; a longer one ends the conversation */
    LIMIT_RPC_FRAGMENTS = 64,           /* fragments of one record */
    LIMIT_RPC_VERIFIER = 400,           /* RFC 5531, section 8.2 */
    LIMIT_RPC_REGISTRATIONS = 4096,     /* entries read of one portmapper's list */
    LIMIT_RPC_PROGRAMS = 16 * 1024,     /* programs of the table, a user's included */
    LIMIT_RPC_CALLS = 24 * 1024,        /* calls that one port may be asked, versions included */
    LIMIT_RPC_CONNECTIONS = 128,        /* connections to a port whose server ends them at an unknown program */

    /* a task */
    LIMIT_LANES = 6,                    /* channels that one port may have open at a time */
    LIMIT_CONNECTIONS_PER_PORT = 40,    /* connections that one port may cost in the default mode */

    /* scripts */
    LIMIT_SCRIPT_MEMORY = 128 * 1024 * 1024, /* bytes that one script may have in use */
    LIMIT_SCRIPTS_MEMORY = 768 * 1024 * 1024, /* and all together */
    LIMIT_SCRIPT_POOL = 32 * 1024 * 1024, /* bytes of small objects that are not malloc's (script/pool.h) */
    LIMIT_SCRIPT_MEGASTEPS = 500,       /* million instructions of Lua between two waits of a script: some seconds */
    LIMIT_SCRIPT_WAITS = 40,            /* so many times that in all, with its workers: minutes */
    LIMIT_SCRIPT_STRETCH_MEGASTEPS = 100, /* of them where it cannot be broken off for others: half a second */
    LIMIT_SCRIPT_SLICE = 8000,          /* microseconds that a script may run before others have their turn */
    LIMIT_SCRIPT_SECONDS = 600,         /* from the start of a script to its end, unless --script-timeout says otherwise */
    LIMIT_SCRIPT_FILE = 4 * 1024 * 1024, /* bytes of a script or library */
    LIMIT_SCRIPT_RECEIVED = 256 * 1024 * 1024, /* bytes that one script may receive in all */
    LIMIT_SCRIPT_BUFFER = 16 * 1024 * 1024, /* bytes that one reading call may gather */
    LIMIT_SCRIPT_SUBJECT = 16 * 1024 * 1024, /* bytes that a grammar of LPeg may be matched against */
    LIMIT_SCRIPT_SEND = 8 * 1024 * 1024, /* bytes of one sending call */
    LIMIT_SCRIPT_OUTPUT = 1024 * 1024,  /* bytes of text kept of one script's result */
    LIMIT_SCRIPT_VALUES = 50000,        /* values kept of it */
    LIMIT_SCRIPT_VALUE_DEPTH = 32,
    LIMIT_SCRIPT_THREADS = 1000,        /* instances that run at a time */
    LIMIT_SCRIPT_WORKERS = 4000,        /* of one instance, at a time */
    LIMIT_SCRIPT_WORKERS_EVER = 100000, /* and in all */
    LIMIT_SCRIPT_SLOTS = 60,            /* threads of a run that may own sockets at a time */
    LIMIT_SCRIPT_SOCKETS = 256,         /* sockets of one thread of a script that may be open at a time */
    LIMIT_SCRIPT_GRINDERS = 128,        /* of RPC programs, of all scripts: some 300 KB each, outside of Lua's memory */
    LIMIT_SCRIPT_TARGETS = 65536,       /* targets that scripts may add */
    LIMIT_SCRIPT_SAID = 256 * 1024,     /* bytes that one script may print in lines of its own */
    LIMIT_SCRIPT_VERSIONS = 1000,       /* times that one script may tell a version: each is kept as long as the host */
    LIMIT_SCRIPT_FILES = 64,            /* files that scripts have open at a time: descriptors are the scan's */

    /* targets and ports */
    LIMIT_TARGET_TEXT = 1024,           /* bytes of one target expression */
    LIMIT_HOST_NAME = 255               /* RFC 1035, section 2.3.4 */
};

#endif
