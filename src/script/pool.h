/*
 * pool.h owns the memory of small objects: Lua makes and drops them by the hundred thousand, and tells their size when it gives one back.
 * The region is bounded; when it is used up, and for what is larger, it is malloc's.
 */
#ifndef DESCRY_SCRIPT_POOL_H
#define DESCRY_SCRIPT_POOL_H

#include <stddef.h>

enum { POOL_GRAIN = 16, POOL_LARGEST = 512, POOL_CLASSES = POOL_LARGEST / POOL_GRAIN };

/* All zero: without a region. */
struct pool {
    struct pool_cell *given_back[POOL_CLASSES];
    char *base, *at, *end;
};

void pool_open(struct pool *p, size_t bytes); /* without that memory it works as well, slower */
/* Like realloc and free, with the size that is there; a size of 0 is no object. NULL: no memory; never when it becomes smaller. */
void *pool_resize(struct pool *p, void *old, size_t old_size, size_t size);
void pool_close(struct pool *p);

#endif
