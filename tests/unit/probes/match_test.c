/* match_test.c owns the tests of matching: tiers, and the prefilter that must not change an outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "probes/example.h"
#include "probes/match.h"
#include "probes/pattern.h"
#include "probes/regex.h"

static struct probe_db *read_text(const char *text)
{
    return probe_db_read("t", bytes_str(text), PROBE_DB_USER, NULL);
}

/* The service and product that the first probe's rules read. */
static void expect(const char *text, const char *reply, const char *service, const char *product)
{
    struct arena arena;
    struct match m;
    arena_init(&arena);
    struct probe_db *db = read_text(text);
    bool found = match_reply(db, probe_db_at(db, 0), bytes_str(reply), &arena, &m);
    assert_int_equal(found, service != NULL);
    if (service)
        assert_string_equal(m.service, service);
    if (service && product)
        assert_string_equal(m.product, product);
    else if (service)
        assert_null(m.product);
    probe_db_free(db);
    arena_free(&arena);
}

static void tiers(void **state)
{
    expect("Probe TCP NULL q||\nmatch a m|^x| p/A/\nmatch b m|^xy| p/B/\n", "xyz", "a", "A");
    expect("Probe TCP NULL q||\nmatch a m|^x| p/A/g\nmatch b m|^xy| p/B/\n", "xyz", "b", "B");
    expect("Probe TCP NULL q||\nmatch a m|^x| p/A/g\nmatch b m|^xy| p/B/g\n", "xyz", "a", "A");
    expect("Probe TCP NULL q||\nsoftmatch a m|^x|\nmatch b m|^xy| p/B/\n", "xyz", "a", NULL);
    expect("Probe TCP NULL q||\nsoftmatch a m|^x| p/S/g\nmatch b m|^xy| p/B/\n", "xyz", "b", "B");
    expect("Probe TCP NULL q||\nsoftmatch a m|^x| p/S/g\nmatch b m|^xy| p/B/g\nmatch c m|q|\n", "xyz", "b", "B");
    expect("Probe TCP NULL q||\nmatch a m|^x| p/A/g\nsoftmatch b m|^xy|\nmatch c m|^xyz| p/C/\n", "xyz", "c", "C");
    expect("Probe TCP NULL q||\nmatch a m|^nothing| p/A/\n", "xyz", NULL, NULL);
}

static void fallbacks(void **state)
{
    static const char text[] =
        "Probe TCP A q|a|\nfallback B\nmatch a m|^a|\nProbe TCP NULL q||\nmatch n m|^[nb]|\nProbe TCP B q|b|\nmatch b m|^b|\n";
    expect(text, "a", "a", NULL);
    expect(text, "b", "b", NULL);
    expect(text, "n", "n", NULL);
}

static void cpes_come_in_order(void **state)
{
    struct arena arena;
    struct match m;
    arena_init(&arena);
    struct probe_db *db = read_text("Probe TCP NULL q||\nmatch a m|^x(.)| cpe:/o:os/ cpe:/a:old/ cpe:/h:hw/a cpe:/a:new:$1/\n");
    assert_true(match_reply(db, probe_db_at(db, 0), bytes_str("xY"), &arena, &m));
    assert_int_equal(m.cpe_count, 3);
    assert_string_equal(m.cpe[0], "cpe:/a:new:y");
    assert_string_equal(m.cpe[1], "cpe:/h:hw");
    assert_string_equal(m.cpe[2], "cpe:/o:os");
    assert_string_equal(m.where, "t:2");
    probe_db_free(db);
    arena_free(&arena);
}

/* ---- the prefilter against trying every rule */

static uint32_t seed = 12345;
static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void both_ways(struct probe_db *db, const struct probe *probe, struct bytes reply)
{
    struct arena arena;
    struct match quick = {0}, plain = {0};
    uint64_t given_up = match_limits_hit(db);
    arena_init(&arena);
    bool q = match_reply(db, probe, reply, &arena, &quick);
    bool p = match_reply_plain(db, probe, reply, &arena, &plain);
    if (match_limits_hit(db) != given_up) { /* an interpreted run gives up sooner than machine code: that is no difference */
        arena_free(&arena);
        return;
    }
    if (q != p || quick.rule != plain.rule)
        printf("probe %s: %s against %s on '%.*s'\n", probe->name, q ? quick.where : "none", p ? plain.where : "none", (int)reply.len,
            (const char *)reply.at);
    assert_int_equal(q, p);
    assert_ptr_equal(quick.rule, plain.rule);
    arena_free(&arena);
}

