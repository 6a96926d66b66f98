/* ntlm_exchange.c owns the table of exchanges. */
#include "stages/ntlm_exchange.h"

#include "wire/credssp.h"
#include "wire/dcerpc.h"
#include "wire/der.h"
#include "wire/epm.h"
#include "wire/ldap.h"
#include "wire/ntlm.h"
#include "wire/tds.h"

#include <string.h>

/* ---- protocols without lines */

static enum dialogue_answer answer_of(enum decoded d)
{
    return d == DECODED_OK ? DIALOGUE_YES : d == DECODED_MORE ? DIALOGUE_MORE : DIALOGUE_NO;
}

static bool write_credssp(struct buf *out)
{
    return credssp_write_request(out, ntlm_negotiate());
}

static enum dialogue_answer read_rdp(struct bytes reply)
{
    return answer_of(rdp_read_confirm(reply));
}

static enum dialogue_answer read_element(struct bytes reply)
{
    size_t length;
    enum decoded d = der_length(reply, &length);
    return answer_of(d == DECODED_OK && length > reply.len ? DECODED_MORE : d);
}

static bool write_login(struct buf *out)
{
    return tds_write_login(out, ntlm_negotiate());
}

static enum dialogue_answer read_prelogin(struct bytes reply)
{
    return answer_of(tds_read_prelogin(reply));
}

static enum dialogue_answer read_packet(struct bytes reply)
{
    return answer_of(tds_read_packet(reply));
}

static bool write_bind(struct buf *out)
{
    return dcerpc_write_bind(out, &epm_management, 1, ntlm_negotiate());
}

static enum dialogue_answer read_unit(struct bytes reply)
{
    struct dcerpc_pdu pdu;
    return answer_of(dcerpc_read(reply, &pdu));
}

static bool write_ldap(struct buf *out)
{
    return ldap_write_bind(out, ntlm_negotiate());
}

static enum dialogue_answer read_head(struct bytes reply)
{
    return bytes_find(reply, bytes_str("\r\n\r\n")) ? DIALOGUE_YES : DIALOGUE_MORE;
}

/* ---- Telnet (RFC 2941, MS-TNAP): what the server wants to be told who we are with, then a first token with its length and kind */

#define DO_AUTHENTICATION "\xff\xfd\x25"
#define WILL_AUTHENTICATION "\xff\xfb\x25"
#define SEND "\xff\xfa\x25\1"

static enum dialogue_answer read_do(struct bytes reply)
{
    return bytes_find(reply, bytes_str(DO_AUTHENTICATION)) ? DIALOGUE_YES : DIALOGUE_MORE;
}

/* Of pairs of a kind and a modifier; NTLM is kind 15. */
static enum dialogue_answer read_send(struct bytes reply)
{
    enum { IAC = 0xff, NTLM = 0x0f };
    const uint8_t *at = bytes_find(reply, bytes_str(SEND));
    if (!at)
        return DIALOGUE_MORE;
    struct reader r = reader_of(bytes_of(at, (size_t)(reply.at + reply.len - at)));
    reader_skip(&r, sizeof SEND - 1);
    while (reader_left(&r) >= 2 && *r.at != IAC) {
        if (reader_u8(&r) == NTLM)
            return DIALOGUE_YES;
        reader_u8(&r);
    }
    return reader_left(&r) >= 2 ? DIALOGUE_NO : DIALOGUE_MORE;
}

static bool write_telnet(struct buf *out)
{
    static const char head[] = "\xff\xfa\x25\0\x0f\0\0\x28\0\0\0\2\0\0\0", tail[] = "\xff\xf0";
    struct bytes ntlm = ntlm_negotiate(); /* 40 bytes, none of them 255 */
    return buf_append(out, head, sizeof head - 1) && buf_append(out, ntlm.at, ntlm.len) && buf_append_str(out, tail);
}

