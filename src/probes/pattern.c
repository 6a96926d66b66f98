/*
 * pattern.c owns a conservative parser of the PCRE2 dialect (pcre2pattern(3)): whatever it is not sure of, it declares not understood.
 * It exists because compiling 10,000 expressions costs more than the whole start may cost, and to find literals for the prefilter.
 */
#include <string.h>
#include "probes/pattern.h"
#include "base/text.h"

enum { ALTERNATIVE_LEAST = 4 }; /* shorter texts are of no use to the prefilter */
enum { DEPTH_MAX = 30, CODE_MAX = 30000, CODE_OF_ATOM = 48, COPIES_MAX = 16, SHORTEST_MAX = 1 << 20 };
enum { REPEAT_MAX = 65535 /* of PCRE2 */, LEAST_MAX = 1000, ENDLESS = 1 << 20 /* "{n,}" */ };

struct scan {
    struct reader r;
    const uint8_t *from;
    struct pattern *out;
    struct pattern_series *series; /* or NULL */
    size_t resumed; /* the shortest match of what the series knew already */
    int depth;
    unsigned groups; /* capturing groups opened */
    unsigned alternations; /* met so far; the one whose branches are kept is `kept` */
    unsigned kept;
    size_t code; /* about what PCRE2 compiles it to, never less; it refuses what gets larger than 64 KiB */
};

/* What one atom was. */
struct atom {
    size_t shortest;
    int symbol; /* a byte or SYMBOL_ANY when it is exactly one byte, else -1 */
    bool quantifiable;
    size_t mark; /* symbols before it */
    unsigned alternations; /* before it */
};

/* The texts of an alternation's branches, while it is read. */
struct branches {
    bool usable;
    size_t count, shortest;
    struct alternative list[ALTERNATIVES_MAX];
};

struct repeat {
    unsigned least;
    bool exact; /* exactly `least` times */
    unsigned copies; /* of a group that PCRE2 lays out */
};

static bool fail(struct scan *s)
{
    s->r.bad = true;
    return false;
}

static int peek(const struct scan *s)
{
    return s->r.at < s->r.end ? s->r.at[0] : -1;
}

/* As the reader's own, where the compiler can see them: this file is most of what a start costs. */
static uint8_t take(struct scan *s)
{
    if (s->r.bad || s->r.at == s->r.end) {
        s->r.bad = true;
        return 0;
    }
    return *s->r.at++;
}

static size_t left(const struct scan *s)
{
    return s->r.bad ? 0 : (size_t)(s->r.end - s->r.at);
}

static bool accept(struct scan *s, int c)
{
    if (peek(s) != c)
        return false;
    s->r.at++;
    return true;
}

/* A dropped symbol is one condition less: what is left stays true as long as nothing is put behind the hole; a full list takes nothing. */
static void put(struct scan *s, int symbol)
{
    struct pattern *p = s->out;
    if (p->count == PATTERN_SYMBOLS)
        return;
    if (symbol == SYMBOL_GAP && p->count && p->symbols[p->count - 1] == SYMBOL_GAP)
        return;
    p->symbols[p->count++] = (uint16_t)symbol;
}

static void forget_from(struct scan *s, size_t mark)
{
    s->out->count = mark;
    put(s, SYMBOL_GAP);
}

/* ---- alternatives */

/* What stood in an alternation after the first `before` ones need not be there: it was optional, looked at only, or a branch of another. */
static void forget_alternatives(struct scan *s, unsigned before)
{
    if (s->kept <= before)
        return;
    s->kept = 0;
    s->out->alternative_count = 0;
}

