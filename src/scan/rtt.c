/* rtt.c owns the estimate of the round trip (RFC 6298, section 2). */
#include "scan/scan.h"

void rtt_measure(struct rtt *r, int64_t sample_us)
{
    if (sample_us <= 0)
        sample_us = 1;
    if (!r->srtt) {
        r->srtt = sample_us;
        r->var = sample_us / 2;
        return;
    }
    int64_t off = sample_us > r->srtt ? sample_us - r->srtt : r->srtt - sample_us;
    r->var += (off - r->var) / 4;
    r->srtt += (sample_us - r->srtt) / 8;
    if (r->srtt <= 0)
        r->srtt = 1;
}

int64_t rtt_timeout(const struct rtt *r, const struct scan_timing *t)
{
    int64_t timeout = r->srtt ? r->srtt + 4 * r->var : t->rtt_first;
    if (timeout < t->rtt_min)
        timeout = t->rtt_min;
    return timeout < t->rtt_max ? timeout : t->rtt_max;
}
