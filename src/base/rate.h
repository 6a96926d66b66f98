/*
 * rate.h owns rates: at most so many a second. One may be shared: --max-rate bounds the scan's questions and identification's connections
 * together.
 */
#ifndef DESCRY_BASE_RATE_H
#define DESCRY_BASE_RATE_H

#include <stdint.h>

/* A rate as the earliest time of the next one; a late caller may catch up with at most a few milliseconds' worth. */
struct rate {
    int64_t interval_ns;                /* 0: none */
    int64_t next_ns;
};
struct rate rate_of(double per_second, int64_t now_us);
int64_t rate_next(const struct rate *r); /* microseconds; when the next may go */
void rate_spend(struct rate *r, int64_t now_us);

#endif
