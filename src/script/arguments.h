/* arguments.h owns the grammar of --script-args (specs/script-host.md, 1.8): names, values, lists and tables in braces. */
#ifndef DESCRY_SCRIPT_ARGUMENTS_H
#define DESCRY_SCRIPT_ARGUMENTS_H

#include "model/value.h"

/*
 * Reads a whole text. A field without a name has no key; a name may come twice (the later one counts). All leaves are texts. NULL with
 * the place in *bad_at if it does not parse.
 */
struct value *arguments_read(struct bytes text, struct arena *a, size_t *bad_at);

#endif
