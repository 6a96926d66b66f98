/*
 * windows.h owns the table of Windows: which products a version and build stand for. Client and server of one build cannot be told apart by numbers;
 * then both are named. A release that only switches on what an earlier one brought along shows the earlier one's build, so releases stand in ranges.
 */
#ifndef DESCRY_STAGES_WINDOWS_H
#define DESCRY_STAGES_WINDOWS_H

#include "base/arena.h"

struct windows_name {
    const char *product;                /* "Windows Server 2019 or Windows 10 1809"; "Windows": a build that the table does not have */
    const char *cpe;                    /* of the product, where it is only one; else of Windows as a whole */
    uint16_t build;                     /* 0: not told */
};

/* `native_os` (SMB 1: "Windows Server 2016 Standard 14393") tells client from server and names the edition; NULL: not known. */
void windows_name_of(struct arena *a, uint8_t major, uint8_t minor, uint16_t build, const char *native_os, struct windows_name *out);
/* From that text alone: servers too old to tell their version otherwise. False: it is not Windows'. */
bool windows_name_of_native(struct arena *a, const char *native_os, struct windows_name *out);
bool windows_knows(uint8_t major, uint8_t minor, uint16_t build);

#endif
