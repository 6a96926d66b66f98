/* arguments.c owns the reading of script arguments. */
#include "script/arguments.h"

#include "base/text.h"

#include <string.h>

enum { DEPTH_MOST = 64 };

struct walk {
    struct bytes text;
    size_t at;
    struct arena *arena;
    unsigned depth;
    bool bad;
};

static int peek(const struct walk *w)
{
    return w->at < w->text.len ? w->text.at[w->at] : -1;
}

static void skip_blanks(struct walk *w, bool lines)
{
    while (text_is_space(peek(w)) && (lines || peek(w) != '\n'))
        w->at++;
}

static const char *quoted(struct walk *w)
{
    int quote = peek(w);
    struct buf out;
    buf_init(&out, w->text.len + 1);
    w->at++;
    while (peek(w) >= 0 && peek(w) != quote) {
        bool escaped = peek(w) == '\\' && w->at + 1 < w->text.len && (w->text.at[w->at + 1] == quote || w->text.at[w->at + 1] == '\\');
        w->at += escaped;
        buf_append_u8(&out, (uint8_t)peek(w));
        w->at++;
    }
    if (peek(w) != quote)
        w->bad = true;
    w->at++;
    const char *text = arena_strndup(w->arena, out.at, out.len);
    buf_free(&out);
    return text;
}

static bool ends_bare(int c)
{
    return c < 0 || c == '\n' || c == ',' || c == '{' || c == '}' || c == '=';
}

static const char *bare(struct walk *w)
{
    size_t from = w->at, end;
    while (!ends_bare(peek(w)))
        w->at++;
    for (end = w->at; end > from && text_is_space(w->text.at[end - 1]); end--)
        ;
    return arena_strndup(w->arena, w->text.at + from, end - from);
}

static const char *string(struct walk *w)
{
    return peek(w) == '"' || peek(w) == '\'' ? quoted(w) : bare(w);
}

static void table_fields(struct walk *w, struct value *in);

static void table(struct walk *w, struct value *in, const char *key)
{
    w->at++;
    if (++w->depth > DEPTH_MOST)
        w->bad = true;
    else
        table_fields(w, value_table(w->arena, in, key));
    w->depth--;
    skip_blanks(w, true);
    if (peek(w) != '}')
        w->bad = true;
    w->at++;
}

static void field(struct walk *w, struct value *in)
{
    skip_blanks(w, false);
    if (peek(w) == '{') {
        table(w, in, NULL);
        return;
    }
    const char *text = string(w);
    skip_blanks(w, false);
    if (peek(w) != '=') {
        value_text(w->arena, in, NULL, text);
        return;
    }
    w->at++;
    skip_blanks(w, false);
    if (peek(w) == '{')
        table(w, in, text);
    else
        value_text(w->arena, in, text, string(w));
}

static void table_fields(struct walk *w, struct value *in)
{
    skip_blanks(w, true);
    if (peek(w) < 0 || peek(w) == '}')
        return;
    field(w, in);
    skip_blanks(w, false);
    while (!w->bad && (peek(w) == ',' || peek(w) == '\n')) {
        w->at++;
        skip_blanks(w, true);
        field(w, in);
        skip_blanks(w, false);
    }
}

struct value *arguments_read(struct bytes text, struct arena *a, size_t *bad_at)
{
    struct walk w = {.text = text, .arena = a};
    struct value *all = value_table(a, NULL, NULL);
    table_fields(&w, all);
    if (!w.bad && w.at == text.len)
        return all;
    *bad_at = w.at < text.len ? w.at : text.len;
    return NULL;
}
