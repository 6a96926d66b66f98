/* probe_file_test.c owns the tests of reading probe files: every directive, every fault with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "probes/match.h"

static struct probe_db *read_text(const char *text, struct diags *d)
{
    return probe_db_read("t", bytes_str(text), PROBE_DB_USER, d);
}

/* One fault in a file; the rest of it must work: the probe Z at the end is read, with one rule. */
static const struct row {
    const char *text;
    enum diag_level level;
    unsigned line, column;
} faults[] = {
    {"nonsense\n", DIAG_ERROR, 1, 1},
    {"match a m|a|\n", DIAG_ERROR, 1, 1},
    {"   \n", DIAG_WARNING, 1, 1},
    {"\r\n#\n", DIAG_WARNING, 0, 0},
    {"#\n\r\n", DIAG_WARNING, 2, 1},
    {" Probe TCP A q|a|\n", DIAG_ERROR, 1, 1},
    {"Probe\tTCP A q|a|\n", DIAG_ERROR, 1, 1},
    {"Probe SCTP A q|a|\n", DIAG_ERROR, 1, 7},
    {"Probe TCP -A q|a|\n", DIAG_ERROR, 1, 11},
    {"Probe TCP A m|a|\n", DIAG_ERROR, 1, 13},
    {"Probe TCP A q|a\n", DIAG_ERROR, 1, 13},
    {"Probe TCP A q|a\\z|\n", DIAG_ERROR, 1, 16},
    {"Probe TCP A q|a|\nProbe TCP A q|b|\n", DIAG_ERROR, 2, 11},
    {"Probe TCP A q||\nProbe TCP B q||\n", DIAG_ERROR, 2, 15},
    {"Probe UDP A q||\n", DIAG_ERROR, 1, 15},
    {"Probe TCP A q|a|\nmatch a\n", DIAG_ERROR, 2, 7},
    {"Probe TCP A q|a|\nmatch a q|x|\n", DIAG_ERROR, 2, 9},
    {"Probe TCP A q|a|\nmatch a m|x\n", DIAG_ERROR, 2, 10},
    {"Probe TCP A q|a|\nmatch a m|x|k\n", DIAG_ERROR, 2, 13},
    {"Probe TCP A q|a|\nmatch a m|x(|\n", DIAG_ERROR, 2, 13},
    {"Probe TCP A q|a|\nmatch a m|x*|\n", DIAG_ERROR, 2, 11},
    {"Probe TCP A q|a|\nmatch a m|x| z/a/\n", DIAG_ERROR, 2, 14},
    {"Probe TCP A q|a|\nmatch a m|x| p/a\n", DIAG_ERROR, 2, 15},
    {"Probe TCP A q|a|\nmatch a m|x| p/a/v/b/\n", DIAG_ERROR, 2, 19},
    {"Probe TCP A q|a|\nmatch a m|x| p/a/abcd\n", DIAG_ERROR, 2, 22},
    {"Probe TCP A q|a|\nmatch a m|x| cpe:|a:b|\n", DIAG_ERROR, 2, 18},
    {"Probe TCP A q|a|\nmatch a m|x| cpe:/x:b/\n", DIAG_WARNING, 2, 19},
    {"Probe TCP A q|a|\nmatch a m|x| p/$X/\n", DIAG_WARNING, 2, 16},
    {"Probe TCP A q|a|\nports 1,\n", DIAG_ERROR, 2, 9},
    {"Probe TCP A q|a|\nports 65536\n", DIAG_ERROR, 2, 7},
    {"Probe TCP A q|a|\nports 9-1\n", DIAG_ERROR, 2, 7},
    {"Probe TCP A q|a|\nsslports T:1\n", DIAG_ERROR, 2, 10},
    {"Probe TCP A q|a|\nrarity 0\n", DIAG_ERROR, 2, 8},
    {"Probe TCP A q|a|\nrarity 10\n", DIAG_ERROR, 2, 8},
    {"Probe TCP A q|a|\ntotalwaitms 99\n", DIAG_ERROR, 2, 13},
    {"Probe TCP A q|a|\ntcpwrappedms 300001\n", DIAG_ERROR, 2, 14},
    {"Probe TCP A q|a|\nfallback B,Nobody\nProbe TCP B q|b|\n", DIAG_ERROR, 2, 12},
    {"Probe TCP A q|a|\nfallback 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18\n", DIAG_ERROR, 2, 10},
    {"Exclude 1\nExclude 2\n", DIAG_ERROR, 2, 1},
    {"Exclude 1,x\n", DIAG_ERROR, 1, 11},
    {"Probe TCP A q|a|\nExclude 2\n", DIAG_ERROR, 2, 1},
};

