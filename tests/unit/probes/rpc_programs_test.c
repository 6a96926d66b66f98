/* rpc_programs_test.c owns the tests of the table of ONC RPC programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "probes/rpc_programs.h"

static void the_collection_is_large_and_in_order(void **state)
{
    struct rpc_programs *p = rpc_programs_new();
    rpc_programs_free(p);
    p = rpc_programs_builtin();
    size_t all = rpc_programs_count(p, 3), named = 0;
    unsigned tier = 1;
    for (size_t i = 0; i < all; i++) {
        const struct rpc_program *k = rpc_programs_at(p, i);
        assert_true(k->tier >= tier);
        tier = k->tier;
        named += k->name != NULL;
        assert_ptr_equal(rpc_programs_of(p, k->number), k);
    }
    assert_true(named >= 1650);
    assert_true(rpc_programs_count(p, 1) > 80 && rpc_programs_count(p, 1) < 330); /* the first flight of a connection */
    assert_int_equal(rpc_programs_at(p, 0)->number, 100000);
    assert_null(rpc_programs_at(p, all));
    assert_string_equal(rpc_programs_of(p, 100003)->name, "nfs");
    assert_int_equal(rpc_programs_of(p, 100003)->versions[0].high, 4);
    assert_string_equal(rpc_programs_at_port(p, 2049)->name, "nfs");
    assert_null(rpc_programs_at_port(p, 22));
    assert_true(rpc_program_lists_port(rpc_programs_of(p, 100005), 635));
    assert_string_equal(rpc_programs_owner(p, 400005), "Sun Microsystems fabric management");
    assert_null(rpc_programs_owner(p, 7));
    assert_true(rpc_programs_has_name(p, "nlockmgr"));
    assert_false(rpc_programs_has_name(p, "http"));
    rpc_programs_free(p);
}

/* No line of ours draws a complaint. */
static void the_collection_is_right(void **state)
{
    struct diags d;
    struct rpc_programs *p = rpc_programs_new();
    diags_init(&d);
    assert_true(rpc_programs_add_file(p, RPC_FILE, &d));
    assert_int_equal(d.count, 0);
    diags_free(&d);
    rpc_programs_free(p);
}

static void a_users_file_adds_and_renames(void **state)
{
    struct diags d;
    struct rpc_programs *p = rpc_programs_builtin();
    static const char file[] = "# my programs\n"
                               "mine\t900000001 my-own # and a remark\n"
                               "netfs 100003 nfs\r\n"
                               "odd 900000002 #: versions 1,3-4,77; port 4000,4001\n"
                               "#: block 900000010-900000012 ask ACME Inc.\n"
                               "#: tier 2\n"
                               "late 900000003";
    diags_init(&d);
    size_t before = rpc_programs_count(p, 3), first = rpc_programs_count(p, 1);
    rpc_programs_add(p, "mine", bytes_str(file), &d);
    assert_int_equal(d.count, 0);
    assert_int_equal(rpc_programs_count(p, 3), before + 6);
    assert_int_equal(rpc_programs_count(p, 1), first + 2);
    assert_string_equal(rpc_programs_of(p, 900000001)->name, "mine");
    const struct rpc_program *nfs = rpc_programs_of(p, 100003);
    assert_string_equal(nfs->name, "netfs");
    assert_int_equal(nfs->ports[0], 2049); /* what the second line leaves out stays */
    const struct rpc_program *odd = rpc_programs_of(p, 900000002);
    assert_int_equal(odd->range_count, 3);
    assert_int_equal(odd->versions[1].low, 3);
    assert_int_equal(odd->versions[2].high, 77);
    assert_true(rpc_program_lists_port(odd, 4001));
    assert_null(rpc_programs_of(p, 900000011)->name);
    assert_string_equal(rpc_programs_owner(p, 900000011), "ACME Inc.");
    assert_int_equal(rpc_programs_of(p, 900000003)->tier, 2);
    diags_free(&d);
    rpc_programs_free(p);
}

static const char *const bad_lines[] = {"lonely", "name number", "name 4294967296", "name -1", "name 5x", "x 1 #: versions",
    "x 1 #: versions 3-1", "x 1 #: versions a", "x 1 #: port 65536", "#: tier 4", "#: tier", "#: block", "#: block 5 ", "#: block 7-5 x",
    "#: strange"};

static void bad_lines_are_told_and_skipped(void **state)
{
    for (size_t i = 0; i < sizeof bad_lines / sizeof *bad_lines; i++) {
        struct diags d;
        struct rpc_programs *p = rpc_programs_new();
        char text[128];
        diags_init(&d);
        snprintf(text, sizeof text, "\n%s\ngood 7\n", bad_lines[i]);
        rpc_programs_add(p, "mine", bytes_str(text), &d);
        assert_int_equal(d.warnings, 1);
        assert_int_equal(d.list[0].line, 2);
        assert_non_null(rpc_programs_of(p, 7));
        diags_free(&d);
        rpc_programs_free(p);
    }
}

static void a_missing_file_is_an_error(void **state)
{
    struct diags d;
    struct rpc_programs *p = rpc_programs_new();
    diags_init(&d);
    assert_false(rpc_programs_add_file(p, "/nonexistent/rpc", &d));
    assert_int_equal(d.errors, 1);
    diags_free(&d);
    rpc_programs_free(p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_collection_is_large_and_in_order),
        cmocka_unit_test(the_collection_is_right),
        cmocka_unit_test(a_users_file_adds_and_renames),
        cmocka_unit_test(bad_lines_are_told_and_skipped),
        cmocka_unit_test(a_missing_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
