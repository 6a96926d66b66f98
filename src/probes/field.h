/* field.h owns the fields after an expression: p/text/ v/text/ i h o d, and cpe:/text/. */
#ifndef DESCRY_PROBES_FIELD_H
#define DESCRY_PROBES_FIELD_H

#include "base/bytes.h"

enum field_kind { FIELD_PRODUCT, FIELD_VERSION, FIELD_INFO, FIELD_HOSTNAME, FIELD_OS, FIELD_DEVICE, FIELD_CPE, FIELD_KINDS };

/* One row a kind. */
struct field_kind_row {
    const char *mark;                   /* "p", "cpe:" */
    const char *name;                   /* "product" */
    size_t max;                         /* bytes kept */
};
extern const struct field_kind_row field_kinds[FIELD_KINDS];

struct field {
    enum field_kind kind;
    struct bytes text;                  /* between the delimiters, not expanded */
    struct bytes flags;                 /* letters after the closing delimiter */
};

enum field_step { FIELD_END, FIELD_FOUND, FIELD_BAD };
/* Takes the next field off the front of `rest`. On FIELD_BAD `why` says why, and `rest` begins where. */
enum field_step field_next(struct bytes *rest, struct field *out, const char **why);

/* The text between two delimiters, the first byte of `rest` being the delimiter; false if it is not closed. */
bool field_delimited(struct bytes *rest, struct bytes *out);

bool field_has_flag(const struct field *f, char flag);

#endif
