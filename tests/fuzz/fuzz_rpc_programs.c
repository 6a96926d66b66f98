/* fuzz_rpc_programs.c owns the fuzzing of files of ONC RPC programs. */
#include "base/limits.h"
#include "probes/rpc_programs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct rpc_programs *p = rpc_programs_new();
    struct diags d;
    diags_init(&d);
    rpc_programs_add(p, "fuzz", bytes_of(at, len), &d);
    size_t n = rpc_programs_count(p, 3);
    if (n > LIMIT_RPC_PROGRAMS)
        abort();
    for (size_t i = 0; i < n; i++)
        if (rpc_programs_of(p, rpc_programs_at(p, i)->number) != rpc_programs_at(p, i))
            abort();
    diags_free(&d);
    rpc_programs_free(p);
    return 0;
}