static void faults_are_told(void **state)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct row *row = &faults[i];
        char text[512];
        struct diags d;
        diags_init(&d);
        snprintf(text, sizeof text, "%sProbe TCP Z q|z|\nmatch z m|^z| p/Z/", row->text);
        struct probe_db *db = read_text(text, &d);
        const struct probe *z = probe_db_named(db, PROTO_TCP, "Z");
        assert_non_null(z);
        assert_int_equal(z->rule_count, 1);
        if (!row->line)
            assert_int_equal(d.count, 0);
        else if (!d.count || d.list[0].line != row->line || d.list[0].column != row->column || d.list[0].level != row->level)
            fail_msg("%s: %u:%u %s", row->text, d.count ? d.list[0].line : 0, d.count ? d.list[0].column : 0,
                d.count ? d.list[0].message : "no diagnostic");
        probe_db_free(db);
        diags_free(&d);
    }
}

static const char whole[] = "# comment\n"
                            "Exclude T:9100-9107,U:53,60000-\n"
                            "Probe TCP NULL q||\n"
                            "totalwaitms 6000\n"
                            "tcpwrappedms 3000\n"
                            "match ssh m|^SSH-([\\d.]+)| v/$1/\n"
                            "Probe UDP Q q/a\\0\\x41\\r|\\\\/ no-payload source=500\n"
                            "rarity 1\n"
                            "ports 53,100-102\n"
                            "ports 7\n"
                            "sslports 853\n"
                            "softmatch dns   m=^..=s\n"
                            "match dns m|^a b|i i/x y/ o|U/X| cpe:/a:b:c/a \n"
                            "Probe TCP Q q|q|\n"
                            "fallback Q2,Q\n"
                            "Probe UDP Q2 q|2|\n";

static void everything_is_read(void **state)
{
    struct diags d;
    diags_init(&d);
    struct probe_db *db = read_text(whole, &d);
    assert_int_equal(d.count, 0);
    assert_int_equal(probe_db_count(db), 4);
    assert_int_equal(probe_db_rule_count(db), 3);
    const struct probe *null = probe_db_null(db);
    assert_string_equal(null->name, "NULL");
    assert_int_equal(null->total_wait_us, 6000000);
    assert_int_equal(null->tcpwrapped_us, 3000000);
    assert_int_equal(null->rarity, 5);
    const struct probe *udp = probe_db_named(db, PROTO_UDP, "Q");
    assert_int_equal(udp->payload.len, 6);
    assert_memory_equal(udp->payload.at, "a\0A\r|\\", 6);
    assert_true(udp->no_payload);
    assert_true(port_set_has(udp->ports, 101) && port_set_has(udp->ports, 7) && !port_set_has(udp->ports, 103));
    assert_true(port_set_has(udp->ssl_ports, 853));
    assert_true(rule_look(udp->rules[0]).soft);
    assert_string_equal(rule_look(udp->rules[1]).service, "dns");
    assert_int_equal(rule_look(udp->rules[1]).line, 13);
    assert_int_equal(udp->chain_count, 1);
    const struct probe *tcp = probe_db_named(db, PROTO_TCP, "Q");
    assert_int_equal(tcp->chain_count, 3);
    assert_ptr_equal(tcp->chain[0], tcp);
    assert_string_equal(tcp->chain[1]->name, "Q2");
    assert_ptr_equal(tcp->chain[2], null);
    assert_true(probe_db_excludes(db, PROTO_TCP, 9103));
    assert_false(probe_db_excludes(db, PROTO_UDP, 9103));
    assert_true(probe_db_excludes(db, PROTO_UDP, 65535));
    assert_false(probe_db_excludes(db, PROTO_TCP, 53));
    assert_true(probe_names_service(udp, "dns"));
    assert_false(probe_names_service(tcp, "ssh"));
    probe_db_free(db);
    diags_free(&d);
}

