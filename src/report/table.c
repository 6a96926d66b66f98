/* table.c owns columns: cells are kept until all widths are known. */
#include "report/table.h"

#include <assert.h>
#include <stdlib.h>

#include "report/printable.h"

enum { TABLE_TEXT_MAX = 256 * 1024 * 1024 };

void table_init(struct table *t, bool colour)
{
    *t = (struct table){.colour = colour};
    buf_init(&t->text, TABLE_TEXT_MAX);
}

void table_free(struct table *t)
{
    buf_free(&t->text);
    free(t->cells);
}

static void close_cell(struct table *t)
{
    if (t->cell_count > 0)
        t->cells[t->cell_count - 1].end = t->text.len;
}

struct buf *table_cell(struct table *t, enum table_colour colour)
{
    close_cell(t);
    if (t->cell_count == t->cell_cap) {
        t->cell_cap = t->cell_cap ? t->cell_cap * 2 : 128;
        t->cells = must_realloc(t->cells, t->cell_cap * sizeof *t->cells);
    }
    t->cells[t->cell_count++] = (struct table_cell){.end = t->text.len, .colour = colour};
    return &t->text;
}

static struct bytes cell_text(const struct table *t, size_t i)
{
    size_t from = i ? t->cells[i - 1].end : 0;
    return bytes_of(t->text.at + from, t->cells[i].end - from);
}

struct buf *table_line(struct table *t)
{
    assert(t->columns);
    return table_cell(t, TABLE_LINE);
}

/* The cells that a line covers are there, but empty. True: the row is a line. */
static bool end_line(struct table *t)
{
    size_t cells = t->columns ? t->cell_count % t->columns : 0;
    if (!cells || t->cells[t->cell_count - cells].colour != TABLE_LINE)
        return false;
    while (t->cell_count % t->columns)
        table_cell(t, TABLE_PLAIN);
    close_cell(t);
    return true;
}

void table_row_end(struct table *t)
{
    close_cell(t);
    if (end_line(t))
        return;
    if (t->columns == 0)
        t->columns = t->cell_count;
    assert(t->columns <= TABLE_COLUMNS && t->cell_count % t->columns == 0);
    for (size_t c = 0; c < t->columns; c++) {
        size_t columns = printable_columns(cell_text(t, t->cell_count - t->columns + c));
        if (columns > t->width[c])
            t->width[c] = columns;
    }
}

/* Spaces wait until something follows them. */
static void write_row(const struct table *t, size_t first, struct buf *out)
{
    static const char *const sequence[] = {
        [TABLE_BOLD] = "\033[1m", [TABLE_GREEN] = "\033[32m", [TABLE_RED] = "\033[31m", [TABLE_YELLOW] = "\033[33m"};
    size_t pending = 0;
    if (t->cells[first].colour == TABLE_LINE) {
        struct bytes line = cell_text(t, first);
        buf_append(out, line.at, line.len);
        buf_append_str(out, "\n");
        return;
    }
    for (size_t c = 0; c < t->columns; c++) {
        struct bytes text = cell_text(t, first + c);
        const char *colour = t->colour ? sequence[t->cells[first + c].colour] : NULL;
        if (text.len > 0) {
            buf_printf(out, "%*s%s", (int)pending, "", colour ? colour : "");
            buf_append(out, text.at, text.len);
            buf_append_str(out, colour ? "\033[0m" : "");
            pending = 0;
        }
        pending += t->width[c] - printable_columns(text) + 1;
    }
    buf_append_str(out, "\n");
}

void table_write(const struct table *t, struct page *p)
{
    for (size_t first = 0; first < t->cell_count; first += t->columns) {
        write_row(t, first, &p->text);
        page_turn(p);
    }
}
