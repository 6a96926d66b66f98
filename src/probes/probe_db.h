/*
 * probe_db.h owns the probes and rules of one file (or of our collection): reading them, choosing which to send, looking them up.
 * The format is docs/formats/probes.md (from specs/probe-format.md). A database is immutable once read, but for regular expressions and the indexes of
 * rules, which are made when first needed; use from one thread.
 *
 * Ours, beyond the plain format and invisible to other readers:
 *  - flag `g` after the closing delimiter of a p field (p/$1/g): the rule is a generic reading; a rule without it wins over it, wherever it stands;
 *  - a line `#~ 000` after a Probe line: that digits in its payload are other ones each time it is sent (struct probe, varies);
 *  - a line `#= q|reply| fields...` after a rule is an example of it (probes/example.h); `#` lines are comments for every other reader.
 */
#ifndef DESCRY_PROBES_PROBE_DB_H
#define DESCRY_PROBES_PROBE_DB_H

#include "base/addr.h"
#include "base/diag.h"

struct probe_db;
struct rule;

/* A set of ports of one protocol: ranges in order, that neither overlap nor touch. */
struct port_range {
    uint16_t first, last;
};
struct port_set {
    struct port_range *list;
    size_t count, cap;
};
bool port_set_has(const struct port_set *s, uint16_t port); /* s may be NULL: empty */

struct probe {
    const char *name;
    enum proto proto;
    bool is_null;                       /* sends nothing */
    bool no_payload;                    /* not to be used as a udp scan payload */
    struct bytes payload;
    struct bytes varies;                /* these digits within payload are replaced by others each time it is sent; len 0: none */
    int rarity;                         /* 1..9 */
    int64_t total_wait_us;              /* read budget; default 5 s */
    int64_t tcpwrapped_us;              /* default 2 s */
    const struct port_set *ports;       /* NULL: none */
    const struct port_set *ssl_ports;
    const struct probe *const *chain;   /* whose rules read its replies, in order: itself, fallbacks, NULL probe (tcp) */
    size_t chain_count;
    const struct rule *const *rules;    /* in file order */
    size_t rule_count;
    size_t index;                       /* place in the file's order */
};

enum probe_db_origin {
    PROBE_DB_USER,                      /* a bad line is a diagnostic and skipped; the rest works */
    PROBE_DB_OURS,                      /* the same, but examples are kept too (for tests) */
    PROBE_DB_BUILTIN                    /* the same, but what the tests of our collection have checked is not checked again */
};

/* Never NULL unless the text is unreadable as a whole (larger than LIMIT_PROBE_FILE); errors are in `d`. `text` is not kept. */
struct probe_db *probe_db_read(const char *file, struct bytes text, enum probe_db_origin origin, struct diags *d);
/* NULL with a diagnostic if it cannot be read. */
struct probe_db *probe_db_read_file(const char *path, enum probe_db_origin origin, struct diags *d);
struct bytes probe_db_builtin_text(void);   /* the text of the collection compiled in, without examples */
struct probe_db *probe_db_builtin(void);    /* the collection compiled in */
void probe_db_free(struct probe_db *db);

size_t probe_db_count(const struct probe_db *db);
const struct probe *probe_db_at(const struct probe_db *db, size_t i);   /* file order */
const struct probe *probe_db_null(const struct probe_db *db);           /* NULL if the file has none */
const struct probe *probe_db_named(const struct probe_db *db, enum proto proto, const char *name);
size_t probe_db_rule_count(const struct probe_db *db);
bool probe_db_excludes(const struct probe_db *db, enum proto proto, uint16_t port); /* the Exclude directive */

/* Does one of the probe's own rules (not its fallbacks') name this service? For the narrowing after a soft match. */
bool probe_names_service(const struct probe *p, const char *service);

struct rule_view {                      /* for listings and checks */
    const char *service;
    const char *file;
    unsigned line;
    bool soft, generic;
};
struct rule_view rule_look(const struct rule *r);

#endif
