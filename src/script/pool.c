/* pool.c owns a region that is cut into cells, and lists of those that came back, one for each size. */
#include "script/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct pool_cell {
    struct pool_cell *next;
};

void pool_open(struct pool *p, size_t bytes)
{
    *p = (struct pool){0};
#ifndef DESCRY_NO_POOL /* a sanitizer is to see each object */
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return;
    p->base = p->at = base;
    p->end = p->base + bytes;
#endif
}

void pool_close(struct pool *p)
{
    if (p->base)
        munmap(p->base, (size_t)(p->end - p->base));
    *p = (struct pool){0};
}

static bool is_cell(const struct pool *p, const void *at)
{
    return p->base && (const char *)at >= p->base && (const char *)at < p->end;
}

static size_t class_of(size_t size)
{
    return (size - 1) / POOL_GRAIN;
}

static void *take(struct pool *p, size_t size)
{
    size_t class = class_of(size), cell_size = (class + 1) * POOL_GRAIN;
    if (size > POOL_LARGEST)
        return malloc(size);
    struct pool_cell *cell = p->given_back[class];
    if (cell) {
        p->given_back[class] = cell->next;
        return cell;
    }
    if ((size_t)(p->end - p->at) < cell_size)
        return malloc(size);
    p->at += cell_size;
    return p->at - cell_size;
}

static void give_back(struct pool *p, void *at, size_t size)
{
    if (!is_cell(p, at)) {
        free(at);
        return;
    }
    struct pool_cell *cell = at;
    cell->next = p->given_back[class_of(size)];
    p->given_back[class_of(size)] = cell;
}

void *pool_resize(struct pool *p, void *old, size_t old_size, size_t size)
{
    if (!size) {
        give_back(p, old, old_size);
        return NULL;
    }
    if (!old)
        return take(p, size);
    if (!is_cell(p, old) && size > POOL_LARGEST)
        return realloc(old, size);
    if (is_cell(p, old) && class_of(size) == class_of(old_size))
        return old;
    void *at = take(p, size);
    if (!at)
        return size < old_size ? old : NULL;
    memcpy(at, old, old_size < size ? old_size : size);
    give_back(p, old, old_size);
    return at;
}
