/* pacing.h owns how many questions may be under way: congestion-like windows. */
#ifndef DESCRY_SCAN_PACING_H
#define DESCRY_SCAN_PACING_H

#include <stdbool.h>
#include <stdint.h>

/* Questions that may be in flight. Grows by one for each answer up to the threshold, then by one each window; a loss cuts it. */
struct window {
    double size, max, threshold;
    int64_t cut_at;                     /* what was sent before then belongs to a loss already paid for */
};
struct window window_of(unsigned first, unsigned max);
bool window_allows(const struct window *w, unsigned in_flight);
void window_grow(struct window *w, double answers);
void window_lost(struct window *w, int64_t sent_at, int64_t now);
void window_shrink_to(struct window *w, unsigned in_flight);    /* our surroundings allow no more */

#endif
