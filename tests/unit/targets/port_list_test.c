/* port_list_test.c checks reading, listing, removing and writing port lists, and the table of services. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "targets/ports.h"

static const struct port_scope tcp_only = {.tcp = true};
static const struct port_scope both = {.tcp = true, .udp = true};

struct good {
    const char *text;
    struct port_scope scope;
    const char *tcp, *udp; /* NULL: none */
};

static void same(const char *text, const uint16_t *ports, size_t count, const char *wanted)
{
    char *found = port_list_format(ports, count);
    const char *seen = found ? found : "nothing";

    if (strcmp(seen, wanted ? wanted : "nothing") != 0)
        fail_msg("%s: %s instead of %s", text, seen, wanted ? wanted : "nothing");
    free(found);
}

static void reads_lists(void **state)
{
    static const struct good cases[] = {
        {"22", {.tcp = true}, "22", NULL},
        {"22", {.udp = true}, NULL, "22"},
        {"22", {.tcp = true, .udp = true}, "22", "22"},
        {"22,80-90", {.tcp = true}, "22,80-90", NULL},
        {"90,80-89,22,22", {.tcp = true}, "22,80-90", NULL},
        {"-3", {.tcp = true}, "1-3", NULL},
        {"65530-", {.tcp = true}, "65530-65535", NULL},
        {"-", {.tcp = true}, "1-65535", NULL},
        {"0", {.tcp = true}, "0", NULL},
        {"0-2", {.tcp = true}, "0-2", NULL},
        {"0-", {.tcp = true}, "0-65535", NULL},
        {"65535", {.tcp = true}, "65535", NULL},
        {"00080", {.tcp = true}, "80", NULL},
        {"T:1-5,U:53", {.tcp = true}, "1-5", "53"},
        {"U:53,161,T:22,80", {.tcp = true}, "22,80", "53,161"},
        {"9,U:53", {.tcp = true, .udp = true}, "9", "9,53"},
        {"u:53,t:22", {.tcp = true}, "22", "53"},
        {"ssh", {.tcp = true}, "22", NULL},
        {"SSH,telnet", {.tcp = true}, "22-23", NULL},
        {"T:ssh,U:domain", {.tcp = true}, "22", "53"},
        {"telne?", {.tcp = true}, "23", NULL},
        {"[1-4]", {.tcp = true}, "1", NULL},
        {"[20-26]", {.tcp = true}, "20-23,25-26", NULL},
        {"[-1],5", {.tcp = true}, "1,5", NULL},
        {" 22 , 80 ", {.tcp = true}, "22,80", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct port_list l = {0};
        struct diags d;
        diags_init(&d);
        if (!port_list_parse("-p", cases[i].text, cases[i].scope, &l, &d))
            fail_msg("%s: %s", cases[i].text, d.list[0].message);
        same(cases[i].text, l.tcp, l.tcp_count, cases[i].tcp);
        same(cases[i].text, l.udp, l.udp_count, cases[i].udp);
        assert_int_equal(d.count, 0);
        port_list_free(&l);
        diags_free(&d);
    }
}

static void reads_wildcards(void **state)
{
    struct port_list l = {0};
    size_t http = 0, https = 0;

    assert_true(port_list_parse("-p", "http*", tcp_only, &l, NULL));
    for (size_t i = 0; i < l.tcp_count; i++) {
        assert_int_equal(strncmp(service_name(PROTO_TCP, l.tcp[i]), "http", 4), 0);
        http += l.tcp[i] == 80;
        https += l.tcp[i] == 443;
    }
    assert_int_equal(http, 1);
    assert_int_equal(https, 1);
    assert_int_equal(l.udp_count, 0);
    port_list_free(&l);
}

static void refuses_bad_lists(void **state)
{
    static const struct {
        const char *text;
        unsigned column;
        const char *message;
    } cases[] = {
        {"", 1, "missing"},
        {"22,,80", 4, "missing"},
        {"22,", 4, "missing"},
        {",22", 1, "missing"},
        {"T:", 3, "missing"},
        {"80-22", 1, "backwards"},
        {"1,80-22", 3, "backwards"},
        {"65536", 1, "65535"},
        {"22,1-65536", 6, "65535"},
        {"99999999999999999999", 1, "65535"},
        {"1-2-3", 4, "hyphen"},
        {"22,nosuchservice", 4, "no service"},
        {"zzz*", 1, "no service"},
        {"S:22", 1, "SCTP"},
        {"X:22", 1, "protocol"},
        {"[1-5", 1, "closed"},
        {"22,[]", 4, "between"},
        {"[5-1]", 2, "backwards"},
        {"[", 1, "closed"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1, "no service"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct port_list l = {.tcp_count = 77};
        struct diags d;
        diags_init(&d);
        if (port_list_parse("-p", cases[i].text, tcp_only, &l, &d))
            fail_msg("%s was accepted", cases[i].text);
        assert_int_equal(l.tcp_count, 77);
        assert_true(d.count >= 1);
        if (d.list[0].column != cases[i].column || !strstr(d.list[0].message, cases[i].message))
            fail_msg("%s: column %u, %s", cases[i].text, d.list[0].column, d.list[0].message);
        assert_string_equal(d.list[0].file, "-p");
        diags_free(&d);
    }
}

static void reports_every_bad_element(void **state)
{
    struct port_list l = {0};
    struct diags d;

    diags_init(&d);
    assert_false(port_list_parse("-p", "70000,22,5-1,xyzzy", tcp_only, &l, &d));
    assert_int_equal(d.errors, 3);
    assert_int_equal(d.list[2].column, 14);
    diags_free(&d);
}

static void top_ports(void **state)
{
    struct port_list l = {0};

    port_list_top(3, tcp_only, &l);
    same("top 3", l.tcp, l.tcp_count, "22,80,443");
    port_list_free(&l);
    port_list_top(1000, both, &l);
    assert_int_equal(l.tcp_count, 1000);
    assert_int_equal(l.udp_count, 1000);
    port_list_free(&l);
    port_list_top(1000000, both, &l);
    same("all", l.tcp, l.tcp_count, "1-65535");
    same("all", l.udp, l.udp_count, "1-65535");
    port_list_free(&l);
    port_list_top(0, both, &l);
    assert_int_equal(l.tcp_count, 0);
    port_list_free(&l);
}

static void top_thousand_has_modern_services(void **state)
{
    static const uint16_t wanted[] = {2375, 2379, 5432, 6379, 9200, 27017, 11211, 5672, 15672, 9092, 1883, 8883, 6443, 10250, 8443, 5601,
        9090, 3000, 3306, 1433, 1521, 5985, 8500, 2181, 9042, 61616, 50000, 25565, 3128, 1080, 8086, 9000};
    struct port_list l = {0};

    port_list_top(1000, tcp_only, &l);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        bool found = false;
        for (size_t k = 0; k < l.tcp_count; k++)
            found = found || l.tcp[k] == wanted[i];
        if (!found)
            fail_msg("%u is not among the likeliest thousand", wanted[i]);
    }
    port_list_free(&l);
}

static void removes(void **state)
{
    struct port_list l = {0}, these = {0};

    assert_true(port_list_parse("-p", "1-10,20,U:5", tcp_only, &l, NULL));
    assert_true(port_list_parse("-p", "1,3-4,10,15,20,U:5", tcp_only, &these, NULL));
    port_list_remove(&l, &these);
    same("removed", l.tcp, l.tcp_count, "2,5-9");
    assert_int_equal(l.udp_count, 0);
    port_list_free(&l);
    port_list_free(&these);
}

static void order_has_every_port_once(void **state)
{
    for (int proto = PROTO_TCP; proto <= PROTO_UDP; proto++) {
        static bool seen[65536];
        uint16_t port;
        memset(seen, 0, sizeof seen);
        for (size_t i = 0; i < 65535; i++) {
            assert_true(service_likeliest(proto, i, &port));
            assert_false(seen[port]);
            seen[port] = true;
        }
        assert_false(seen[0]);
        assert_false(service_likeliest(proto, 65535, &port));
    }
}

static void names_ports(void **state)
{
    size_t named[2] = {0};

    assert_string_equal(service_name(PROTO_TCP, 22), "ssh");
    assert_string_equal(service_name(PROTO_TCP, 80), "http");
    assert_string_equal(service_name(PROTO_UDP, 53), "domain");
    assert_string_equal(service_name(PROTO_UDP, 161), "snmp");
    assert_string_equal(service_name(PROTO_TCP, 27017), "mongodb");
    assert_null(service_name(PROTO_TCP, 0));
    assert_null(service_name(PROTO_TCP, 65535));
    for (unsigned port = 0; port <= 65535; port++) {
        named[0] += service_name(PROTO_TCP, (uint16_t)port) != NULL;
        named[1] += service_name(PROTO_UDP, (uint16_t)port) != NULL;
    }
    assert_true(named[0] >= 2500);
    assert_true(named[1] >= 2500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(reads_wildcards),
        cmocka_unit_test(refuses_bad_lists),
        cmocka_unit_test(reports_every_bad_element),
        cmocka_unit_test(top_ports),
        cmocka_unit_test(top_thousand_has_modern_services),
        cmocka_unit_test(removes),
        cmocka_unit_test(order_has_every_port_once),
        cmocka_unit_test(names_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
