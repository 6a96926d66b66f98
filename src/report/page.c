/* page.c owns the pending text of a stream. */
#include "report/page.h"

enum { PAGE_MAX = 16 * 1024 * 1024, PAGE_MUCH = 64 * 1024 };

void page_init(struct page *p, FILE *to, struct report_style style)
{
    *p = (struct page){.to = to, .close = style.close};
    buf_init(&p->text, PAGE_MAX);
}

static void write_out(struct page *p)
{
    if (p->text.len > 0)
        fwrite(p->text.at, 1, p->text.len, p->to);
    buf_clear(&p->text);
}

void page_turn(struct page *p)
{
    if (p->text.len >= PAGE_MUCH)
        write_out(p);
}

void page_flush(struct page *p)
{
    write_out(p);
    fflush(p->to);
}

void page_free(struct page *p)
{
    page_flush(p);
    buf_free(&p->text);
    if (p->close)
        fclose(p->to);
}
