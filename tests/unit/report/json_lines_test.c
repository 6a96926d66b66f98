/* json_lines_test.c owns the json lines format's golden texts. */
#include "rendered.h"

/* clang-format off */
static void test_ordinary(void **state)
{
    assert_renders(report_json, "ordinary",
        "{\"address\":\"127.0.0.1\",\"names\":[\"localhost\",\"box.example.com\"],\"up\":true,\"reason\":\"syn-ack\","
        "\"complete\":true,\"ports\":[{\"port\":22,\"proto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-ack\",\"servic"
        "e\":{\"name\":\"ssh\",\"tunnel\":null,\"product\":\"OpenSSH\",\"version\":\"8.9p1 Ubuntu 3ubuntu0.1\",\"info"
        "\":\"Ubuntu Linux; protocol 2.0\",\"os\":\"Linux\",\"cpe\":[\"cpe:/a:openbsd:openssh:8.9p1\",\"cpe:/o:linux:li"
        "nux_kernel\"],\"cpe23\":[\"cpe:2.3:a:openbsd:openssh:8.9p1:*:*:*:*:*:*:*\",\"cpe:2.3:o:linux:linux_kernel:-:*:"
        "*:*:*:*:*:*\"],\"conf\":10,\"method\":\"probed\",\"probe\":\"NULL\",\"rule\":\"ssh.probes:12\"}},{\"port\":25,"
        "\"proto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-ack\",\"service\":{\"name\":\"smtp\",\"tunnel\":null,\"h"
        "ostname\":\"mail.example.com\",\"conf\":5,\"method\":\"probed\",\"probe\":\"NULL\",\"rule\":\"smtp.probes:40"
        "\"}},{\"port\":53,\"proto\":\"tcp\",\"state\":\"closed\",\"reason\":\"conn-refused\",\"service\":{\"name\":\"d"
        "omain\",\"conf\":3,\"method\":\"table\"}},{\"port\":443,\"proto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-"
        "ack\",\"service\":{\"name\":\"http\",\"tunnel\":\"tls\",\"product\":\"Apache httpd\",\"version\":\"2.4.41\","
        "\"info\":\"(Ubuntu)\",\"hostname\":\"www.example.com\",\"conf\":10,\"method\":\"probed\",\"probe\":\"GetReques"
        "t\",\"rule\":\"http.probes:3\"},"
        "\"tls\":{\"protocol\":\"TLSv1.3\",\"wants_client_certificate\":false,\"certificate\":{\"common_name\":\"www.example.c"
        "om\",\"names\":[\"www.example.com\",\"192.0.2.7\"],\"key_bits\":2048}}"
        "},{\"port\":7001,\"proto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-ack\","
        "\"service\":{\"name\":\"afs3-errors\",\"conf\":3,\"method\":\"table\",\"note\":\"silent\"}},{\"port\":7002,\"p"
        "roto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-ack\",\"service\":{\"note\":\"closed after 3.0 s without da"
        "ta\"}},{\"port\":7006,\"proto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-ack\",\"service\":{\"fingerprint"
        "\":\"SF-Port7006-TCP:V=0.1.0%I=7%D=11/23%Time=6B049A08%P=x86_64-linux%r(NULL,C,\\\"hi\\\\x007\\\\x20there"
        "\\\\r\\\\n\\\")%r(GetRequest,4E20,\\\"what\\\\?\\\\xff\\\");\",\"replies\":[{\"probe\":\"NULL\",\"length\":12,"
        "\"data\":\"aGkANyB0aGVyZQ0K\"},{\"probe\":\"GetRequest\",\"length\":20000,\"data\":\"d2hhdD//\"}]}},{\"port\":"
        "7007,\"proto\":\"tcp\",\"state\":\"filtered\",\"reason\":\"no-response\"},{\"port\":53,\"proto\":\"udp\",\"sta"
        "te\":\"open|filtered\",\"reason\":\"no-response\",\"service\":{\"name\":\"domain\",\"conf\":3,\"method\":\"tab"
        "le\"}},{\"port\":54,\"proto\":\"udp\",\"state\":\"closed\",\"reason\":\"port-unreach\"}],\"started_at\":179543"
        "7000,\"elapsed_ms\":1512,\"rtt_ms\":0.12}\n");
}
/* clang-format on */

