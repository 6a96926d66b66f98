/* fuzz_script_args.c owns fuzzing script arguments: what parses holds only texts and tables, what does not has a place inside the text. */
#include <stdlib.h>

#include "fuzz.h"
#include "script/arguments.h"

static size_t count(const struct value *v)
{
    size_t n = 1;
    if (v->kind != VALUE_TEXT && v->kind != VALUE_TABLE)
        abort();
    for (const struct value *at = v->first; at; at = at->next)
        n += count(at);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct arena a;
    size_t bad_at = 0;
    arena_init(&a);
    struct value *all = arguments_read(bytes_of(at, len), &a, &bad_at);
    if (all && count(all) > len + 2)
        abort();
    if (!all && bad_at > len)
        abort();
    arena_free(&a);
    return 0;
}
