/* x509_test.c owns the tests of what is read from certificates, the hostile ones included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "../net/tls_peer.h"
#include "wire/x509.h"

struct sheet {
    struct arena arena;
    struct x509_certificate c;
    uint8_t *der;
    size_t len;
};

static void add_names(X509 *x, EVP_PKEY *key, GENERAL_NAMES *names)
{
    X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0);
    X509_sign(x, key, EVP_sha256());
    GENERAL_NAMES_free(names);
}

static GENERAL_NAMES *host_name(GENERAL_NAMES *names, const void *at, int len)
{
    GENERAL_NAME *g = GENERAL_NAME_new();
    ASN1_IA5STRING *s = ASN1_IA5STRING_new();
    ASN1_STRING_set(s, at, len);
    GENERAL_NAME_set0_value(g, GEN_DNS, s);
    sk_GENERAL_NAME_push(names, g);
    return names;
}

static void sheet_open(struct sheet *s, const char *name, GENERAL_NAMES *names)
{
    EVP_PKEY *key = tls_peer_key();
    X509 *x = tls_peer_certificate(key, name, -7200, -3600);
    if (names)
        add_names(x, key, names);
    memset(s, 0, sizeof *s);
    arena_init(&s->arena);
    s->len = (size_t)i2d_X509(x, &s->der);
    X509_free(x);
    EVP_PKEY_free(key);
}

static bool sheet_read(struct sheet *s)
{
    return x509_read(bytes_of(s->der, s->len), &s->arena, &s->c);
}

static void sheet_close(struct sheet *s)
{
    OPENSSL_free(s->der);
    arena_free(&s->arena);
}

static void an_ordinary_certificate(void **state)
{
    struct sheet s;
    sheet_open(&s, "www.example.net", host_name(sk_GENERAL_NAME_new_null(), "a.example", 9));
    assert_true(sheet_read(&s));
    assert_string_equal(s.c.subject, "CN=www.example.net");
    assert_string_equal(s.c.subject_name, "www.example.net");
    assert_string_equal(s.c.issuer, "CN=www.example.net");
    assert_string_equal(s.c.serial, "4711");
    assert_int_equal(s.c.name_count, 1);
    assert_string_equal(s.c.names[0], "a.example");
    assert_string_equal(s.c.key_type, "EC");
    assert_int_equal(s.c.key_bits, 256);
    assert_string_equal(s.c.signature, "ecdsa-with-SHA256");
    assert_int_equal(s.c.not_after - s.c.not_before, 3600);
    assert_true(s.c.not_after < (int64_t)time(NULL));
    assert_true(s.c.self_signed);
    assert_int_equal(strlen(s.c.fingerprint), 64);
    sheet_close(&s);
}

/* Read as C text it would end at the NUL and name somebody else. */
static void a_nul_does_not_end_a_name(void **state)
{
    struct sheet s;
    sheet_open(&s, "x", host_name(sk_GENERAL_NAME_new_null(), "good.example\0.evil.example", 26));
    assert_true(sheet_read(&s));
    assert_string_equal(s.c.names[0], "good.example..evil.example");
    sheet_close(&s);
}

static void names_are_bounded(void **state)
{
    struct sheet s;
    char text[1000];
    memset(text, 'a', sizeof text);
    GENERAL_NAMES *names = host_name(sk_GENERAL_NAME_new_null(), text, sizeof text);
    for (int i = 0; i < 3000; i++)
        host_name(names, "many.example", 12);
    sheet_open(&s, "x", names);
    assert_true(sheet_read(&s));
    assert_int_equal(s.c.name_count, LIMIT_CERTIFICATE_NAMES);
    assert_int_equal(s.c.name_total, 3001);
    assert_int_equal(strlen(s.c.names[0]), LIMIT_CERTIFICATE_TEXT);
    sheet_close(&s);
}

static void a_giant_is_not_read(void **state)
{
    struct sheet s;
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    for (int i = 0; i < 10000; i++)
        host_name(names, "many.example", 12);
    sheet_open(&s, "x", names);
    assert_true(s.len > LIMIT_CERTIFICATE);
    assert_false(sheet_read(&s));
    assert_null(s.c.subject);
    sheet_close(&s);
}

static void control_bytes_are_kept_for_who_escapes_them(void **state)
{
    struct sheet s;
    sheet_open(&s, "\x1b[31mred\r\n", NULL);
    assert_true(sheet_read(&s));
    assert_string_equal(s.c.subject_name, "\x1b[31mred\r\n");
    sheet_close(&s);
}

static void damaged_ones_are_survived(void **state)
{
    struct sheet s;
    sheet_open(&s, "www.example.net", host_name(sk_GENERAL_NAME_new_null(), "a.example", 9));
    for (size_t n = 0; n < s.len; n++)
        assert_false(x509_read(bytes_of(s.der, n), &s.arena, &s.c));
    for (size_t i = 0; i < s.len * 8; i++) {
        s.der[i / 8] ^= (uint8_t)(1u << (i % 8));
        x509_read(bytes_of(s.der, s.len), &s.arena, &s.c);
        assert_true(s.c.name_count <= LIMIT_CERTIFICATE_NAMES);
        s.der[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    assert_true(sheet_read(&s));
    sheet_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_certificate),
        cmocka_unit_test(a_nul_does_not_end_a_name),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(a_giant_is_not_read),
        cmocka_unit_test(control_bytes_are_kept_for_who_escapes_them),
        cmocka_unit_test(damaged_ones_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
