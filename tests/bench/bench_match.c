/* bench_match.c owns the measurement of matching: replies a second against every expression in order with PCRE2 JIT, and start-up; and what
 * our own collection costs, with the replies of its examples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "probes/example.h"
#include "probes/match.h"

enum { RULES = 10000, REPLIES = 200, ROUNDS_SLOW = 3, ROUNDS_QUICK = 60 };

static uint32_t seed = 7;
static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A made-up product: the i-th name is always the same. */
static const char *product(unsigned i)
{
    static const char *const syllables[] = {"ar", "bo", "cen", "dra", "el", "fi", "gor", "hu", "is", "ju", "kan", "lo", "mi", "nex", "or",
        "pi", "qua", "ros", "sta", "tu", "vex", "wi", "xen", "yo", "zar", "tri"};
    static char name[32];
    size_t n = sizeof syllables / sizeof *syllables;
    snprintf(name, sizeof name, "%s%s%s%s", syllables[i % n], syllables[i / n % n], syllables[i / n / n % n], i % 3 ? "d" : "Serv");
    name[0] = (char)(name[0] - 32);
    return name;
}

/* The styles of banners, with the share that each has in the wild; %1$s is the product. */
static const struct style {
    const char *rule, *reply;
} styles[] = {
    {"match ftp m|^220 .*%1$s FTP server \\(Version ([\\w._-]+)\\) ready\\.\\r\\n| p/%1$s/ v/$1/",
        "220 host.example %1$s FTP server (Version 1.2.3) ready.\r\n"},
    {"match ftp m|^220[- ]%1$s ([\\d.]+) .*\\r\\n|s p/%1$s/ v/$1/", "220 %1$s 3.4.5 at your service\r\n"},
    {"match smtp m|^220 ([\\w._-]+) ESMTP %1$s ([\\d.]+)| p/%1$s/ v/$2/ h/$1/", "220 mail.example.org ESMTP %1$s 4.96\r\n"},
    {"match ssh m|^SSH-([\\d.]+)-%1$s[_-]([\\w._-]+)\\r?\\n| p/%1$s/ v/$2/ i/protocol $1/", "SSH-2.0-%1$s_7.4\r\n"},
    {"match pop3 m|^\\+OK %1$s POP3 .*v([\\d.]+)| p/%1$s/ v/$1/", "+OK %1$s POP3 server v2.1 ready <1.2@x>\r\n"},
    {"match telnet m|^\\xff\\xfb\\x01\\xff\\xfb\\x03.*%1$s login: $|s p/%1$s/", "\xff\xfb\x01\xff\xfb\x03\r\n%1$s login: "},
    {"match http m|^HTTP/1\\.[01] \\d\\d\\d .*\\r\\nServer: %1$s/([\\w._-]+)|s p/%1$s/ v/$1/",
        "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nServer: %1$s/2.4.57\r\nContent-Type: text/html\r\nContent-Length: "
        "300\r\nConnection: close\r\n\r\n"
        "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>It works</h1><p>This is the default page of this "
        "server.</p></body></html>\n"},
    {"match http m|^HTTP/1\\.[01] \\d\\d\\d (?:[^\\r\\n]*\\r\\n(?!\\r\\n))*?Server: %1$s\\r\\n.*<title>([^<]+)</title>|s p/%1$s/ i/$1/",
        "HTTP/1.0 401 Unauthorized\r\nServer: %1$s\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Type: "
        "text/html\r\n\r\n<html><head><title>401</title></head></html>"},
    {"match http m|^HTTP/1\\.[01] \\d\\d\\d .*<title>%1$s ([^<]*)</title>|s p/%1$s/ v/$1/",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n\r\n<html><head><meta "
        "charset=utf-8><title>%1$s 9</title></head><body></body>"},
};
enum { STYLES = sizeof styles / sizeof *styles };

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void write_rules(struct buf *out)
{
    buf_append_str(out, "Probe TCP NULL q||\n");
    for (unsigned i = 0; i < RULES; i++) {
        buf_printf(out, styles[i % STYLES].rule, product(i));
        buf_append_str(out, "\n");
    }
}

/* Replies of known products, and some of none. */
static void write_replies(struct buf *out)
{
    for (unsigned i = 0; i < REPLIES; i++) {
        unsigned n = next_random(RULES);
        buf_init(&out[i], LIMIT_REPLY);
        buf_printf(&out[i], styles[n % STYLES].reply, i % 4 ? product(n) : "Nobody knows it");
    }
}

static double quick(struct probe_db *db, const struct buf *replies, int rounds, size_t *found)
{
    double start = now_ms();
    *found = 0;
    for (int round = 0; round < rounds; round++)
        for (unsigned i = 0; i < REPLIES; i++) {
            struct arena arena;
            struct match m;
            arena_init(&arena);
            *found += match_reply(db, probe_db_at(db, 0), buf_view(&replies[i]), &arena, &m);
            arena_free(&arena);
        }
    *found /= (size_t)rounds;
    return rounds * REPLIES / (now_ms() - start) * 1e3;
}

