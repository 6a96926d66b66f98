/* probe_file.c owns the lines and directives of a probe file (docs/formats/probes.md). */
#include <stdlib.h>
#include <string.h>
#include "probes/probe_file.h"
#include "probes/field.h"
#include "probes/port_set.h"
#include "probes/rule.h"
#include "base/escape.h"
#include "base/text.h"

enum { WAIT_MIN_MS = 100, WAIT_MAX_MS = 300000, RARITY_MAX = 9, DEFAULT_RARITY = 5, DEFAULT_WAIT_MS = 5000, DEFAULT_TCPWRAPPED_MS = 2000 };

struct file_scan {
    struct probe_db *db;
    struct diags *d;
    enum probe_db_origin origin;
    const char *file; /* what diagnostics and rules name; "#@" changes it in our own collection */
    unsigned line;
    struct bytes text; /* the line, without its end */
    bool crlf; /* the file's lines end in CR LF */
    bool excluded; /* an Exclude was read */
    bool probe_seen;
    struct probe_block *block; /* NULL before the first Probe, and after a bad one */
    struct rule *last_rule; /* whose examples may follow */
    struct pattern_series *series; /* scratch for the check of expressions; NULL: the file was checked when it was built */
};

static void say(struct file_scan *s, enum diag_level level, const uint8_t *at, const char *why)
{
    bool inside = at && at >= s->text.at && at <= s->text.at + s->text.len;
    diags_add(s->d, level, s->file, s->line, inside ? (unsigned)(at - s->text.at) + 1 : 1, "%s", why);
}

static void say_fault(struct file_scan *s, const struct fault *f)
{
    if (f->why[0])
        say(s, f->level, f->at, f->why);
}

static void *grown(void *list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return list;
    *cap = *cap ? *cap * 2 : 64;
    return must_realloc(list, *cap * size);
}

/* ---- Probe */

static bool take_word(struct bytes *rest, struct bytes *out)
{
    const uint8_t *end = rest->len ? memchr(rest->at, ' ', rest->len) : NULL;
    if (!end || end == rest->at)
        return false;
    *out = bytes_of(rest->at, (size_t)(end - rest->at));
    *rest = bytes_of(end + 1, rest->len - out->len - 1);
    return true;
}

static const struct probe *same_name(const struct probe_db *db, enum proto proto, struct bytes name)
{
    for (size_t i = 0; i < db->block_count; i++) {
        const struct probe *p = &db->blocks[i]->probe;
        if (p->proto == proto && name.len && p->name[0] == name.at[0] && bytes_equal(bytes_str(p->name), name))
            return p;
    }
    return NULL;
}

static const char *read_payload(struct bytes text, struct arena *arena, struct probe *out, const uint8_t **at)
{
    struct buf raw;
    size_t bad = 0;
    buf_init(&raw, LIMIT_PAYLOAD);
    bool good = escape_read(text, &raw, &bad);
    out->payload = arena_bytes(arena, buf_view(&raw));
    buf_free(&raw);
    *at = text.at + bad;
    return good ? NULL : "bad escape in the payload, or it is too long";
}

static void read_probe_flags(struct bytes rest, struct probe *out)
{
    static const char flag[] = "no-payload";
    for (size_t i = 0; i + sizeof flag - 1 <= rest.len; i++)
        if (i && rest.at[i - 1] == ' ' && bytes_starts(bytes_of(rest.at + i, rest.len - i), bytes_str(flag)))
            out->no_payload = true;
}

/* NULL, or what is wrong, at *at. */
static const char *read_probe(struct file_scan *s, struct bytes rest, struct probe *out, const uint8_t **at)
{
    struct bytes word, payload;
    *at = rest.at;
    if (!take_word(&rest, &word) || !(bytes_equal(word, bytes_str("TCP")) || bytes_equal(word, bytes_str("UDP"))))
        return "TCP or UDP is expected";
    out->proto = word.at[0] == 'T' ? PROTO_TCP : PROTO_UDP;
    *at = rest.at;
    if (!take_word(&rest, &word) || !text_is_alnum(word.at[0]))
        return "a probe name is expected, followed by q|payload|";
    if (same_name(s->db, out->proto, word))
        return "a probe of this name was defined before";
    out->name = arena_strndup(&s->db->arena, word.at, word.len);
    *at = rest.at;
    while (rest.len && rest.at[0] == ' ')
        rest = bytes_of(rest.at + 1, rest.len - 1);
    if (!rest.len || rest.at[0] != 'q')
        return "a payload q|...| is expected";
    rest = bytes_of(rest.at + 1, rest.len - 1);
    if (!field_delimited(&rest, &payload))
        return "the payload is not closed";
    const char *why = read_payload(payload, &s->db->arena, out, at);
    if (why)
        return why;
    read_probe_flags(rest, out);
    out->is_null = !out->payload.len;
    if (out->is_null && out->proto == PROTO_UDP)
        return "a UDP probe must send something";
    return out->is_null && s->db->null_probe ? "there is a probe without payload already" : NULL;
}

