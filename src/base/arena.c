/* arena.c owns blocks of memory that are filled from the front and freed together, and the allocations that cannot fail. */
#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 4000, ARENA_ALIGN = _Alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) uint8_t room[];
};

static void *or_end(void *at)
{
    if (!at) {
        fputs("descry: out of memory\n", stderr);
        abort();
    }
    return at;
}

void *must_alloc(size_t size)
{
    return or_end(malloc(size ? size : 1));
}

void *must_zalloc(size_t size)
{
    return or_end(calloc(1, size ? size : 1));
}

void *must_realloc(void *old, size_t size)
{
    return or_end(realloc(old, size ? size : 1));
}

char *must_strdup(const char *text)
{
    return or_end(strdup(text));
}

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_free(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    a->used = 0;
}

static struct arena_block *block_new(size_t size)
{
    struct arena_block *block = must_zalloc(sizeof *block + size);

    block->size = size;
    return block;
}

/* A large piece gets a block of its own behind the current one, whose rest stays in use. */
static void *alloc_large(struct arena *a, size_t size)
{
    struct arena_block *block = block_new(size);

    block->used = size;
    if (a->blocks) {
        block->next = a->blocks->next;
        a->blocks->next = block;
    } else {
        a->blocks = block;
    }
    return block->room;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        or_end(NULL);
    size_t rounded = (size + !size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;

    a->used += size;
    if (rounded > ARENA_BLOCK / 4)
        return alloc_large(a, rounded);
    if (!a->blocks || a->blocks->size - a->blocks->used < rounded) {
        struct arena_block *block = block_new(ARENA_BLOCK);
        block->next = a->blocks;
        a->blocks = block;
    }
    void *at = a->blocks->room + a->blocks->used;
    a->blocks->used += rounded;
    return at;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return text ? arena_strndup(a, text, strlen(text)) : NULL;
}

char *arena_strndup(struct arena *a, const void *at, size_t len)
{
    if (len == SIZE_MAX)
        or_end(NULL);
    char *copy = arena_alloc(a, len + 1);

    if (len > 0)
        memcpy(copy, at, len);
    return copy;
}

struct bytes arena_bytes(struct arena *a, struct bytes view)
{
    return bytes_of(arena_strndup(a, view.at, view.len), view.len);
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    char *text = NULL;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0)
        len = 0;
    text = arena_alloc(a, (size_t)len + 1);
    if (len > 0)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