static void crlf_reads_the_same(void **state)
{
    char text[2 * sizeof whole];
    size_t n = 0;
    for (const char *p = whole; *p; p++) {
        if (*p == '\n')
            text[n++] = '\r';
        text[n++] = *p;
    }
    text[n] = '\0';
    struct diags d;
    diags_init(&d);
    struct probe_db *db = read_text(text, &d);
    assert_int_equal(d.count, 0);
    assert_int_equal(probe_db_rule_count(db), 3);
    assert_int_equal(probe_db_named(db, PROTO_TCP, "Q")->chain_count, 3);
    probe_db_free(db);
    diags_free(&d);
}

static void long_lines(void **state)
{
    struct buf text;
    struct diags d;
    buf_init(&text, 1 << 20);
    diags_init(&d);
    buf_append_str(&text, "Probe TCP A q|a|\nmatch a m|^");
    for (int i = 0; i < 15000; i++)
        buf_append_u8(&text, 'a' + i % 26);
    buf_append_str(&text, "|\nmatch b m|^");
    for (int i = 0; i < 20000; i++)
        buf_append_u8(&text, 'b');
    buf_append_str(&text, "|\nmatch c m|^c|\n");
    struct probe_db *db = probe_db_read("t", buf_view(&text), PROBE_DB_USER, &d);
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.list[0].line, 3);
    assert_int_equal(probe_db_rule_count(db), 2);
    probe_db_free(db);
    diags_free(&d);
    buf_free(&text);
}

static void places_of_our_own(void **state)
{
    static const char text[] = "#@ a.probes:3\nProbe TCP NULL q||\nmatch a m|^a|\n#= q|a|\n#@ b.probes:70\nmatch b m|^b|\n";
    struct probe_db *db = probe_db_read("t", bytes_str(text), PROBE_DB_OURS, NULL);
    struct rule_view a = rule_look(probe_db_at(db, 0)->rules[0]), b = rule_look(probe_db_at(db, 0)->rules[1]);
    assert_string_equal(a.file, "a.probes");
    assert_int_equal(a.line, 4);
    assert_string_equal(b.file, "b.probes");
    assert_int_equal(b.line, 70);
    probe_db_free(db);
    db = read_text(text, NULL);
    assert_int_equal(rule_look(probe_db_at(db, 0)->rules[1]).line, 6);
    probe_db_free(db);
}

/* Ranges that touch, overlap and lie inside each other, against a plain table. */
static void ports_in_any_order(void **state)
{
    static bool table[65536];
    uint32_t seed = 7;
    for (int round = 0; round < 40; round++) {
        struct buf text;
        buf_init(&text, 65536);
        buf_append_str(&text, "Probe TCP A q|a|\nports ");
        memset(table, 0, sizeof table);
        for (int i = 0; i < 1 + round; i++) {
            seed = seed * 1664525u + 1013904223u;
            unsigned first = (seed >> 8) % (round % 2 ? 100 : 65536), last = first + (seed >> 26) % 9;
            last = last > 65535 ? 65535 : last;
            buf_printf(&text, i ? ",%u-%u" : "%u-%u", first, last);
            memset(table + first, 1, last - first + 1);
        }
        buf_append_str(&text, round % 3 ? "\nmatch a m|^a|\n" : "\nports 0,65535\nmatch a m|^a|\n");
        table[0] |= round % 3 == 0;
        table[65535] |= round % 3 == 0;
        struct probe_db *db = probe_db_read("t", buf_view(&text), PROBE_DB_OURS, NULL);
        const struct port_set *set = probe_db_at(db, 0)->ports;
        for (unsigned p = 0; p < 65536; p++)
            assert_int_equal(port_set_has(set, (uint16_t)p), table[p]);
        for (size_t i = 1; i < set->count; i++)
            assert_true(set->list[i].first > set->list[i - 1].last + 1);
        probe_db_free(db);
        buf_free(&text);
    }
}