static void on_probe(struct file_scan *s, struct bytes rest)
{
    struct probe_db *db = s->db;
    struct probe_block *b = arena_alloc(&db->arena, sizeof *b);
    const uint8_t *at = NULL;
    s->probe_seen = true;
    s->block = NULL;
    s->last_rule = NULL;
    const char *why = read_probe(s, rest, &b->probe, &at);
    if (why) {
        say(s, DIAG_ERROR, at, why);
        say(s, DIAG_NOTE, NULL, "the lines of this probe are skipped");
        return;
    }
    b->probe.rarity = DEFAULT_RARITY;
    b->probe.total_wait_us = DEFAULT_WAIT_MS * INT64_C(1000);
    b->probe.tcpwrapped_us = DEFAULT_TCPWRAPPED_MS * INT64_C(1000);
    b->probe.index = db->block_count;
    b->first_rule = (uint32_t)db->rule_count;
    db->blocks = grown(db->blocks, db->block_count, &db->block_cap, sizeof *db->blocks);
    db->blocks[db->block_count++] = b;
    if (b->probe.is_null)
        db->null_probe = &b->probe;
    s->block = b;
}

/* ---- what stands in a probe's block */

static void add_rule(struct file_scan *s, struct bytes rest, bool soft)
{
    struct probe_db *db = s->db;
    struct fault fault = {0};
    struct rule *r = arena_alloc(&db->arena, sizeof *r);
    s->last_rule = NULL;
    bool good = rule_read(rest, &db->arena, r, s->series, &fault);
    say_fault(s, &fault);
    if (!good)
        return;
    r->owner = &s->block->probe;
    r->soft = soft;
    r->file = s->file;
    r->line = s->line;
    r->column = (unsigned)(r->pattern.at - s->text.at) + 1;
    r->index = (uint32_t)db->rule_count;
    db->rules = grown(db->rules, db->rule_count, &db->rule_cap, sizeof *db->rules);
    db->rules[db->rule_count++] = r;
    s->block->probe.rule_count++;
    s->last_rule = r;
}

static void on_match(struct file_scan *s, struct bytes rest)
{
    add_rule(s, rest, false);
}

static void on_softmatch(struct file_scan *s, struct bytes rest)
{
    add_rule(s, rest, true);
}

static void add_ports(struct file_scan *s, struct bytes rest, const struct port_set **set)
{
    struct fault fault = {0};
    struct port_set *mine = (struct port_set *)*set;
    if (!mine)
        mine = arena_alloc(&s->db->arena, sizeof *mine);
    port_set_read(rest, &s->db->arena, mine, &fault);
    say_fault(s, &fault);
    *set = mine;
}

static void on_ports(struct file_scan *s, struct bytes rest)
{
    add_ports(s, rest, &s->block->probe.ports);
}

static void on_sslports(struct file_scan *s, struct bytes rest)
{
    add_ports(s, rest, &s->block->probe.ssl_ports);
}

static bool read_number(struct file_scan *s, struct bytes text, uint64_t least, uint64_t most, uint64_t *out)
{
    char digits[16] = "";
    if (text.len && text.len < sizeof digits)
        memcpy(digits, text.at, text.len);
    if (text_number(digits, most, out) && *out >= least)
        return true;
    diags_add(s->d, DIAG_ERROR, s->file, s->line, (unsigned)(text.at - s->text.at) + 1, "a number of %llu to %llu is expected",
        (unsigned long long)least, (unsigned long long)most);
    return false;
}

static void read_wait(struct file_scan *s, struct bytes rest, int64_t *out)
{
    uint64_t ms;
    if (read_number(s, rest, WAIT_MIN_MS, WAIT_MAX_MS, &ms))
        *out = (int64_t)ms * 1000;
}

static void on_totalwaitms(struct file_scan *s, struct bytes rest)
{
    read_wait(s, rest, &s->block->probe.total_wait_us);
}

static void on_tcpwrappedms(struct file_scan *s, struct bytes rest)
{
    read_wait(s, rest, &s->block->probe.tcpwrapped_us);
}

