/*
 * value.h owns structured values: a tree of named texts, numbers, flags, lists and tables, in an arena. What a stage or a script tells beyond a name
 * and a version is such a tree; each output format writes it in its own way. Texts are as the peer sent them (without NULs): sinks escape.
 */
#ifndef DESCRY_MODEL_VALUE_H
#define DESCRY_MODEL_VALUE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_FLAG, VALUE_LIST, VALUE_TABLE };

struct value {
    enum value_kind kind;
    const char *key; /* NULL in a list and at the top; else borrowed: our own words, or in the arena */
    const char *text; /* VALUE_TEXT */
    int64_t number; /* VALUE_NUMBER; VALUE_FLAG: 0 or 1 */
    struct value *first, *last; /* VALUE_LIST, VALUE_TABLE */
    struct value *next; /* in the list or table that it stands in */
};

/* A new value at the end of `in`; with `in` NULL it stands alone. */
struct value *value_table(struct arena *a, struct value *in, const char *key);
struct value *value_list(struct arena *a, struct value *in, const char *key);
void value_text(struct arena *a, struct value *in, const char *key, const char *text); /* copies; NULL adds nothing */
void value_printf(struct arena *a, struct value *in, const char *key, const char *format, ...) __attribute__((format(printf, 4, 5)));
void value_number(struct arena *a, struct value *in, const char *key, int64_t number);
void value_flag(struct arena *a, struct value *in, const char *key, bool flag);

/* The member of a table; NULL: there is none, or `in` is none. */
const struct value *value_get(const struct value *in, const char *key);
const char *value_get_text(const struct value *in, const char *key);
size_t value_count(const struct value *in);
/* A whole copy, keys too. NULL gives NULL. */
struct value *value_copy(struct arena *a, const struct value *from);

#endif
