/* fuzz_tls_flight.c owns the fuzzing of what TLS servers say in the clear. */
#include "wire/tls_flight.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct arena arena;
    struct tls_flight f;
    volatile uint8_t last = 0;
    arena_init(&arena);
    tls_flight_read(bytes_of(at, len), &arena, &f);
    for (size_t i = 0; i < f.certificate_count; i++)
        if (f.certificates[i].len)
            last ^= f.certificates[i].at[f.certificates[i].len - 1];
    arena_free(&arena);
    return 0;
}
