/* utf16.h owns the texts of Microsoft's protocols: UTF-16, little endian, read into UTF-8. */
#ifndef DESCRY_WIRE_UTF16_H
#define DESCRY_WIRE_UTF16_H

#include "base/arena.h"
#include "base/bytes.h"

enum { UTF16_TEXT_MAX = 255 }; /* code units that are read of one text; the rest is dropped */

/* Up to the first NUL. What is no character becomes U+FFFD. NULL: nothing stands there. */
const char *utf16_text(struct arena *a, struct bytes raw);
/* The text that ends with a NUL (or with the reader), and past it. */
const char *utf16_take(struct arena *a, struct reader *r);
/* ASCII only. */
bool utf16_write(struct buf *out, const char *text);

#endif
