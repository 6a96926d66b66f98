/* session.c owns the way from an open TLS session to what is kept of it. */
#include "stages/session.h"

#include "wire/x509.h"

#include <string.h>
#include <time.h>

static const char *const *copy_names(struct arena *a, const struct x509_certificate *x)
{
    const char **names = arena_alloc(a, x->name_count * sizeof *names);
    memcpy(names, x->names, x->name_count * sizeof *names);
    return names;
}

static const struct certificate_record *certificate_of(struct arena *a, struct bytes der)
{
    struct x509_certificate x;
    int64_t now = (int64_t)time(NULL);
    if (!x509_read(der, a, &x))
        return NULL;
    struct certificate_record *c = arena_alloc(a, sizeof *c);
    *c = (struct certificate_record){
        .subject = x.subject,
        .subject_name = x.subject_name,
        .issuer = x.issuer,
        .names = copy_names(a, &x),
        .name_count = x.name_count,
        .name_total = x.name_total,
        .serial = x.serial,
        .not_before = x.not_before,
        .not_after = x.not_after,
        .key_type = x.key_type,
        .key_bits = x.key_bits,
        .signature = x.signature,
        .fingerprint = arena_strdup(a, x.fingerprint),
        .self_signed = x.self_signed,
        .expired = x.not_after && x.not_after<now, .early = x.not_before> now,
    };
    return c;
}

static const struct bytes *copy_chain(struct arena *a, const struct tls_session *s)
{
    struct bytes *chain = arena_alloc(a, s->chain_length * sizeof *chain);
    for (size_t i = 0; i < s->chain_length; i++)
        chain[i] = arena_bytes(a, s->chain[i]);
    return chain;
}

struct tls_record *session_record(struct arena *a, const struct tls_session *s, const char *server_name)
{
    struct tls_record *r = arena_alloc(a, sizeof *r);
    *r = (struct tls_record){
        .protocol = arena_strdup(a, s->protocol),
        .cipher = arena_strdup(a, s->cipher),
        .alpn = arena_strdup(a, s->alpn),
        .server_name = server_name,
        .wants_certificate = s->wants_certificate,
        .certificate = s->chain_length ? certificate_of(a, s->chain[0]) : NULL,
        .chain = copy_chain(a, s),
        .chain_length = s->chain_length,
    };
    return r;
}
