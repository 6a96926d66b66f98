/* escape.h owns the escapes of the probe file, and the escaped rendering of peers' bytes for people. */
#ifndef DESCRY_BASE_ESCAPE_H
#define DESCRY_BASE_ESCAPE_H

#include "base/bytes.h"

/*
 * Reads \\ \0 \n \r \t \xHH (specs/probe-format.md, 1.3: a "\0" is one NUL, never octal). Appends to `out`.
 * True, or false with the offset of the bad escape in *bad_at (may be NULL).
 */
bool escape_read(struct bytes text, struct buf *out, size_t *bad_at);

/* Writes bytes so that escape_read gives them back: printable ASCII as is, "\\" doubled, else \r \n \t \0 \xhh. */
bool escape_write(struct bytes raw, struct buf *out);

#endif
