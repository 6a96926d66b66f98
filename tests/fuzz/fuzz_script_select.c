/* fuzz_script_select.c owns fuzzing the expressions of --script: any text is held against one script, twice with the same answer. */
#include <stdlib.h>

#include "fuzz.h"
#include "script/select.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static const char *const categories[] = {"default", "safe", "version"};
    struct select_entry e = {.name = "http-title", .categories = categories, .category_count = 3};
    struct bytes list = bytes_of(at, len), rule;
    bool forced;
    while (select_next(&list, &rule, &forced)) {
        enum select_answer answer = select_match(rule, &e);
        if (rule.len == 0 || rule.len > len)
            abort();
        if (answer != select_match(rule, &e))
            abort();
    }
    return 0;
}
