/* hash_test.c checks hashes, random numbers and the permutation. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <stdlib.h>

#include "base/hash.h"

static void hashes_differ(void **state)
{
    assert_true(hash_bytes(bytes_str("a"), 1) == hash_bytes(bytes_str("a"), 1));
    assert_true(hash_bytes(bytes_str("a"), 1) != hash_bytes(bytes_str("a"), 2));
    assert_true(hash_bytes(bytes_str("a"), 1) != hash_bytes(bytes_str("b"), 1));
    assert_true(hash_bytes(bytes_of("a\0", 2), 1) != hash_bytes(bytes_str("a"), 1));
    assert_true(hash_bytes(bytes_of("", 0), 1) != hash_bytes(bytes_of("\0", 1), 1));
    assert_true(hash_bytes(bytes_str("0123456789abcdef"), 1) != hash_bytes(bytes_str("89abcdef01234567"), 1));
    assert_true(hash_u64(1, 0) != hash_u64(2, 0) && hash_u64(1, 0) != hash_u64(1, 1));
}

static void random_numbers_differ(void **state)
{
    assert_true(random_u64() != random_u64());
}

static void permutation_is_a_bijection(void **state)
{
    static const uint64_t counts[] = {1, 2, 3, 4, 5, 15, 16, 17, 100, 255, 256, 257, 1000, 4096, 65535, 65537};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct permutation p = permutation_of(counts[i], seed);
            uint8_t *seen = calloc(1, counts[i]);
            for (uint64_t k = 0; k < counts[i]; k++) {
                uint64_t at = permutation_at(&p, k);
                assert_true(at < counts[i]);
                assert_int_equal(seen[at]++, 0);
            }
            free(seen);
        }
    }
}

static void permutation_of_huge_spaces(void **state)
{
    struct permutation p = permutation_of(UINT64_MAX, 1), q = permutation_of(UINT64_MAX, 2), odd = permutation_of((1ULL << 62) + 1, 3);

    assert_int_equal(p.half_bits, 32);
    assert_true(permutation_at(&p, 0) != permutation_at(&q, 0));
    assert_true(permutation_at(&p, UINT64_MAX - 1) < UINT64_MAX);
    for (uint64_t i = 0; i < 100; i++)
        assert_true(permutation_at(&odd, i) <= 1ULL << 62);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_differ),
        cmocka_unit_test(random_numbers_differ),
        cmocka_unit_test(permutation_is_a_bijection),
        cmocka_unit_test(permutation_of_huge_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
