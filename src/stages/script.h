/*
 * script.h owns the stage that runs scripts of category version on a port that has just been identified. It is the last one; what scripts find stands
 * in the task's facts by the time it is done.
 */
#ifndef DESCRY_STAGES_SCRIPT_H
#define DESCRY_STAGES_SCRIPT_H

#include "task/task.h"

struct scripts;

struct script_config {
    struct scripts *scripts;            /* NULL: there are none */
};

extern const struct stage stage_script;

#endif
