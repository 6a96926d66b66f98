/* question.h owns what is really sent for a probe. */
#ifndef DESCRY_STAGES_QUESTION_H
#define DESCRY_STAGES_QUESTION_H

#include "probes/probe_db.h"
#include "task/task.h"

/* The probe's payload, with other digits where it says that they differ each time (probe_db.h). Lives as long as the probe and the task. */
struct bytes question_payload(struct task *t, const struct probe *p);

#endif
