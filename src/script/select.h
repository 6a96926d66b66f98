/*
 * select.h owns the expressions of --script: which scripts one rule names. The grammar is the field's (specs/script-host.md, 1.4): right-associative,
 * `and` and `or` without precedence; a word is a category of the script in question, or a pattern for its name.
 */
#ifndef DESCRY_SCRIPT_SELECT_H
#define DESCRY_SCRIPT_SELECT_H

#include "base/bytes.h"

/* What a rule is held against. */
struct select_entry {
    const char *name;                   /* without directory and ".nse" */
    const char *const *categories;
    size_t category_count;
};

enum select_answer {
    SELECT_NO,
    SELECT_YES,                         /* by category */
    SELECT_BY_NAME                      /* a name or a pattern of names matched */
};

/* A rule that is no expression matches nothing: it may still be the name of a file. `rule` is without a leading '+'. */
enum select_answer select_match(struct bytes rule, const struct select_entry *e);

/* Takes the next rule off a list that commas separate; false: there is none left. `forced`: it began with '+'. */
bool select_next(struct bytes *list, struct bytes *rule, bool *forced);

#endif
