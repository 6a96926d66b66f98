/* fuzz_rpc.c owns the fuzzing of record marking and of replies: the input is a stream, whose records are read as replies. */
#include "base/limits.h"
#include "wire/rpc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct bytes stream = bytes_of(at, len), message;
    struct rpc_reply reply;
    struct buf joined;
    size_t used;
    buf_init(&joined, LIMIT_RPC_RECORD);
    while (rpc_read_record(stream, &joined, &message, &used) == DECODED_OK) {
        if (used > stream.len || message.len > LIMIT_RPC_RECORD || used < 4)
            abort();
        if (rpc_read_reply(message, &reply) == DECODED_OK && (reply.answer >= RPC_ANSWERS || reply.results.len > message.len))
            abort();
        stream = bytes_of(stream.at + used, stream.len - used);
    }
    rpc_read_reply(bytes_of(at, len), &reply);
    rpc_has_reply_shape(bytes_of(at, len), false);
    buf_free(&joined);
    return 0;
}
