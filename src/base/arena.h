/* arena.h owns memory that is freed at once: a task's, a record's, a probe file's. */
#ifndef DESCRY_BASE_ARENA_H
#define DESCRY_BASE_ARENA_H

#include "base/bytes.h"

struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t used;                        /* bytes handed out */
};

void arena_init(struct arena *a);
void arena_free(struct arena *a);
/* Zeroed, aligned for any type. Memory exhaustion ends the program with a message: a small allocation that fails leaves nothing
 * sensible to do. Sizes from the network must be bounded by limits.h before they come here. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *text);              /* NULL gives NULL */
char *arena_strndup(struct arena *a, const void *at, size_t len);   /* adds a NUL */
struct bytes arena_bytes(struct arena *a, struct bytes view);       /* a copy */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* malloc, calloc, realloc that end the program with a message when memory is exhausted. Freed with free(). */
void *must_alloc(size_t size);
void *must_zalloc(size_t size);
void *must_realloc(void *old, size_t size);
char *must_strdup(const char *text);

#endif