static void on_rarity(struct file_scan *s, struct bytes rest)
{
    uint64_t rarity;
    if (read_number(s, rest, 1, RARITY_MAX, &rarity))
        s->block->probe.rarity = (int)rarity;
}

static void on_fallback(struct file_scan *s, struct bytes rest)
{
    size_t names = 1;
    for (size_t i = 0; i < rest.len; i++)
        names += rest.at[i] == ',';
    if (s->block->fallback.at || names > LIMIT_FALLBACKS) {
        say(s, DIAG_ERROR, rest.at, s->block->fallback.at ? "this probe has a fallback directive already" : "too many fallback names");
        return;
    }
    s->block->fallback = rest;
    s->block->fallback_line = s->line;
    s->block->fallback_column = (unsigned)(rest.at - s->text.at) + 1;
    s->block->fallback_file = s->file;
}

static void on_exclude(struct file_scan *s, struct bytes rest)
{
    if (s->excluded || s->probe_seen) {
        say(s, DIAG_ERROR, NULL, s->excluded ? "there is an Exclude directive already" : "Exclude must stand before the first Probe");
        return;
    }
    struct fault fault = {0};
    struct port_set *tcp = arena_alloc(&s->db->arena, sizeof *tcp), *udp = arena_alloc(&s->db->arena, sizeof *udp);
    s->excluded = true;
    if (!port_set_read_excluded(rest, &s->db->arena, tcp, udp, &fault)) {
        say_fault(s, &fault);
        return;
    }
    s->db->excluded[PROTO_TCP] = tcp;
    s->db->excluded[PROTO_UDP] = udp;
}

static const struct directive {
    const char *name;
    bool in_block; /* belongs to a probe */
    void (*run)(struct file_scan *s, struct bytes rest);
} directives[] = {
    {"match ", true, on_match},
    {"softmatch ", true, on_softmatch},
    {"Probe ", false, on_probe},
    {"ports ", true, on_ports},
    {"sslports ", true, on_sslports},
    {"rarity ", true, on_rarity},
    {"fallback ", true, on_fallback},
    {"totalwaitms ", true, on_totalwaitms},
    {"tcpwrappedms ", true, on_tcpwrappedms},
    {"Exclude ", false, on_exclude},
};

static void read_directive(struct file_scan *s)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
        const struct directive *row = &directives[i];
        struct bytes name = bytes_str(row->name);
        if (!bytes_starts(s->text, name))
            continue;
        if (!row->in_block || s->block)
            row->run(s, bytes_of(s->text.at + name.len, s->text.len - name.len));
        else if (!s->probe_seen)
            say(s, DIAG_ERROR, NULL, "this directive must stand after a Probe line");
        return;
    }
    say(s, DIAG_ERROR, NULL, "unknown directive");
}

/* ---- lines */

static void add_example(struct file_scan *s)
{
    struct probe_db *db = s->db;
    if (!s->last_rule) {
        say(s, DIAG_WARNING, NULL, "an example must follow the rule that it is for");
        return;
    }
    db->examples = grown(db->examples, db->example_count, &db->example_cap, sizeof *db->examples);
    db->examples[db->example_count++] = (struct example_line){s->last_rule, bytes_of(s->text.at + 2, s->text.len - 2), s->file, s->line};
}

/* "#@ file:line": where the lines that follow were written, before bundle-probes.py put them here. */
static void move_place(struct file_scan *s)
{
    struct bytes rest = bytes_of(s->text.at + 2, s->text.len - 2);
    char digits[16] = "";
    uint64_t line;
    while (rest.len && rest.at[0] == ' ')
        rest = bytes_of(rest.at + 1, rest.len - 1);
    size_t colon = rest.len;
    while (colon && rest.at[colon - 1] != ':')
        colon--;
    if (!colon || rest.len - colon >= sizeof digits)
        return;
    memcpy(digits, rest.at + colon, rest.len - colon);
    if (!text_number(digits, INT32_MAX, &line))
        return;
    if (colon > 1 && !bytes_equal(bytes_str(s->file), bytes_of(rest.at, colon - 1)))
        s->file = arena_strndup(&s->db->arena, rest.at, colon - 1);
    s->line = (unsigned)line - 1;
}