/* The yardstick owes nothing to our reader: it takes the expressions from the text itself. */
static double in_order(const char *rules, const struct buf *replies, size_t *found)
{
    static pcre2_code *code[RULES];
    size_t n = 0;
    for (const char *p = strstr(rules, "\nmatch "); p; p = strstr(p + 1, "\nmatch ")) {
        const char *from = strchr(p, '|') + 1, *to = strchr(from, '|');
        int error;
        PCRE2_SIZE at;
        code[n] = pcre2_compile((const uint8_t *)from, (size_t)(to - from), to[1] == 's' ? PCRE2_DOTALL : 0, &error, &at, NULL);
        pcre2_jit_compile(code[n++], PCRE2_JIT_COMPLETE);
    }
    pcre2_match_data *data = pcre2_match_data_create(16, NULL);
    double start = now_ms();
    *found = 0;
    for (int round = 0; round < ROUNDS_SLOW; round++)
        for (unsigned i = 0; i < REPLIES; i++)
            for (size_t k = 0; k < n; k++)
                if (pcre2_match(code[k], replies[i].at, replies[i].len, 0, 0, data, NULL) > 0) {
                    (*found)++;
                    break;
                }
    double rate = ROUNDS_SLOW * REPLIES / (now_ms() - start) * 1e3;
    *found /= ROUNDS_SLOW;
    for (size_t k = 0; k < n; k++)
        pcre2_code_free(code[k]);
    pcre2_match_data_free(data);
    return rate;
}

/* The first reply to a probe makes the index of its rules. */
static void read_one(struct probe_db *db, const struct probe *p, const char *reply)
{
    struct arena arena;
    struct match m;
    arena_init(&arena);
    match_reply(db, p, bytes_str(reply), &arena, &m);
    arena_free(&arena);
}

/* The mean of several: one reading is at the mercy of whatever else runs. */
static double start_up(struct bytes rules)
{
    double start = now_ms();
    for (int i = 0; i < 5; i++) {
        struct probe_db *db = probe_db_read("bench", rules, PROBE_DB_USER, NULL);
        read_one(db, probe_db_at(db, 0), "x");
        probe_db_free(db);
    }
    return (now_ms() - start) / 5;
}

/* ---- our collection */

enum { ROUNDS_OURS = 20 };
static const double GOAL_REPLY_US = 20, GOAL_START_MS = 10;

/* Reads all examples as the first pass of `descry match` does: by their probe, or by every rule of the protocol. Microseconds for one. */
static double per_reply(
    struct probe_db *db, const struct buf *replies, const struct probe *const *asked, size_t n, bool by_probe, int rounds)
{
    double start = now_ms();
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < n; i++) {
            struct arena arena;
            struct match m;
            arena_init(&arena);
            if (by_probe)
                match_reply(db, asked[i], buf_view(&replies[i]), &arena, &m);
            else
                match_any(db, asked[i]->proto, buf_view(&replies[i]), &arena, &m);
            arena_free(&arena);
        }
    return (now_ms() - start) * 1e3 / (double)n / rounds;
}

/* With the index of one probe's rules, or without any. */
static double start_up_ours(const char *probe)
{
    double start = now_ms();
    for (int i = 0; i < 5; i++) {
        struct probe_db *db = probe_db_builtin();
        if (probe)
            read_one(db, probe_db_named(db, PROTO_TCP, probe), "x");
        probe_db_free(db);
    }
    return (now_ms() - start) / 5;
}

/* True if the goals are reached. */
static bool ours(void)
{
    struct diags d;
    diags_init(&d);
    struct probe_db *db = probe_db_read_file(COLLECTION_WITH_EXAMPLES, PROBE_DB_OURS, &d);
    size_t n = db ? example_count(db) : 0, bytes = 0;
    struct buf *replies = calloc(n + 1, sizeof *replies);
    const struct probe **asked = calloc(n + 1, sizeof *asked);
    for (size_t i = 0; i < n; i++) {
        buf_init(&replies[i], LIMIT_REPLY);
        example_reply(db, i, &replies[i], &asked[i]);
        bytes += replies[i].len;
    }
    double start = start_up_ours(NULL), http = start_up_ours("GetRequest"), first = per_reply(db, replies, asked, n, true, 1);
    double known = per_reply(db, replies, asked, n, true, ROUNDS_OURS), unknown = per_reply(db, replies, asked, n, false, ROUNDS_OURS);
    printf("our collection, %zu rules: read in %.1f ms; with the index for http %.1f ms\n", probe_db_rule_count(db), start, http);
    printf("%zu replies of its examples, %zu bytes on average: %.1f us each, %.1f where the probe is not told (the first pass, compiling: "
           "%.1f)\n",
        n, bytes / (n ? n : 1), known, unknown, first);
    for (size_t i = 0; i < n; i++)
        buf_free(&replies[i]);
    free(replies);
    free(asked);
    probe_db_free(db);
    diags_free(&d);
    return http < GOAL_START_MS && known < GOAL_REPLY_US && unknown < GOAL_REPLY_US;
}

int main(void)
{
    struct buf rules, replies[REPLIES];
    size_t found_quick, found_slow;
    buf_init(&rules, LIMIT_PROBE_FILE);
    write_rules(&rules);
    write_replies(replies);
    double ms = start_up(buf_view(&rules));
    struct probe_db *db = probe_db_read("bench", buf_view(&rules), PROBE_DB_USER, NULL);
    double first = quick(db, replies, 1, &found_quick), warm = quick(db, replies, ROUNDS_QUICK, &found_quick);
    double slow = in_order(buf_text(&rules), replies, &found_slow);
    printf("%d rules, %zu bytes: read and indexed in %.1f ms\n", RULES, rules.len, ms);
    printf("replies a second: %.0f (the first, compiling on the way: %.0f); in order with PCRE2 JIT: %.0f; factor %.0f\n", warm, first,
        slow, warm / slow);
    printf("recognised: %zu and %zu of %d\n", found_quick, found_slow, REPLIES);
    probe_db_free(db);
    for (unsigned i = 0; i < REPLIES; i++)
        buf_free(&replies[i]);
    buf_free(&rules);
    bool reached = ours();
    if (!reached)
        printf("MISSED: below %.0f us for a reply, below %.0f ms to start\n", GOAL_REPLY_US, GOAL_START_MS);
    return found_quick != found_slow || !reached;
}
