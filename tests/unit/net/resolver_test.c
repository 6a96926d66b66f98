/* resolver_test.c owns the tests of the resolver of the system: numbers only, no name goes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/resolver.h"

struct answers {
    struct loop *loop;
    size_t count;
    struct addr first;
    bool unknown;
};

static void on_addrs(void *owner, const struct addr *addrs, size_t count, const char *why)
{
    struct answers *a = owner;
    a->count = count;
    a->unknown = why != NULL;
    if (count)
        a->first = addrs[0];
    loop_stop(a->loop);
}

static void numbers_resolve_to_themselves(void **state)
{
    (void)state;
    struct answers a = {.loop = loop_new()};
    struct resolver *r = resolver_system(a.loop);
    r->forward(r, "127.0.0.3", 4, on_addrs, &a);
    loop_run(a.loop);
    assert_int_equal(a.count, 1);
    assert_int_equal(addr_v4(&a.first), 0x7f000003);
    r->forward(r, "not a name", 0, on_addrs, &a);
    loop_run(a.loop);
    assert_true(a.unknown);
    r->forward(r, "127.0.0.4", 4, on_addrs, &a);
    r->free(r); /* and nobody is called */
    loop_free(a.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_resolve_to_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
