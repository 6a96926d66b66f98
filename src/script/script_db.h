/*
 * script_db.h owns the reading of a script database: a text that names each script of a directory with its categories, one `Entry { ... }` a line. It
 * is Lua, but it is read, not run.
 */
#ifndef DESCRY_SCRIPT_SCRIPT_DB_H
#define DESCRY_SCRIPT_SCRIPT_DB_H

#include "base/diag.h"

enum { SCRIPT_DB_MOST = 20000 };        /* entries kept */

struct script_entry {
    const char *file;                   /* relative to the directory of scripts */
    const char *const *categories;
    size_t category_count;
    const char *const *hints;           /* ours: what the port rule can match at all, "tcp/80" or a service's name, and
                                           "unless-known": not where product and version are known */
    size_t hint_count;
    struct script_entry *next;
};

/* The entries in the order of the text; what is not understood is a diagnostic and is skipped. `name`: of the file, for diagnostics. */
struct script_entry *script_db_read(struct bytes text, const char *name, struct arena *a, struct diags *d);

#endif
