/* target_expr_test.c checks reading target expressions, their address spaces, and exclusions. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "targets/targets.h"

static void reads_addresses(void **state)
{
    static const struct {
        const char *text;
        uint64_t count;
        const char *first, *last;
    } cases[] = {
        {"192.0.2.1", 1, "192.0.2.1", "192.0.2.1"},
        {"192.0.2.0/24", 256, "192.0.2.0", "192.0.2.255"},
        {"192.0.2.77/24", 256, "192.0.2.0", "192.0.2.255"},
        {"192.0.2.77/31", 2, "192.0.2.76", "192.0.2.77"},
        {"192.0.2.77/32", 1, "192.0.2.77", "192.0.2.77"},
        {"10.0.0.0/8", 1 << 24, "10.0.0.0", "10.255.255.255"},
        {"0.0.0.0/0", 1ULL << 32, "0.0.0.0", "255.255.255.255"},
        {"10.0.0-3.1,5", 8, "10.0.0.1", "10.0.3.5"},
        {"10.*.0.1", 256, "10.0.0.1", "10.255.0.1"},
        {"10.0.0.250-", 6, "10.0.0.250", "10.0.0.255"},
        {"10.0.0.-", 256, "10.0.0.0", "10.0.0.255"},
        {"10.0.0.-2", 3, "10.0.0.0", "10.0.0.2"},
        {"10.0.0.5,1-3,2", 4, "10.0.0.1", "10.0.0.5"},
        {"*.*.*.*", 1ULL << 32, "0.0.0.0", "255.255.255.255"},
        {"10.0.1,3.9/24", 512, "10.0.1.0", "10.0.3.255"},
        {"2001:db8::/120", 256, "2001:db8::", "2001:db8::ff"},
        {"2001:db8::ffff/112", 65536, "2001:db8::", "2001:db8::ffff"},
        {"2001:db8::/64", UINT64_MAX, "2001:db8::", "2001:db8::ffff:ffff:ffff:fffe"},
        {"::1", 1, "::1", "::1"},
        {"[::1]", 1, "::1", "::1"},
        {"[2001:db8::]/127", 2, "2001:db8::", "2001:db8::1"},
        {"fe80::1%7777", 1, "fe80::1%7777", "fe80::1%7777"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct target_expr e;
        char text[ADDR_TEXT_MAX];
        struct addr a;
        if (!target_expr_parse("t", cases[i].text, &e, NULL))
            fail_msg("%s was refused", cases[i].text);
        assert_int_equal(e.kind, TARGET_ADDRESSES);
        if (e.count != cases[i].count)
            fail_msg("%s: %llu addresses", cases[i].text, (unsigned long long)e.count);
        a = target_expr_at(&e, 0);
        assert_string_equal(addr_format(&a, text, sizeof text), cases[i].first);
        a = target_expr_at(&e, e.count - 1);
        assert_string_equal(addr_format(&a, text, sizeof text), cases[i].last);
        target_expr_free(&e);
    }
}

static void octet_ranges_ascend(void **state)
{
    struct target_expr e;

    assert_true(target_expr_parse("t", "10.1-2,7.*.3-9", &e, NULL));
    assert_int_equal(e.count, 3 * 256 * 7);
    struct addr before = target_expr_at(&e, 0);
    for (uint64_t i = 1; i < e.count; i++) {
        struct addr a = target_expr_at(&e, i);
        assert_true(addr_compare(&before, &a) < 0);
        before = a;
    }
    target_expr_free(&e);
}

static void reads_names(void **state)
{
    static const struct {
        const char *text, *name;
        int prefix;
    } cases[] = {
        {"www.example.org", "www.example.org", -1},
        {"www.example.org/28", "www.example.org", 28},
        {"localhost", "localhost", -1},
        {"a_b.example.", "a_b.example.", -1},
        {"3com.com", "3com.com", -1},
        {"h6/120", "h6", 120},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct target_expr e;
        assert_true(target_expr_parse("t", cases[i].text, &e, NULL));
        assert_int_equal(e.kind, TARGET_NAME);
        assert_string_equal(e.name, cases[i].name);
        assert_int_equal(e.prefix, cases[i].prefix);
        assert_int_equal(e.count, 1);
        target_expr_free(&e);
    }
}

static void resolves_names(void **state)
{
    struct target_expr e;
    struct addr to = addr_from_v4(0xc0000245), first;

    assert_true(target_expr_parse("t", "h.example/28", &e, NULL));
    target_expr_resolve(&e, &to);
    assert_int_equal(e.kind, TARGET_ADDRESSES);
    assert_int_equal(e.count, 16);
    first = target_expr_at(&e, 0);
    assert_int_equal(addr_v4(&first), 0xc0000240);
    target_expr_free(&e);
    assert_true(target_expr_parse("t", "h.example/120", &e, NULL));
    target_expr_resolve(&e, &to);
    assert_int_equal(e.count, 1);
    target_expr_free(&e);
}

static void refuses(void **state)
{
    static const char *const cases[] = {"", "10.0.0.300", "10.0.0.0/33", "a b", "10.0.0", "10.0.0.1.2", "10.0.0.5-1", "10.0.0.", "10..0.1",
        "10.0.0.1,", "10.0.0.1-2-3", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "::1/129", "::g", "[::1", "[10.0.0.1]", "[]", "[",
        "fe80::1%", "fe80::1%nosuchif0", "1.2.3.4%1", "-oX", "host..example", ".example", "h\xc3\xb6st", "a/b/c", "a@b", "/24", "1", "a\tb",
        "*", "h/129", "::1/64x"};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct target_expr e = {.count = 7};
        struct diags d;
        diags_init(&d);
        if (target_expr_parse("t", cases[i], &e, &d))
            fail_msg("\"%s\" was accepted", cases[i]);
        assert_int_equal(e.count, 7);
        assert_int_equal(d.errors, 1);
        diags_free(&d);
    }
}

static void refuses_long_ones(void **state)
{
    char text[LIMIT_TARGET_TEXT + 2];
    struct target_expr e;

    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    assert_false(target_expr_parse("t", text, &e, NULL));
    text[64] = 0;
    assert_false(target_expr_parse("t", text, &e, NULL));
    text[63] = 0;
    assert_true(target_expr_parse("t", text, &e, NULL));
    target_expr_free(&e);
}

static bool excluded(const struct exclusions *x, const char *text)
{
    struct addr a;

    assert_true(addr_parse(text, &a));
    return exclusions_has(x, &a);
}

static void excludes(void **state)
{
    static const char *const in[] = {"10.0.0.1", "10.1.0.0", "10.1.255.255", "10.2.5.9", "10.2.7.9",
        "2001:db8::", "2001:db8:0:0:ffff::", "::ffff:10.0.0.1", "192.168.1.128", "192.168.1.255", "::ffff:10.2.6.9"};
    static const char *const out[] = {"10.0.0.0", "10.0.0.2", "10.0.255.255", "10.2.0.0", "10.2.8.9", "10.2.4.9", "10.2.5.8",
        "2001:db8:0:1::", "2001:db7::", "192.168.1.127", "192.168.2.0", "::10.0.0.1", "::"};
    struct exclusions *x = exclusions_new();
    struct target_expr e;

    assert_true(exclusions_add(x, "--exclude", "10.1.0.0/16,10.0.0.1,10.2.5-7.9,h.example,2001:db8::/64,10.1.2.0/24,k/24", NULL));
    assert_true(target_expr_parse("t", "192.168.1.128/25", &e, NULL));
    assert_true(exclusions_add_expr(x, &e));
    target_expr_free(&e);
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        if (!excluded(x, in[i]))
            fail_msg("%s is not excluded", in[i]);
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        if (excluded(x, out[i]))
            fail_msg("%s is excluded", out[i]);
    assert_string_equal(exclusions_name(x, 0), "h.example");
    assert_string_equal(exclusions_name(x, 1), "k/24");
    assert_null(exclusions_name(x, 2));
    exclusions_free(x);
}

static void refuses_bad_exclusions(void **state)
{
    struct exclusions *x = exclusions_new();
    struct diags d;

    diags_init(&d);
    assert_false(exclusions_add(x, "--exclude", "10.0.0.1,10.0.0.999,,10.0.0.3", &d));
    assert_int_equal(d.errors, 2);
    assert_true(excluded(x, "10.0.0.3"));
    assert_false(exclusions_add_file(x, "/no/such/file", &d));
    assert_false(exclusions_add_file(x, "/", &d));
    assert_int_equal(d.errors, 4);
    diags_free(&d);
    exclusions_free(x);
}

static void reads_exclusion_files(void **state)
{
    char path[] = "/tmp/descry-test-XXXXXX";
    static const char text[] = "# our own\n10.0.0.1 10.0.0.2#no\n\n  10.0.1.1,5\nbad..one\n::1";
    struct exclusions *x = exclusions_new();
    struct diags d;
    int fd = mkstemp(path);

    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    diags_init(&d);
    assert_false(exclusions_add_file(x, path, &d));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.list[0].line, 5);
    assert_int_equal(d.list[0].column, 1);
    assert_true(excluded(x, "10.0.0.1") && excluded(x, "10.0.0.2") && excluded(x, "10.0.1.5") && excluded(x, "::1"));
    assert_false(excluded(x, "10.0.1.2"));
    unlink(path);
    diags_free(&d);
    exclusions_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(octet_ranges_ascend),
        cmocka_unit_test(reads_names),
        cmocka_unit_test(resolves_names),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_long_ones),
        cmocka_unit_test(excludes),
        cmocka_unit_test(refuses_bad_exclusions),
        cmocka_unit_test(reads_exclusion_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
