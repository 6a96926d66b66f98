/* select_test.c owns the tests of choosing probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "probes/select.h"

static const char text[] = "Probe TCP NULL q||\n"
                           "Probe TCP Rare q|r|\nrarity 9\nports 80\nmatch http m|^r|\n"
                           "Probe TCP Seven q|7|\nrarity 7\n"
                           "Probe TCP Eight q|8|\nrarity 8\nmatch smtp m|^8|\n"
                           "Probe TCP One q|1|\nrarity 1\nports 80\n"
                           "Probe UDP U1 q|u|\nports 53\n"
                           "Probe UDP U2 q|v|\nports 53 \nrarity 2\n"
                           "Probe UDP U3 q|w| no-payload\nports 53\n";

static void walk(enum probe_order order, int intensity, const char *soft, const char *want)
{
    struct probe_db *db = probe_db_read("t", bytes_str(text), PROBE_DB_USER, NULL);
    struct probe_walk w;
    char got[256] = "";
    const struct probe *p;
    probe_walk_begin(&w, db, PROTO_TCP, 80, intensity, order);
    while ((p = probe_walk_next(&w, soft)))
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s ", p->name);
    assert_string_equal(got, want);
    probe_db_free(db);
}

static void reference_order(void **state)
{
    walk(PROBE_ORDER_FILE, 7, NULL, "Rare One Seven ");
    walk(PROBE_ORDER_FILE, 0, NULL, "Rare One ");
    walk(PROBE_ORDER_FILE, 9, NULL, "Rare One Seven Eight ");
}

static void after_a_soft_match(void **state)
{
    walk(PROBE_ORDER_FILE, 7, "smtp", "Eight ");
    walk(PROBE_ORDER_FILE, 7, "http", "Rare ");
    walk(PROBE_ORDER_FILE, 9, "smtp", "Rare One Seven Eight ");
}

static void likeliest_order(void **state)
{
    walk(PROBE_ORDER_LIKELIEST, 7, NULL, "One Rare Seven ");
}

static void inside_tls_other_ports_count_and_nobody_says_hello(void **state)
{
    static const char inner[] = "Probe TCP Hello q|\\x16\\x03\\x01\\0\\x01\\x01|\nrarity 1\nports 443\n"
                                "Probe TCP Plain q|p|\nrarity 9\nports 443\n"
                                "Probe TCP Inner q|i|\nrarity 9\nsslports 443\n";
    struct probe_db *db = probe_db_read("t", bytes_str(inner), PROBE_DB_USER, NULL);
    struct probe_walk w;
    probe_walk_begin(&w, db, PROTO_TCP, 443, 7, PROBE_ORDER_FILE);
    w.inside_tls = true;
    assert_string_equal(probe_walk_next(&w, NULL)->name, "Inner");
    assert_null(probe_walk_next(&w, NULL));
    assert_true(probe_is_hello(probe_db_at(db, 0)));
    assert_false(probe_is_hello(probe_db_at(db, 1)));
    probe_db_free(db);
}

static void udp_payloads(void **state)
{
    struct probe_db *db = probe_db_read("t", bytes_str(text), PROBE_DB_USER, NULL);
    const struct probe *out[4];
    assert_int_equal(probe_payloads(db, 53, out, 4), 1);
    assert_string_equal(out[0]->name, "U1");
    assert_int_equal(probe_payloads(db, 54, out, 4), 0);
    probe_db_free(db);
}

static bool any(const void *owner, const struct probe *p)
{
    return true;
}

/* Fields are read, whatever their delimiters; what only looks like one inside another does not count. */
static void who_tells_more(void **state)
{
    static const char fields[] = "Probe TCP Words q|w|\nmatch http m|^a| i|by p/x/ of v/1/|\nmatch http m|^b| i|by p/x/ of v/1/|\n"
                                 "Probe TCP Teller q|t|\nmatch http m|^(.)| p=Foo= v|$1|\n"
                                 "Probe TCP Other q|o|\nmatch http m|^(.)x| p/Bar/ v/$1/\nmatch http m|^(.)y| p/Bar/ v/$1/\n";
    struct probe_db *db = probe_db_read("t", bytes_str(fields), PROBE_DB_USER, NULL);
    assert_string_equal(probe_best_teller(db, PROTO_TCP, "http", "Bar", NULL)->name, "Other");
    assert_string_equal(probe_best_teller(db, PROTO_TCP, "http", "Foo", NULL)->name, "Teller");
    assert_string_equal(probe_best_namer(db, PROTO_TCP, "http", any, NULL)->name, "Other");
    probe_db_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_order),
        cmocka_unit_test(after_a_soft_match),
        cmocka_unit_test(likeliest_order),
        cmocka_unit_test(inside_tls_other_ports_count_and_nobody_says_hello),
        cmocka_unit_test(udp_payloads),
        cmocka_unit_test(who_tells_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
