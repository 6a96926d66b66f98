/* pattern.h owns what can be told from an expression without compiling it: is it surely valid, and which bytes must any match hold. */
#ifndef DESCRY_PROBES_PATTERN_H
#define DESCRY_PROBES_PATTERN_H

#include "base/bytes.h"

enum {
    PATTERN_SYMBOLS = 640,
    ALTERNATIVES_MAX = 64,
    ALTERNATIVE_BYTES = 12,
    SYMBOL_ANY = 256,                   /* exactly one byte, whichever */
    SYMBOL_GAP,                         /* any number of bytes */
    SYMBOL_START                        /* the begin of the reply */
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
    bool understood;                    /* surely valid and surely not matching nothing; otherwise ask PCRE2, and there are no symbols */
    size_t shortest;                    /* no match is shorter */
    size_t count;
    uint16_t symbols[PATTERN_SYMBOLS];
    size_t alternative_count;           /* 0: no such group */
    struct alternative alternatives[ALTERNATIVES_MAX];
};

void pattern_read(struct bytes text, struct pattern *out);

#endif
