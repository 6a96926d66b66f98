/* diag.c owns the list of diagnostics that parsers fill, and how one reads. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum { MESSAGE_MAX = 1024 };

void diags_init(struct diags *d)
{
    *d = (struct diags){0};
    arena_init(&d->arena);
}

void diags_free(struct diags *d)
{
    arena_free(&d->arena);
    free(d->list);
    diags_init(d);
}

static struct diag *next_free(struct diags *d)
{
    if (d->count == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 8;
        d->list = must_realloc(d->list, d->cap * sizeof *d->list);
    }
    return &d->list[d->count++];
}

/* Diagnostics of one file mostly follow each other, so that its name is kept once. */
static const char *file_name(struct diags *d, const char *file)
{
    if (d->count > 0 && strcmp(d->list[d->count - 1].file, file) == 0)
        return d->list[d->count - 1].file;
    return arena_strdup(&d->arena, file);
}

void diags_add(struct diags *d, enum diag_level level, const char *file, unsigned line, unsigned column, const char *format, ...)
{
    if (!d)
        return;
    d->errors += level == DIAG_ERROR;
    d->warnings += level == DIAG_WARNING;
    if (d->count >= LIMIT_DIAGNOSTICS)
        return;

    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);

    const char *kept_file = file_name(d, file ? file : "");
    *next_free(d) =
        (struct diag){.level = level, .file = kept_file, .line = line, .column = column, .message = arena_strdup(&d->arena, message)};
}

static int by_place(const void *a, const void *b)
{
    const struct diag *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    if (order)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

void diags_sort(struct diags *d)
{
    if (d->count)
        qsort(d->list, d->count, sizeof *d->list, by_place);
}

void diag_format(const struct diag *one, struct buf *out)
{
    static const char *const names[] = {[DIAG_NOTE] = "note", [DIAG_WARNING] = "warning", [DIAG_ERROR] = "error"};

    if (one->file[0])
        buf_printf(out, "%s:", one->file);
    if (one->line)
        buf_printf(out, "%u:", one->line);
    if (one->column)
        buf_printf(out, "%u:", one->column);
    buf_printf(out, "%s%s: %s", one->file[0] || one->line || one->column ? " " : "", names[one->level], one->message);
}
