/* hearsay.c owns the keeping of registrations. */
#include "task/hearsay.h"

#include "base/limits.h"

#include <string.h>

void hearsay_init(struct hearsay *h)
{
    *h = (struct hearsay){0};
    arena_init(&h->arena);
}

void hearsay_free(struct hearsay *h)
{
    arena_free(&h->arena);
}

static bool is_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_known(const struct hearsay *h, const struct heard *what)
{
    for (const struct heard *k = h->first; k; k = k->next)
        if (k->proto == what->proto && k->port == what->port && k->number == what->number && k->version == what->version &&
            is_text(k->teller, what->teller) && is_text(k->label, what->label))
            return true;
    return false;
}

bool hearsay_add(struct hearsay *h, const struct heard *what)
{
    if (h->count == LIMIT_HEARSAY || is_known(h, what))
        return false;
    struct heard *k = arena_alloc(&h->arena, sizeof *k);
    *k = *what;
    k->next = NULL;
    k->service = arena_strdup(&h->arena, what->service);
    k->label = arena_strdup(&h->arena, what->label);
    if (h->last)
        h->last->next = k;
    else
        h->first = k;
    h->last = k;
    h->count++;
    return true;
}

const struct heard *hearsay_about(const struct hearsay *h, enum proto proto, uint16_t port, const char *teller, const struct heard *after)
{
    const struct heard *k = after ? after->next : h ? h->first : NULL;
    while (k && !(k->proto == proto && k->port == port && (!teller || is_text(k->teller, teller))))
        k = k->next;
    return k;
}
