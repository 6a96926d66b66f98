/* lane_report.h owns the one way from a lane back into its task; for this room only. */
#ifndef DESCRY_TASK_LANE_REPORT_H
#define DESCRY_TASK_LANE_REPORT_H

#include "task/lane.h"

/* Tells the task's stage. The lane and the whole task may be gone afterwards: call it last. */
void lane_report(struct lane *l, enum lane_event e);

#endif
