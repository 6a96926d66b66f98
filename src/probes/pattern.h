/* pattern.h owns what can be told from an expression without compiling it: is it surely valid, and which bytes must any match hold. */
#ifndef DESCRY_PROBES_PATTERN_H
#define DESCRY_PROBES_PATTERN_H

#include "base/bytes.h"

enum {
    PATTERN_SYMBOLS = 640,
    ALTERNATIVES_MAX = 64,
    ALTERNATIVE_BYTES = 12,
    SYMBOL_ANY = 256, /* exactly one byte, whichever */
    SYMBOL_GAP, /* any number of bytes */
    SYMBOL_START /* the begin of the reply */
};

/*
 * `symbols` is a necessary condition: a reply that matches holds, in ASCII lower case and at increasing places, the runs between gaps.
 * 0..255 is that byte in lower case. A run right after SYMBOL_START stands at offset 0.
 * `alternatives` is another: the reply holds at least one of these texts, in lower case. They are the branches of one group: "(?:Foo|Bar)".
 */
struct alternative {
    uint8_t len;
    uint8_t text[ALTERNATIVE_BYTES];
};

struct pattern {
    bool understood; /* surely valid and surely not matching nothing; otherwise ask PCRE2, and there are no symbols */
    size_t shortest; /* no match is shorter */
    size_t count;
    uint16_t symbols[PATTERN_SYMBOLS];
    size_t alternative_count; /* 0: no such group */
    struct alternative alternatives[ALTERNATIVES_MAX];
};

/*
 * The same for one expression after another, quicker: most rules of a probe begin alike, and what was learnt of the beginning that an expression
 * shares with the one before is not learnt again. All zero before the first.
 */
enum { PATTERN_KNOWN = 320, PATTERN_MARKS = 128 };
struct pattern_mark {
    uint16_t at; /* in the text; all before it is read */
    uint16_t symbols;
    uint16_t groups, alternations;
    uint32_t shortest, code;
};
struct pattern_series {
    struct pattern seen; /* of the last expression */
    size_t known, marks;
    uint8_t text[PATTERN_KNOWN]; /* its first `known` bytes */
    struct pattern_mark mark[PATTERN_MARKS];
};

void pattern_read(struct bytes text, struct pattern *out);
void pattern_read_next(struct pattern_series *series, struct bytes text);

#endif
