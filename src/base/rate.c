/* rate.c owns the arithmetic of rates. */
#include "base/rate.h"

#define CATCH_UP_NS 2000000

struct rate rate_of(double per_second, int64_t now_us)
{
    return (struct rate){.interval_ns = per_second > 0 ? (int64_t)(1e9 / per_second) : 0, .next_ns = now_us * 1000};
}

int64_t rate_next(const struct rate *r)
{
    return (r->next_ns + 999) / 1000;
}

void rate_spend(struct rate *r, int64_t now_us)
{
    if (!r->interval_ns)
        return;
    int64_t oldest = now_us * 1000 - CATCH_UP_NS;
    if (r->next_ns < oldest)
        r->next_ns = oldest;
    r->next_ns += r->interval_ns;
}
