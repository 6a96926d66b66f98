/* fuzz_target_expr.c owns fuzzing target expressions: what is accepted must have addresses, first to last. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "targets/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    char *text = must_alloc(len + 1);
    struct exclusions *x = exclusions_new();
    struct target_expr e;

    if (len > 0)
        memcpy(text, at, len);
    text[len] = 0;
    if (target_expr_parse("fuzz", text, &e, NULL)) {
        if (e.kind == TARGET_NAME)
            target_expr_resolve(&e, &(struct addr){.family = 6});
        if (e.count == 0)
            abort();
        struct addr first = target_expr_at(&e, 0), last = target_expr_at(&e, e.count - 1);
        if (addr_compare(&first, &last) > 0 || (e.count > 1 && addr_equal(&first, &last)))
            abort();
        if (!exclusions_add_expr(x, &e) || !exclusions_has(x, &first) || !exclusions_has(x, &last))
            abort();
        target_expr_free(&e);
    }
    exclusions_add(x, "fuzz", text, NULL);
    exclusions_free(x);
    free(text);
    return 0;
}
