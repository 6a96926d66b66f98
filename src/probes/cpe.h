/* cpe.h owns the name that other files of this room need to know of a CPE: its part. cpe_to_23 is in match.h. */
#ifndef DESCRY_PROBES_CPE_H
#define DESCRY_PROBES_CPE_H

/* The place of "cpe:/a:...", "cpe:/h:...", "cpe:/o:..." in the order a, h, o; -1: none of them. */
int cpe_part(const char *uri);

#endif
