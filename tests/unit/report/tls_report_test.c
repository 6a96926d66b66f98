/* tls_report_test.c owns how STARTTLS is told: an offer, a refusal, a session. */
#include "report/tls_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct certificate_record expired = {.subject = "CN=mail.example", .expired = true, .not_after = 1767225600};
static const struct tls_record offer = {.starttls = true};
static const struct tls_record refusal = {.starttls = true, .failure = "refused: 454 \x1b[2Jno"};
static const struct tls_record session = {.starttls = true, .protocol = "TLSv1.3", .cipher = "C", .certificate = &expired};
static const struct tls_record flawless = {.starttls = true, .protocol = "TLSv1.3", .cipher = "C"};

static void line_is(const struct tls_record *tls, bool verbose, const char *expected)
{
    struct buf out;
    buf_init(&out, 1024);
    tls_report_line(&out, tls, verbose);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void test_lines(void **state)
{
    line_is(&offer, false, "");
    line_is(&offer, true, "offers STARTTLS");
    line_is(&refusal, false, "offers STARTTLS, refused: 454 \\x1b[2Jno");
    line_is(&refusal, true, "offers STARTTLS, refused: 454 \\x1b[2Jno");
    line_is(&session, false, "STARTTLS: certificate: expired 2026-01-01");
    line_is(&session, true, "STARTTLS: TLSv1.3, C; certificate: CN=mail.example, expired 2026-01-01");
    line_is(&flawless, false, "");
    line_is(&flawless, true, "STARTTLS: TLSv1.3, C");
    line_is(NULL, true, "");
}

static void test_xml(void **state)
{
    struct buf out;
    buf_init(&out, 4096);
    tls_report_xml(&out, &offer);
    assert_string_equal(buf_text(&out), "<script id=\"tls\" output=\"offers STARTTLS\"><elem key=\"starttls\">true</elem></script>");
    buf_free(&out);
}

static void test_json(void **state)
{
    struct buf out;
    buf_init(&out, 4096);
    struct json j = json_into(&out);
    json_object(&j, NULL);
    tls_report_json(&j, &offer);
    json_object_end(&j);
    assert_string_equal(buf_text(&out), "{\"tls\":{\"starttls\":true}}");
    buf_free(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_xml), cmocka_unit_test(test_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