/* The longest run of bytes among the symbols from `from` on is this branch's text. */
static void add_branch(const struct pattern *p, size_t from, struct branches *b)
{
    size_t best = 0, at = 0, run = 0;
    for (size_t i = from; i < p->count; i++) {
        run = p->symbols[i] < 256 ? run + 1 : 0;
        if (run > best && best < ALTERNATIVE_BYTES) {
            best = run;
            at = i + 1 - run;
        }
    }
    if (best < ALTERNATIVE_LEAST || b->count == ALTERNATIVES_MAX) {
        b->usable = false;
        return;
    }
    struct alternative *a = &b->list[b->count++];
    a->len = (uint8_t)best;
    for (size_t i = 0; i < best; i++)
        a->text[i] = (uint8_t)p->symbols[at + i];
    b->shortest = best < b->shortest ? best : b->shortest;
}

/* One alternation's branches are kept: the first's, or those of a later one whose shortest text is longer. */
static void keep_branches(struct scan *s, const struct branches *b)
{
    struct pattern *p = s->out;
    size_t have = 0;
    for (size_t i = 0; i < p->alternative_count; i++)
        have = !i || p->alternatives[i].len < have ? p->alternatives[i].len : have;
    if (!b->usable || b->shortest <= have)
        return;
    memcpy(p->alternatives, b->list, b->count * sizeof *b->list);
    p->alternative_count = b->count;
    s->kept = s->alternations;
}

/* ---- escapes */

static int octal(struct scan *s)
{
    int value = 0;
    for (int i = 0; i < 2 && peek(s) >= '0' && peek(s) <= '7'; i++)
        value = value * 8 + (take(s) - '0');
    return value;
}

static int hex(struct scan *s)
{
    int value = 0;
    for (int i = 0; i < 2 && text_hex_value(peek(s)) >= 0; i++)
        value = value * 16 + text_hex_value(take(s));
    return value;
}

enum { ESCAPE_CLASS = 256, ESCAPE_ZERO_WIDTH, ESCAPE_UNKNOWN };

/* After the backslash: a byte, or one of the above. */
static int read_escape(struct scan *s, bool in_class)
{
    if (!left(s))
        return ESCAPE_UNKNOWN;
    int c = take(s);
    if (!text_is_alnum(c))
        return c < 0x80 ? c : ESCAPE_UNKNOWN;
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'f':
        return '\f';
    case 'e':
        return 0x1b;
    case 'a':
        return 7;
    case '0':
        return octal(s);
    case 'x':
        return peek(s) == '{' ? ESCAPE_UNKNOWN : hex(s);
    case 'd':
    case 'D':
    case 'w':
    case 'W':
    case 's':
    case 'S':
        return ESCAPE_CLASS;
    case 'b':
    case 'B':
    case 'A':
    case 'z':
    case 'Z':
        return in_class ? ESCAPE_UNKNOWN : ESCAPE_ZERO_WIDTH;
    default:
        return ESCAPE_UNKNOWN;
    }
}

/* ---- classes */

struct members {
    int first; /* the only member in lower case, -1 none yet, -2 several */
};

static void add_member(struct members *m, int byte)
{
    int low = text_lower(byte);
    m->first = m->first == -1 || m->first == low ? low : -2;
}

/* "[." with a ".]" anywhere behind it is no class to PCRE2, but a fault; the same for ':' and '='. */
static bool looks_posix(const struct scan *s)
{
    int c = peek(s);
    if (c != ':' && c != '.' && c != '=')
        return false;
    uint8_t end[] = {(uint8_t)c, ']'};
    return bytes_find(bytes_of(s->r.at + 1, left(s) - 1), bytes_of(end, 2)) != NULL;
}

/* One member: a byte, ESCAPE_CLASS, or ESCAPE_UNKNOWN. */
static int read_member(struct scan *s)
{
    if (!left(s))
        return ESCAPE_UNKNOWN;
    int c = take(s);
    if (c == '[' && looks_posix(s))
        return ESCAPE_UNKNOWN;
    return c == '\\' ? read_escape(s, true) : c;
}

static bool read_range(struct scan *s, int from, struct members *m)
{
    s->r.at++; /* the '-' */
    int to = read_member(s);
    if (from > 255 || to > 255 || to < from)
        return fail(s);
    add_member(m, from);
    add_member(m, to);
    if (to > from)
        m->first = -2; /* even [A-B] */
    return true;
}

