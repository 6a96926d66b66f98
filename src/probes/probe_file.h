/* probe_file.h owns the reading of a probe file's lines into a database. */
#ifndef DESCRY_PROBES_PROBE_FILE_H
#define DESCRY_PROBES_PROBE_FILE_H

#include "probes/inside.h"

/* Fills an empty database from `text`, which must live as long as it. */
void probe_file_read(struct probe_db *db, const char *file, struct bytes text, enum probe_db_origin origin, struct diags *d);

#endif
