/* none.c owns the place of the script host in a build without Lua: whoever asks for a script is told so. */
#include "script/scripts.h"

bool scripts_built_in(void)
{
    return false;
}

struct scripts *scripts_new(const struct script_settings *s, const struct script_parts *parts, struct diags *d)
{
    if (s->rule_count || s->defaults)
        diags_add(d, DIAG_ERROR, "--script", 0, 0, "this build has no scripts");
    return NULL;
}

void scripts_free(struct scripts *s)
{
}

void scripts_help(struct scripts *s, struct buf *out)
{
}

struct script_target *script_target_new(struct scripts *s, const struct script_target_ops *ops, void *owner, struct admission_host *share)
{
    return NULL;
}

void script_target_free(struct script_target *t)
{
}

bool scripts_want(struct scripts *s, const struct script_job_of *what)
{
    return false;
}

struct script_job *script_job_start(struct scripts *s, const struct script_job_of *what, script_done_fn *done, void *owner)
{
    return NULL;
}

void script_job_stop(struct script_job *j)
{
}