/* "#~ 000": these digits of the payload are other ones each time. */
static void add_variation(struct file_scan *s)
{
    struct bytes rest = bytes_of(s->text.at + 2, s->text.len - 2);
    while (rest.len && rest.at[0] == ' ')
        rest = bytes_of(rest.at + 1, rest.len - 1);
    struct probe *p = s->block ? &s->block->probe : NULL;
    const uint8_t *at = p && rest.len ? bytes_find(p->payload, rest) : NULL;
    bool digits = true;
    for (size_t i = 0; i < rest.len; i++)
        digits &= rest.at[i] >= '0' && rest.at[i] <= '9';
    if (at && digits)
        p->varies = bytes_of(at, rest.len);
    else
        say(s, DIAG_WARNING, rest.at, "digits are expected that stand in the probe's payload");
}

static void read_comment(struct file_scan *s)
{
    if (s->origin == PROBE_DB_USER || s->text.len < 2)
        return;
    if (s->text.at[1] == '=')
        add_example(s);
    else if (s->text.at[1] == '~')
        add_variation(s);
    else if (s->text.at[1] == '@')
        move_place(s);
}

static bool is_blank(struct bytes line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!text_is_space(line.at[i]))
            return false;
    return true;
}

static void read_line(struct file_scan *s, struct bytes line)
{
    s->line++;
    bool cr = line.len && line.at[line.len - 1] == '\r';
    s->text = bytes_of(line.at, line.len - cr);
    if (!line.len || (cr && s->crlf && line.len == 1))
        return;
    if (s->text.len > LIMIT_PROBE_LINE)
        say(s, DIAG_ERROR, NULL, "the line is too long");
    else if (line.at[0] == '#')
        read_comment(s);
    else if (is_blank(line))
        say(s, DIAG_WARNING, NULL, "the line holds only white space");
    else
        read_directive(s);
}

static bool has_crlf(struct bytes text)
{
    const uint8_t *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
    return end && end > text.at && end[-1] == '\r';
}

static void read_lines(struct file_scan *s, struct bytes text)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    if (bytes_starts(text, bytes_str(byte_order_mark)))
        text = bytes_of(text.at + 3, text.len - 3);
    while (text.len) {
        const uint8_t *end = memchr(text.at, '\n', text.len);
        size_t len = end ? (size_t)(end - text.at) : text.len;
        read_line(s, bytes_of(text.at, len));
        text = bytes_of(text.at + len + (end != NULL), text.len - len - (end != NULL));
    }
}

/* ---- after the last line */

static void chain_add(const struct probe **chain, size_t *count, const struct probe *p)
{
    for (size_t i = 0; i < *count; i++)
        if (chain[i] == p)
            return;
    chain[(*count)++] = p;
}

static void chain_names(struct file_scan *s, struct probe_block *b, const struct probe **chain, size_t *count)
{
    struct bytes rest = b->fallback;
    while (rest.len) {
        const uint8_t *comma = memchr(rest.at, ',', rest.len);
        struct bytes name = bytes_of(rest.at, comma ? (size_t)(comma - rest.at) : rest.len);
        const struct probe *p = same_name(s->db, b->probe.proto, name);
        if (!p)
            p = same_name(s->db, b->probe.proto == PROTO_TCP ? PROTO_UDP : PROTO_TCP, name);
        if (p)
            chain_add(chain, count, p);
        else
            diags_add(s->d, DIAG_ERROR, b->fallback_file, b->fallback_line, b->fallback_column + (unsigned)(rest.at - b->fallback.at),
                "there is no probe of this name");
        size_t used = name.len + (comma != NULL);
        rest = bytes_of(rest.at + used, rest.len - used);
    }
}

static void finish_block(struct file_scan *s, struct probe_block *b)
{
    const struct probe **chain = arena_alloc(&s->db->arena, (LIMIT_FALLBACKS + 2) * sizeof *chain);
    size_t count = 0;
    chain_add(chain, &count, &b->probe);
    if (!b->probe.is_null)
        chain_names(s, b, chain, &count);
    if (b->probe.proto == PROTO_TCP && s->db->null_probe)
        chain_add(chain, &count, s->db->null_probe);
    b->probe.chain = chain;
    b->probe.chain_count = count;
    b->probe.rules = b->probe.rule_count ? (const struct rule *const *)s->db->rules + b->first_rule : NULL;
}

void probe_file_read(struct probe_db *db, const char *file, struct bytes text, enum probe_db_origin origin, struct diags *d)
{
    struct file_scan s = {.db = db, .d = d, .origin = origin, .file = arena_strdup(&db->arena, file), .crlf = has_crlf(text)};
    s.series = origin == PROBE_DB_BUILTIN ? NULL : must_zalloc(sizeof *s.series);
    read_lines(&s, text);
    for (size_t i = 0; i < db->block_count; i++)
        finish_block(&s, db->blocks[i]);
    free(s.series);
}
