/* xml_test.c owns the xml format's golden texts. */
#include "rendered.h"

/* clang-format off */
static void test_ordinary(void **state)
{
    assert_renders(report_xml, "ordinary",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE nmaprun>\n"
        "<!-- descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV -&#45;reason -p 22,443 localhost -->\n"
        "<nmaprun scanner=\"descry\" args=\"descry -sV -&#45;reason -p 22,443 localhost\" start=\"1795437000\" startstr"
        "=\"Mon Nov 23 12:30:00 2026\" version=\"0.1.0\" xmloutputversion=\"1.05\">\n"
        "<scaninfo type=\"connect\" protocol=\"tcp\" numservices=\"3\" services=\"22,80,443\"/>\n"
        "<scaninfo type=\"udp\" protocol=\"udp\" numservices=\"2\" services=\"53-54\"/>\n"
        "<verbose level=\"0\"/>\n"
        "<debugging level=\"0\"/>\n"
        "<host starttime=\"1795437000\" endtime=\"1795437002\"><status state=\"up\" reason=\"syn-ack\" reason_ttl=\"0\""
        "/>\n"
        "<address addr=\"127.0.0.1\" addrtype=\"ipv4\"/>\n"
        "<hostnames>\n"
        "<hostname name=\"localhost\" type=\"user\"/>\n"
        "<hostname name=\"box.example.com\" type=\"PTR\"/>\n"
        "</hostnames>\n"
        "<ports><port protocol=\"tcp\" portid=\"22\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><servic"
        "e name=\"ssh\" product=\"OpenSSH\" version=\"8.9p1 Ubuntu 3ubuntu0.1\" extrainfo=\"Ubuntu Linux; protocol 2.0\""
        " ostype=\"Linux\" method=\"probed\" conf=\"10\"><cpe>cpe:/a:openbsd:openssh:8.9p1</cpe><cpe>cpe:/o:linux:linux"
        "_kernel</cpe></service></port>\n"
        "<port protocol=\"tcp\" portid=\"25\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service name="
        "\"smtp\" hostname=\"mail.example.com\" method=\"probed\" conf=\"5\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"53\"><state state=\"closed\" reason=\"conn-refused\" reason_ttl=\"0\"/><servic"
        "e name=\"domain\" method=\"table\" conf=\"3\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"443\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service name"
        "=\"http\" product=\"Apache httpd\" version=\"2.4.41\" extrainfo=\"(Ubuntu)\" hostname=\"www.example.com\" tunn"
        "el=\"ssl\" method=\"probed\" conf=\"10\"/><script id=\"tls\" output=\"TLSv1.3, C; certificate: CN=www.example."
        "com, expired 2026-11-22\"><elem key=\"protocol\">TLSv1.3</elem>\n"
        "<elem key=\"wants_client_certificate\">false</elem>\n"
        "<table key=\"certificate\">\n"
        "<elem key=\"common_name\">www.example.com</elem>\n"
        "<table key=\"names\">\n"
        "<elem>www.example.com</elem>\n"
        "<elem>192.0.2.7</elem>\n"
        "</table>\n"
        "<elem key=\"key_bits\">2048</elem>\n"
        "</table>\n"
        "</script></port>\n"
        "<port protocol=\"tcp\" portid=\"7001\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service nam"
        "e=\"afs3-errors\" method=\"table\" conf=\"3\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"7002\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"7006\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service nam"
        "e=\"unknown\" servicefp=\"SF-Port7006-TCP:V=0.1.0%I=7%D=11/23%Time=6B049A08%P=x86_64-linux%r(NULL,C,&quot;hi"
        "\\x007\\x20there\\r\\n&quot;)%r(GetRequest,4E20,&quot;what\\?\\xff&quot;);\" method=\"table\" conf=\"3\"/></po"
        "rt>\n"
        "<port protocol=\"tcp\" portid=\"7007\"><state state=\"filtered\" reason=\"no-response\" reason_ttl=\"0\"/></po"
        "rt>\n"
        "<port protocol=\"udp\" portid=\"53\"><state state=\"open|filtered\" reason=\"no-response\" reason_ttl=\"0\"/><"
        "service name=\"domain\" method=\"table\" conf=\"3\"/></port>\n"
        "<port protocol=\"udp\" portid=\"54\"><state state=\"closed\" reason=\"port-unreach\" reason_ttl=\"0\"/></port>"
        "\n"
        "</ports>\n"
        "<times srtt=\"120\" rttvar=\"30\" to=\"240\"/>\n"
        "</host>\n"
        "<runstats><finished time=\"1795437001\" timestr=\"Mon Nov 23 12:30:01 2026\" summary=\"descry done at Mon Nov "
        "23 12:30:01 2026; 1 IP address (1 host up) scanned in 1.53 seconds\" elapsed=\"1.53\" exit=\"success\"/><hosts"
        " up=\"1\" down=\"0\" total=\"1\"/>\n"
        "</runstats>\n"
        "</nmaprun>\n");
}
/* clang-format on */