static enum dialogue_answer read_negotiation(struct bytes reply)
{
    const uint8_t *at = bytes_find(reply, bytes_str("NTLMSSP"));
    struct bytes rest = at ? bytes_of(at, (size_t)(reply.at + reply.len - at)) : bytes_of(NULL, 0);
    return bytes_find(rest, bytes_str("\xff\xf0")) ? DIALOGUE_YES : DIALOGUE_MORE;
}

/* ---- the table */

#define ASK(text)                                                                                                                          \
    {                                                                                                                                      \
        (const uint8_t *)(text), sizeof(text) - 1                                                                                          \
    }
/* A line that begins with `yes` answers; one that begins with `no` refuses. */
#define SAY(text, yes, no)                                                                                                                 \
    {                                                                                                                                      \
        .say = { ASK(text), yes, {no}, NULL, false }                                                                                       \
    }
#define LIST(text, yes, no)                                                                                                                \
    {                                                                                                                                      \
        .say = { ASK(text), yes, {no}, NULL, true }                                                                                        \
    }
#define SECURE(text, yes, no)                                                                                                              \
    {                                                                                                                                      \
        .say = {ASK(text), yes, {no}, NULL, false}, .secure = true                                                                         \
    }
#define RAW(text, reads)                                                                                                                   \
    {                                                                                                                                      \
        .say = { ASK(text), NULL, {NULL}, reads, false }                                                                                   \
    }
#define WRITE(writes, reads)                                                                                                               \
    {                                                                                                                                      \
        .say = {ASK(""), NULL, {NULL}, reads, false}, .write = writes                                                                      \
    }
#define LINES(service, begins, word)                                                                                                       \
    {                                                                                                                                      \
        service, false, begins, word                                                                                                       \
    }
#define ANYWHERE(service, text)                                                                                                            \
    {                                                                                                                                      \
        service, true, text                                                                                                                \
    }

#define REQUEST(line, header) line " HTTP/1.1\r\nHost: {name}\r\nConnection: keep-alive\r\nContent-Length: 0\r\n" header " {ntlm}\r\n\r\n"
#define EHLO LIST("EHLO descry.invalid\r\n", "250 ", "### ")

