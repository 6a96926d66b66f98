/* detail_report.h owns the telling of details (model/detail.h) in the three formats that have them. */
#ifndef DESCRY_REPORT_DETAIL_REPORT_H
#define DESCRY_REPORT_DETAIL_REPORT_H

#include "base/json.h"
#include "model/detail.h"

enum {
    DETAIL_LINE = 4096, /* bytes shown of one line for people */
    DETAIL_TEXT_MAX = 4 * 1024 * 1024 /* bytes of all lines of one finding in XML and JSON */
};

/*
 * For people: one finding, its lines separated by line feeds, none at the end. A stage's lines stand behind two spaces; a script's behind a bar, the
 * first one after its id ("| id: ...", "|_" before the last). Nothing if there are none. `verbose`: -v.
 */
void detail_report_lines(struct buf *out, const struct detail *d, bool verbose);
/* A member for each stage, named after it, and a list "scripts" for all scripts. */
void detail_report_json(struct json *j, const struct detail *list);
/* <script id= output=> with <elem> and <table> for each finding. */
void detail_report_xml(struct buf *out, const struct detail *list);

#endif
