/* race_pace.c owns the derivation of every wait of the race from the round trip. */
#include "stages/race.h"

#define MS 1000LL
#define SECOND (1000 * MS)

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

struct pace race_pace_of(int64_t rtt, enum proto proto)
{
    if (!rtt)
        rtt = proto == PROTO_UDP ? 150 * MS : 50 * MS;
    return (struct pace){
        .step = clamp(rtt + rtt / 2, 10 * MS, SECOND),
        .grace = clamp(rtt / 4, 8 * MS, 100 * MS),
        .hush = clamp(rtt + rtt / 8, 10 * MS, 600 * MS),
        .long_hush = clamp(rtt + rtt / 2, 60 * MS, 800 * MS),
        .least = clamp(5 * rtt, 400 * MS, 3 * SECOND / 2),
        .late = clamp(10 * rtt, 3 * SECOND / 2, 4 * SECOND),
        .hold = clamp(6 * rtt, SECOND, 3 * SECOND),
        .connect = clamp(8 * rtt, 3 * SECOND, 6 * SECOND),
    };
}