static const struct ntlm_exchange exchanges[] = {
    {.offer = LINES("http", "WWW-Authenticate:", "NTLM"),
        .in_replies = true,
        .steps = {RAW(REQUEST("GET /", "Authorization: NTLM"), read_head)}},
    {.offer = LINES("http", "WWW-Authenticate:", "Negotiate"),
        .in_replies = true,
        .steps = {RAW(REQUEST("GET /", "Authorization: Negotiate"), read_head)}},
    /* remote management answers nothing but its own path */
    {.offer = ANYWHERE("http", "Microsoft-HTTPAPI/2"),
        .in_replies = true,
        .steps = {RAW(REQUEST("POST /wsman", "Authorization: Negotiate"), read_head)}},
    {.offer = LINES("http", "Proxy-Authenticate:", "NTLM"),
        .in_replies = true,
        .steps = {RAW(REQUEST("GET http://{name}/", "Proxy-Authorization: NTLM"), read_head)}},
    {.offer = LINES("http-proxy", "Proxy-Authenticate:", "NTLM"),
        .in_replies = true,
        .steps = {RAW(REQUEST("GET http://{name}/", "Proxy-Authorization: NTLM"), read_head)}},
    {.offer = LINES("smtp", "250?AUTH", "NTLM"),
        .farewell = "*\r\n",
        .steps = {SAY("", "220 ", "### "), EHLO, SAY("AUTH NTLM\r\n", "334", "### "), SAY("{ntlm}\r\n", "334 ", "### ")}},
    {.offer = LINES("smtp", "250?AUTH", "NTLM"),
        .through_starttls = true,
        .farewell = "*\r\n",
        .steps = {SAY("", "220 ", "### "), SAY("EHLO descry.invalid\r\n", "250 ", "### "), SECURE("STARTTLS\r\n", "220 ", "### "), EHLO,
            SAY("AUTH NTLM\r\n", "334", "### "), SAY("{ntlm}\r\n", "334 ", "### ")}},
    {.offer = LINES("imap", "* CAPABILITY", "AUTH=NTLM"),
        .farewell = "*\r\n",
        .steps = {SAY("", "* OK", "* "), LIST("a1 CAPABILITY\r\n", "a1 OK", "a1 "), SAY("a2 AUTHENTICATE NTLM\r\n", "+", "a2 "),
            SAY("{ntlm}\r\n", "+ ", "a2 ")}},
    {.offer = LINES("imap", "* CAPABILITY", "AUTH=NTLM"),
        .through_starttls = true,
        .farewell = "*\r\n",
        .steps = {SAY("", "* OK", "* "), SECURE("a0 STARTTLS\r\n", "a0 OK", "a0 "), LIST("a1 CAPABILITY\r\n", "a1 OK", "a1 "),
            SAY("a2 AUTHENTICATE NTLM\r\n", "+", "a2 "), SAY("{ntlm}\r\n", "+ ", "a2 ")}},
    {.offer = LINES("pop3", "SASL", "NTLM"),
        .farewell = "*\r\n",
        .steps = {SAY("", "+OK", "-ERR"), LIST("CAPA\r\n", ".\r", "-ERR"), SAY("AUTH NTLM\r\n", "+", "-ERR"),
            SAY("{ntlm}\r\n", "+ ", "-ERR")}},
    {.offer = LINES("pop3", "SASL", "NTLM"),
        .through_starttls = true,
        .farewell = "*\r\n",
        .steps = {SAY("", "+OK", "-ERR"), SECURE("STLS\r\n", "+OK", "-ERR"), LIST("CAPA\r\n", ".\r", "-ERR"),
            SAY("AUTH NTLM\r\n", "+", "-ERR"), SAY("{ntlm}\r\n", "+ ", "-ERR")}},
    {.offer = LINES("nntp", NULL, NULL),
        .steps = {SAY("", "20# ", "### "), SAY("AUTHINFO GENERIC NTLM\r\n", "381 ", "### "),
            SAY("AUTHINFO GENERIC {ntlm}\r\n", "381 ", "### ")}},
    {.offer = ANYWHERE("telnet", DO_AUTHENTICATION),
        .in_replies = true,
        .steps = {RAW("", read_do), RAW(WILL_AUTHENTICATION, read_send), WRITE(write_telnet, read_negotiation)}},
    {.offer = LINES("ms-wbt-server", NULL, NULL),
        .steps = {{.say = {ASK(""), NULL, {NULL}, read_rdp, false}, .write = rdp_write_request, .secure = true},
            WRITE(write_credssp, read_element)}},
    {.offer = LINES("ms-sql-s", NULL, NULL), .steps = {WRITE(tds_write_prelogin, read_prelogin), WRITE(write_login, read_packet)}},
    {.offer = LINES("msrpc", NULL, NULL), .steps = {WRITE(write_bind, read_unit)}},
    {.offer = LINES("ldap", NULL, NULL), .steps = {WRITE(write_ldap, read_element)}},
};

const struct ntlm_exchange *ntlm_exchange_at(size_t i)
{
    return i < sizeof exchanges / sizeof *exchanges ? &exchanges[i] : NULL;
}

const struct ntlm_exchange *ntlm_exchange_of(const char *service, const struct ntlm_exchange *after)
{
    for (size_t i = after ? (size_t)(after - exchanges) + 1 : 0; service && ntlm_exchange_at(i); i++)
        if (strcmp(exchanges[i].offer.service, service) == 0)
            return &exchanges[i];
    return NULL;
}

size_t ntlm_exchange_length(const struct ntlm_exchange *x)
{
    size_t n = 0;
    while (n < NTLM_STEPS && (x->steps[n].say.yes || x->steps[n].say.read || x->steps[n].write))
        n++;
    return n;
}
