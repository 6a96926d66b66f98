/* printable.h owns peers' text on a terminal: what of it may be shown as it is. */
#ifndef DESCRY_REPORT_PRINTABLE_H
#define DESCRY_REPORT_PRINTABLE_H

#include "base/bytes.h"

enum { PRINTABLE_NAME = 255 };          /* a bound for host names and the like */

/*
 * Appends `text`: printable UTF-8 as it is; control characters, bytes that are no UTF-8, and code points that hide or reorder text
 * (Unicode's bidirectional and zero-width controls) as \xHH for each byte. Longer than `max` bytes: cut between characters, "..." stands at
 * the end, within `max`. NULL is nothing.
 */
void printable_append(struct buf *out, const char *text, size_t max);

/* How many columns printable text takes: one a code point. */
size_t printable_columns(struct bytes text);

#endif
