/* names.c owns the names of a scan: targets to be resolved, names among the exclusions, and addresses that are not scanned. */
#include "engine/inside.h"

#include <stdlib.h>

struct forward_wish {
    struct engine *engine;
    uint64_t expr;
    char *name;
};

/* One address of a name is scanned: without -6 the first IPv4 address, if it has one. */
static const struct addr *preferred(const struct engine *e, const struct addr *addrs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (addrs[i].family == 4 && !e->options->ipv6)
            return &addrs[i];
    return &addrs[0];
}

/* The other ones are told with the host. */
static void remember_others(struct engine *e, const char *name, const struct addr *addrs, size_t count, const struct addr *chosen)
{
    struct other_addresses *o = must_zalloc(sizeof *o + count * sizeof o->list[0]);
    o->name = must_strdup(name);
    for (size_t i = 0; i < count; i++)
        if (!addr_equal(&addrs[i], chosen))
            o->list[o->count++] = addrs[i];
    o->next = e->others;
    e->others = o;
}

static void on_resolved(void *owner, const struct addr *addrs, size_t count, const char *why)
{
    struct forward_wish *w = owner;
    struct engine *e = w->engine;
    e->names_under_way--;
    if (!count)
        engine_message(e, "%s: %s; the rest is scanned", w->name, why ? why : "does not resolve");
    const struct addr *chosen = count ? preferred(e, addrs, count) : NULL;
    if (count > 1)
        remember_others(e, w->name, addrs, count, chosen);
    target_source_resolved(e->targets, w->expr, chosen);
    free(w->name);
    free(w);
    engine_feed_soon(e);
}

void names_resolve(struct engine *e, const struct target *t)
{
    struct forward_wish *w = must_zalloc(sizeof *w);
    *w = (struct forward_wish){e, t->expr, must_strdup(t->name)};
    e->names_under_way++;
    e->parts.resolver->forward(e->parts.resolver, t->name, e->options->ipv6 ? 6 : 0, on_resolved, w);
}

/* Names among the exclusions come first: nothing that is excluded may be asked. */
static void on_excluded(void *owner, const struct addr *addrs, size_t count, const char *why)
{
    struct engine *e = owner;
    e->names_under_way--;
    const char *name = exclusions_name(e->exclusions, e->exclusion_at++);
    if (!count)
        engine_message(e, "--exclude %s: %s", name, why ? why : "does not resolve");
    for (size_t i = 0; i < count; i++) {
        struct target_expr x = {.kind = TARGET_ADDRESSES, .count = 1, .base = addrs[i], .prefix = addrs[i].family == 4 ? 32 : 128};
        exclusions_add_expr(e->exclusions, &x);
    }
    engine_feed_soon(e);
}

bool names_exclusions_ready(struct engine *e)
{
    const char *name = exclusions_name(e->exclusions, e->exclusion_at);
    if (!name)
        return true;
    if (!e->names_under_way) {
        e->names_under_way++;
        e->parts.resolver->forward(e->parts.resolver, name, 0, on_excluded, e);
    }
    return false;
}
