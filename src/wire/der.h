/* der.h owns the little of DER (X.690) that negotiations need: a tag below 31, a definite length of at most four bytes, what is inside. */
#ifndef DESCRY_WIRE_DER_H
#define DESCRY_WIRE_DER_H

#include "base/bytes.h"

/* The next element, whatever it is; past it. False (and the reader is bad): there is none, or it does not fit. */
bool der_next(struct reader *r, uint8_t *tag, struct bytes *inside);
/* The next element if it has this tag: what is inside; past it. False (and the reader is bad) if it is another. */
bool der_take(struct reader *r, uint8_t tag, struct bytes *inside);
/* The same if it has this tag; otherwise false, and nothing was read. */
bool der_maybe(struct reader *r, uint8_t tag, struct bytes *inside);

/* All that stands in `out` from `from` on becomes the inside of an element (at most 65,535 bytes). */
bool der_wrap(struct buf *out, size_t from, uint8_t tag);

/* The whole length of the element that begins here, as soon as its head is there. */
enum decoded der_length(struct bytes at, size_t *length);

#endif
