/* samples.h owns the records that report's tests and checks are made with. */
#ifndef TESTS_REPORT_SAMPLES_H
#define TESTS_REPORT_SAMPLES_H

#include "model/record.h"

struct sample {
    const char *name;
    struct scan_record scan;
    const struct host_record *hosts;
    size_t host_count;
    struct scan_totals totals;
};

size_t samples_count(void);
/* Made anew in `a` at every call. */
struct sample sample_at(struct arena *a, size_t i);
/* Aborts if there is none of that name. */
struct sample sample_named(struct arena *a, const char *name);

#endif
