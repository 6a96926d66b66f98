/* tls_report.c owns the telling of TLS sessions and certificates. */
#include "report/tls_report.h"

#include "base/base64.h"
#include "report/printable.h"
#include "report/xml_writer.h"

#include <stdio.h>
#include <time.h>

enum { LINE_TEXT = 80, LINE_NAMES = 4, PEM_COLUMNS = 64, PEM_MAX = 128 * 1024 };

/* "2027-01-31T23:59:59Z"; `format` is for strftime. Years that it cannot tell are left out. */
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

/* ---- for people */

static void part(struct buf *out, size_t start, const char *before, const char *text, const char *after)
{
    if (!text)
        return;
    buf_append_str(out, out->len > start ? ", " : "");
    buf_append_str(out, before);
    printable_append(out, text, LINE_TEXT);
    buf_append_str(out, after);
}

static void certificate_faults(struct buf *out, size_t start, const struct certificate_record *c)
{
    char text[32];
    if (c->expired)
        part(out, start, "expired ", day(text, c->not_after) ? text : "", "");
    if (c->early)
        part(out, start, "not valid before ", day(text, c->not_before) ? text : "", "");
    if (c->self_signed)
        part(out, start, "", "self-signed", "");
}

static void certificate_words(struct buf *out, const struct certificate_record *c)
{
    size_t start = out->len;
    char text[32];
    part(out, start, "", c->subject ? c->subject : "(no name)", "");
    for (size_t i = 0; i < c->name_count && i < LINE_NAMES; i++)
        part(out, start, "", c->names[i], "");
    if (c->name_total > LINE_NAMES)
        buf_printf(out, " (%zu names)", c->name_total);
    if (c->key_type)
        buf_printf(out, ", %s %d", c->key_type, c->key_bits);
    if (!c->self_signed)
        part(out, start, "issued by ", c->issuer, "");
    if (!c->expired)
        part(out, start, "until ", day(text, c->not_after), "");
    certificate_faults(out, start, c);
}

static void session_words(struct buf *out, const struct tls_record *tls)
{
    size_t start = out->len;
    part(out, start, "", tls->protocol, "");
    part(out, start, "", tls->cipher, "");
    part(out, start, "ALPN ", tls->alpn, "");
    if (tls->wants_certificate)
        part(out, start, "", "asks for a client certificate", "");
}

static void session_line(struct buf *out, const struct tls_record *tls, bool verbose)
{
    size_t start = out->len;
    if (verbose)
        session_words(out, tls);
    if (tls->certificate && verbose) {
        buf_append_str(out, "; certificate: ");
        certificate_words(out, tls->certificate);
    } else if (tls->certificate) {
        struct certificate_record c = *tls->certificate;
        if (c.expired || c.early || c.self_signed)
            buf_append_str(out, "certificate: ");
        certificate_faults(out, out->len, &c);
    }
    if (!verbose && tls->wants_certificate)
        part(out, start, "", "asks for a client certificate", "");
}

static void starttls_line(struct buf *out, const struct tls_record *tls, bool verbose)
{
    struct buf session;
    buf_init(&session, 8 * 1024);
    if (tls->protocol)
        session_line(&session, tls, verbose);
    if (session.len)
        buf_printf(out, "STARTTLS: %s", buf_text(&session));
    else if (tls->failure)
        part(out, out->len, "offers STARTTLS, ", tls->failure, "");
    else if (verbose)
        buf_append_str(out, "offers STARTTLS");
    buf_free(&session);
}

void tls_report_line(struct buf *out, const struct tls_record *tls, bool verbose)
{
    if (!tls)
        return;
    if (tls->starttls)
        starttls_line(out, tls, verbose);
    else if (tls->failure)
        part(out, out->len, "TLS was not entered: ", tls->failure, "");
    else if (tls->protocol)
        session_line(out, tls, verbose);
}

/* ---- JSON */

/* RFC 7468. */
static void pem(struct json *j, struct bytes der)
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
    json_bytes(j, NULL, buf_view(&text));
    buf_free(&code);
    buf_free(&text);
}

