/*
 * identify.h owns the first stage: which service is this? Two ways of asking: the race (default; docs/ARCHITECTURE.md, "How a port is
 * identified") and the sequence (--sequential: one lane, the file's order and waits: the reference reader's behaviour).
 */
#ifndef DESCRY_STAGES_IDENTIFY_H
#define DESCRY_STAGES_IDENTIFY_H

#include "probes/gentle.h"
#include "probes/probe_db.h"
#include "stages/experience.h"
#include "task/task.h"

struct identify_config {
    struct probe_db *db;
    const struct gentle *gentle;        /* what must not be asked where; NULL: nothing */
    struct experience *experience;      /* what worked on a port before in this scan; NULL: do not learn */
    int intensity;                      /* 0..9 */
};

extern const struct stage stage_identify;               /* the race */
extern const struct stage stage_identify_sequential;    /* the sequence */

#endif
