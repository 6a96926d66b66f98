/* report.c owns the list of formats. */
#include "report/report.h"

const struct report_format report_formats[] = {
    {"normal", 'N', ".txt", report_normal},
    {"grepable", 'G', ".gnmap", report_grepable},
    {"xml", 'X', ".xml", report_xml},
    {"json", 'J', ".jsonl", report_json},
};
const size_t report_format_count = sizeof report_formats / sizeof report_formats[0];
