/* filetime.c owns the reckoning of Microsoft's clock. */
#include "wire/filetime.h"

static const uint64_t UNIX_EPOCH = 116444736000000000ULL;
static const uint64_t YEAR_3000 = 441481536000000000ULL;

bool filetime_to_us(uint64_t filetime, int64_t *us)
{
    if (filetime < UNIX_EPOCH || filetime >= YEAR_3000)
        return false;
    *us = (int64_t)((filetime - UNIX_EPOCH) / 10);
    return true;
}