static void mutate(struct buf *b)
{
    static const char *const pieces[] = {"\r\n", "220 ", "HTTP/1.1 200 OK\r\n", "Server: ", "SSH-2.0-", "\xff\xfe", "ftp", "a"};
    for (uint32_t n = next_random(4); n && b->len; n--)
        b->at[next_random((uint32_t)b->len)] = (uint8_t)next_random(256);
    if (b->len && !next_random(4))
        b->len = next_random((uint32_t)b->len);
    if (!next_random(3))
        buf_append_str(b, pieces[next_random(8)]);
    if (!next_random(4))
        for (size_t i = 0; i < b->len; i++)
            b->at[i] = (uint8_t)(b->at[i] >= 'a' && b->at[i] <= 'z' ? b->at[i] - 32 : b->at[i]);
    if (b->len && !next_random(6))
        buf_drop_front(b, next_random((uint32_t)b->len));
}

static void collection_with_examples_bent(void **state)
{
    struct diags d;
    diags_init(&d);
    struct probe_db *db = probe_db_read_file(COLLECTION, PROBE_DB_USER, &d);
    assert_non_null(db);
    struct buf text;
    buf_init(&text, LIMIT_REPLY);
    size_t n = probe_db_count(db);
    for (int round = 0; round < 600; round++) {
        const struct probe *p = probe_db_at(db, next_random((uint32_t)n));
        buf_clear(&text);
        /* A rule's own expression is the nearest thing to a reply of it that needs no example. */
        if (p->rule_count && round % 3)
            buf_append_str(&text, rule_look(p->rules[next_random((uint32_t)p->rule_count)]).service);
        for (uint32_t i = next_random(60); i; i--)
            buf_append_u8(&text, (uint8_t)next_random(round % 2 ? 256 : 128));
        mutate(&text);
        both_ways(db, p, buf_view(&text));
    }
    buf_free(&text);
    probe_db_free(db);
    diags_free(&d);
}

static void examples_bent(void **state)
{
    FILE *f = fopen(COLLECTION_WITH_EXAMPLES, "rb");
    assert_non_null(f);
    struct buf text, reply;
    uint8_t block[65536];
    size_t got;
    buf_init(&text, LIMIT_PROBE_FILE);
    buf_init(&reply, LIMIT_REPLY);
    while ((got = fread(block, 1, sizeof block, f)))
        buf_append(&text, block, got);
    fclose(f);
    struct probe_db *db = probe_db_read("collection", buf_view(&text), PROBE_DB_OURS, NULL);
    const struct probe *p;
    for (size_t i = 0; i < example_count(db); i++) {
        buf_clear(&reply);
        if (!example_reply(db, i, &reply, &p))
            continue;
        both_ways(db, p, buf_view(&reply));
        mutate(&reply);
        both_ways(db, p, buf_view(&reply));
    }
    probe_db_free(db);
    buf_free(&text);
    buf_free(&reply);
}

/* A random expression of the dialect, some of them wrong. */
static void random_pattern(struct buf *b, int depth)
{
    static const char *const atoms[] = {"a", "b", "abcd", "dcba", "B", "\\r\\n", "[ab]", "[^a]", ".", "\\d", "^", "$", "\\0", "\\x41",
        "[aA]", "{", "\\.", "ab c", "\\w", "[a-c]", "\\b", "]", "[]a]", "\\012", "{2}"};
    static const char *const counts[] = {
        "", "", "", "", "?", "*", "+", "*?", "+?", "{2}", "{0,2}", "{1,}", "++", "{,2}", "{3,1}", "??", "{0,2000}"};
    static const char *const opens[] = {"(", "(?:", "(?=", "(?!", "(?>", "(?<=", "(?i)("};
    for (uint32_t n = 1 + next_random(4); n; n--) {
        if (depth && !next_random(4)) {
            buf_append_str(b, opens[next_random(7)]);
            random_pattern(b, depth - 1);
            buf_append_str(b, ")");
        } else {
            buf_append_str(b, atoms[next_random(25)]);
        }
        buf_append_str(b, counts[next_random(17)]);
        if (!next_random(8))
            buf_append_str(b, "|");
    }
}

static void random_rules(void **state)
{
    struct buf file, pattern, reply;
    static struct pattern seen;
    static const char letters[] = "abcdABCD\r\n10 {.";
    static const char *const words[] = {"abcd", "dcba", "ab c", "ABCD", "abcdab c", "a"}; /* what alternatives are made of */
    buf_init(&file, 1 << 20);
    buf_init(&pattern, 4096);
    buf_init(&reply, 4096);
    for (int round = 0; round < 60; round++) {
        buf_clear(&file);
        buf_append_str(&file, "Probe TCP NULL q||\n");
        for (int i = 0; i < 40; i++) {
            buf_clear(&pattern);
            random_pattern(&pattern, 2);
            struct regex_fault fault;
            struct regex *r = regex_new(buf_view(&pattern), false, false, &fault);
            pattern_read(buf_view(&pattern), &seen);
            if (seen.understood && !r)
                fail_msg("taken for valid: %s (%s)", buf_text(&pattern), fault.why);
            regex_free(r);
            buf_printf(
                &file, "match s%d m~%s~%s p/%d/%s\n", i, buf_text(&pattern), next_random(3) ? "" : "is", i, next_random(4) ? "" : "g");
        }
        struct probe_db *db = probe_db_read("t", buf_view(&file), PROBE_DB_USER, NULL);
        for (int i = 0; i < 60; i++) {
            buf_clear(&reply);
            for (uint32_t n = next_random(i % 2 ? 40 : 6); n; n--)
                if (i % 2)
                    buf_append_u8(&reply, (uint8_t)letters[next_random(16)]);
                else
                    buf_append_str(&reply, words[next_random(6)]);
            both_ways(db, probe_db_at(db, 0), buf_view(&reply));
        }
        probe_db_free(db);
    }
    buf_free(&file);
    buf_free(&pattern);
    buf_free(&reply);
}