static void certificate_json(struct json *j, const struct certificate_record *c)
{
    char text[32];
    json_object(j, "certificate");
    json_text(j, "subject", c->subject);
    json_text(j, "common_name", c->subject_name);
    json_text(j, "issuer", c->issuer);
    json_array(j, "names");
    for (size_t i = 0; i < c->name_count; i++)
        json_text(j, NULL, c->names[i]);
    json_array_end(j);
    if (c->name_total > c->name_count)
        json_unsigned(j, "name_total", c->name_total);
    json_text(j, "serial", c->serial);
    json_text(j, "not_before", moment(text, c->not_before));
    json_text(j, "not_after", moment(text, c->not_after));
    json_text(j, "key", c->key_type);
    if (c->key_bits)
        json_number(j, "key_bits", c->key_bits);
    json_text(j, "signature", c->signature);
    json_text(j, "sha256", c->fingerprint);
    json_bool(j, "self_signed", c->self_signed);
    json_bool(j, "expired", c->expired);
    if (c->early)
        json_bool(j, "not_yet_valid", true);
    json_object_end(j);
}

void tls_report_json(struct json *j, const struct tls_record *tls)
{
    if (!tls)
        return;
    json_object(j, "tls");
    if (tls->starttls)
        json_bool(j, "starttls", true);
    json_text(j, "protocol", tls->protocol);
    json_text(j, "cipher", tls->cipher);
    json_text(j, "alpn", tls->alpn);
    json_text(j, "server_name", tls->server_name);
    json_text(j, "failure", tls->failure);
    if (tls->protocol)
        json_bool(j, "wants_client_certificate", tls->wants_certificate);
    if (tls->certificate)
        certificate_json(j, tls->certificate);
    if (tls->chain_length) {
        json_array(j, "chain");
        for (size_t i = 0; i < tls->chain_length; i++)
            pem(j, tls->chain[i]);
        json_array_end(j);
    }
    json_object_end(j);
}

/* ---- XML */

static void elem(struct buf *out, const char *key, const char *text)
{
    if (!text)
        return;
    xml_element(out, "elem");
    xml_attribute(out, "key", key);
    xml_enter(out);
    xml_text(out, text);
    xml_leave(out, "elem");
}

static void elem_bool(struct buf *out, const char *key, bool value)
{
    elem(out, key, value ? "true" : "false");
}

static void names_xml(struct buf *out, const struct certificate_record *c)
{
    if (!c->name_count)
        return;
    xml_element(out, "table");
    xml_attribute(out, "key", "names");
    xml_enter(out);
    for (size_t i = 0; i < c->name_count; i++) {
        xml_element(out, "elem");
        xml_enter(out);
        xml_text(out, c->names[i]);
        xml_leave(out, "elem");
    }
    xml_leave(out, "table");
}

static void certificate_xml(struct buf *out, const struct certificate_record *c)
{
    char text[32];
    xml_element(out, "table");
    xml_attribute(out, "key", "certificate");
    xml_enter(out);
    elem(out, "subject", c->subject);
    elem(out, "issuer", c->issuer);
    names_xml(out, c);
    elem(out, "serial", c->serial);
    elem(out, "not_before", moment(text, c->not_before));
    elem(out, "not_after", moment(text, c->not_after));
    elem(out, "key", c->key_type);
    snprintf(text, sizeof text, "%d", c->key_bits);
    elem(out, "key_bits", c->key_bits ? text : NULL);
    elem(out, "signature", c->signature);
    elem(out, "sha256", c->fingerprint);
    elem_bool(out, "self_signed", c->self_signed);
    elem_bool(out, "expired", c->expired);
    xml_leave(out, "table");
}

void tls_report_xml(struct buf *out, const struct tls_record *tls)
{
    if (!tls)
        return;
    struct buf line;
    buf_init(&line, 8 * 1024);
    tls_report_line(&line, tls, true);
    xml_element(out, "script");
    xml_attribute(out, "id", "tls");
    xml_attribute(out, "output", buf_text(&line));
    xml_enter(out);
    elem(out, "starttls", tls->starttls ? "true" : NULL);
    elem(out, "protocol", tls->protocol);
    elem(out, "cipher", tls->cipher);
    elem(out, "alpn", tls->alpn);
    elem(out, "server_name", tls->server_name);
    elem(out, "failure", tls->failure);
    if (tls->protocol)
        elem_bool(out, "wants_client_certificate", tls->wants_certificate);
    if (tls->certificate)
        certificate_xml(out, tls->certificate);
    xml_leave(out, "script");
    buf_free(&line);
}
