/* report.h owns the making of sinks: normal, grepable, XML, JSON, and the progress line. Each writes to a stream that the caller opened. */
#ifndef DESCRY_REPORT_REPORT_H
#define DESCRY_REPORT_REPORT_H

#include <stdio.h>

#include "model/sink.h"

struct report_style {
    bool colour;                        /* normal: ANSI colours */
    bool close;                         /* fclose the stream when freed */
};

struct sink *report_normal(FILE *to, struct report_style style);
struct sink *report_grepable(FILE *to, struct report_style style);
struct sink *report_xml(FILE *to, struct report_style style);
struct sink *report_json(FILE *to, struct report_style style);
/* One line on a terminal, redrawn at most five times a second. It clears itself when told of a host or a note: put it first among the
 * sinks, so that whoever prints on the same terminal comes after. */
struct sink *report_progress(FILE *terminal);
/* Clears the line until the next redraw; for whoever prints on the same terminal. */
void report_progress_hide(struct sink *progress);

/* All formats by name, for options: "normal" -oN, "grepable" -oG, "xml" -oX, "json" -oJ. */
struct report_format {
    const char *name;
    char letter;                        /* N G X J */
    const char *suffix;                 /* for -oA: ".nmap" is the reference's; ours: ".txt", ".gnmap", ".xml", ".jsonl" */
    struct sink *(*make)(FILE *to, struct report_style style);
};
extern const struct report_format report_formats[];
extern const size_t report_format_count;

#endif
