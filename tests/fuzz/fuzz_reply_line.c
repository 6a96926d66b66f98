/* fuzz_reply_line.c owns the fuzzing of `descry match`'s input lines. */
#include "engine/reply_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct reply_line line;
    char why[100];
    reply_line_read(bytes_of(at, len), &line, why, sizeof why);
    reply_line_free(&line);
    return 0;
}
