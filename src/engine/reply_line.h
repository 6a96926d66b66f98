/* reply_line.h owns the reading of one line of `descry match`'s input. */
#ifndef DESCRY_ENGINE_REPLY_LINE_H
#define DESCRY_ENGINE_REPLY_LINE_H

#include "base/addr.h"

struct reply_line {
    char *id;                           /* the id as JSON text; "null" if there is none */
    char *probe;                        /* NULL: not told */
    enum proto proto;
    char *response;                     /* base64 */
};

/* NULL, or what is wrong with the line (one line of text, valid until the next call with this `why`). The id is filled if it could be read. */
const char *reply_line_read(struct bytes line, struct reply_line *out, char *why, size_t size);
void reply_line_free(struct reply_line *l);

#endif
