/* fuzz_complete.c owns the fuzzing of the question whether a reply is whole. */
#include "stages/complete.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    enum completeness whole = reply_completeness(bytes_of(at, len));
    if (whole != COMPLETE_UNKNOWN && whole != COMPLETE_YES && whole != COMPLETE_NO)
        abort();
    return 0;
}
