/* naming.c owns the words for what NTLM tells. */
#include "stages/naming.h"

#include "base/text.h"
#include "stages/moment.h"
#include "wire/filetime.h"

#include <string.h>

enum { WINDOWS_REVISION = 15 };

bool naming_is_windows(const struct ntlm_challenge *c)
{
    bool later = c->major == 10 && c->minor == 0 && c->build > 20000; /* than this table */
    return c->has_version && c->revision == WINDOWS_REVISION && (windows_knows(c->major, c->minor, c->build) || later);
}

bool naming_is_samba(const struct ntlm_challenge *c)
{
    return c->has_version && c->major == 6 && c->minor == 1 && c->build == 0 && c->revision == WINDOWS_REVISION;
}

const char *naming_host(const struct ntlm_challenge *c)
{
    return c->netbios_computer ? c->netbios_computer : c->dns_computer;
}

const char *naming_domain(const struct ntlm_challenge *c)
{
    const char *domain = c->netbios_domain, *host = c->netbios_computer;
    return domain && host && text_equal_nocase(domain, host) ? NULL : domain;
}

/* ---- lines, values */

static void add(struct buf *line, const char *before, const char *text)
{
    if (text)
        buf_printf(line, "%s%s%s", line->len ? ", " : "", before, text);
}

void naming_lines(struct arena *a, struct value *lines, const struct ntlm_challenge *c)
{
    struct buf line;
    buf_init(&line, 8 * LIMIT_FIELD_INFO);
    add(&line, "computer ", c->netbios_computer);
    add(&line, c->dns_domain && *c->dns_domain ? "domain " : "domain or workgroup ", naming_domain(c));
    add(&line, "DNS ", c->dns_computer);
    add(&line, "DNS domain ", c->dns_domain);
    if (c->dns_forest && !(c->dns_domain && text_equal_nocase(c->dns_forest, c->dns_domain)))
        add(&line, "forest ", c->dns_forest);
    if (line.len)
        value_text(a, lines, NULL, buf_text(&line));
    buf_free(&line);
}

void naming_values(struct arena *a, struct value *table, const struct ntlm_challenge *c)
{
    int64_t us;
    value_text(a, table, "target", c->target);
    value_text(a, table, "netbios_computer", c->netbios_computer);
    value_text(a, table, "netbios_domain", c->netbios_domain);
    value_text(a, table, "dns_computer", c->dns_computer);
    value_text(a, table, "dns_domain", c->dns_domain);
    value_text(a, table, "dns_forest", c->dns_forest);
    if (c->flags & (NTLM_TARGET_IS_DOMAIN | NTLM_TARGET_IS_SERVER))
        value_text(a, table, "target_is", c->flags & NTLM_TARGET_IS_DOMAIN ? "domain" : "server");
    if (c->has_version)
        value_printf(a, table, "version", "%u.%u.%u", c->major, c->minor, c->build);
    if (filetime_to_us(c->time, &us))
        value_text(a, table, "time", moment_text(a, us));
}

/* ---- facts */

void naming_system_cpe(struct service_record *s, const char *cpe)
{
    size_t i = 0;
    while (i < s->cpe_count && !text_starts(s->cpe[i], "cpe:/o:"))
        i++;
    if (i == LIMIT_CPE || (i < s->cpe_count && !text_starts(cpe, s->cpe[i])))
        return;
    s->cpe[i] = cpe;
    s->cpe_count += i == s->cpe_count;
}

void naming_facts(struct task *t, const struct ntlm_challenge *c)
{
    struct service_record *s = &t->facts.service;
    struct windows_name w;
    const char *host = naming_host(c);
    if (!s->hostname && host && strlen(host) <= LIMIT_FIELD_SHORT)
        s->hostname = host;
    if (!naming_is_windows(c))
        return;
    windows_name_of(&t->arena, c->major, c->minor, c->build, NULL, &w);
    if (!s->os)
        s->os = "Windows";
    if (strcmp(s->os, "Windows") == 0)
        naming_system_cpe(s, w.cpe);
}
