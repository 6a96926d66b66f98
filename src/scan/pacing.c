/* pacing.c owns the arithmetic of windows. */
#include "scan/pacing.h"

/* Random loss must not starve a scan as it would a bulk transfer: cut gently, and not below a few questions. */
#define CUT 0.7
#define FLOOR 8.0

struct window window_of(unsigned first, unsigned max)
{
    double limit = max ? max : 1;
    double size = first ? first : 1;
    return (struct window){.size = size < limit ? size : limit, .max = limit, .threshold = limit, .cut_at = INT64_MIN};
}

bool window_allows(const struct window *w, unsigned in_flight)
{
    return in_flight < (unsigned)w->size;
}

void window_grow(struct window *w, double answers)
{
    w->size += w->size < w->threshold ? answers : answers / w->size;
    if (w->size > w->max)
        w->size = w->max;
}

void window_lost(struct window *w, int64_t sent_at, int64_t now)
{
    if (sent_at <= w->cut_at)
        return;
    double floor = w->max < FLOOR ? w->max : FLOOR;
    w->cut_at = now;
    if (w->size > floor)
        w->size = w->size * CUT > floor ? w->size * CUT : floor;
    w->threshold = w->size;
}

void window_shrink_to(struct window *w, unsigned in_flight)
{
    double fits = in_flight > 1 ? in_flight : 1;
    if (w->size > fits)
        w->size = fits;
    w->threshold = w->size;
}
