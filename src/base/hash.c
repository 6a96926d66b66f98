/* hash.c owns mixing: hashes, random numbers, and the permutation of an index space. */
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FEISTEL_ROUNDS = 6 };

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit. */
static uint64_t mix(uint64_t v)
{
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ULL;
    v = (v ^ v >> 27) * 0x94d049bb133111ebULL;
    return v ^ v >> 31;
}

uint64_t hash_u64(uint64_t value, uint64_t seed)
{
    return mix(mix(seed + 0x9e3779b97f4a7c15ULL) ^ value);
}

uint64_t hash_bytes(struct bytes view, uint64_t seed)
{
    uint64_t hash = hash_u64(view.len, seed);

    while (view.len > 0) {
        uint64_t word = 0;
        size_t n = view.len < sizeof word ? view.len : sizeof word;
        memcpy(&word, view.at, n);
        hash = hash_u64(word, hash);
        view = bytes_of(view.at + n, view.len - n);
    }
    return hash;
}

void random_fill(void *at, size_t len)
{
    uint8_t *next = at;

    while (len > 0) {
        ssize_t n = getrandom(next, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fputs("descry: the system gives no random numbers\n", stderr);
            abort();
        }
        next += n;
        len -= (size_t)n;
    }
}

uint64_t random_u64(void)
{
    uint64_t value;

    random_fill(&value, sizeof value);
    return value;
}

struct permutation permutation_of(uint64_t count, uint64_t seed)
{
    struct permutation p = {.count = count, .seed = seed, .half_bits = 1};

    while (p.half_bits < 32 && count > 1ULL << 2 * p.half_bits)
        p.half_bits++;
    return p;
}

static uint64_t feistel(const struct permutation *p, uint64_t value)
{
    uint64_t mask = (1ULL << p->half_bits) - 1;
    uint64_t left = value >> p->half_bits;
    uint64_t right = value & mask;

    for (uint64_t round = 0; round < FEISTEL_ROUNDS; round++) {
        uint64_t swapped = left ^ (hash_u64(right, p->seed + round) & mask);
        left = right;
        right = swapped;
    }
    return left << p->half_bits | right;
}

/* The network permutes a power of four, less than four times the count; walking on until the value is inside keeps it a bijection. */
uint64_t permutation_at(const struct permutation *p, uint64_t index)
{
    do
        index = feistel(p, index);
    while (index >= p->count);
    return index;
}
