/* damage.h owns what is done to a message to see that its reader survives: every beginning of it, and every bit turned over. */
#ifndef DESCRY_TEST_DAMAGE_H
#define DESCRY_TEST_DAMAGE_H

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

typedef void damage_fn(struct bytes message);

/* In memory of its own length, so that a sanitizer sees one byte too many. */
static inline void damage_exact(const uint8_t *at, size_t len, damage_fn *read)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        abort();
    if (len)
        memcpy(copy, at, len);
    read(bytes_of(copy, len));
    free(copy);
}

static inline void damage(struct bytes whole, damage_fn *read)
{
    uint8_t *copy = malloc(whole.len ? whole.len : 1);
    if (!copy)
        abort();
    memcpy(copy, whole.at, whole.len);
    for (size_t n = 0; n <= whole.len; n++)
        damage_exact(copy, n, read);
    for (size_t bit = 0; bit < 8 * whole.len; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        damage_exact(copy, whole.len, read);
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    /* lengths and offsets at their extremes */
    for (size_t i = 0; i + 4 <= whole.len; i++) {
        uint8_t kept[4];
        memcpy(kept, copy + i, 4);
        memset(copy + i, 0xff, 4);
        damage_exact(copy, whole.len, read);
        memset(copy + i, 0xff, 2);
        memset(copy + i + 2, 0, 2);
        damage_exact(copy, whole.len, read);
        memcpy(copy + i, kept, 4);
    }
    free(copy);
}

#endif
