/* told.h owns the looking up of what a stage told in detail. */
#ifndef DESCRY_TESTS_SCENARIO_TOLD_H
#define DESCRY_TESTS_SCENARIO_TOLD_H

#include "task/task.h"

/* A value of a port's finding; NULL: there is no such finding or value. */
static inline const struct value *told(const struct task *t, const char *id, const char *key)
{
    const struct detail *d = detail_find(t->facts.details, id);
    return d ? value_get(d->values, key) : NULL;
}

static inline const char *told_text(const struct task *t, const char *id, const char *key)
{
    const struct value *v = told(t, id, key);
    return v ? v->text : NULL;
}

#endif
