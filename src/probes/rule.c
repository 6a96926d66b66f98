/* rule.c owns the reading of one match line, and the first need of its expression. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "probes/rule.h"
#include "probes/cpe.h"
#include "probes/field.h"
#include "probes/template.h"
#include "base/text.h"

void fault_set(struct fault *f, enum diag_level level, const uint8_t *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->why, sizeof f->why, format, args);
    va_end(args);
    f->level = level;
    f->at = at;
}

static bool read_service(struct bytes *rest, struct arena *arena, struct rule *out, struct fault *fault)
{
    const uint8_t *end = memchr(rest->at, ' ', rest->len);
    if (!end || end == rest->at) {
        fault_set(fault, DIAG_ERROR, rest->at, "a service name and an expression m|...| are expected");
        return false;
    }
    out->service = arena_strndup(arena, rest->at, (size_t)(end - rest->at));
    *rest = bytes_of(end, rest->len - (size_t)(end - rest->at));
    while (rest->len && rest->at[0] == ' ')
        *rest = bytes_of(rest->at + 1, rest->len - 1);
    return true;
}

static bool read_expression(struct bytes *rest, struct rule *out, struct fault *fault)
{
    if (rest->len < 2 || rest->at[0] != 'm') {
        fault_set(fault, DIAG_ERROR, rest->at, "an expression m|...| is expected");
        return false;
    }
    *rest = bytes_of(rest->at + 1, rest->len - 1);
    const uint8_t *from = rest->at;
    if (!field_delimited(rest, &out->pattern)) {
        fault_set(fault, DIAG_ERROR, from, "the expression is not closed by '%c'", from[0]);
        return false;
    }
    for (; rest->len && !text_is_space(rest->at[0]); *rest = bytes_of(rest->at + 1, rest->len - 1)) {
        if (rest->at[0] != 'i' && rest->at[0] != 's') {
            fault_set(fault, DIAG_ERROR, rest->at, "unknown flag after the expression: only 'i' and 's' are known");
            return false;
        }
        out->caseless |= rest->at[0] == 'i';
        out->dotall |= rest->at[0] == 's';
    }
    return true;
}

static bool has_cpe_part(struct bytes text)
{
    return text.len && text.at[0] && (text.at[0] == '$' || strchr("aho", text.at[0])) &&
           (text.len < 2 || text.at[0] == '$' || text.at[1] == ':');
}

static bool check_fields(struct rule *out, struct fault *fault)
{
    struct bytes rest = out->fields;
    struct field f;
    enum field_step step;
    const char *why = NULL;
    size_t at = 0;
    while ((step = field_next(&rest, &f, &why)) == FIELD_FOUND) {
        out->generic |= f.kind == FIELD_PRODUCT && field_has_flag(&f, 'g');
        const char *odd = template_check(f.text, &at);
        if (odd)
            fault_set(fault, DIAG_WARNING, f.text.at + at, "the field will always be empty: %s", odd);
        else if (f.kind == FIELD_CPE && !has_cpe_part(f.text))
            fault_set(fault, DIAG_WARNING, f.text.at, "the CPE is ignored: its part must be a, h or o");
    }
    if (step == FIELD_BAD)
        fault_set(fault, DIAG_ERROR, rest.at, "%s", why);
    return step == FIELD_END;
}

static bool check_expression(struct rule *out, struct pattern_series *series, struct fault *fault)
{
    pattern_read_next(series, out->pattern);
    if (series->seen.understood)
        return true;
    struct regex_fault odd;
    out->regex = regex_new(out->pattern, out->caseless, out->dotall, &odd);
    if (!out->regex)
        fault_set(fault, DIAG_ERROR, out->pattern.at + odd.at, "%s", odd.why);
    return out->regex != NULL;
}

/* Of fields that are known to be good: the product stands first, if at all. */
static bool is_generic(struct bytes fields)
{
    struct field f;
    const char *why;
    while (field_next(&fields, &f, &why) == FIELD_FOUND)
        if (f.kind == FIELD_PRODUCT)
            return field_has_flag(&f, 'g');
    return false;
}

bool rule_read(struct bytes line, struct arena *arena, struct rule *out, struct pattern_series *series, struct fault *fault)
{
    struct bytes rest = line;
    if (!read_service(&rest, arena, out, fault) || !read_expression(&rest, out, fault))
        return false;
    out->fields = rest;
    if (series)
        return check_fields(out, fault) && check_expression(out, series, fault);
    out->generic = is_generic(rest);
    return true;
}

struct regex *rule_regex(struct rule *r, struct regex_fault *fault)
{
    if (!r->regex)
        r->regex = regex_new(r->pattern, r->caseless, r->dotall, fault);
    return r->regex;
}

enum regex_answer rule_run(struct rule *r, struct regex_space *space, struct bytes reply, struct captures *out)
{
    struct regex_fault odd;
    if (!r->broken)
        r->broken =
            !rule_regex(r, &odd); /* pattern_read took for valid what is not: a test looks for that; here the rule just never matches */
    return r->broken ? REGEX_NO : regex_run(space, r->regex, reply, out);
}
