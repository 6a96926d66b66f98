/* builtin.c owns the collection that is compiled in. */
#include "probes/builtin.h"
#include "probes/probe_db.h"

struct bytes probe_db_builtin_text(void)
{
    return bytes_of(builtin_probes, builtin_probes_len);
}

struct probe_db *probe_db_builtin(void)
{
    return probe_db_read("descry.probes", probe_db_builtin_text(), PROBE_DB_BUILTIN, NULL);
}