/* "[^x]{0,20000}?needle" is how pages are read: were it not understood, the rule would be tried on every reply. */
static void wide_counts_are_understood(void **state)
{
    static struct pattern seen;
    static const char *const good[] = {"^a[^b]{0,20000}?needle", "^a.{0,65535}needle", "a{2,30000}needle"};
    static const char *const odd[] = {"a{0,65536}needle", "(?:ab){0,20000}needle", "a{2000}needle"};
    for (size_t i = 0; i < 3; i++) {
        pattern_read(bytes_str(good[i]), &seen);
        assert_true(seen.understood);
        assert_int_equal(seen.symbols[seen.count - 6], 'n');
        pattern_read(bytes_str(odd[i]), &seen);
        assert_false(seen.understood);
    }
}

/* What is taken over from the expression before must be what reading the whole would have found. */
static void series_reads_the_same(void **state)
{
    static struct pattern_series series;
    static struct pattern whole;
    struct buf pattern;
    buf_init(&pattern, 4096);
    for (int round = 0; round < 60000; round++) {
        size_t keep = next_random(3) ? next_random((uint32_t)pattern.len + 1) : 0;
        pattern.len = keep < 400 ? keep : 0;
        if (next_random(4))
            random_pattern(&pattern, 2);
        pattern_read(buf_view(&pattern), &whole);
        pattern_read_next(&series, buf_view(&pattern));
        const struct pattern *seen = &series.seen;
        bool same = whole.understood == seen->understood && whole.shortest == seen->shortest && whole.count == seen->count &&
                    !memcmp(whole.symbols, seen->symbols, whole.count * sizeof *whole.symbols) &&
                    whole.alternative_count == seen->alternative_count;
        for (size_t i = 0; same && i < whole.alternative_count; i++)
            same = whole.alternatives[i].len == seen->alternatives[i].len &&
                   !memcmp(whole.alternatives[i].text, seen->alternatives[i].text, whole.alternatives[i].len);
        if (!same)
            fail_msg("round %d: %s", round, buf_text(&pattern));
    }
    buf_free(&pattern);
}

/* A reply that makes expressions run into their limits is only a reply that does not match. */
static void limits_are_quiet(void **state)
{
    struct arena arena;
    struct match m;
    char reply[4001];
    arena_init(&arena);
    memset(reply, 'a', sizeof reply);
    struct probe_db *db = read_text("Probe TCP NULL q||\nmatch a m|^(a+)+[xy]|\nmatch a m|(a+a+)+[yz]|\nmatch b m|^aaaa| p/B/\n");
    assert_true(match_reply(db, probe_db_at(db, 0), bytes_of(reply, sizeof reply - 1), &arena, &m));
    assert_string_equal(m.service, "b");
    assert_true(match_reply_plain(db, probe_db_at(db, 0), bytes_of(reply, sizeof reply - 1), &arena, &m));
    assert_string_equal(m.service, "b");
    assert_true(match_limits_hit(db) > 0);
    probe_db_free(db);
    arena_free(&arena);
}

static void any_probe(void **state)
{
    struct arena arena;
    struct match m;
    arena_init(&arena);
    struct probe_db *db =
        read_text("Probe UDP U q|u|\nmatch u m|^same|\nProbe TCP A q|a|\nmatch a m|^a|\nProbe TCP B q|b|\nmatch b m|^same|\n");
    assert_true(match_any(db, PROTO_TCP, bytes_str("same"), &arena, &m));
    assert_string_equal(m.service, "b");
    assert_string_equal(m.owner->name, "B");
    assert_true(match_any(db, PROTO_UDP, bytes_str("same"), &arena, &m));
    assert_string_equal(m.service, "u");
    assert_false(match_any(db, PROTO_UDP, bytes_of(NULL, 0), &arena, &m));
    probe_db_free(db);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiers),
        cmocka_unit_test(fallbacks),
        cmocka_unit_test(cpes_come_in_order),
        cmocka_unit_test(collection_with_examples_bent),
        cmocka_unit_test(examples_bent),
        cmocka_unit_test(random_rules),
        cmocka_unit_test(wide_counts_are_understood),
        cmocka_unit_test(series_reads_the_same),
        cmocka_unit_test(limits_are_quiet),
        cmocka_unit_test(any_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
