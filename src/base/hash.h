/* hash.h owns mixing: a hash for tables and a permutation for walking an index space in a mixed order. */
#ifndef DESCRY_BASE_HASH_H
#define DESCRY_BASE_HASH_H

#include "base/bytes.h"

/* Seeded with a per-process secret where keys come from peers. Not cryptographic. */
uint64_t hash_bytes(struct bytes view, uint64_t seed);
uint64_t hash_u64(uint64_t value, uint64_t seed);

/* Bytes from the system's generator (getrandom). */
void random_fill(void *at, size_t len);
uint64_t random_u64(void);

/*
 * A bijection of 0..count-1 onto itself, without memory (Feistel network with cycle walking, Black and Rogaway 2002).
 */
struct permutation {
    uint64_t count;
    uint64_t seed;
    unsigned half_bits;
};

struct permutation permutation_of(uint64_t count, uint64_t seed);
uint64_t permutation_at(const struct permutation *p, uint64_t index); /* index < count */

#endif