/* After the '['. */
static bool read_class(struct scan *s, struct atom *a)
{
    struct members m = {-1};
    if (looks_posix(s))
        return fail(s);
    bool negated = accept(s, '^');
    for (bool first = true;; first = false) {
        if (!first && accept(s, ']'))
            break;
        int c = read_member(s);
        if (c >= ESCAPE_ZERO_WIDTH)
            return fail(s);
        bool ranged = peek(s) == '-' && left(s) > 1 && s->r.at[1] != ']';
        if (ranged && !read_range(s, c, &m))
            return false;
        if (!ranged && c == ESCAPE_CLASS)
            m.first = -2;
        else if (!ranged)
            add_member(&m, c);
    }
    a->symbol = negated || m.first < 0 ? SYMBOL_ANY : m.first;
    a->shortest = 1;
    put(s, a->symbol);
    return true;
}

/* ---- groups */

static bool read_branches(struct scan *s, size_t *shortest);

/* After the '('. */
static bool read_group(struct scan *s, struct atom *a)
{
    bool assertion = false;
    if (peek(s) == '*')
        return fail(s);
    if (accept(s, '?')) {
        int kind = left(s) ? take(s) : -1;
        assertion = kind == '=' || kind == '!';
        bool flagged = kind == 'i' || kind == 's';
        while (kind == 'i' || kind == 's')
            kind = left(s) ? take(s) : -1;
        if (flagged ? kind != ':' : !assertion && kind != ':' && kind != '>')
            return fail(s);
    } else {
        s->groups++;
    }
    if (++s->depth > DEPTH_MAX || !read_branches(s, &a->shortest) || !accept(s, ')'))
        return fail(s);
    s->depth--;
    if (assertion) {
        /* What stands inside is looked at, not taken: neighbours outside stay neighbours, so no gap. */
        s->out->count = a->mark;
        forget_alternatives(s, a->alternations);
        a->shortest = 0;
        a->quantifiable = false;
    }
    return true;
}

static bool put_byte(struct scan *s, struct atom *a, int byte)
{
    a->symbol = text_lower(byte);
    a->shortest = 1;
    put(s, a->symbol);
    return true;
}

static bool read_escaped_atom(struct scan *s, struct atom *a)
{
    int c = read_escape(s, false);
    if (c == ESCAPE_UNKNOWN)
        return fail(s);
    if (c == ESCAPE_ZERO_WIDTH) {
        a->quantifiable = false;
        return true;
    }
    if (c == ESCAPE_CLASS) {
        a->symbol = SYMBOL_ANY;
        a->shortest = 1;
        put(s, SYMBOL_ANY);
        return true;
    }
    return put_byte(s, a, c);
}

static bool read_atom(struct scan *s, struct atom *a)
{
    *a = (struct atom){.symbol = -1, .quantifiable = true, .mark = s->out->count, .alternations = s->alternations};
    int c = take(s);
    switch (c) {
    case '^':
        put(s, SYMBOL_START);
        a->quantifiable = false;
        return true;
    case '$':
        a->quantifiable = false;
        return true;
    case '.':
        a->symbol = SYMBOL_ANY;
        a->shortest = 1;
        put(s, SYMBOL_ANY);
        return true;
    case '[':
        return read_class(s, a);
    case '(':
        return read_group(s, a);
    case '\\':
        return read_escaped_atom(s, a);
    case '*':
    case '+':
    case '?':
        return fail(s);
    case '{':
        if (left(s) && (text_is_digit(s->r.at[0]) || s->r.at[0] == ',' || s->r.at[0] == ' '))
            return fail(s);
        return put_byte(s, a, c);
    default:
        return put_byte(s, a, c);
    }
}

/* ---- quantifiers */

static bool read_digits(struct reader *r, unsigned *out)
{
    const uint8_t *from = r->at;
    *out = 0;
    while (reader_left(r) && text_is_digit(r->at[0]) && *out <= REPEAT_MAX)
        *out = *out * 10 + (unsigned)(*r->at++ - '0');
    return r->at > from;
}

