/* false_names.c owns the search for names that a reply does not deserve: what one protocol says is read by the rules of all others, and so
 * is what no protocol says: noise, prose, pages, logs. Nothing of that may be named by a hard match. Deterministic. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "probes/example.h"
#include "probes/match.h"
#include "base/limits.h"

enum { NOISES = 400, MIXED = 300 };

/* Names of one protocol, or of one that another speaks at its start: who reads such a reply by the other's rules is not wrong. A name
 * stands for itself and, with a star, for all that begin so. */
static const char *const families[][20] = {
    {"http*", "ipp", "docker*", "upnp", "soap", "websocket*", "icecast", "shoutcast", "rtsp*", "sip*", "icap", "elasticsearch", "couchdb",
        "wsman", "kubernetes", NULL},
    {"rpc*", "nfs*", "mountd", "kadmind", "glusterd", "wdb", NULL}, /* a reply of ONC RPC does not say of which program */
    {"kerberos*", "kpasswd*", NULL}, {"iso-tsap", "ms-wbt-server", "s7comm", "iec-61850*", NULL}, /* these lie on ISO transport */
    {"microsoft-ds", "netbios-ssn", NULL}, /* SMB, at either port */
    {"whois", "rwhois", NULL}, {"bolt", "firebird", "sphinx-search", NULL}, /* four bytes that are a small number */
};

struct search {
    struct probe_db *db;
    size_t tried, found;
};

static bool stands_for(const char *pattern, const char *name)
{
    size_t n = strlen(pattern);
    return pattern[n - 1] == '*' ? strncmp(pattern, name, n - 1) == 0 : strcmp(pattern, name) == 0;
}

static bool in_family(const char *const *family, const char *name)
{
    for (; *family; family++)
        if (stands_for(*family, name))
            return true;
    return false;
}

static bool akin(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (in_family(families[i], a) && in_family(families[i], b))
            return true;
    return false;
}

/* Whatever is spoken over HTTP is http, too. */
static bool is_http(struct bytes reply, const struct match *m)
{
    return strcmp(m->service, "http") == 0 && m->generic && bytes_starts(reply, bytes_str("HTTP/1."));
}

static void report(struct search *s, const char *what, struct bytes reply, const struct probe *asked, const struct match *m)
{
    s->found++;
    printf("%s: taken for %s%s%s by %s (reply to %s): ", what, m->service, m->product ? " " : "", m->product ? m->product : "", m->where,
        asked->name);
    for (size_t i = 0; i < reply.len && i < 60; i++)
        printf(reply.at[i] >= 0x20 && reply.at[i] < 0x7f ? "%c" : "\\x%02x", reply.at[i]);
    puts("");
}

/* As the reply to each probe of its protocol. `own`: the service that may be named, with its kin; NULL: none may. */
static void offer(struct search *s, const char *what, enum proto proto, struct bytes reply, const char *own, const struct probe *but)
{
    for (size_t i = 0; i < probe_db_count(s->db); i++) {
        const struct probe *p = probe_db_at(s->db, i);
        struct arena arena;
        struct match m;
        if (p->proto != proto || p == but)
            continue;
        arena_init(&arena);
        s->tried++;
        if (match_reply(s->db, p, reply, &arena, &m) && !m.soft && !(own && (akin(m.service, own) || is_http(reply, &m))))
            report(s, what, reply, p, &m);
        arena_free(&arena);
    }
}

/* ---- what other protocols say */

static void offer_examples(struct search *s)
{
    for (size_t i = 0; i < example_count(s->db); i++) {
        struct buf reply;
        struct arena arena;
        struct match m;
        const struct probe *probe;
        buf_init(&reply, LIMIT_REPLY);
        arena_init(&arena);
        if (example_reply(s->db, i, &reply, &probe) && match_reply(s->db, probe, buf_view(&reply), &arena, &m))
            offer(s, m.where, probe->proto, buf_view(&reply), m.service, probe);
        arena_free(&arena);
        buf_free(&reply);
    }
}

/* ---- what nobody says */

static uint32_t seed = 20261125;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void offer_both(struct search *s, const char *what, struct bytes reply)
{
    offer(s, what, PROTO_TCP, reply, NULL, NULL);
    offer(s, what, PROTO_UDP, reply, NULL, NULL);
}

