/* regex.h owns compiled regular expressions; regex.c is the only file that knows PCRE2. */
#ifndef DESCRY_PROBES_REGEX_H
#define DESCRY_PROBES_REGEX_H

#include "base/bytes.h"

/* Where groups matched: pairs of offsets into subject; an unset group has start == SIZE_MAX. Valid until the next regex_run. */
struct captures {
    struct bytes subject;
    const size_t *offsets;
    size_t count;                       /* with group 0 */
};
/* False if the group is unset or there is none of that number. */
bool capture_get(const struct captures *c, unsigned group, struct bytes *out);

struct regex_fault {
    char why[128];
    size_t at;                          /* offset in the pattern */
};

struct regex;
/* The dialect of specs/probe-format.md, 1.4. NULL with `fault` filled if it is no valid expression or it can match nothing at all. */
struct regex *regex_new(struct bytes pattern, bool caseless, bool dotall, struct regex_fault *fault);
void regex_free(struct regex *r);
/* Can a match only begin where the reply begins? */
bool regex_anchored(const struct regex *r);

/* What all expressions of a database need while they run. */
struct regex_space;
struct regex_space *regex_space_new(void);
void regex_space_free(struct regex_space *s);

enum regex_answer {
    REGEX_NO,
    REGEX_YES,
    REGEX_LIMIT                         /* gave up: counts as no match */
};
/* An expression that is run often is compiled to machine code on the way. */
enum regex_answer regex_run(struct regex_space *s, struct regex *r, struct bytes subject, struct captures *out);

#endif