/* "{n}" "{n,}" "{n,m}"; anything else after a '{' is literal text, and false. */
static bool read_counts(struct scan *s, unsigned *least, unsigned *most)
{
    struct reader r = s->r;
    reader_skip(&r, 1);
    if (reader_left(&r) && (r.at[0] == ',' || r.at[0] == ' '))
        return fail(s); /* text before PCRE2 10.43, a quantifier since */
    if (!read_digits(&r, least))
        return false;
    *most = *least;
    if (reader_left(&r) && r.at[0] == ',') {
        r.at++;
        if (!read_digits(&r, most))
            *most = ENDLESS;
    }
    if (*least > LEAST_MAX || (*most > REPEAT_MAX && *most != ENDLESS))
        return fail(s); /* too large to follow here, or for PCRE2 */
    if (!reader_left(&r) || r.at[0] != '}')
        return false;
    s->r.at = r.at + 1;
    return true;
}

/* False: no quantifier stands here (or the scan failed). */
static bool read_quantifier(struct scan *s, struct repeat *out)
{
    unsigned least = 0, most = 0;
    int c = peek(s);
    if (c == '{') {
        if (!read_counts(s, &least, &most))
            return false;
        if (most < least)
            return fail(s);
        *out = (struct repeat){least, least == most, most == ENDLESS ? least + 1 : most};
    } else if (c == '*' || c == '+' || c == '?') {
        s->r.at++;
        *out = (struct repeat){c == '+', false, 1};
    } else {
        return false;
    }
    if (!accept(s, '+'))
        accept(s, '?');
    return true;
}

static void repeat_symbols(struct scan *s, const struct atom *a, struct repeat times)
{
    if (!times.least) {
        forget_from(s, a->mark);
        forget_alternatives(s, a->alternations);
        return;
    }
    if (times.exact && times.least == 1)
        return;
    if (a->symbol < 0) {
        put(s, SYMBOL_GAP); /* the first round touches what stands before it; the rounds after it are not followed */
        return;
    }
    for (unsigned i = 1; i < times.least && i < COPIES_MAX; i++)
        put(s, a->symbol);
    if (times.exact && times.least <= COPIES_MAX)
        return;
    put(s, SYMBOL_GAP);
    put(s, a->symbol); /* the last round touches what stands behind it */
}

static size_t add_capped(size_t a, size_t b)
{
    return a + b > SHORTEST_MAX ? SHORTEST_MAX : a + b;
}

/* Between two atoms of the outermost row, before any alternation is kept: an expression that begins alike can go on from here. */
static void note_mark(struct scan *s, size_t shortest)
{
    struct pattern_series *n = s->series;
    if (!n || s->depth)
        return;
    size_t at = (size_t)(s->r.at - s->from);
    if (s->out->alternative_count || at >= PATTERN_KNOWN || n->marks == PATTERN_MARKS)
        return;
    n->mark[n->marks++] = (struct pattern_mark){
        (uint16_t)at, (uint16_t)s->out->count, (uint16_t)s->groups, (uint16_t)s->alternations, (uint32_t)shortest, (uint32_t)s->code};
}

static bool stands_for_itself(int c)
{
    return text_is_alnum(c) || c == ' ' || c == '-' || c == ':' || c == '/' || c == '<' || c == '>' || c == '=' || c == '"' || c == ',';
}

/* Most of an expression is letters that no quantifier follows: they are taken without the ado of other atoms. */
static bool take_letter(struct scan *s, size_t *shortest)
{
    if (s->r.end - s->r.at < 2 || s->r.bad || !stands_for_itself(s->r.at[0]) || s->code + CODE_OF_ATOM > CODE_MAX)
        return false;
    int next = s->r.at[1];
    if (next == '*' || next == '+' || next == '?' || next == '{')
        return false;
    note_mark(s, *shortest);
    s->code += CODE_OF_ATOM;
    put(s, text_lower(*s->r.at++));
    *shortest = add_capped(*shortest, 1);
    return true;
}

