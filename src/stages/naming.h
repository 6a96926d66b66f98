/* naming.h owns what a challenge of NTLM says of its host, in the words of a report: the same for every protocol that carries one. */
#ifndef DESCRY_STAGES_NAMING_H
#define DESCRY_STAGES_NAMING_H

#include "model/value.h"
#include "stages/windows.h"
#include "task/task.h"
#include "wire/ntlm.h"

/* Is its version Windows' own? Samba says 6.1 and no build; others say nothing, or not with Windows' mark. */
bool naming_is_windows(const struct ntlm_challenge *c);
bool naming_is_samba(const struct ntlm_challenge *c);
/* The name to report for the host, or NULL. */
const char *naming_host(const struct ntlm_challenge *c);
/* The domain that the host belongs to, or the workgroup; NULL: it tells only itself. */
const char *naming_domain(const struct ntlm_challenge *c);

/* Lines for people, and members of a table. */
void naming_lines(struct arena *a, struct value *lines, const struct ntlm_challenge *c);
void naming_values(struct arena *a, struct value *table, const struct ntlm_challenge *c);

/* Fills what the service does not yet tell: host name, operating system, its CPE. */
void naming_facts(struct task *t, const struct ntlm_challenge *c);
/* Puts the CPE of a system into its place; one that says more than what stands there replaces it. */
void naming_system_cpe(struct service_record *s, const char *cpe);

#endif