static void digits_that_vary(void **state)
{
    static const char text[] = "Probe TCP A q|NICK x00\\r\\n|\n#~ 00\nProbe TCP B q|NICK x00|\n#~ 01\nProbe TCP C q|NICK x|\n#~ x\n";
    struct diags d;
    diags_init(&d);
    struct probe_db *db = probe_db_read("t", bytes_str(text), PROBE_DB_OURS, &d);
    const struct probe *p = probe_db_at(db, 0);
    assert_int_equal(p->varies.len, 2);
    assert_ptr_equal(p->varies.at, p->payload.at + 6);
    assert_int_equal(probe_db_at(db, 1)->varies.len, 0);
    assert_int_equal(probe_db_at(db, 2)->varies.len, 0);
    assert_int_equal(d.count, 2);
    diags_free(&d);
    probe_db_free(db);
    db = read_text(text, NULL);
    assert_int_equal(probe_db_at(db, 0)->varies.len, 0); /* other readers' comment */
    probe_db_free(db);
}

static void builtin_is_whole(void **state)
{
    struct probe_db *db = probe_db_builtin();
    assert_true(probe_db_count(db) > 50);
    assert_true(probe_db_rule_count(db) > 1000);
    assert_non_null(probe_db_null(db));
    probe_db_free(db);
}

/* The collection compiled in is not checked when it is read: checked, it reads the same, without a finding. */
static void builtin_needs_no_check(void **state)
{
    struct diags d;
    diags_init(&d);
    struct probe_db *quick = probe_db_builtin(), *checked = probe_db_read("descry.probes", probe_db_builtin_text(), PROBE_DB_OURS, &d);
    assert_int_equal(d.count, 0);
    assert_int_equal(probe_db_count(quick), probe_db_count(checked));
    for (size_t i = 0; i < probe_db_count(quick); i++) {
        const struct probe *a = probe_db_at(quick, i), *b = probe_db_at(checked, i);
        assert_int_equal(a->rule_count, b->rule_count);
        for (size_t k = 0; k < a->rule_count; k++) {
            struct rule_view x = rule_look(a->rules[k]), y = rule_look(b->rules[k]);
            assert_string_equal(x.service, y.service);
            assert_int_equal(x.generic, y.generic);
            assert_int_equal(x.soft, y.soft);
            assert_int_equal(x.line, y.line);
        }
    }
    probe_db_free(quick);
    probe_db_free(checked);
    diags_free(&d);
}

static void unreadable(void **state)
{
    struct diags d;
    diags_init(&d);
    assert_null(probe_db_read_file("/nonexistent/probes", PROBE_DB_USER, &d));
    assert_int_equal(d.errors, 1);
    assert_null(probe_db_read_file("/", PROBE_DB_USER, &d));
    diags_free(&d);
    struct probe_db *db = probe_db_read("t", bytes_of(NULL, 0), PROBE_DB_USER, NULL);
    assert_int_equal(probe_db_count(db), 0);
    probe_db_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(crlf_reads_the_same),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(places_of_our_own),
        cmocka_unit_test(ports_in_any_order),
        cmocka_unit_test(digits_that_vary),
        cmocka_unit_test(builtin_is_whole),
        cmocka_unit_test(builtin_needs_no_check),
        cmocka_unit_test(unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
