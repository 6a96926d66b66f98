/* data_dir.h owns the finding of descry's own scripts. */
#ifndef DESCRY_API_DATA_DIR_H
#define DESCRY_API_DATA_DIR_H

#include "base/arena.h"

/* The directory that holds scripts/ and scripts/lib/: $DESCRY_DATA, beside the program, or where it was installed. NULL: there is none. */
const char *data_dir(struct arena *a);

#endif
