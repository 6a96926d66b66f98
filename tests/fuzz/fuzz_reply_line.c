/* fuzz_reply_line.c owns the fuzzing of `descry match`'s input lines, base64 included. */
#include "base/base64.h"
#include "engine/reply_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct reply_line line;
    char why[100];
    struct buf reply;
    buf_init(&reply, 4096);
    if (!reply_line_read(bytes_of(at, len), &line, why, sizeof why))
        base64_read(bytes_str(line.response), &reply);
    buf_free(&reply);
    reply_line_free(&line);
    return 0;
}
