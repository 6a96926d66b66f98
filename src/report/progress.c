/* progress.c owns the progress line: one line on a terminal that is redrawn in place. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/report.h"

enum { REDRAW_US = 200 * 1000, LINE_MAX_BYTES = 400, NARROW = 80 };

struct progress {
    struct sink sink;
    FILE *terminal;
    bool shown;
    bool drawn_once;
    int64_t drawn_at; /* of the scan's own time */
    struct buf line;
};

static size_t terminal_columns(FILE *terminal)
{
    struct winsize size = {0};
    if (ioctl(fileno(terminal), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return NARROW;
    return size.ws_col;
}

void report_progress_hide(struct sink *s)
{
    struct progress *p = (struct progress *)s;
    if (!p->shown)
        return;
    fputs("\r\033[K", p->terminal);
    fflush(p->terminal);
    p->shown = false;
}

static void append_duration(struct buf *out, int64_t us)
{
    int64_t s = (us + 999999) / 1000000;
    if (s < 60)
        buf_printf(out, "%" PRId64 " s", s);
    else if (s < 3600)
        buf_printf(out, "%" PRId64 " min %02d s", s / 60, (int)(s % 60));
    else
        buf_printf(out, "%" PRId64 " h %02d min", s / 3600, (int)(s / 60 % 60));
}

static void append_hosts(struct buf *out, const struct scan_progress *now)
{
    if (now->hosts_total > 1)
        buf_printf(out, ", hosts %" PRIu64 "/%" PRIu64, now->hosts_done, now->hosts_total);
    if (now->tasks_open > 0 || now->tasks_done > 0)
        buf_printf(out, ", services %" PRIu64 "/%" PRIu64, now->tasks_done, now->tasks_done + now->tasks_open);
}

static void append_ports(struct buf *out, const struct scan_progress *now, uint64_t done)
{
    buf_printf(out, "; ports %" PRIu64, done);
    if (now->probes_total > 0)
        buf_printf(out, "/%" PRIu64, now->probes_total);
    if (now->rate >= 0.5)
        buf_printf(out, " (%.0f/s)", now->rate);
}

/* The most wanted stands first: a narrow terminal cuts the end. */
static void draw(struct progress *p, const struct scan_progress *now)
{
    uint64_t done = now->probes_total > 0 && now->probes_done > now->probes_total ? now->probes_total : now->probes_done;
    buf_clear(&p->line);
    append_duration(&p->line, now->elapsed_us);
    if (now->probes_total > 0)
        buf_printf(&p->line, ", %d%%", (int)((double)done * 100 / (double)now->probes_total));
    if (now->left_us >= 0) {
        buf_append_str(&p->line, ", about ");
        append_duration(&p->line, now->left_us);
        buf_append_str(&p->line, " left");
    }
    append_ports(&p->line, now, done);
    append_hosts(&p->line, now);
    size_t room = terminal_columns(p->terminal) - 1;
    size_t len = p->line.len < room ? p->line.len : room;
    fprintf(p->terminal, "\r%.*s\033[K", (int)len, buf_text(&p->line));
    fflush(p->terminal);
    p->shown = true;
}

static void progress_progress(struct sink *s, const struct scan_progress *now)
{
    struct progress *p = (struct progress *)s;
    if (p->drawn_once && now->elapsed_us - p->drawn_at < REDRAW_US)
        return;
    p->drawn_once = true;
    p->drawn_at = now->elapsed_us;
    draw(p, now);
}

static void progress_begin(struct sink *s, const struct scan_record *scan)
{
    ((struct progress *)s)->drawn_once = false;
}

static void progress_host(struct sink *s, const struct host_record *host)
{
    report_progress_hide(s);
}

static void progress_note(struct sink *s, const char *text)
{
    report_progress_hide(s);
}

static void progress_end(struct sink *s, const struct scan_totals *totals)
{
    report_progress_hide(s);
}

static void progress_free(struct sink *s)
{
    struct progress *p = (struct progress *)s;
    report_progress_hide(s);
    buf_free(&p->line);
    free(p);
}

static const struct sink_ops progress_ops = {.begin = progress_begin,
    .host = progress_host,
    .progress = progress_progress,
    .note = progress_note,
    .end = progress_end,
    .free = progress_free};

struct sink *report_progress(FILE *terminal)
{
    struct progress *p = must_zalloc(sizeof *p);
    p->sink.ops = &progress_ops;
    p->terminal = terminal;
    buf_init(&p->line, LINE_MAX_BYTES);
    return &p->sink;
}
