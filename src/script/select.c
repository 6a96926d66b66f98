/* select.c owns the reading of expressions: one walk over the text, evaluated as it is read. */
#include "script/select.h"

#include "base/text.h"

#include <string.h>

enum { DEPTH_MOST = 100 };

struct walk {
    struct bytes text;
    size_t at;
    const struct select_entry *entry;
    unsigned depth;
    bool bad;
    bool named; /* a pattern of names matched somewhere */
};

static bool expression(struct walk *w);

static int peek(const struct walk *w)
{
    return w->at < w->text.len ? w->text.at[w->at] : -1;
}

static void skip_blanks(struct walk *w)
{
    while (w->at < w->text.len && text_is_space(w->text.at[w->at]))
        w->at++;
}

/* A word ends at a blank, a parenthesis or the end. */
static struct bytes word_here(const struct walk *w)
{
    size_t end = w->at;
    while (end < w->text.len && w->text.at[end] > ' ' && w->text.at[end] < 0x7f && w->text.at[end] != '(' && w->text.at[end] != ')')
        end++;
    return bytes_of(w->text.at + w->at, end - w->at);
}

static bool is_word(struct bytes word, const char *text)
{
    if (word.len != strlen(text))
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (text_lower(word.at[i]) != text_lower(text[i]))
            return false;
    return true;
}

static bool take_keyword(struct walk *w, const char *keyword)
{
    skip_blanks(w);
    if (!is_word(word_here(w), keyword))
        return false;
    w->at += strlen(keyword);
    return true;
}

static bool is_category(const struct select_entry *e, struct bytes word)
{
    if (is_word(word, "all"))
        return true;
    for (size_t i = 0; i < e->category_count; i++)
        if (is_word(word, e->categories[i]))
            return true;
    return false;
}

/* '*' stands for any run of characters; case counts. No recursion: the last star is the only one worth going back to. */
static bool fits_pattern(struct bytes pattern, const char *name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, from = 0;
    size_t length = strlen(name);
    while (n < length) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.len && pattern.at[p] == (uint8_t)name[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

static bool is_name(struct walk *w, struct bytes pattern)
{
    if (pattern.len > 4 && memcmp(pattern.at + pattern.len - 4, ".nse", 4) == 0)
        pattern.len -= 4;
    bool fits = fits_pattern(pattern, w->entry->name);
    w->named = w->named || fits;
    return fits;
}

static bool in_parentheses(struct walk *w)
{
    w->at++;
    bool v = expression(w);
    skip_blanks(w);
    if (peek(w) != ')')
        w->bad = true;
    w->at++;
    return v;
}

static bool value(struct walk *w)
{
    skip_blanks(w);
    if (take_keyword(w, "not")) {
        if (++w->depth >= DEPTH_MOST)
            w->bad = true;
        bool v = !w->bad && value(w);
        w->depth--;
        return !v;
    }
    if (peek(w) == '(')
        return in_parentheses(w);
    if (take_keyword(w, "true"))
        return true;
    if (take_keyword(w, "false"))
        return false;
    struct bytes word = word_here(w);
    if (!word.len)
        w->bad = true;
    w->at += word.len;
    return word.len && (is_category(w->entry, word) || is_name(w, word));
}

/* Both sides are always read: a rule is one text for all scripts. */
static bool expression(struct walk *w)
{
    if (++w->depth >= DEPTH_MOST)
        w->bad = true;
    bool v = !w->bad && value(w);
    if (!w->bad && take_keyword(w, "and")) {
        bool right = expression(w);
        v = v && right;
    } else if (!w->bad && take_keyword(w, "or")) {
        bool right = expression(w);
        v = v || right;
    }
    w->depth--;
    return v;
}

enum select_answer select_match(struct bytes rule, const struct select_entry *e)
{
    struct walk w = {.text = rule, .entry = e};
    bool v = expression(&w);
    skip_blanks(&w);
    if (w.bad || w.at != rule.len || !v)
        return SELECT_NO;
    return w.named ? SELECT_BY_NAME : SELECT_YES;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len && text_is_space(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len && text_is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

bool select_next(struct bytes *list, struct bytes *rule, bool *forced)
{
    while (list->len) {
        const uint8_t *comma = memchr(list->at, ',', list->len);
        size_t n = comma ? (size_t)(comma - list->at) : list->len;
        *rule = trimmed(bytes_of(list->at, n));
        list->at += n + (comma != NULL);
        list->len -= n + (comma != NULL);
        *forced = rule->len && rule->at[0] == '+';
        if (*forced)
            *rule = trimmed(bytes_of(rule->at + 1, rule->len - 1));
        if (rule->len)
            return true;
    }
    return false;
}
