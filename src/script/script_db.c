/* script_db.c owns the reading of script databases: words, strings and braces, line by line. */
#include "script/script_db.h"

#include "base/text.h"

#include <string.h>

enum { WORDS_MOST = 256 }; /* of one list */

struct walk {
    struct bytes text;
    size_t at;
    unsigned line;
    struct arena *arena;
    bool bad;
};

static int peek(const struct walk *w)
{
    return w->at < w->text.len ? w->text.at[w->at] : -1;
}

static void step(struct walk *w)
{
    if (peek(w) == '\n')
        w->line++;
    w->at++;
}

static void skip_line(struct walk *w)
{
    while (peek(w) >= 0 && peek(w) != '\n')
        w->at++;
}

/* Blanks and comments. */
static void skip_blanks(struct walk *w)
{
    for (;;) {
        if (peek(w) == '-' && w->at + 1 < w->text.len && w->text.at[w->at + 1] == '-')
            skip_line(w);
        else if (text_is_space(peek(w)))
            step(w);
        else
            return;
    }
}

static bool take(struct walk *w, int c)
{
    skip_blanks(w);
    if (peek(w) != c)
        return false;
    w->at++;
    return true;
}

static void expect(struct walk *w, int c)
{
    if (!take(w, c))
        w->bad = true;
}

static struct bytes word(struct walk *w)
{
    skip_blanks(w);
    size_t from = w->at;
    while (text_is_alnum(peek(w)) || peek(w) == '_')
        w->at++;
    return bytes_of(w->text.at + from, w->at - from);
}

static const char *string(struct walk *w)
{
    skip_blanks(w);
    int quote = peek(w);
    if (quote != '"' && quote != '\'') {
        w->bad = true;
        return "";
    }
    size_t from = ++w->at;
    while (peek(w) >= 0 && peek(w) != quote && peek(w) != '\n' && peek(w) != '\\')
        w->at++;
    const char *text = arena_strndup(w->arena, w->text.at + from, w->at - from);
    expect(w, quote);
    return text;
}

static void list(struct walk *w, const char *const **out, size_t *count)
{
    const char *words[WORDS_MOST];
    size_t n = 0;
    expect(w, '{');
    while (!w->bad && !take(w, '}')) {
        const char *text = string(w);
        if (n < WORDS_MOST)
            words[n++] = text;
        skip_blanks(w);
        if (!take(w, ',') && peek(w) != '}')
            w->bad = true;
    }
    const char **kept = arena_alloc(w->arena, n * sizeof *kept);
    if (n)
        memcpy(kept, words, n * sizeof *kept);
    *out = kept;
    *count = n;
}

static void field(struct walk *w, struct script_entry *e)
{
    struct bytes key = word(w);
    const char *const *unused;
    size_t count;
    expect(w, '=');
    skip_blanks(w);
    if (bytes_equal(key, bytes_str("filename")))
        e->file = string(w);
    else if (bytes_equal(key, bytes_str("categories")))
        list(w, &e->categories, &e->category_count);
    else if (bytes_equal(key, bytes_str("hints")))
        list(w, &e->hints, &e->hint_count);
    else if (peek(w) == '{')
        list(w, &unused, &count);
    else
        string(w);
}

/* A file name is a name: no way out of its directory. */
static bool is_file_name(const char *file)
{
    return file && *file && !strchr(file, '/') && strcmp(file, "..") != 0;
}

static struct script_entry *entry(struct walk *w)
{
    struct script_entry *e = arena_alloc(w->arena, sizeof *e);
    if (!bytes_equal(word(w), bytes_str("Entry")))
        w->bad = true;
    bool round = take(w, '(');
    expect(w, '{');
    while (!w->bad && !take(w, '}')) {
        field(w, e);
        skip_blanks(w);
        if (!take(w, ',') && !take(w, ';') && peek(w) != '}')
            w->bad = true;
    }
    if (round)
        expect(w, ')');
    take(w, ';');
    return w->bad || !is_file_name(e->file) ? NULL : e;
}

struct script_entry *script_db_read(struct bytes text, const char *name, struct arena *a, struct diags *d)
{
    struct walk w = {.text = text, .line = 1, .arena = a};
    struct script_entry *first = NULL, **last = &first;
    size_t count = 0;
    for (skip_blanks(&w); peek(&w) >= 0; skip_blanks(&w)) {
        unsigned line = w.line;
        struct script_entry *e = entry(&w);
        if (e && count++ < SCRIPT_DB_MOST) {
            *last = e;
            last = &e->next;
        } else if (!e) {
            diags_add(d, DIAG_WARNING, name, line, 0, "not an entry of a script database");
            if (w.bad)
                skip_line(&w);
            w.bad = false;
        }
    }
    return first;
}
