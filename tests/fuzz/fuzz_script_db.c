/* fuzz_script_db.c owns fuzzing script databases: file names stay names, whatever stands in them. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "script/script_db.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct arena a;
    struct diags d;
    arena_init(&a);
    diags_init(&d);
    for (const struct script_entry *e = script_db_read(bytes_of(at, len), "fuzz", &a, &d); e; e = e->next) {
        if (!e->file || strchr(e->file, '/') || !*e->file)
            abort();
        for (size_t i = 0; i < e->category_count; i++)
            if (!e->categories[i])
                abort();
    }
    diags_free(&d);
    arena_free(&a);
    return 0;
}
