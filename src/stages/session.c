/* session.c owns the way from a TLS session and its certificate to what is told of them. */
#include "stages/session.h"

#include "base/base64.h"
#include "base/text.h"
#include "wire/x509.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PART_MAX = 80, LINE_MAX_BYTES = 2048, LINE_NAMES = 4, PEM_COLUMNS = 64, PEM_MAX = 128 * 1024 };

/* A certificate, and what is wrong with its time. */
struct certificate {
    struct x509_certificate x;
    bool expired, early;
};

/* ---- times */

/* `format` is for strftime. Years that it cannot tell are left out. */
static const char *utc(char out[32], int64_t when, const char *format)
{
    struct tm parts;
    time_t at = (time_t)when;
    if (!when || !gmtime_r(&at, &parts) || !strftime(out, 32, format, &parts))
        return NULL;
    return out;
}

static const char *day(char out[32], int64_t when)
{
    return utc(out, when, "%Y-%m-%d");
}

static const char *moment(char out[32], int64_t when)
{
    return utc(out, when, "%Y-%m-%dT%H:%M:%SZ");
}

/* ---- the line for people */

/* Where to cut so that at most PART_MAX bytes stay, between two characters. */
static size_t cut_of(const char *text)
{
    size_t n = strnlen(text, PART_MAX + 1);
    if (n <= PART_MAX)
        return n;
    for (n = PART_MAX - 3; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
        n--;
    return n;
}

static void part(struct buf *out, size_t start, const char *before, const char *text)
{
    if (!text)
        return;
    size_t n = cut_of(text);
    buf_append_str(out, out->len > start ? ", " : "");
    buf_append_str(out, before);
    buf_append(out, text, n);
    buf_append_str(out, text[n] ? "..." : "");
}

static void certificate_faults(struct buf *out, size_t start, const struct certificate *c)
{
    char text[32];
    if (c->expired)
        part(out, start, "expired ", day(text, c->x.not_after) ? text : "");
    if (c->early)
        part(out, start, "not valid before ", day(text, c->x.not_before) ? text : "");
    if (c->x.self_signed)
        part(out, start, "", "self-signed");
}

static void certificate_words(struct buf *out, const struct certificate *c)
{
    const struct x509_certificate *x = &c->x;
    size_t start = out->len;
    char text[32];
    part(out, start, "", x->subject ? x->subject : "(no name)");
    for (size_t i = 0; i < x->name_count && i < LINE_NAMES; i++)
        part(out, start, "", x->names[i]);
    if (x->name_total > LINE_NAMES)
        buf_printf(out, " (%zu names)", x->name_total);
    if (x->key_type)
        buf_printf(out, ", %s %d", x->key_type, x->key_bits);
    if (!x->self_signed)
        part(out, start, "issued by ", x->issuer);
    if (!c->expired)
        part(out, start, "until ", day(text, x->not_after));
    certificate_faults(out, start, c);
}

static void session_words(struct buf *out, const struct session_story *s, const struct certificate *c)
{
    const struct tls_session *up = s->session;
    size_t start = out->len;
    part(out, start, "", up->protocol);
    part(out, start, "", up->cipher);
    part(out, start, "ALPN ", up->alpn);
    if (up->wants_certificate)
        part(out, start, "", "asks for a client certificate");
    if (c)
        buf_append_str(out, "; certificate: ");
    if (c)
        certificate_words(out, c);
}

/* What is said even without -v: whatever is wrong. */
static void fault_words(struct buf *out, const struct session_story *s, const struct certificate *c)
{
    size_t start = out->len;
    if (c && (c->expired || c->early || c->x.self_signed)) {
        buf_append_str(out, "certificate: ");
        certificate_faults(out, out->len, c);
    }
    if (s->session->wants_certificate)
        part(out, start, "", "asks for a client certificate");
}

static void line(struct buf *out, const struct session_story *s, const struct certificate *c, bool verbose)
{
    struct buf session;
    buf_init(&session, LINE_MAX_BYTES);
    if (s->session && verbose)
        session_words(&session, s, c);
    else if (s->session)
        fault_words(&session, s, c);
    if (s->failure && s->starttls)
        part(out, 0, "offers STARTTLS, ", s->failure);
    else if (s->failure)
        part(out, 0, "TLS was not entered: ", s->failure);
    else if (s->starttls && !session.len && (verbose && !s->session))
        buf_append_str(out, "offers STARTTLS");
    if (session.len)
        buf_printf(out, "%s%s", out->len ? "; " : s->starttls ? "STARTTLS: " : "", buf_text(&session));
    buf_free(&session);
}

static const struct value *lines_of(struct task *t, const struct session_story *s, const struct certificate *c, bool verbose)
{
    struct buf text;
    buf_init(&text, LINE_MAX_BYTES);
    line(&text, s, c, verbose);
    struct value *lines = value_list(&t->arena, NULL, NULL);
    if (text.len)
        value_text(&t->arena, lines, NULL, buf_text(&text));
    buf_free(&text);
    return lines;
}

/* ---- values */

static void certificate_values(struct arena *a, struct value *in, const struct certificate *c)
{
    const struct x509_certificate *x = &c->x;
    char text[32];
    struct value *v = value_table(a, in, "certificate");
    value_text(a, v, "subject", x->subject);
    value_text(a, v, "common_name", x->subject_name);
    value_text(a, v, "issuer", x->issuer);
    struct value *names = value_list(a, v, "names");
    for (size_t i = 0; i < x->name_count; i++)
        value_text(a, names, NULL, x->names[i]);
    if (x->name_total > x->name_count)
        value_number(a, v, "name_total", (int64_t)x->name_total);
    value_text(a, v, "serial", x->serial);
    value_text(a, v, "not_before", moment(text, x->not_before));
    value_text(a, v, "not_after", moment(text, x->not_after));
    value_text(a, v, "key", x->key_type);
    if (x->key_bits)
        value_number(a, v, "key_bits", x->key_bits);
    value_text(a, v, "signature", x->signature);
    value_text(a, v, "sha256", x->fingerprint);
    value_flag(a, v, "self_signed", x->self_signed);
    value_flag(a, v, "expired", c->expired);
    if (c->early)
        value_flag(a, v, "not_yet_valid", true);
}

/* RFC 7468. */
static void pem(struct arena *a, struct value *in, struct bytes der)
{
    struct buf code, text;
    buf_init(&code, PEM_MAX);
    buf_init(&text, PEM_MAX);
    base64_write(der, &code);
    buf_append_str(&text, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < code.len; at += PEM_COLUMNS) {
        buf_append(&text, code.at + at, code.len - at < PEM_COLUMNS ? code.len - at : PEM_COLUMNS);
        buf_append_str(&text, "\n");
    }
    buf_append_str(&text, "-----END CERTIFICATE-----\n");
    value_text(a, in, NULL, buf_text(&text));
    buf_free(&code);
    buf_free(&text);
}

static const struct value *values_of(struct task *t, const struct session_story *s, const struct certificate *c)
{
    struct arena *a = &t->arena;
    const struct tls_session *up = s->session;
    struct value *v = value_table(a, NULL, NULL);
    if (s->starttls)
        value_flag(a, v, "starttls", true);
    value_text(a, v, "protocol", up ? up->protocol : NULL);
    value_text(a, v, "cipher", up ? up->cipher : NULL);
    value_text(a, v, "alpn", up ? up->alpn : NULL);
    value_text(a, v, "server_name", s->server_name);
    value_text(a, v, "failure", s->failure);
    if (up)
        value_flag(a, v, "wants_client_certificate", up->wants_certificate);
    if (c)
        certificate_values(a, v, c);
    if (up && s->with_chain && up->chain_length) {
        struct value *chain = value_list(a, v, "chain");
        for (size_t i = 0; i < up->chain_length; i++)
            pem(a, chain, up->chain[i]);
    }
    return v;
}

static bool read_certificate(struct task *t, const struct tls_session *up, struct certificate *out)
{
    int64_t now = (int64_t)time(NULL);
    if (!up || !up->chain_length || !x509_read(up->chain[0], &t->arena, &out->x))
        return false;
    out->expired = out->x.not_after && out->x.not_after < now;
    out->early = out->x.not_before > now;
    return true;
}

void session_tell(struct task *t, const struct session_story *s)
{
    struct certificate certificate = {0};
    const struct certificate *c = read_certificate(t, s->session, &certificate) ? &certificate : NULL;
    struct detail *d = detail_add(&t->facts.details, &t->arena, "tls", DETAIL_STAGE);
    d->lines = lines_of(t, s, c, false);
    d->verbose_lines = lines_of(t, s, c, true);
    d->values = values_of(t, s, c);
}
