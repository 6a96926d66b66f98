/* moment.c owns the words for points in time. */
#include "stages/moment.h"

#include <time.h>

static const int64_t SECOND = 1000 * 1000;

int64_t moment_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

const char *moment_text(struct arena *a, int64_t us)
{
    struct tm parts;
    time_t at = (time_t)(us / SECOND);
    char text[32];
    if (us <= 0 || !gmtime_r(&at, &parts) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts))
        return NULL;
    return arena_strdup(a, text);
}

const char *moment_skew(struct arena *a, int64_t us)
{
    const char *way = us < 0 ? "behind" : "ahead of";
    double s = (double)(us < 0 ? -us : us) / (double)SECOND;
    if (s < 1)
        return "as ours";
    if (s < 100)
        return arena_printf(a, "%.0f s %s ours", s, way);
    if (s < 100 * 60)
        return arena_printf(a, "%.0f min %s ours", s / 60, way);
    return s < 100 * 3600 ? arena_printf(a, "%.1f h %s ours", s / 3600, way) : arena_printf(a, "%.0f days %s ours", s / 86400, way);
}
