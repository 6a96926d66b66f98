/* table.h owns the layout of rows in columns: left-aligned, one space apart, no trailing spaces. */
#ifndef DESCRY_REPORT_TABLE_H
#define DESCRY_REPORT_TABLE_H

#include "report/page.h"

enum { TABLE_COLUMNS = 5 };
enum table_colour { TABLE_PLAIN, TABLE_BOLD, TABLE_GREEN, TABLE_RED, TABLE_YELLOW, TABLE_LINE };

struct table {
    struct buf text;                    /* of all cells, one after the other */
    struct table_cell {
        size_t end;                     /* where it ends in `text`; it begins where the one before it ends */
        enum table_colour colour;
    } *cells;
    size_t cell_count, cell_cap;
    size_t width[TABLE_COLUMNS];
    size_t columns;                     /* of every row; known after the first */
    bool colour;
};

void table_init(struct table *t, bool colour);
void table_free(struct table *t);
/* Begins the row's next cell; its text is appended to what this gives, before the next call. At most TABLE_COLUMNS a row, all alike. */
struct buf *table_cell(struct table *t, enum table_colour colour);
void table_row_end(struct table *t);
/* Begins a row that is one text across all columns; not the first one. Ended like any other. */
struct buf *table_line(struct table *t);
void table_write(const struct table *t, struct page *p);

#endif
