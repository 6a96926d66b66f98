/* filetime.h owns Microsoft's clock (MS-DTYP 2.3.3): units of 100 nanoseconds since 1601. */
#ifndef DESCRY_WIRE_FILETIME_H
#define DESCRY_WIRE_FILETIME_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds since 1970. False: 0, or not within 1970 to 2999: no clock stands like that. */
bool filetime_to_us(uint64_t filetime, int64_t *us);

#endif
