/* grepable_test.c owns the grepable format's golden texts. */
#include "rendered.h"

/* clang-format off */
static void test_ordinary(void **state)
{
    assert_renders(report_grepable, "ordinary",
        "# descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV --reason -p 22,443 localhost\n"
        "Host: 127.0.0.1 (box.example.com)\tStatus: Up\n"
        "Host: 127.0.0.1 (box.example.com)\tPorts: 22/open/tcp//ssh//OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; pro"
        "tocol 2.0)/, 25/open/tcp//smtp///, 53/closed/tcp//domain///, 443/open/tcp//ssl|http//Apache httpd 2.4.41 ((Ubu"
        "ntu))/, 7001/open/tcp//afs3-errors?///, 7002/open/tcp//unknown///, 7006/open/tcp//unknown///, 7007/filtered/tc"
        "p//unknown///, 53/open|filtered/udp//domain///, 54/closed/udp//unknown///\n"
        "# descry done at Mon Nov 23 12:30:01 2026 -- 1 IP address (1 host up) scanned in 1.53 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_ignored(void **state)
{
    assert_renders(report_grepable, "ignored",
        "# descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV --reason -p 22,443 localhost\n"
        "Host: 192.0.2.8 ()\tStatus: Up\n"
        "Host: 192.0.2.8 ()\tPorts: \tIgnored State: closed (100)\n"
        "# descry done at Mon Nov 23 12:30:00 2026 -- 1 IP address (1 host up) scanned in 0.05 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_down(void **state)
{
    assert_renders(report_grepable, "down",
        "# descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV --reason -p 22,443 localhost\n"
        "# descry done at Mon Nov 23 12:30:02 2026 -- 1 IP address (0 hosts up) scanned in 2.00 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_down_verbose(void **state)
{
    assert_renders(report_grepable, "down-verbose",
        "# descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV --reason -p 22,443 localhost\n"
        "# Ports scanned: TCP(3;22,80,443) UDP(0;) SCTP(0;) PROTOCOLS(0;)\n"
        "Host: 192.0.2.1 ()\tStatus: Down\n"
        "# descry done at Mon Nov 23 12:30:02 2026 -- 1 IP address (0 hosts up) scanned in 2.00 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_interrupted(void **state)
{
    assert_renders(report_grepable, "interrupted",
        "# descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV --reason -p 22,443 localhost\n"
        "Host: 192.0.2.2 ()\tStatus: Timeout\n"
        "Host: 192.0.2.2 ()\tPorts: 22/open/tcp//ssh//OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)/\n"
        "Host: 192.0.2.3 ()\tStatus: Up\n"
        "Host: 192.0.2.3 ()\tPorts: 22/open/tcp//ssh//OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)/, 44"
        "3/open/tcp//unknown///\n"
        "# descry done at Mon Nov 23 12:30:03 2026 -- 2 IP addresses (2 hosts up) scanned in 3.25 seconds; ended early:"
        " interrupted\n");
}
/* clang-format on */

/* clang-format off */
static void test_nothing(void **state)
{
    assert_renders(report_grepable, "nothing",
        "# descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: \n"
        "Host: 192.0.2.9 ()\tStatus: Up\n"
        "# descry done at Mon Nov 23 12:30:00 2026 -- 1 IP address (1 host up) scanned in 0.00 seconds\n");
}
/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_down_verbose),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
