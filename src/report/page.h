/* page.h owns a stream that is being written by pieces: what is pending, and when it goes out. Every sink writes through one. */
#ifndef DESCRY_REPORT_PAGE_H
#define DESCRY_REPORT_PAGE_H

#include <stdio.h>

#include "report/report.h"

struct page {
    struct buf text;                    /* append here */
    FILE *to;
    bool close;
};

void page_init(struct page *p, FILE *to, struct report_style style);
void page_turn(struct page *p);         /* writes what is pending if it is much: keeps memory bounded over large hosts */
void page_flush(struct page *p);        /* writes all of it and flushes the stream: a reader of a pipe sees each host at once */
void page_free(struct page *p);         /* closes the stream if it was asked to */

#endif