/* clang-format off */
static void test_ignored(void **state)
{
    assert_renders(report_json, "ignored",
        "{\"address\":\"192.0.2.8\",\"names\":[],\"up\":true,\"reason\":\"syn-ack\",\"complete\":true,\"ports\":[],\"no"
        "t_shown\":[{\"state\":\"closed\",\"proto\":\"tcp\",\"reason\":\"conn-refused\",\"count\":100}],\"started_at\":"
        "1795437000,\"elapsed_ms\":1512,\"rtt_ms\":0.12}\n");
}
/* clang-format on */

/* clang-format off */
static void test_interrupted(void **state)
{
    assert_renders(report_json, "interrupted",
        "{\"address\":\"192.0.2.2\",\"names\":[],\"up\":true,\"reason\":\"syn-ack\",\"complete\":false,\"timed_out\":tr"
        "ue,\"ports\":[{\"port\":22,\"proto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-ack\",\"service\":{\"name\":"
        "\"ssh\",\"tunnel\":null,\"product\":\"OpenSSH\",\"version\":\"8.9p1 Ubuntu 3ubuntu0.1\",\"info\":\"Ubuntu Linu"
        "x; protocol 2.0\",\"os\":\"Linux\",\"cpe\":[\"cpe:/a:openbsd:openssh:8.9p1\",\"cpe:/o:linux:linux_kernel\"],"
        "\"cpe23\":[\"cpe:2.3:a:openbsd:openssh:8.9p1:*:*:*:*:*:*:*\",\"cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*\"]"
        ",\"conf\":10,\"method\":\"probed\",\"probe\":\"NULL\",\"rule\":\"ssh.probes:12\"}}],\"not_scanned\":2,\"starte"
        "d_at\":1795437000,\"elapsed_ms\":1512,\"rtt_ms\":0.12}\n"
        "{\"address\":\"192.0.2.3\",\"names\":[],\"up\":true,\"reason\":\"syn-ack\",\"complete\":false,\"ports\":[{\"po"
        "rt\":22,\"proto\":\"tcp\",\"state\":\"open\",\"reason\":\"syn-ack\",\"service\":{\"name\":\"ssh\",\"tunnel\":n"
        "ull,\"product\":\"OpenSSH\",\"version\":\"8.9p1 Ubuntu 3ubuntu0.1\",\"info\":\"Ubuntu Linux; protocol 2.0\","
        "\"os\":\"Linux\",\"cpe\":[\"cpe:/a:openbsd:openssh:8.9p1\",\"cpe:/o:linux:linux_kernel\"],\"cpe23\":[\"cpe:2.3"
        ":a:openbsd:openssh:8.9p1:*:*:*:*:*:*:*\",\"cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*\"],\"conf\":10,\"metho"
        "d\":\"probed\",\"probe\":\"NULL\",\"rule\":\"ssh.probes:12\"}},{\"port\":443,\"proto\":\"tcp\",\"state\":\"ope"
        "n\",\"reason\":\"syn-ack\"}],\"not_scanned\":1,\"started_at\":1795437000,\"elapsed_ms\":1512,\"rtt_ms\":0.12}"
        "\n");
}
/* clang-format on */

/* clang-format off */
static void test_down(void **state)
{
    assert_renders(report_json, "down",
        "");
}
/* clang-format on */

/* clang-format off */
static void test_down_verbose(void **state)
{
    assert_renders(report_json, "down-verbose",
        "{\"address\":\"192.0.2.1\",\"names\":[],\"up\":false,\"reason\":\"no-response\",\"complete\":true,\"ports\":[]"
        ",\"started_at\":1795437000,\"elapsed_ms\":1512}\n");
}
/* clang-format on */

/* clang-format off */
static void test_nothing(void **state)
{
    assert_renders(report_json, "nothing",
        "{\"address\":\"192.0.2.9\",\"names\":[],\"up\":true,\"reason\":\"syn-ack\",\"complete\":true,\"ports\":[],\"st"
        "arted_at\":1795437000,\"elapsed_ms\":1512,\"rtt_ms\":0.12}\n");
}
/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_down_verbose),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
