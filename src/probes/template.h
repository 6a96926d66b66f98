/* template.h owns the making of a field's text from a template and what an expression captured. */
#ifndef DESCRY_PROBES_TEMPLATE_H
#define DESCRY_PROBES_TEMPLATE_H

#include "probes/field.h"
#include "probes/regex.h"
#include "base/arena.h"

/* NULL if every piece of the template can be understood; else why not, and where in it. */
const char *template_check(struct bytes text, size_t *at);

/*
 * The finished text: pieces filled in, trailing white space and commas gone, bytes that are no printable UTF-8 turned to '.'.
 * NULL if it is empty, a piece failed, or it is longer than its kind may be. A CPE comes with "cpe:/" in front.
 */
char *template_fill(struct arena *arena, enum field_kind kind, struct bytes text, const struct captures *captured);

#endif