/* clang-format off */
static void test_verbose(void **state)
{
    assert_renders(report_xml, "verbose",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE nmaprun>\n"
        "<!-- descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV -&#45;reason -p 22,443 localhost -->\n"
        "<nmaprun scanner=\"descry\" args=\"descry -sV -&#45;reason -p 22,443 localhost\" start=\"1795437000\" startstr"
        "=\"Mon Nov 23 12:30:00 2026\" version=\"0.1.0\" xmloutputversion=\"1.05\">\n"
        "<scaninfo type=\"connect\" protocol=\"tcp\" numservices=\"3\" services=\"22,80,443\"/>\n"
        "<scaninfo type=\"udp\" protocol=\"udp\" numservices=\"2\" services=\"53-54\"/>\n"
        "<verbose level=\"1\"/>\n"
        "<debugging level=\"0\"/>\n"
        "<host starttime=\"1795437000\" endtime=\"1795437002\"><status state=\"up\" reason=\"syn-ack\" reason_ttl=\"0\""
        "/>\n"
        "<address addr=\"127.0.0.1\" addrtype=\"ipv4\"/>\n"
        "<hostnames>\n"
        "<hostname name=\"localhost\" type=\"user\"/>\n"
        "<hostname name=\"box.example.com\" type=\"PTR\"/>\n"
        "</hostnames>\n"
        "<ports><port protocol=\"tcp\" portid=\"22\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><servic"
        "e name=\"ssh\" product=\"OpenSSH\" version=\"8.9p1 Ubuntu 3ubuntu0.1\" extrainfo=\"Ubuntu Linux; protocol 2.0\""
        " ostype=\"Linux\" method=\"probed\" conf=\"10\"><cpe>cpe:/a:openbsd:openssh:8.9p1</cpe><cpe>cpe:/o:linux:linux"
        "_kernel</cpe></service></port>\n"
        "<port protocol=\"tcp\" portid=\"25\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service name="
        "\"smtp\" hostname=\"mail.example.com\" method=\"probed\" conf=\"5\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"53\"><state state=\"closed\" reason=\"conn-refused\" reason_ttl=\"0\"/><servic"
        "e name=\"domain\" method=\"table\" conf=\"3\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"443\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service name"
        "=\"http\" product=\"Apache httpd\" version=\"2.4.41\" extrainfo=\"(Ubuntu)\" hostname=\"www.example.com\" tunn"
        "el=\"ssl\" method=\"probed\" conf=\"10\"/><script id=\"tls\" output=\"TLSv1.3, C; certificate: CN=www.example."
        "com, expired 2026-11-22\"><elem key=\"protocol\">TLSv1.3</elem>\n"
        "<elem key=\"wants_client_certificate\">false</elem>\n"
        "<table key=\"certificate\">\n"
        "<elem key=\"common_name\">www.example.com</elem>\n"
        "<table key=\"names\">\n"
        "<elem>www.example.com</elem>\n"
        "<elem>192.0.2.7</elem>\n"
        "</table>\n"
        "<elem key=\"key_bits\">2048</elem>\n"
        "</table>\n"
        "</script></port>\n"
        "<port protocol=\"tcp\" portid=\"7001\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service nam"
        "e=\"afs3-errors\" method=\"table\" conf=\"3\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"7002\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/></port>\n"
        "<port protocol=\"tcp\" portid=\"7006\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service nam"
        "e=\"unknown\" servicefp=\"SF-Port7006-TCP:V=0.1.0%I=7%D=11/23%Time=6B049A08%P=x86_64-linux%r(NULL,C,&quot;hi"
        "\\x007\\x20there\\r\\n&quot;)%r(GetRequest,4E20,&quot;what\\?\\xff&quot;);\" method=\"table\" conf=\"3\"/></po"
        "rt>\n"
        "<port protocol=\"tcp\" portid=\"7007\"><state state=\"filtered\" reason=\"no-response\" reason_ttl=\"0\"/></po"
        "rt>\n"
        "<port protocol=\"udp\" portid=\"53\"><state state=\"open|filtered\" reason=\"no-response\" reason_ttl=\"0\"/><"
        "service name=\"domain\" method=\"table\" conf=\"3\"/></port>\n"
        "<port protocol=\"udp\" portid=\"54\"><state state=\"closed\" reason=\"port-unreach\" reason_ttl=\"0\"/></port>"
        "\n"
        "</ports>\n"
        "<times srtt=\"120\" rttvar=\"30\" to=\"240\"/>\n"
        "</host>\n"
        "<runstats><finished time=\"1795437001\" timestr=\"Mon Nov 23 12:30:01 2026\" summary=\"descry done at Mon Nov "
        "23 12:30:01 2026; 1 IP address (1 host up) scanned in 1.53 seconds\" elapsed=\"1.53\" exit=\"success\"/><hosts"
        " up=\"1\" down=\"0\" total=\"1\"/>\n"
        "</runstats>\n"
        "</nmaprun>\n");
}
/* clang-format on */

