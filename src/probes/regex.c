/* regex.c owns the fence around PCRE2: compiling, running within limits, captures. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include "probes/regex.h"
#include "base/arena.h"
#include "base/limits.h"

enum {
    RUNS_BEFORE_JIT = 2, /* making machine code costs about as much as twenty runs: a rule tried once is not worth it */
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MAX = 512 * 1024
};

struct regex {
    pcre2_code *code;
    unsigned runs;
};

struct regex_space {
    pcre2_match_context *limits;
    pcre2_match_data *found;
    pcre2_jit_stack *stack;
};

bool capture_get(const struct captures *c, unsigned group, struct bytes *out)
{
    if (group >= c->count || c->offsets[2 * group] == PCRE2_UNSET)
        return false;
    size_t from = c->offsets[2 * group], to = c->offsets[2 * group + 1];
    if (to < from || to > c->subject.len) /* \K in a lookahead can end before it starts */
        return false;
    *out = bytes_of(c->subject.at + from, to - from);
    return true;
}

static bool can_match_nothing(const pcre2_code *code)
{
    uint32_t empty = 0;
    pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &empty);
    return empty != 0;
}

struct regex *regex_new(struct bytes pattern, bool caseless, bool dotall, struct regex_fault *fault)
{
    uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | (caseless ? PCRE2_CASELESS : 0) | (dotall ? PCRE2_DOTALL : 0);
    int error = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code = pcre2_compile(pattern.len ? pattern.at : (const uint8_t *)"", pattern.len, options, &error, &at, NULL);
    if (!code) {
        pcre2_get_error_message(error, (PCRE2_UCHAR *)fault->why, sizeof fault->why);
        fault->at = at;
        return NULL;
    }
    if (can_match_nothing(code)) {
        strcpy(fault->why, "the expression can match an empty reply");
        fault->at = 0;
        pcre2_code_free(code);
        return NULL;
    }
    struct regex *r = must_zalloc(sizeof *r);
    r->code = code;
    return r;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_code_free(r->code);
    free(r);
}

bool regex_anchored(const struct regex *r)
{
    uint32_t options = 0;
    pcre2_pattern_info(r->code, PCRE2_INFO_ALLOPTIONS, &options);
    return (options & PCRE2_ANCHORED) != 0;
}

struct regex_space *regex_space_new(void)
{
    struct regex_space *s = must_zalloc(sizeof *s);
    s->limits = pcre2_match_context_create(NULL);
    s->found = pcre2_match_data_create(LIMIT_CAPTURES, NULL);
    if (!s->limits || !s->found)
        abort();
    pcre2_set_match_limit(s->limits, LIMIT_MATCH_STEPS);
    pcre2_set_depth_limit(s->limits, LIMIT_MATCH_DEPTH);
    pcre2_set_heap_limit(s->limits, LIMIT_MATCH_HEAP_KIB);
    s->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
    if (s->stack)
        pcre2_jit_stack_assign(s->limits, NULL, s->stack);
    return s;
}

void regex_space_free(struct regex_space *s)
{
    if (!s)
        return;
    pcre2_jit_stack_free(s->stack);
    pcre2_match_data_free(s->found);
    pcre2_match_context_free(s->limits);
    free(s);
}

enum regex_answer regex_run(struct regex_space *s, struct regex *r, struct bytes subject, struct captures *out)
{
    if (++r->runs == RUNS_BEFORE_JIT)
        pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* where it fails, the interpreter goes on */
    const uint8_t *at = subject.len ? subject.at : (const uint8_t *)"";
    int n = pcre2_match(r->code, at, subject.len, 0, 0, s->found, s->limits);
    if (n == PCRE2_ERROR_NOMATCH)
        return REGEX_NO;
    if (n < 0)
        return REGEX_LIMIT;
    out->subject = subject;
    out->offsets = pcre2_get_ovector_pointer(s->found);
    out->count = n > 0 ? (size_t)n : LIMIT_CAPTURES;
    return REGEX_YES;
}
