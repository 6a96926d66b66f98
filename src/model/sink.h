/* sink.h owns the interface of whoever takes records: an output format, or the library's caller. Records are valid during the call only. */
#ifndef DESCRY_MODEL_SINK_H
#define DESCRY_MODEL_SINK_H

#include "model/record.h"

struct sink;
struct sink_ops {
    void (*begin)(struct sink *s, const struct scan_record *scan);  /* `scan` stays valid until end */
    void (*host)(struct sink *s, const struct host_record *host);   /* up or down, whole or partial, once a host */
    void (*progress)(struct sink *s, const struct scan_progress *p);/* may be NULL */
    void (*scripts)(struct sink *s, bool after, const struct detail *list); /* what scripts told before or after the scan; may be NULL */
    void (*note)(struct sink *s, const char *text);                 /* a line for people ("name x does not resolve"); may be NULL */
    void (*end)(struct sink *s, const struct scan_totals *totals);  /* flushes; always called if begin was */
    void (*free)(struct sink *s);
};
struct sink {
    const struct sink_ops *ops;
};

#endif
