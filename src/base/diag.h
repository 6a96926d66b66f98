/* diag.h owns diagnostics: what parsers have to say about a text, with its place. Parsers never print and never exit. */
#ifndef DESCRY_BASE_DIAG_H
#define DESCRY_BASE_DIAG_H

#include "base/arena.h"

enum diag_level { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

struct diag {
    enum diag_level level;
    const char *file;                   /* file name or what is parsed ("-p"); never NULL */
    unsigned line;                      /* from 1; 0: no line */
    unsigned column;                    /* from 1; 0: no column */
    const char *message;                /* one line, no final stop needed */
};

/* A list that keeps at most LIMIT_DIAGNOSTICS, and counts all. Owns its texts. */
struct diags {
    struct arena arena;
    struct diag *list;
    size_t count;                       /* kept */
    size_t cap;
    size_t errors;                      /* seen, kept or not */
    size_t warnings;
};

void diags_init(struct diags *d);
void diags_free(struct diags *d);
/* `d` may be NULL: then nothing is kept. */
void diags_add(struct diags *d, enum diag_level level, const char *file, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* In the order of files' names, lines and columns. */
void diags_sort(struct diags *d);
/* "file:line:column: error: message" with the parts that are known; no newline. */
void diag_format(const struct diag *one, struct buf *out);

#endif