static void offer_noise(struct search *s)
{
    uint8_t noise[512];
    for (int i = 0; i < NOISES; i++) {
        size_t n = 1 + next_random(i % 3 ? 64 : sizeof noise);
        for (size_t k = 0; k < n; k++)
            noise[k] = (uint8_t)(i % 4 == 1 ? next_random(4) : i % 4 == 2 ? 0x20 + next_random(95) : next_random(256));
        offer_both(s, "noise", bytes_of(noise, n));
    }
    for (int value = 0; value < 256; value++) {
        memset(noise, value, sizeof noise);
        for (size_t n = 2; n <= sizeof noise; n *= 2) /* a single byte may be all that a protocol answers to its own question */
            offer_both(s, "one byte again and again", bytes_of(noise, n));
    }
}

static const char *const texts[] = {
    "Hello, world!\r\n",
    "hello\n",
    "OK\r\n",
    "ok\n",
    "ERROR\r\n",
    "error: unknown command\r\n",
    "Error: Invalid command\n",
    "bad request\n",
    "unknown command\r\n",
    "Invalid input\r\n> ",
    "> ",
    "# ",
    "$ ",
    "? ",
    "Welcome!\r\n",
    "Password: ",
    "Permission denied\n",
    "Access denied\r\n",
    "Connection refused\r\n",
    "Too many connections\r\n",
    "Server busy, try again later.\r\n",
    "1\n",
    "0",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "The quick brown fox jumps over the lazy dog. It was the best of times, it was the worst of times.\n",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.\r\n",
    "Dear Sir or Madam,\r\n\r\nthe server that you look for is somewhere else. Ask for Apache, nginx 1.18, OpenSSH 9.2 or Postfix "
    "there.\r\n",
    "{}",
    "[]",
    "null\n",
    "{\"status\":\"ok\"}",
    "{\"error\":\"not found\",\"code\":404}\n",
    "{\"name\":\"widget\",\"version\":\"1.2.3\",\"items\":[1,2,3],\"nested\":{\"a\":true}}\n",
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"Parse error\"},\"id\":null}\n",
    "{\"message\":\"Hello\",\"version\":\"5.0.0\",\"cluster_name\":\"x\"}",
    "[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":\"two\"}]\n",
    "<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>\n",
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Apache2 Debian Default "
    "Page</title></head><body>nginx/1.18</body></html>\n",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<note><to>A</to><from>B</from></note>\n",
    "<error code=\"1\">bad</error>\n",
    "<a href=\"x\">y</a>",
    "Nov 25 21:37:44 host sshd[123]: Accepted publickey for root from 192.0.2.1 port 22 ssh2\n",
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8\n",
    "<165>1 2026-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - started version 1.2.3\n",
    "192.0.2.1 - - [25/Nov/2026:21:37:44 +0000] \"GET / HTTP/1.0\" 200 612 \"-\" \"Mozilla/5.0\"\n",
    "2026-11-25 21:37:44,123 INFO  [main] com.example.App - Started in 3.2 seconds\n",
    "2026-11-25T21:37:44Z level=info msg=\"listening\" version=1.2.3\n",
    "[2026-11-25 21:37:44] ERROR: out of memory\n",
    "Traceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nValueError: bad\n",
    "panic: runtime error: index out of range [1] with length 1\n\ngoroutine 1 [running]:\n",
    "Exception in thread \"main\" java.lang.NullPointerException\n\tat com.example.Main.main(Main.java:5)\n",
    "temperature=21.5;humidity=40\r\n",
    "id,name,value\n1,a,2\n2,b,3\n",
    "key: value\nother: value\n",
    "key=value\nversion=1.0\n",
    "SELECT * FROM users;\n",
    "220\r\n",
    "200\r\n",
    "500 error\r\n",
    "version 1.2.3\n",
    "v1.0\n",
    "Server: nginx/1.18.0\r\n",
    "Content-Type: text/html\r\n\r\n<html></html>",
    "login successful\r\n",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "PK\x03\x04",
    "\x7f"
    "ELF\x02\x01\x01",
    "GIF89a\x01",
    "\x89PNG\r\n\x1a\n",
    "%PDF-1.4\n",
    "\x1f\x8b\x08",
};

