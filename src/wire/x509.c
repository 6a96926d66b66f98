/* x509.c owns the reading of certificates. OpenSSL takes the DER apart; what it gives is copied with a bound. */
#include "wire/x509.h"

#include "base/addr.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>
#include <time.h>

/* ---- texts */

/* Cut at the bound; NULs become points, so that "good.example\0.evil.example" does not read as the first half. */
static const char *text_of(struct arena *a, const void *at, size_t len)
{
    if (!at || !len)
        return NULL;
    char *copy = arena_strndup(a, at, len < LIMIT_CERTIFICATE_TEXT ? len : LIMIT_CERTIFICATE_TEXT);
    for (size_t i = 0; i < len && i < LIMIT_CERTIFICATE_TEXT; i++)
        if (!copy[i])
            copy[i] = '.';
    return copy;
}

static const char *prefixed(struct arena *a, const char *prefix, const ASN1_STRING *s)
{
    const char *text = text_of(a, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
    return text ? arena_printf(a, "%s%s", prefix, text) : NULL;
}

static const char *name_text(struct arena *a, const X509_NAME *name)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *at = NULL;
    const char *text = NULL;
    unsigned long style = (XN_FLAG_RFC2253 | ASN1_STRFLGS_UTF8_CONVERT) & ~(unsigned long)(ASN1_STRFLGS_ESC_MSB | ASN1_STRFLGS_ESC_CTRL);
    if (out && name && X509_NAME_print_ex(out, name, 0, style) >= 0) {
        long n = BIO_get_mem_data(out, &at);
        text = n > 0 ? text_of(a, at, (size_t)n) : NULL;
    }
    BIO_free(out);
    return text;
}

static const char *common_name(struct arena *a, const X509_NAME *name)
{
    int at = name ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
    if (at < 0)
        return NULL;
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    const char *text = n > 0 ? text_of(a, utf8, (size_t)n) : NULL;
    OPENSSL_free(utf8);
    return text;
}

static const char *hexadecimal(struct arena *a, const uint8_t *at, size_t len)
{
    static const char digit[] = "0123456789abcdef";
    size_t most = LIMIT_CERTIFICATE_TEXT / 2;
    char *text = arena_alloc(a, 2 * most + 1);
    for (size_t i = 0; i < len && i < most; i++) {
        text[2 * i] = digit[at[i] >> 4];
        text[2 * i + 1] = digit[at[i] & 15];
    }
    return text;
}

/* ---- parts */

static const char *address_text(struct arena *a, const ASN1_OCTET_STRING *s)
{
    int n = ASN1_STRING_length(s);
    char text[ADDR_TEXT_MAX];
    struct addr addr = {.family = n == 4 ? 4 : 6};
    if (n != 4 && n != 16)
        return NULL;
    memcpy(addr.octet, ASN1_STRING_get0_data(s), (size_t)n);
    return arena_strdup(a, addr_format(&addr, text, sizeof text));
}

static const char *alternative(struct arena *a, const GENERAL_NAME *g)
{
    switch (g->type) {
    case GEN_DNS:
        return prefixed(a, "", g->d.dNSName);
    case GEN_IPADD:
        return address_text(a, g->d.iPAddress);
    case GEN_EMAIL:
        return prefixed(a, "email:", g->d.rfc822Name);
    case GEN_URI:
        return prefixed(a, "uri:", g->d.uniformResourceIdentifier);
    default:
        return NULL;
    }
}

static void read_names(const X509 *x, struct arena *a, struct x509_certificate *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int n = sk_GENERAL_NAME_num(names);
    out->name_total = n > 0 ? (size_t)n : 0;
    for (int i = 0; i < n && out->name_count < LIMIT_CERTIFICATE_NAMES; i++) {
        const char *text = alternative(a, sk_GENERAL_NAME_value(names, i));
        if (text)
            out->names[out->name_count++] = text;
    }
    GENERAL_NAMES_free(names);
}

static int64_t seconds(const ASN1_TIME *t)
{
    struct tm parts = {0};
    return t && ASN1_TIME_to_tm(t, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static void read_key(const X509 *x, struct arena *a, struct x509_certificate *out)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    ASN1_OBJECT *kind = NULL;
    if (key) {
        out->key_type = arena_strdup(a, EVP_PKEY_get0_type_name(key));
        out->key_bits = EVP_PKEY_get_bits(key);
    } else if (X509_PUBKEY_get0_param(&kind, NULL, NULL, NULL, X509_get_X509_PUBKEY(x)) == 1) {
        out->key_type = arena_strdup(a, OBJ_nid2sn(OBJ_obj2nid(kind)));
    }
}

static void read_signature(const X509 *x, struct arena *a, struct x509_certificate *out)
{
    const X509_ALGOR *how = NULL;
    const ASN1_OBJECT *object = NULL;
    char text[80];
    X509_get0_signature(NULL, &how, x);
    if (!how)
        return;
    X509_ALGOR_get0(&object, NULL, NULL, how);
    if (object && OBJ_obj2txt(text, sizeof text, object, 0) > 0)
        out->signature = arena_strdup(a, text);
}

static void read_fingerprint(struct bytes der, struct x509_certificate *out)
{
    uint8_t digest[32];
    unsigned n = 0;
    if (EVP_Digest(der.at, der.len, digest, &n, EVP_sha256(), NULL) != 1 || n != sizeof digest)
        return;
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

static bool signs_itself(X509 *x)
{
    return X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0 && X509_self_signed(x, 1) == 1;
}

bool x509_read(struct bytes der, struct arena *a, struct x509_certificate *out)
{
    *out = (struct x509_certificate){0};
    read_fingerprint(der, out);
    const unsigned char *at = der.at;
    X509 *x = der.len && der.len <= LIMIT_CERTIFICATE ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    if (!x) {
        ERR_clear_error();
        return false;
    }
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    out->subject = name_text(a, X509_get_subject_name(x));
    out->subject_name = common_name(a, X509_get_subject_name(x));
    out->issuer = name_text(a, X509_get_issuer_name(x));
    out->serial = hexadecimal(a, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
    out->not_before = seconds(X509_get0_notBefore(x));
    out->not_after = seconds(X509_get0_notAfter(x));
    read_names(x, a, out);
    read_key(x, a, out);
    read_signature(x, a, out);
    out->self_signed = signs_itself(x);
    X509_free(x);
    ERR_clear_error();
    return true;
}
