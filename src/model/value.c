/* value.c owns the growing, finding and copying of values. */
#include "model/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct value *add(struct arena *a, struct value *in, const char *key, enum value_kind kind)
{
    struct value *v = arena_alloc(a, sizeof *v);
    v->kind = kind;
    v->key = key;
    if (!in)
        return v;
    if (in->last)
        in->last->next = v;
    else
        in->first = v;
    in->last = v;
    return v;
}

struct value *value_table(struct arena *a, struct value *in, const char *key)
{
    return add(a, in, key, VALUE_TABLE);
}

struct value *value_list(struct arena *a, struct value *in, const char *key)
{
    return add(a, in, key, VALUE_LIST);
}

void value_text(struct arena *a, struct value *in, const char *key, const char *text)
{
    if (text)
        add(a, in, key, VALUE_TEXT)->text = arena_strdup(a, text);
}

void value_printf(struct arena *a, struct value *in, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    value_text(a, in, key, text);
}

void value_number(struct arena *a, struct value *in, const char *key, int64_t number)
{
    add(a, in, key, VALUE_NUMBER)->number = number;
}

void value_flag(struct arena *a, struct value *in, const char *key, bool flag)
{
    add(a, in, key, VALUE_FLAG)->number = flag;
}

const struct value *value_get(const struct value *in, const char *key)
{
    for (const struct value *v = in ? in->first : NULL; v; v = v->next)
        if (v->key && strcmp(v->key, key) == 0)
            return v;
    return NULL;
}

const char *value_get_text(const struct value *in, const char *key)
{
    const struct value *v = value_get(in, key);
    return v ? v->text : NULL;
}

size_t value_count(const struct value *in)
{
    size_t n = 0;
    for (const struct value *v = in ? in->first : NULL; v; v = v->next)
        n++;
    return n;
}

static struct value *copy_into(struct arena *a, struct value *in, const struct value *from)
{
    struct value *to = add(a, in, arena_strdup(a, from->key), from->kind);
    to->text = arena_strdup(a, from->text);
    to->number = from->number;
    for (const struct value *v = from->first; v; v = v->next)
        copy_into(a, to, v);
    return to;
}

struct value *value_copy(struct arena *a, const struct value *from)
{
    return from ? copy_into(a, NULL, from) : NULL;
}
