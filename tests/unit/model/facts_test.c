/* facts_test.c owns the tests of what is known on both sides of a tunnel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/facts.h"

static struct facts entered(const char *name, const char *product)
{
    struct facts f = {.service = {.name = name, .product = product, .method = METHOD_PROBED, .conf = CONF_PRODUCT}};
    facts_enter(&f, "tls");
    return f;
}

static void the_search_begins_again_inside(void **state)
{
    struct facts f = entered("ssl", "TLS");
    assert_null(f.service.name);
    assert_null(f.service.product);
    assert_string_equal(f.service.tunnel, "tls");
    assert_string_equal(f.outside.name, "ssl");
}

static void what_is_named_inside_counts(void **state)
{
    struct facts f = entered("http", "Outer");
    f.service.name = "http";
    f.service.product = "Inner";
    facts_leave(&f);
    assert_string_equal(f.service.product, "Inner");
}

static void a_complaint_counts_where_the_inside_named_nothing(void **state)
{
    struct facts f = entered("http", "Outer");
    facts_leave(&f);
    assert_string_equal(f.service.name, "http");
    assert_string_equal(f.service.product, "Outer");
    assert_string_equal(f.service.tunnel, "tls");
}

static void that_it_was_tls_names_nothing(void **state)
{
    struct facts f = entered("ssl", "TLS");
    f.service.note = "silent";
    facts_leave(&f);
    assert_null(f.service.name);
    assert_null(f.service.product);
    assert_string_equal(f.service.note, "silent");
}

static void a_reply_belongs_to_its_side(void **state)
{
    struct arena a;
    struct facts f = {0};
    arena_init(&a);
    facts_add_reply(&f, &a, "NULL", NULL, bytes_str("outer"));
    facts_enter(&f, "tls");
    facts_add_reply(&f, &a, "NULL", f.tunnel, bytes_str("in"));
    assert_int_equal(f.service.reply_count, 2);
    assert_string_equal(f.replies[1].tunnel, "tls");
    facts_leave(&f);
    assert_int_equal(f.service.reply_count, 2);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_search_begins_again_inside),
        cmocka_unit_test(what_is_named_inside_counts),
        cmocka_unit_test(a_complaint_counts_where_the_inside_named_nothing),
        cmocka_unit_test(that_it_was_tls_names_nothing),
        cmocka_unit_test(a_reply_belongs_to_its_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
