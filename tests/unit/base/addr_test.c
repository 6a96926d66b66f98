/* addr_test.c checks reading, writing and comparing addresses. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/addr.h"

static void reads_and_writes(void **state)
{
    static const char *const cases[][2] = {{"192.0.2.1", "192.0.2.1"}, {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"}, {"::", "::"},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.4"}, {"1:0:0:2:0:0:0:3", "1:0:0:2::3"}, {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
        {"fe80::1%lo", "fe80::1%lo"}, {"fe80::1%4242", "fe80::1%4242"}};
    char text[ADDR_TEXT_MAX];
    struct addr a;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(addr_parse(cases[i][0], &a));
        assert_string_equal(addr_format(&a, text, sizeof text), cases[i][1]);
    }
    assert_string_equal(addr_format(&a, text, 5), "fe80");
    a = (struct addr){0};
    assert_string_equal(addr_format(&a, text, sizeof text), "");
}

static void refuses(void **state)
{
    static const char *const cases[] = {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "1.2.3.04", ":::", "1:2", "g::", "fe80::1%",
        "fe80::1%0", "fe80::1%nosuch", "1.2.3.4%1", "[::1]", "::1/64", "%1", "11111:22222:33333:44444:55555:66666:77777:88888:99999"};
    struct addr a = {.family = 9};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (addr_parse(cases[i], &a))
            fail_msg("%s was accepted", cases[i]);
    assert_int_equal(a.family, 9);
}

static void compares(void **state)
{
    static const char *const ascending[] = {
        "0.0.0.0", "1.2.3.4", "1.2.4.0", "255.0.0.0", "::", "::1", "2001:db8::", "fe80::1", "fe80::1%3", "fe80::1%4"};
    size_t n = sizeof ascending / sizeof ascending[0];

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            struct addr a, b;
            assert_true(addr_parse(ascending[i], &a) && addr_parse(ascending[k], &b));
            assert_int_equal(addr_compare(&a, &b), (i > k) - (i < k));
            assert_int_equal(addr_equal(&a, &b), i == k);
        }
    }
}

static void loopback(void **state)
{
    static const char *const in[] = {"127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"}, *const out[] = {
                                                                                                 "128.0.0.1", "::2", "::", "::127.0.0.1"};
    struct addr a = {0};

    assert_false(addr_is_loopback(&a));
    for (size_t i = 0; i < 4; i++) {
        assert_true(addr_parse(in[i], &a) && addr_is_loopback(&a));
        assert_true(addr_parse(out[i], &a) && !addr_is_loopback(&a));
    }
}

static void v4(void **state)
{
    struct addr a = addr_from_v4(0xc00002fe);

    assert_int_equal(a.family, 4);
    assert_int_equal(a.octet[3], 0xfe);
    assert_int_equal(addr_v4(&a), 0xc00002fe);
    assert_string_equal(proto_name(PROTO_TCP), "tcp");
    assert_string_equal(proto_name(PROTO_UDP), "udp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(compares),
        cmocka_unit_test(loopback),
        cmocka_unit_test(v4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
