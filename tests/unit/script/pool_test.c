/* pool_test.c owns the small objects of Lua: what is in them stays, cells are used again, and the end of the region is no end. */
#include "script/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { REGION = 64 * 1024, OBJECTS = 400, STEPS = 200000 };

struct object {
    unsigned char *at;
    size_t size;
    unsigned char mark;
};

static void check(const struct object *o)
{
    for (size_t i = 0; i < o->size; i++)
        assert_int_equal(o->at[i], o->mark);
}

static void resize(struct pool *p, struct object *o, size_t size)
{
    size_t kept = size < o->size ? size : o->size;
    o->at = pool_resize(p, o->at, o->size, size);
    o->size = kept;
    check(o);
    o->size = size;
    if (size) {
        assert_int_equal((uintptr_t)o->at % POOL_GRAIN, 0);
        memset(o->at, o->mark, size);
    }
}

/* Objects come, grow, shrink and go; the region is too small for all of them. */
static void what_is_in_them_stays(void **state)
{
    struct pool p;
    struct object all[OBJECTS] = {{0}};
    uint32_t random = 1;
    pool_open(&p, REGION);
    for (unsigned i = 0; i < STEPS; i++) {
        random = random * 1664525 + 1013904223;
        struct object *o = &all[(random >> 8) % OBJECTS];
        check(o);
        o->mark = o->size ? o->mark : (unsigned char)i;
        resize(&p, o, (random >> 20) % (random % 7 ? 700 : 40));
    }
    for (size_t i = 0; i < OBJECTS; i++)
        resize(&p, &all[i], 0);
    pool_close(&p);
}

static void cells_are_used_again(void **state)
{
    struct pool p;
    pool_open(&p, REGION);
    char *from = p.at;
    for (int i = 0; i < 10000; i++)
        pool_resize(&p, pool_resize(&p, NULL, 0, 100), 100, 0);
    assert_true(p.at - from <= 2 * POOL_LARGEST);
    void *one = pool_resize(&p, NULL, 0, 97), *other = pool_resize(&p, one, 97, 112);
    if (p.base)
        assert_ptr_equal(one, other); /* the same cell */
    assert_null(pool_resize(&p, other, 112, 0));
    assert_null(pool_resize(&p, NULL, 0, 0));
    pool_close(&p);
}

static void without_a_region(void **state)
{
    struct pool p = {0};
    void *at = pool_resize(&p, NULL, 0, 8);
    assert_non_null(at);
    at = pool_resize(&p, at, 8, 80);
    assert_null(pool_resize(&p, at, 80, 0));
    pool_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_them_stays),
        cmocka_unit_test(cells_are_used_again),
        cmocka_unit_test(without_a_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