/* A row of atoms up to '|', ')' or the end. */
static bool read_row(struct scan *s, size_t *shortest)
{
    *shortest = s->resumed;
    s->resumed = 0;
    for (int c = peek(s); c != -1 && c != '|' && c != ')'; c = peek(s)) {
        if (take_letter(s, shortest))
            continue;
        struct atom a;
        struct repeat times = {1, true, 1};
        note_mark(s, *shortest);
        size_t code = s->code;
        s->code += CODE_OF_ATOM;
        if (!read_atom(s, &a))
            return false;
        bool repeated = read_quantifier(s, &times);
        if (repeated && a.symbol < 0)
            s->code = code + (s->code - code) * times.copies;
        if (s->r.bad || s->code > CODE_MAX || (repeated && !a.quantifiable))
            return fail(s);
        if (repeated)
            repeat_symbols(s, &a, times);
        *shortest = add_capped(*shortest, a.shortest * times.least);
    }
    return true;
}

static bool read_branches(struct scan *s, size_t *shortest)
{
    /* The outermost row may begin in the middle of what a series knew: it began at nothing. */
    size_t mark = s->depth ? s->out->count : 0, more;
    unsigned before = s->depth ? s->alternations : 0;
    if (!read_row(s, shortest))
        return false;
    if (peek(s) != '|')
        return true;
    if (s->series && !s->depth) { /* the outermost row is one of several: its symbols do not stay */
        s->series->marks = 0;
        s->series = NULL;
    }
    struct branches b; /* the list is large: not cleared */
    b.usable = true;
    b.count = 0;
    b.shortest = ALTERNATIVE_BYTES;
    add_branch(s->out, mark, &b);
    while (accept(s, '|')) {
        size_t from = s->out->count;
        if (!read_row(s, &more))
            return false;
        if (b.usable)
            add_branch(s->out, from, &b);
        *shortest = more < *shortest ? more : *shortest;
        forget_from(s, mark);
    }
    forget_alternatives(s, before);
    s->alternations++;
    keep_branches(s, &b);
    return true;
}

static void read_whole(struct scan *s)
{
    struct pattern *out = s->out;
    bool whole = read_branches(s, &out->shortest) && !reader_left(&s->r) && !s->r.bad;
    out->understood = whole && out->shortest > 0;
    if (!whole)
        out->count = out->alternative_count = 0;
    if (!whole && s->series)
        s->series->marks = 0;
}

void pattern_read(struct bytes text, struct pattern *out)
{
    struct scan s = {.r = reader_of(text), .from = text.at, .out = out};
    out->count = 0;
    out->alternative_count = 0;
    read_whole(&s);
}

/* The last mark that what follows cannot move: the byte behind it is the same, and is not one that the reader looks beyond. */
static void go_on(struct scan *s, struct bytes text)
{
    struct pattern_series *n = s->series;
    size_t common = 0;
    while (common < n->known && common < text.len && n->text[common] == text.at[common])
        common++;
    while (n->marks && (n->mark[n->marks - 1].at >= common || text.at[n->mark[n->marks - 1].at] == '{'))
        n->marks--;
    if (!n->marks)
        return;
    const struct pattern_mark *m = &n->mark[--n->marks]; /* it is noted again */
    reader_skip(&s->r, m->at);
    s->out->count = m->symbols;
    s->groups = m->groups;
    s->alternations = m->alternations;
    s->code = m->code;
    s->resumed = m->shortest;
}

void pattern_read_next(struct pattern_series *n, struct bytes text)
{
    struct scan s = {.r = reader_of(text), .from = text.at, .out = &n->seen, .series = n};
    n->seen.count = 0;
    n->seen.alternative_count = 0;
    go_on(&s, text);
    n->known = text.len < PATTERN_KNOWN ? text.len : PATTERN_KNOWN;
    memcpy(n->text, text.at, n->known);
    read_whole(&s);
}
