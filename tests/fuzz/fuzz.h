/* fuzz.h owns the one function that every fuzz target defines. */
#ifndef DESCRY_FUZZ_H
#define DESCRY_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

#endif
