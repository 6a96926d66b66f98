/* emit.c owns a small program for checks from outside: "emit" lists the samples, "emit FORMAT SAMPLE [colour]" prints one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "samples.h"

static int list(void)
{
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < samples_count(); i++)
        puts(sample_at(&a, i).name);
    arena_free(&a);
    return 0;
}

static void print(const struct report_format *format, const struct sample *s, bool colour)
{
    struct sink *sink = format->make(stdout, (struct report_style){.colour = colour});
    sink->ops->begin(sink, &s->scan);
    for (size_t i = 0; i < s->host_count; i++)
        sink->ops->host(sink, &s->hosts[i]);
    sink->ops->end(sink, &s->totals);
    sink->ops->free(sink);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return list();
    setenv("TZ", "UTC", 1);
    struct arena a;
    arena_init(&a);
    struct sample s = sample_named(&a, argv[2]);
    for (size_t i = 0; i < report_format_count; i++)
        if (strcmp(report_formats[i].name, argv[1]) == 0)
            print(&report_formats[i], &s, argc > 3);
    arena_free(&a);
    return 0;
}
