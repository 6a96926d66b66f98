/* rendered.h owns running a sink over a sample into memory. */
#ifndef TESTS_REPORT_RENDERED_H
#define TESTS_REPORT_RENDERED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/report.h"
#include "samples.h"

/* What the format writes of the sample; free() it. */
/* Not inlined: gcc 12 takes the memory stream's pointer for a dangling one otherwise. */
__attribute__((noinline, unused)) static char *rendered(struct sink *(*make)(FILE *, struct report_style), const char *name, bool colour)
{
    char *text = NULL;
    size_t len = 0;
    struct arena a;
    setenv("TZ", "UTC", 1);
    arena_init(&a);
    struct sample s = sample_named(&a, name);
    struct sink *sink = make(open_memstream(&text, &len), (struct report_style){.colour = colour, .close = true});
    sink->ops->begin(sink, &s.scan);
    for (size_t i = 0; i < s.host_count; i++)
        sink->ops->host(sink, &s.hosts[i]);
    sink->ops->end(sink, &s.totals);
    sink->ops->free(sink);
    arena_free(&a);
    return text;
}

static inline void assert_renders(struct sink *(*make)(FILE *, struct report_style), const char *name, const char *expected)
{
    char *text = rendered(make, name, false);
    assert_string_equal(text, expected);
    free(text);
}

#endif
