/* detail.c owns lists of findings. */
#include "model/detail.h"

#include <string.h>

const struct detail *detail_find(const struct detail *list, const char *id)
{
    while (list && strcmp(list->id, id) != 0)
        list = list->next;
    return list;
}

struct detail *detail_add(struct detail **list, struct arena *a, const char *id, enum detail_origin origin)
{
    while (*list && strcmp((*list)->id, id) != 0)
        list = &(*list)->next;
    if (!*list)
        *list = arena_alloc(a, sizeof **list);
    **list = (struct detail){.id = id, .origin = origin, .next = (*list)->next};
    return *list;
}

const struct value *detail_lines(const struct detail *d, bool verbose)
{
    const struct value *lines = verbose && d->verbose_lines ? d->verbose_lines : d->lines;
    return lines && lines->first ? lines : NULL;
}

struct detail *detail_copy(struct arena *a, const struct detail *list)
{
    struct detail *first = NULL, **at = &first;
    for (const struct detail *d = list; d; d = d->next, at = &(*at)->next) {
        *at = arena_alloc(a, sizeof **at);
        **at = (struct detail){
            .id = arena_strdup(a, d->id),
            .origin = d->origin,
            .lines = value_copy(a, d->lines),
            .verbose_lines = value_copy(a, d->verbose_lines),
            .values = value_copy(a, d->values),
        };
    }
    return first;
}
