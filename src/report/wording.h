/* wording.h owns sentences and cells that several formats share. All of them are escaped for terminals. */
#ifndef DESCRY_REPORT_WORDING_H
#define DESCRY_REPORT_WORDING_H

#include "model/record.h"

enum { WORDING_VERSION = 159 };         /* characters of the VERSION column at most */

void wording_time(struct buf *out, int64_t when, const char *strftime_format);
void wording_day(struct buf *out, int64_t when);        /* "Mon Nov 23 12:30:00 2026", local time */
void wording_elapsed(struct buf *out, int64_t microseconds); /* "0.05" */
/* "1 IP address (1 host up) scanned in 0.05 seconds" */
void wording_totals(struct buf *out, const struct scan_totals *t);
/* "ended early: interrupted", or NULL if the scan went to its end. */
const char *wording_error(const struct scan_totals *t);

/* "ssl/http", "http?", "unknown". A guess from the port table has a question mark if the port is open and was asked. */
void wording_service(struct buf *out, const struct scan_record *scan, const struct port_record *p);
/* "Apache httpd 2.4.41 ((Ubuntu))"; nothing if there is none of the three. */
void wording_version(struct buf *out, const struct service_record *v);

#endif
