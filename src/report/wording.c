/* wording.c owns sentences and cells that several formats share. */
#include "report/wording.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "report/printable.h"

enum {
    SERVICE_NAME = 64, /* of a service's name that is shown */
    WORTH_SHOWING = 8 /* less room than this for a part of the version: it is left out */
};

void wording_time(struct buf *out, int64_t when, const char *strftime_format)
{
    struct tm parts = {0};
    time_t at = (time_t)when;
    char text[96];
    localtime_r(&at, &parts);
    buf_append(out, text, strftime(text, sizeof text, strftime_format, &parts));
}

void wording_day(struct buf *out, int64_t when)
{
    wording_time(out, when, "%a %b %e %H:%M:%S %Y");
}

void wording_elapsed(struct buf *out, int64_t microseconds)
{
    buf_printf(out, "%.2f", (double)microseconds / 1e6);
}

void wording_totals(struct buf *out, const struct scan_totals *t)
{
    buf_printf(out, "%" PRIu64 " IP address%s (%" PRIu64 " host%s up) scanned in ", t->hosts_total, t->hosts_total == 1 ? "" : "es",
        t->hosts_up, t->hosts_up == 1 ? "" : "s");
    wording_elapsed(out, t->elapsed_us);
    buf_append_str(out, " seconds");
}

const char *wording_error(const struct scan_totals *t)
{
    if (t->error)
        return t->error;
    return t->interrupted ? "interrupted" : NULL;
}

/* Soft matches are certain of the protocol though their confidence is low: only a guess gets the mark. */
static bool is_guess(const struct scan_record *scan, const struct port_record *p)
{
    const struct service_record *v = p->service;
    return scan->identify && p->state == PORT_OPEN && v->name && strcmp(v->name, "unknown") != 0 && v->conf <= CONF_SOFT && !v->soft;
}

void wording_service(struct buf *out, const struct scan_record *scan, const struct port_record *p)
{
    const struct service_record *v = p->service;
    if (v && v->tunnel)
        buf_append_str(out, "ssl/");
    if (!v || !v->name || !*v->name) {
        buf_append_str(out, "unknown");
        return;
    }
    printable_append(out, v->name, SERVICE_NAME);
    if (is_guess(scan, p))
        buf_append_str(out, "?");
}

static void version_part(struct buf *out, size_t start, const char *before, const char *text, const char *after)
{
    if (!text || !*text)
        return;
    const char *space = out->len > start ? " " : "";
    size_t used = out->len - start + strlen(space) + strlen(before) + strlen(after);
    if (used + WORTH_SHOWING > WORDING_VERSION)
        return;
    buf_append_str(out, space);
    buf_append_str(out, before);
    printable_append(out, text, WORDING_VERSION - used);
    buf_append_str(out, after);
}

void wording_version(struct buf *out, const struct service_record *v)
{
    size_t start = out->len;
    version_part(out, start, "", v->product, "");
    version_part(out, start, "", v->version, "");
    version_part(out, start, "(", v->info, ")");
}
