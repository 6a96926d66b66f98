/* fuzz_x509.c owns the fuzzing of certificates. */
#include "wire/x509.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct arena arena;
    struct x509_certificate c;
    arena_init(&arena);
    x509_read(bytes_of(at, len), &arena, &c);
    for (size_t i = 0; i < c.name_count; i++)
        if (strlen(c.names[i]) > LIMIT_CERTIFICATE_TEXT + sizeof "email:")
            abort();
    arena_free(&arena);
    return 0;
}
