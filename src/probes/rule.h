/* rule.h owns one match line: reading it, and its expression when it is needed. */
#ifndef DESCRY_PROBES_RULE_H
#define DESCRY_PROBES_RULE_H

#include "probes/inside.h"
#include "probes/pattern.h"

struct fault {
    enum diag_level level;
    const uint8_t *at;                  /* in the line; NULL: nowhere in particular */
    char why[160];
};
void fault_set(struct fault *f, enum diag_level level, const uint8_t *at, const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Reads what follows "match " or "softmatch ". `out` gets views into `line`. With a `series` expression and fields are checked: an expression that
 * pattern_read does not understand is compiled here, so that its faults are told. True with fault->why set: a warning.
 */
bool rule_read(struct bytes line, struct arena *arena, struct rule *out, struct pattern_series *series, struct fault *fault);

/* The compiled expression, compiled now if this is the first need of it; NULL with `fault` filled if PCRE2 refuses it. The rule's. */
struct regex *rule_regex(struct rule *r, struct regex_fault *fault);

/* Does the expression match, and what did it capture? Compiles it if this is the first time. */
enum regex_answer rule_run(struct rule *r, struct regex_space *space, struct bytes reply, struct captures *out);

#endif