/* clang-format off */
static void test_ignored(void **state)
{
    assert_renders(report_xml, "ignored",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE nmaprun>\n"
        "<!-- descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV -&#45;reason -p 22,443 localhost -->"
        "\n"
        "<nmaprun scanner=\"descry\" args=\"descry -sV -&#45;reason -p 22,443 localhost\" start=\"1795437000\" startstr=\"M"
        "on Nov 23 12:30:00 2026\" version=\"0.1.0\" xmloutputversion=\"1.05\">\n"
        "<scaninfo type=\"connect\" protocol=\"tcp\" numservices=\"3\" services=\"22,80,443\"/>\n"
        "<verbose level=\"0\"/>\n"
        "<debugging level=\"0\"/>\n"
        "<host starttime=\"1795437000\" endtime=\"1795437002\"><status state=\"up\" reason=\"syn-ack\" reason_ttl=\"0"
        "\"/>\n"
        "<address addr=\"192.0.2.8\" addrtype=\"ipv4\"/>\n"
        "<hostnames>\n"
        "</hostnames>\n"
        "<ports><extraports state=\"closed\" count=\"100\">\n"
        "<extrareasons reason=\"conn-refused\" count=\"100\" proto=\"tcp\"/>\n"
        "</extraports>\n"
        "</ports>\n"
        "<times srtt=\"120\" rttvar=\"30\" to=\"240\"/>\n"
        "</host>\n"
        "<runstats><finished time=\"1795437000\" timestr=\"Mon Nov 23 12:30:00 2026\" summary=\"descry done at Mon Nov "
        "23 12:30:00 2026; 1 IP address (1 host up) scanned in 0.05 seconds\" elapsed=\"0.05\" exit=\"success\"/><hosts"
        " up=\"1\" down=\"0\" total=\"1\"/>\n"
        "</runstats>\n"
        "</nmaprun>\n");
}
/* clang-format on */

