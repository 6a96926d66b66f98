/* normal_test.c owns the normal format's golden texts. */
#include "rendered.h"

/* clang-format off */
static void test_ordinary(void **state)
{
    assert_renders(report_normal, "ordinary",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "descry report for localhost (127.0.0.1)\n"
        "Host is up (0.00012s latency).\n"
        "Other addresses for localhost (not scanned): ::1\n"
        "rDNS record for 127.0.0.1: box.example.com\n"
        "\n"
        "PORT     STATE         SERVICE      VERSION\n"
        "22/tcp   open          ssh          OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)\n"
        "25/tcp   open          smtp\n"
        "53/tcp   closed        domain\n"
        "443/tcp  open          ssl/http     Apache httpd 2.4.41 ((Ubuntu))\n"
        "  certificate: expired 2026-11-22\n"
        "7001/tcp open          afs3-errors? (silent)\n"
        "7002/tcp open          unknown      (closed after 3.0 s without data)\n"
        "7006/tcp open          unknown      (unrecognised answer)\n"
        "7007/tcp filtered      unknown\n"
        "53/udp   open|filtered domain\n"
        "54/udp   closed        unknown\n"
        "Service Info: Hosts: mail.example.com, www.example.com; OS: Linux; CPE: cpe:/o:linux:linux_kernel\n"
        "\n"
        "descry done: 1 IP address (1 host up) scanned in 1.53 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_verbose(void **state)
{
    assert_renders(report_normal, "verbose",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "descry report for localhost (127.0.0.1)\n"
        "Host is up, received syn-ack (0.00012s latency).\n"
        "Other addresses for localhost (not scanned): ::1\n"
        "rDNS record for 127.0.0.1: box.example.com\n"
        "\n"
        "PORT     STATE         SERVICE      REASON       VERSION\n"
        "22/tcp   open          ssh          syn-ack      OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)"
        "\n"
        "25/tcp   open          smtp         syn-ack\n"
        "53/tcp   closed        domain       conn-refused\n"
        "443/tcp  open          ssl/http     syn-ack      Apache httpd 2.4.41 ((Ubuntu))\n"
        "  TLSv1.3, C; certificate: CN=www.example.com, expired 2026-11-22\n"
        "7001/tcp open          afs3-errors? syn-ack      (silent)\n"
        "7002/tcp open          unknown      syn-ack      (closed after 3.0 s without data)\n"
        "7006/tcp open          unknown      syn-ack      (unrecognised answer)\n"
        "7007/tcp filtered      unknown      no-response\n"
        "53/udp   open|filtered domain       no-response\n"
        "54/udp   closed        unknown      port-unreach\n"
        "1 service answered but was not recognised. What it sent, as a fingerprint:\n"
        "SF-Port7006-TCP:V=0.1.0%I=7%D=11/23%Time=6B049A08%P=x86_64-linux%r(NULL,C,\n"
        "SF:\"hi\\x007\\x20there\\r\\n\")%r(GetRequest,4E20,\"what\\?\\xff\");\n"
        "Service Info: Hosts: mail.example.com, www.example.com; OS: Linux; CPE: cpe:/o:linux:linux_kernel\n"
        "Looked at in 1.51 seconds\n"
        "\n"
        "descry done: 1 IP address (1 host up) scanned in 1.53 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_open(void **state)
{
    assert_renders(report_normal, "open",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "descry report for localhost (127.0.0.1)\n"
        "Host is up (0.00012s latency).\n"
        "Other addresses for localhost (not scanned): ::1\n"
        "rDNS record for 127.0.0.1: box.example.com\n"
        "Not shown: 1 closed tcp port (conn-refused), 1 closed udp port (port-unreach), 1 filtered tcp port (no-respons"
        "e)\n"
        "PORT     STATE         SERVICE      VERSION\n"
        "22/tcp   open          ssh          OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)\n"
        "25/tcp   open          smtp\n"
        "443/tcp  open          ssl/http     Apache httpd 2.4.41 ((Ubuntu))\n"
        "  certificate: expired 2026-11-22\n"
        "7001/tcp open          afs3-errors? (silent)\n"
        "7002/tcp open          unknown      (closed after 3.0 s without data)\n"
        "7006/tcp open          unknown      (unrecognised answer)\n"
        "53/udp   open|filtered domain\n"
        "Service Info: Hosts: mail.example.com, www.example.com; OS: Linux; CPE: cpe:/o:linux:linux_kernel\n"
        "\n"
        "descry done: 1 IP address (1 host up) scanned in 1.53 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_ignored(void **state)
{
    assert_renders(report_normal, "ignored",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "descry report for 192.0.2.8\n"
        "Host is up (0.00012s latency).\n"
        "All 100 scanned ports on 192.0.2.8 are in ignored states.\n"
        "Not shown: 100 closed tcp ports (conn-refused)\n"
        "\n"
        "descry done: 1 IP address (1 host up) scanned in 0.05 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_nothing(void **state)
{
    assert_renders(report_normal, "nothing",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "descry report for 192.0.2.9\n"
        "Host is up (0.00012s latency).\n"
        "\n"
        "descry done: 1 IP address (1 host up) scanned in 0.00 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_down(void **state)
{
    assert_renders(report_normal, "down",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "The host seems down. If it is really up but does not answer our questions, try -Pn\n"
        "descry done: 1 IP address (0 hosts up) scanned in 2.00 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_down_verbose(void **state)
{
    assert_renders(report_normal, "down-verbose",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "descry report for 192.0.2.1 [host down, received no-response]\n"
        "The host seems down. If it is really up but does not answer our questions, try -Pn\n"
        "descry done: 1 IP address (0 hosts up) scanned in 2.00 seconds\n");
}
/* clang-format on */

/* clang-format off */
static void test_interrupted(void **state)
{
    assert_renders(report_normal, "interrupted",
        "Starting descry 0.1.0 at 2026-11-23 12:30 UTC\n"
        "descry report for 192.0.2.2\n"
        "Host is up (0.00012s latency).\n"
        "Out of time (--host-timeout): 2 of 3 ports were not scanned; what is known follows.\n"
        "\n"
        "PORT   STATE SERVICE VERSION\n"
        "22/tcp open  ssh     OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)\n"
        "Service Info: OS: Linux; CPE: cpe:/o:linux:linux_kernel\n"
        "\n"
        "descry report for 192.0.2.3\n"
        "Host is up (0.00012s latency).\n"
        "Stopped early: 1 of 3 ports were not scanned; what is known follows.\n"
        "\n"
        "PORT    STATE SERVICE VERSION\n"
        "22/tcp  open  ssh     OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)\n"
        "443/tcp open  unknown\n"
        "Service Info: OS: Linux; CPE: cpe:/o:linux:linux_kernel\n"
        "\n"
        "descry ended early (interrupted): 2 IP addresses (2 hosts up) scanned in 3.25 seconds\n");
}
/* clang-format on */

static void test_colour(void **state)
{
    char *text = rendered(report_normal, "interrupted", true);
    assert_non_null(strstr(text, "\n22/tcp \033[32mopen\033[0m  ssh     OpenSSH"));
    assert_non_null(strstr(text, "\033[1mPORT\033[0m   \033[1mSTATE"));
    free(text);
}

static void test_many_ports_are_summarised(void **state)
{
    char *text = rendered(report_normal, "many", false);
    assert_non_null(strstr(text, "Not shown: 3500 closed tcp ports (conn-refused), "
                                 "950 filtered tcp ports (no-response), 50 filtered tcp ports (host-unreach)\nPORT"));
    assert_non_null(strstr(text, "\n4991/tcp open  unknown\n"));
    assert_null(strstr(text, "\n2/tcp"));
    free(text);
}

/* The VERSION column has at most 159 characters, whatever the fields hold. */
static void test_hostile_lines_are_short(void **state)
{
    char *text = rendered(report_normal, "hostile", false);
    assert_non_null(strstr(text, "\n1/tcp "));
    assert_true(strcspn(strstr(text, "1/tcp "), "\n") <= 10 + 6 + 69 + 159);
    for (const char *at = text; *at; at++)
        assert_true(*at == '\n' || *at == '\t' || (unsigned char)*at >= 0x20);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary),
        cmocka_unit_test(test_verbose),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_down_verbose),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_colour),
        cmocka_unit_test(test_many_ports_are_summarised),
        cmocka_unit_test(test_hostile_lines_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
