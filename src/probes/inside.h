/* inside.h owns what a probe database and a rule are made of; for the files of this room only. */
#ifndef DESCRY_PROBES_INSIDE_H
#define DESCRY_PROBES_INSIDE_H

#include "probes/probe_db.h"
#include "probes/regex.h"
#include "base/arena.h"
#include "base/limits.h"

struct prefilter;

struct rule {
    const struct probe *owner;
    const char *service;
    struct bytes pattern;
    struct bytes fields;                /* the template fields as written; checked when read */
    const char *file;                   /* where it was written, see "#@" in bundle-probes.py */
    unsigned line;
    unsigned column;                    /* of the expression */
    uint32_t index;                     /* place among all rules of the database */
    bool soft, generic, caseless, dotall;
    bool broken;                        /* PCRE2 refused it, late */
    struct regex *regex;                /* NULL until first needed */
};

/* A probe, and what its readers need not see. `probe` comes first: probe_block_of relies on it. */
struct probe_block {
    struct probe probe;
    struct prefilter *index;            /* of its own rules; NULL until first needed */
    uint32_t first_rule;                /* rules first_rule .. first_rule + probe.rule_count - 1 of the database are its own */
    struct bytes fallback;              /* names as written, until the file is read */
    unsigned fallback_line, fallback_column;
    const char *fallback_file;
};

/* A line "#= q|reply| fields", kept as written; example.c reads it. */
struct example_line {
    const struct rule *rule;
    struct bytes text;                  /* after "#=" */
    const char *file;
    unsigned line;
};

struct probe_db {
    struct arena arena;
    struct probe_block **blocks;        /* file order */
    size_t block_count, block_cap;
    struct rule **rules;                /* file order */
    size_t rule_count, rule_cap;
    struct example_line *examples;
    size_t example_count, example_cap;
    const struct probe *null_probe;
    struct port_set *excluded[2];       /* by protocol; NULL: none */

    struct prefilter *index_of_all;     /* NULL until first needed */
    struct regex_space *space;
    uint8_t *folded;                    /* scratch: the reply in lower case, LIMIT_REPLY bytes */
    uint64_t *candidates;               /* scratch: one bit a rule of the index in use */
    uint64_t limits_hit;
};

static inline const struct probe_block *probe_block_of(const struct probe *p)
{
    return (const struct probe_block *)p;
}

#endif
