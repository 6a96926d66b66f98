/* finding.c owns the merging of matches into facts. */
#include "stages/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int64_t AT_ONCE = 400 * 1000;

static void take_text(const char **slot, const char *text)
{
    if (text)
        *slot = text;
}

static void take_name(struct service_record *s, const char *name)
{
    if (strncmp(name, "ssl/", 4) == 0) {
        s->tunnel = "tls";
        name += 4;
    }
    s->name = name;
}

static void take_cpe(struct service_record *s, const struct match *m)
{
    if (!m->cpe_count)
        return;
    memcpy(s->cpe, m->cpe, sizeof s->cpe);
    s->cpe_count = m->cpe_count;
}

static const char *trace_text(const char *text)
{
    return text ? text : "";
}

static void trace_match(struct task *t, const struct match *m, const struct probe *asked)
{
    char addr[ADDR_TEXT_MAX];
    task_trace(t, "Service scan %s match (Probe %s matched with %s line %s): %s:%u is %s.  Version: |%s|%s|%s|", m->soft ? "soft" : "hard",
        asked->name, m->owner->name, m->where, addr_format(&t->known.peer.addr, addr, sizeof addr), t->known.peer.port, m->service,
        trace_text(m->product), trace_text(m->version), trace_text(m->info));
}

void finding_take(struct task *t, const struct match *m, const struct probe *asked)
{
    struct service_record *s = &t->facts.service;
    take_name(s, m->service);
    take_text(&s->product, m->product);
    take_text(&s->version, m->version);
    take_text(&s->info, m->info);
    take_text(&s->hostname, m->hostname);
    take_text(&s->os, m->os);
    take_text(&s->device, m->device);
    take_cpe(s, m);
    s->method = METHOD_PROBED;
    s->soft = m->soft;
    s->conf = m->soft ? CONF_SOFT : m->generic ? CONF_GENERIC : CONF_PRODUCT;
    s->probe = asked->name;
    s->rule = m->where;
    s->note = NULL;
    trace_match(t, m, asked);
}

void finding_name_softly(struct task *t, const char *service)
{
    struct service_record *s = &t->facts.service;
    s->name = service;
    s->method = METHOD_PROBED;
    s->conf = CONF_SOFT;
    s->soft = true;
}

void finding_note(struct task *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[160];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    t->facts.service.note = arena_strdup(&t->arena, text);
}

const char *finding_ending(struct task *t, const struct lane *l)
{
    int64_t lasted = l->ended_at - l->connected_at;
    if (l->detail)
        return l->detail;
    if (lasted < AT_ONCE + 2 * t->rtt)
        return arena_printf(&t->arena, "%s at once", channel_end_name(l->end));
    return arena_printf(&t->arena, "%s after %.1f s without data", channel_end_name(l->end), (double)lasted / 1e6);
}
