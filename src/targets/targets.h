/*
 * targets.h owns what is to be scanned: target expressions as an index space that is walked in a mixed order, never a list in memory.
 * A source is a sequence of expressions (command line, then files read as streams); each expression is a space of addresses; spaces are taken in
 * blocks (of at most TARGET_BLOCK expressions held at a time), within which the order is mixed, so that no network is hit in a row.
 */
#ifndef DESCRY_TARGETS_TARGETS_H
#define DESCRY_TARGETS_TARGETS_H

#include "base/addr.h"
#include "base/diag.h"

/* One expression. */
enum target_kind { TARGET_ADDRESSES, TARGET_NAME };
struct target_expr {
    enum target_kind kind;
    uint64_t count;                     /* addresses; 1 for a name until it is resolved; saturates at UINT64_MAX */
    char *name;                         /* TARGET_NAME, "name" or "name/24" split */
    int prefix;                         /* length; -1 none (a name without one, octet ranges) */
    struct addr base;                   /* CIDR, or one address */
    /* octet ranges: the allowed values of each octet as bit sets; used if `octets` */
    bool octets;
    uint32_t allowed[4][8];
};
/* "192.0.2.1" "192.0.2.0/24" "10.0.0-3.1,5" "10.*.0.1" "2001:db8::/120" "fe80::1%eth0" "www.example.org" "www.example.org/28" "[::1]".
 * False with a diagnostic: "10.0.0.300", "10.0.0.0/33", "a b". */
bool target_expr_parse(const char *what, const char *text, struct target_expr *out, struct diags *d);
void target_expr_free(struct target_expr *e);
/* The index-th address of TARGET_ADDRESSES; index < count. */
struct addr target_expr_at(const struct target_expr *e, uint64_t index);
/* A resolved name becomes addresses (with its prefix applied). */
void target_expr_resolve(struct target_expr *e, const struct addr *to);

/* ---- exclusions */
struct exclusions;
struct exclusions *exclusions_new(void);
void exclusions_free(struct exclusions *x);
/* Comma list for --exclude; lines for --excludefile ('#' comments). Names must be resolved by the caller: they are left in the list exclusions_name gives. */
bool exclusions_add(struct exclusions *x, const char *what, const char *comma_list, struct diags *d);
bool exclusions_add_file(struct exclusions *x, const char *path, struct diags *d);
bool exclusions_add_expr(struct exclusions *x, const struct target_expr *e);
const char *exclusions_name(const struct exclusions *x, size_t i); /* unresolved names; NULL at the end */
/* Zones do not matter, ::ffff:192.0.2.1 is 192.0.2.1, and 0.0.0.0 and :: are 127.0.0.1 and ::1. */
bool exclusions_has(const struct exclusions *x, const struct addr *a);

/* ---- the source */
struct target {
    struct addr addr;                   /* family 0: `name` is to be resolved, then given back with target_source_resolved */
    const char *name;                   /* as given; valid until the next call, or while unresolved until target_source_resolved */
    uint64_t expr;                      /* number of its expression, from 0 */
};
enum target_next {
    TARGET_GIVEN,
    TARGET_NEEDS_NAME,
    TARGET_LATER,                       /* whoever writes the stream has not written on: ask again a little later */
    TARGET_NONE
};

enum { TARGET_BLOCK = 4096 };

struct target_source;
/* `seed` decides the order; `in_order` (-r-like, for tests) walks ascending. Exclusions are borrowed, may be NULL. */
struct target_source *target_source_new(uint64_t seed, bool in_order, const struct exclusions *x);
void target_source_free(struct target_source *s);
/* Expressions are parsed at once (a bad one is an error before anything is scanned). */
bool target_source_add(struct target_source *s, const char *text, struct diags *d);
/* A file (or "-") is opened at once, read as a stream when its turn comes: white space separates, '#' begins a comment; a bad line is a
 * diagnostic in `later` when it is met, and skipped. */
bool target_source_add_file(struct target_source *s, const char *path, struct diags *d);
/* The next target. TARGET_NEEDS_NAME: out->name is to be resolved; answer with target_source_resolved(expr, addr or NULL), before or after
 * other calls; its addresses are then given. TARGET_NONE while names are unanswered means none at present. */
enum target_next target_source_next(struct target_source *s, struct target *out, struct diags *later);
void target_source_resolved(struct target_source *s, uint64_t expr, const struct addr *to);
/* How many are known of so far: given ones and those still to come in what has been read; excluded and unresolvable ones are taken off when they
 * are met. `*more` if files are still unread. */
uint64_t target_source_known(const struct target_source *s, bool *more);

#endif
