/* session_test.c owns how TLS sessions, and the lack of one, are told. */
#include "stages/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct tls_session plain = {.protocol = "TLSv1.3", .cipher = "C"};
static const struct tls_session wanting = {.protocol = "TLSv1.2", .cipher = "C", .alpn = "h2", .wants_certificate = true};

static const char *line_of(const struct task *t, bool verbose)
{
    const struct value *lines = detail_lines(detail_find(t->facts.details, "tls"), verbose);
    return lines ? lines->first->text : "";
}

static void is_told_as(const struct session_story *story, const char *brief, const char *verbose)
{
    struct task t = {0};
    arena_init(&t.arena);
    session_tell(&t, story);
    assert_string_equal(line_of(&t, false), brief);
    assert_string_equal(line_of(&t, true), verbose);
    arena_free(&t.arena);
}

static void lines(void **state)
{
    is_told_as(&(struct session_story){.session = &plain}, "", "TLSv1.3, C");
    is_told_as(&(struct session_story){.session = &wanting}, "asks for a client certificate",
        "TLSv1.2, C, ALPN h2, asks for a client certificate");
    is_told_as(&(struct session_story){.failure = "alert: \x1b"}, "TLS was not entered: alert: \x1b", "TLS was not entered: alert: \x1b");
    is_told_as(&(struct session_story){.starttls = true}, "", "offers STARTTLS");
    is_told_as(&(struct session_story){.starttls = true, .failure = "refused: 454 no"}, "offers STARTTLS, refused: 454 no",
        "offers STARTTLS, refused: 454 no");
    is_told_as(&(struct session_story){.starttls = true, .session = &plain}, "", "STARTTLS: TLSv1.3, C");
    is_told_as(&(struct session_story){.session = &plain, .failure = "no session: SSLv3 only"},
        "TLS was not entered: no session: SSLv3 only", "TLS was not entered: no session: SSLv3 only; TLSv1.3, C");
}

/* A text is cut between two characters. */
static void long_texts_are_cut(void **state)
{
    struct task t = {0};
    char text[300];
    arena_init(&t.arena);
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 3);
    session_tell(&t, &(struct session_story){.failure = text});
    const char *line = line_of(&t, false);
    assert_true(strlen(line) <= strlen("TLS was not entered: ") + 80);
    assert_string_equal(line + strlen(line) - 5, "\xc3\xa9...");
    arena_free(&t.arena);
}

static void a_certificate_is_told_as_it_was_sent(void **state)
{
    struct task t = {0};
    struct tls_session s = {.protocol = "TLSv1.3", .chain = {bytes_str("no certificate")}, .chain_length = 1};
    arena_init(&t.arena);
    session_tell(&t, &(struct session_story){.session = &s, .with_chain = true});
    const struct value *chain = value_get(detail_find(t.facts.details, "tls")->values, "chain");
    assert_string_equal(chain->first->text, "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n");
    session_tell(&t, &(struct session_story){.session = &s});
    assert_null(value_get(detail_find(t.facts.details, "tls")->values, "chain"));
    arena_free(&t.arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines), cmocka_unit_test(long_texts_are_cut), cmocka_unit_test(a_certificate_is_told_as_it_was_sent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
