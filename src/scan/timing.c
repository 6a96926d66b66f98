/* timing.c owns the presets -T0 to -T5. */
#include "scan/scan.h"

#define MS(n) ((int64_t)(n)*1000)
#define S(n) ((int64_t)(n)*1000000)

/* clang-format off */
static const struct scan_timing presets[] = {
    /* first, max, host, rates, retries,   rtt: first, min, max,          host timeout, delay */
    {     1,    1,    1, 0, 0,      10, S(300),   MS(100), S(300),              0, S(300)},
    {     1,    1,    1, 0, 0,      10, S(15),    MS(100), S(15),               0, S(15)},
    {     1,    1,    1, 0, 0,      10, S(1),     MS(100), S(10),               0, MS(400)},
    {    64, 2048,  512, 0, 0,      10, S(1),     MS(100), S(10),               0, 0},
    {   128, 4096, 1024, 0, 0,       6, MS(500),  MS(100), MS(1250),            0, 0},
    {   256, 8192, 2048, 0, 0,       2, MS(250),  MS(50),  MS(300),  S(15 * 60), 0},
};
/* clang-format on */

struct scan_timing scan_timing_preset(int level)
{
    int last = (int)(sizeof presets / sizeof *presets) - 1;
    return presets[level < 0 ? 0 : level > last ? last : level];
}
