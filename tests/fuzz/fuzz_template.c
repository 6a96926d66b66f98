/* fuzz_template.c owns the fuzz target of templates, expressions and CPE names: "expression LF template LF reply". */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "probes/match.h"
#include "probes/pattern.h"
#include "probes/template.h"

static struct bytes take_line(struct bytes *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    struct bytes line = bytes_of(rest->at, end ? (size_t)(end - rest->at) : rest->len);
    *rest = end ? bytes_of(end + 1, rest->len - line.len - 1) : bytes_of(NULL, 0);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct bytes rest = bytes_of(at, len), expression = take_line(&rest), text = take_line(&rest);
    struct regex_fault fault;
    struct captures captured;
    struct arena arena;
    static struct pattern seen;
    size_t odd;
    arena_init(&arena);
    struct regex_space *space = regex_space_new();
    struct regex *r = regex_new(expression, false, true, &fault);
    pattern_read(expression, &seen);
    if (seen.understood && !r)
        abort();
    template_check(text, &odd);
    cpe_to_23(&arena, arena_strndup(&arena, text.at, text.len));
    if (r && regex_run(space, r, rest, &captured) == REGEX_YES)
        for (int k = 0; k < FIELD_KINDS; k++)
            template_fill(&arena, (enum field_kind)k, text, &captured);
    regex_free(r);
    regex_space_free(space);
    arena_free(&arena);
    return 0;
}
