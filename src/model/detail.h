/*
 * detail.h owns what is told of a port, a host or a scan beyond names and versions: the finding of one stage or script, as lines for people and as
 * values for machines. Normal output shows the lines, XML has them as <script> with its values, JSON has the values under the finding's id.
 */
#ifndef DESCRY_MODEL_DETAIL_H
#define DESCRY_MODEL_DETAIL_H

#include "model/value.h"

enum detail_origin {
    DETAIL_STAGE, /* JSON: a member of the port named after the id; normal: lines indented by two */
    DETAIL_SCRIPT /* JSON: an entry of `scripts`; normal: "| id: ..." and "|_" */
};

struct detail {
    const char *id; /* "tls", "rpc", "smb"; a script's name */
    enum detail_origin origin;
    const struct value
        *lines; /* a list of texts, one a line (a line feed inside is the peer's, and is escaped): always shown; NULL: none */
    const struct value *verbose_lines; /* shown instead with -v, and in XML; NULL: the same */
    const struct value *values; /* a table or a list; of a script also a single value; NULL: none */
    struct detail *next;
};

/* Adds a finding at the end, or puts it in the place of one with the same id. What it points to is borrowed. Gives the entry. */
struct detail *detail_add(struct detail **list, struct arena *a, const char *id, enum detail_origin origin);
const struct detail *detail_find(const struct detail *list, const char *id);
/* The lines to show. NULL: none. */
const struct value *detail_lines(const struct detail *d, bool verbose);
/* A whole copy of the list. */
struct detail *detail_copy(struct arena *a, const struct detail *list);

#endif
