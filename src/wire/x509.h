/*
 * x509.h owns the reading of certificates (RFC 5280): what one says about its owner, from DER that a stranger sent. Nothing is verified but whether a
 * certificate signs itself.
 */
#ifndef DESCRY_WIRE_X509_H
#define DESCRY_WIRE_X509_H

#include "base/arena.h"
#include "base/limits.h"

/* Texts are in the caller's arena, at most LIMIT_CERTIFICATE_TEXT bytes, without NULs; NULL: not there or unreadable. Anything else can stand in
 * them, as the certificate's maker wished: whoever prints them escapes. */
struct x509_certificate {
    const char *subject;                /* "CN=www.example.net,O=Example,C=DE": most specific first, as RFC 2253 says */
    const char *subject_name;           /* its common name alone */
    const char *issuer;
    const char *names[LIMIT_CERTIFICATE_NAMES]; /* alternative names: host names as they are, addresses, "email:...", "uri:..." */
    size_t name_count;                  /* kept */
    size_t name_total;                  /* there */
    const char *serial;                 /* hexadecimal, lower case */
    int64_t not_before, not_after;      /* seconds since 1970; 0: unreadable */
    const char *key_type;               /* "RSA", "EC", "ED25519", ... */
    int key_bits;
    const char *signature;              /* "sha256WithRSAEncryption" */
    char fingerprint[65];               /* SHA-256 of the DER, hexadecimal */
    bool self_signed;                   /* subject and issuer are the same, and its own key fits the signature */
};

/* False: it is no certificate, or too large (LIMIT_CERTIFICATE); then only the fingerprint stands in `out`. */
bool x509_read(struct bytes der, struct arena *a, struct x509_certificate *out);

#endif
