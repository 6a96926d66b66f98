/* gentle_test.c owns the tests of the list of questions that must not be asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "probes/gentle.h"

static void a_line_forbids_one_probe_or_all_or_all_but_one(void **state)
{
    static const char text[] = "# comment\n*  tcp 9100-9107\nHelp tcp 514\n"
                               "!HamlibInfo tcp 4532-4533\n!One,Two tcp 102\nGetRequest service irc\n";
    struct gentle *g = gentle_read("test", bytes_str(text), NULL);
    (void)state;
    assert_true(gentle_forbids(g, "NULL", PROTO_TCP, 9100, NULL));
    assert_false(gentle_forbids(g, "NULL", PROTO_UDP, 9100, NULL));
    assert_true(gentle_forbids(g, "Help", PROTO_TCP, 514, NULL));
    assert_false(gentle_forbids(g, "GetRequest", PROTO_TCP, 514, NULL));
    assert_true(gentle_forbids(g, "GetRequest", PROTO_TCP, 4533, NULL));
    assert_false(gentle_forbids(g, "HamlibInfo", PROTO_TCP, 4533, NULL));
    assert_false(gentle_forbids(g, "NULL", PROTO_TCP, 4533, NULL));
    assert_false(gentle_forbids(g, "One", PROTO_TCP, 102, NULL));
    assert_false(gentle_forbids(g, "Two", PROTO_TCP, 102, NULL));
    assert_true(gentle_forbids(g, "Tw", PROTO_TCP, 102, NULL));
    assert_true(gentle_forbids(g, "Three", PROTO_TCP, 102, NULL));
    assert_true(gentle_forbids(g, "GetRequest", PROTO_TCP, 6667, "irc"));
    assert_false(gentle_forbids(g, "GetRequest", PROTO_TCP, 6667, NULL));
    gentle_free(g);
}

static void a_question_may_have_to_wait(void **state)
{
    struct gentle *g = gentle_read("test", bytes_str("~Hello tcp 5001\n"), NULL);
    (void)state;
    assert_true(gentle_delays(g, "Hello", PROTO_TCP, 5001));
    assert_false(gentle_delays(g, "Hello", PROTO_TCP, 5002));
    assert_false(gentle_delays(g, "Help", PROTO_TCP, 5001));
    assert_false(gentle_delays(NULL, "Hello", PROTO_TCP, 5001));
    assert_false(gentle_forbids(g, "Hello", PROTO_TCP, 5001, NULL));
    gentle_free(g);
}

static void a_user_may_open_the_ports(void **state)
{
    static const char text[] = "*  tcp 9100-9107\n* service jetdirect\nHelp tcp 9101\n!HamlibInfo tcp 4532\n";
    struct gentle *g = gentle_read("test", bytes_str(text), NULL);
    (void)state;
    gentle_open_ports(g);
    assert_false(gentle_forbids(g, "GetRequest", PROTO_TCP, 9100, NULL));
    assert_true(gentle_forbids(g, "GetRequest", PROTO_TCP, 9100, "jetdirect"));
    assert_true(gentle_forbids(g, "Help", PROTO_TCP, 9101, NULL));
    assert_true(gentle_forbids(g, "GetRequest", PROTO_TCP, 4532, NULL));
    gentle_free(g);
}

static void the_list_of_the_house_spares_transmitters(void **state)
{
    struct gentle *g = gentle_builtin();
    (void)state;
    assert_true(gentle_forbids(g, "GetRequest", PROTO_TCP, 4532, NULL));
    assert_false(gentle_forbids(g, "HamlibInfo", PROTO_TCP, 4532, NULL));
    gentle_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_forbids_one_probe_or_all_or_all_but_one),
        cmocka_unit_test(a_question_may_have_to_wait),
        cmocka_unit_test(a_user_may_open_the_ports),
        cmocka_unit_test(the_list_of_the_house_spares_transmitters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
