/* fuzz_gentle.c owns the fuzzing of the list of forbidden questions. */
#include "probes/gentle.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct diags d;
    diags_init(&d);
    struct gentle *g = gentle_read("fuzz", bytes_of(at, len), &d);
    gentle_forbids(g, "GetRequest", PROTO_TCP, 9100, "jetdirect");
    gentle_free(g);
    diags_free(&d);
    return 0;
}