static void offer_texts(struct search *s)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        offer_both(s, "text", bytes_of(texts[i], strlen(texts[i])));
}

/* Two texts behind each other: a word that a rule looks for may stand anywhere. */
static void offer_mixed(struct search *s)
{
    for (int i = 0; i < MIXED; i++) {
        const char *a = texts[next_random(sizeof texts / sizeof *texts)], *b = texts[next_random(sizeof texts / sizeof *texts)];
        struct buf both;
        buf_init(&both, LIMIT_REPLY);
        buf_append_str(&both, a);
        buf_append_str(&both, b);
        offer_both(s, "texts", buf_view(&both));
        buf_free(&both);
    }
}

/* ---- what a protocol says without naming anybody: words before a number that are no name, addresses and dates that are no version */

static const char *const nameless[] = {
    "220 mail.example.com ESMTP ready at 10.10.2010 10:10\r\n",
    "220 mail.example.com ESMTP Service ready on 12.03.2004\r\n",
    "220 mail.example.com Hello 192.0.2.1, ESMTP ready\r\n",
    "220 mail.example.com ESMTP (NO UCE) Your IP 192.0.2.5 is logged\r\n",
    "220 mail.example.com Mail Server ESMTP Server 192.168.1.1 ready\r\n",
    "220 mail.example.com ESMTP Acme Corp Mail Gateway, Munich 12.5 km\r\n",
    "220 mail.example.com SMTP service. Time 12.30.10\r\n",
    "220 mail.example.com ESMTP Connection from [192.0.2.9] Session 1.2.3.4\r\n",
    "220 host1 ESMTP IP Address 10.1.2.3\r\n",
    "220 FTP Server (Acme Inc) ready.\r\n",
    "220 Welcome to Acme Corp FTP service.\r\n",
    "220 Hello 192.0.2.1 FTP server\r\n",
    "220 The time is 12.30.10 FTP\r\n",
    "220 No anonymous FTP 10.5.2019\r\n",
    "220 This is the private FTP 2.0 of Bob\r\n",
    "\xff\xfd\x18Welcome to the Network of Acme Corp\r\nlogin: ",
    "\xff\xfd\x18"
    "Authorized access only! Contact 030 12.34.56\r\nUsername: ",
    "\xff\xfd\x18Welcome to Building 4.2 Switch\r\nPassword: ",
    "\xff\xfd\x18This system is the property of Example, Version 2.1 of policy\r\nlogin: ",
    "\xff\xfd\x18Main Router\r\nPassword: ",
    "\xff\xfd\x18"
    "All users of the Core Switch are monitored\r\nPassword: ",
    "+OK Hello there\r\n",
    "+OK Welcome 192.0.2.1\r\n",
    "+OK Ready 10.0.0.1\r\n",
    "* OK Hello 192.0.2.5, ready\r\n",
    "* OK mail.example.com Service Ready 12.3.2010\r\n",
    "200 Hello 192.0.2.3 posting ok\r\n",
};

static void offer_nameless(struct search *s)
{
    const struct probe *greeting = probe_db_null(s->db);
    for (size_t i = 0; i < sizeof nameless / sizeof *nameless; i++) {
        struct arena arena;
        struct match m;
        arena_init(&arena);
        s->tried++;
        if (match_reply(s->db, greeting, bytes_of(nameless[i], strlen(nameless[i])), &arena, &m) && m.product)
            report(s, "a greeting without a name", bytes_of(nameless[i], strlen(nameless[i])), greeting, &m);
        arena_free(&arena);
    }
}

int main(void)
{
    struct search s = {0};
    struct diags d;
    diags_init(&d);
    s.db = probe_db_read_file(COLLECTION_WITH_EXAMPLES, PROBE_DB_OURS, &d);
    if (!s.db)
        return 2;
    offer_noise(&s);
    offer_texts(&s);
    offer_mixed(&s);
    offer_nameless(&s);
    offer_examples(&s);
    printf("%zu replies offered to probes that did not draw them, %zu false names\n", s.tried, s.found);
    probe_db_free(s.db);
    diags_free(&d);
    return s.found != 0;
}
