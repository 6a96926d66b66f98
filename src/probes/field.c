/* field.c owns the reading of the fields after an expression. */
#include <string.h>
#include "probes/field.h"
#include "base/limits.h"
#include "base/text.h"

enum { FLAGS_MAX = 3 };

const struct field_kind_row field_kinds[FIELD_KINDS] = {
    [FIELD_PRODUCT] = {"p", "product", LIMIT_FIELD_SHORT},
    [FIELD_VERSION] = {"v", "version", LIMIT_FIELD_SHORT},
    [FIELD_INFO] = {"i", "info", LIMIT_FIELD_INFO},
    [FIELD_HOSTNAME] = {"h", "hostname", LIMIT_FIELD_SHORT},
    [FIELD_OS] = {"o", "os", LIMIT_FIELD_TINY},
    [FIELD_DEVICE] = {"d", "device", LIMIT_FIELD_TINY},
    [FIELD_CPE] = {"cpe:", "cpe", LIMIT_FIELD_SHORT},
};

static void take(struct bytes *rest, size_t n)
{
    rest->at += n;
    rest->len -= n;
}

bool field_delimited(struct bytes *rest, struct bytes *out)
{
    if (rest->len < 2)
        return false;
    const uint8_t *from = rest->at + 1;
    const uint8_t *to = memchr(from, rest->at[0], rest->len - 1);
    if (!to)
        return false;
    *out = bytes_of(from, (size_t)(to - from));
    take(rest, out->len + 2);
    return true;
}

static bool read_mark(struct bytes *rest, enum field_kind *kind)
{
    for (int k = FIELD_KINDS - 1; k >= 0; k--) {
        if (rest->at[0] != (uint8_t)field_kinds[k].mark[0])
            continue;
        struct bytes mark = bytes_str(field_kinds[k].mark);
        if (!bytes_starts(*rest, mark))
            continue;
        take(rest, mark.len);
        *kind = (enum field_kind)k;
        return true;
    }
    return false;
}

enum field_step field_next(struct bytes *rest, struct field *out, const char **why)
{
    while (rest->len && text_is_space(rest->at[0]))
        take(rest, 1);
    if (!rest->len)
        return FIELD_END;
    *why = "unknown template field";
    if (!read_mark(rest, &out->kind))
        return FIELD_BAD;
    *why = "a cpe field must be delimited by '/'";
    if (out->kind == FIELD_CPE && (!rest->len || rest->at[0] != '/'))
        return FIELD_BAD;
    *why = "a field cannot be delimited by a space or a letter";
    if (rest->len && (text_is_space(rest->at[0]) || text_is_alnum(rest->at[0])))
        return FIELD_BAD;
    *why = "the field has no closing delimiter";
    if (!field_delimited(rest, &out->text))
        return FIELD_BAD;
    const uint8_t *flags = rest->at;
    while (rest->len && text_is_alpha(rest->at[0]))
        take(rest, 1);
    out->flags = bytes_of(flags, (size_t)(rest->at - flags));
    *why = out->flags.len > FLAGS_MAX ? "too many flags after the closing delimiter" : "text follows the closing delimiter";
    return out->flags.len > FLAGS_MAX || (rest->len && !text_is_space(rest->at[0])) ? FIELD_BAD : FIELD_FOUND;
}

bool field_has_flag(const struct field *f, char flag)
{
    return f->flags.len && memchr(f->flags.at, flag, f->flags.len) != NULL;
}