/* clang-format off */
static void test_interrupted(void **state)
{
    assert_renders(report_xml, "interrupted",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE nmaprun>\n"
        "<!-- descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV -&#45;reason -p 22,443 localhost -->"
        "\n"
        "<nmaprun scanner=\"descry\" args=\"descry -sV -&#45;reason -p 22,443 localhost\" start=\"1795437000\" startstr=\"M"
        "on Nov 23 12:30:00 2026\" version=\"0.1.0\" xmloutputversion=\"1.05\">\n"
        "<scaninfo type=\"connect\" protocol=\"tcp\" numservices=\"3\" services=\"22,80,443\"/>\n"
        "<verbose level=\"0\"/>\n"
        "<debugging level=\"0\"/>\n"
        "<host starttime=\"1795437000\" endtime=\"1795437002\" timedout=\"true\"><status state=\"up\" reason=\"syn-ack"
        "\" reason_ttl=\"0\"/>\n"
        "<address addr=\"192.0.2.2\" addrtype=\"ipv4\"/>\n"
        "<hostnames>\n"
        "</hostnames>\n"
        "<ports><extraports state=\"unknown\" count=\"2\">\n"
        "</extraports>\n"
        "<port protocol=\"tcp\" portid=\"22\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service name="
        "\"ssh\" product=\"OpenSSH\" version=\"8.9p1 Ubuntu 3ubuntu0.1\" extrainfo=\"Ubuntu Linux; protocol 2.0\" ostyp"
        "e=\"Linux\" method=\"probed\" conf=\"10\"><cpe>cpe:/a:openbsd:openssh:8.9p1</cpe><cpe>cpe:/o:linux:linux_kerne"
        "l</cpe></service></port>\n"
        "</ports>\n"
        "<times srtt=\"120\" rttvar=\"30\" to=\"240\"/>\n"
        "</host>\n"
        "<host starttime=\"1795437000\" endtime=\"1795437002\"><status state=\"up\" reason=\"syn-ack\" reason_ttl=\"0"
        "\"/>\n"
        "<address addr=\"192.0.2.3\" addrtype=\"ipv4\"/>\n"
        "<hostnames>\n"
        "</hostnames>\n"
        "<ports><extraports state=\"unknown\" count=\"1\">\n"
        "</extraports>\n"
        "<port protocol=\"tcp\" portid=\"22\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/><service name="
        "\"ssh\" product=\"OpenSSH\" version=\"8.9p1 Ubuntu 3ubuntu0.1\" extrainfo=\"Ubuntu Linux; protocol 2.0\" ostyp"
        "e=\"Linux\" method=\"probed\" conf=\"10\"><cpe>cpe:/a:openbsd:openssh:8.9p1</cpe><cpe>cpe:/o:linux:linux_kerne"
        "l</cpe></service></port>\n"
        "<port protocol=\"tcp\" portid=\"443\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/></port>\n"
        "</ports>\n"
        "<times srtt=\"120\" rttvar=\"30\" to=\"240\"/>\n"
        "</host>\n"
        "<runstats><finished time=\"1795437003\" timestr=\"Mon Nov 23 12:30:03 2026\" summary=\"descry done at Mon Nov "
        "23 12:30:03 2026; 2 IP addresses (2 hosts up) scanned in 3.25 seconds\" elapsed=\"3.25\" exit=\"error\" errorm"
        "sg=\"interrupted\"/><hosts up=\"2\" down=\"0\" total=\"2\"/>\n"
        "</runstats>\n"
        "</nmaprun>\n");
}
/* clang-format on */

/* clang-format off */
static void test_down_verbose(void **state)
{
    assert_renders(report_xml, "down-verbose",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE nmaprun>\n"
        "<!-- descry 0.1.0 scan initiated Mon Nov 23 12:30:00 2026 as: descry -sV -&#45;reason -p 22,443 localhost -->"
        "\n"
        "<nmaprun scanner=\"descry\" args=\"descry -sV -&#45;reason -p 22,443 localhost\" start=\"1795437000\" startstr=\"M"
        "on Nov 23 12:30:00 2026\" version=\"0.1.0\" xmloutputversion=\"1.05\">\n"
        "<scaninfo type=\"connect\" protocol=\"tcp\" numservices=\"3\" services=\"22,80,443\"/>\n"
        "<verbose level=\"1\"/>\n"
        "<debugging level=\"0\"/>\n"
        "<host starttime=\"1795437000\" endtime=\"1795437002\"><status state=\"down\" reason=\"no-response\" reason_ttl"
        "=\"0\"/>\n"
        "<address addr=\"192.0.2.1\" addrtype=\"ipv4\"/>\n"
        "<hostnames>\n"
        "</hostnames>\n"
        "</host>\n"
        "<runstats><finished time=\"1795437002\" timestr=\"Mon Nov 23 12:30:02 2026\" summary=\"descry done at Mon Nov "
        "23 12:30:02 2026; 1 IP address (0 hosts up) scanned in 2.00 seconds\" elapsed=\"2.00\" exit=\"success\"/><host"
        "s up=\"0\" down=\"1\" total=\"1\"/>\n"
        "</runstats>\n"
        "</nmaprun>\n");
}
/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary),
        cmocka_unit_test(test_verbose),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_down_verbose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
