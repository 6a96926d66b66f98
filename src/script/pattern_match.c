/*
 * pattern_match.c owns the matching of a pattern at one place of a text, step by step.
 *
 * From lstrlib.c of Lua 5.4.4, with a count of steps put in and in this project's words.
 *
 * Copyright (C) 1994-2022 Lua.org, PUC-Rio.
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
 * "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
 * distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
 * the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
 * MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
 * ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
 * THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */
#include "script/pattern.h"

#include "script/inside.h"

#include <ctype.h>
#include <string.h>

enum { ESCAPE = '%' };

static const char *match(struct pattern_run *r, const char *s, const char *p);

/* ---- steps */

void pattern_settle(struct pattern_run *r)
{
    int taken = PATTERN_PART - r->steps;
    r->steps = PATTERN_PART;
    steps_spend(r->L, (uint64_t)taken);
}

static void pay(struct pattern_run *r, ptrdiff_t steps)
{
    if (steps >= PATTERN_PART) {
        steps_spend(r->L, (uint64_t)steps);
        return;
    }
    r->steps -= (int)steps;
    if (r->steps <= 0)
        pattern_settle(r);
}

void pattern_begin(struct pattern_run *r, lua_State *L, const char *text, size_t length, const char *pattern, size_t pattern_length)
{
    r->L = L;
    r->depth = PATTERN_DEPTH;
    r->steps = PATTERN_PART;
    r->text = text;
    r->text_end = text + length;
    r->pattern_end = pattern + pattern_length;
    r->level = 0;
}

/* ---- captures */

static int check_capture(struct pattern_run *r, int digit)
{
    int i = digit - '1';
    if (i < 0 || i >= r->level || r->capture[i].length == CAPTURE_UNFINISHED)
        return luaL_error(r->L, "invalid capture index %%%d", i + 1);
    return i;
}

static int capture_to_close(struct pattern_run *r)
{
    for (int i = r->level - 1; i >= 0; i--)
        if (r->capture[i].length == CAPTURE_UNFINISHED)
            return i;
    return luaL_error(r->L, "invalid pattern capture");
}

static const char *start_capture(struct pattern_run *r, const char *s, const char *p, int what)
{
    int level = r->level;
    if (level >= PATTERN_CAPTURES)
        luaL_error(r->L, "too many captures");
    r->capture[level].at = s;
    r->capture[level].length = what;
    r->level = (unsigned char)(level + 1);
    const char *end = match(r, s, p);
    if (!end)
        r->level--; /* undo it */
    return end;
}

static const char *end_capture(struct pattern_run *r, const char *s, const char *p)
{
    int i = capture_to_close(r);
    r->capture[i].length = s - r->capture[i].at;
    const char *end = match(r, s, p);
    if (!end)
        r->capture[i].length = CAPTURE_UNFINISHED;
    return end;
}

/* The same text once more. */
static const char *match_capture(struct pattern_run *r, const char *s, int digit)
{
    int i = check_capture(r, digit);
    size_t length = (size_t)r->capture[i].length; /* of a position: more than there is */
    if ((size_t)(r->text_end - s) < length)
        return NULL;
    pay(r, (ptrdiff_t)(length / 16));
    return memcmp(r->capture[i].at, s, length) == 0 ? s + length : NULL;
}

/* ---- one character */

/* Behind a character, a class, a set. */
static const char *class_end(struct pattern_run *r, const char *p)
{
    char first = *p++;
    if (first == ESCAPE) {
        if (p == r->pattern_end)
            luaL_error(r->L, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (first != '[')
        return p;
    if (*p == '^')
        p++;
    do { /* a `]` that comes first is part of the set */
        if (p == r->pattern_end)
            luaL_error(r->L, "malformed pattern (missing ']')");
        if (*p++ == ESCAPE && p < r->pattern_end)
            p++; /* as in `%]` */
    } while (*p != ']');
    return p + 1;
}

static bool is_in_class(int c, int class)
{
    bool in;
    switch (tolower(class)) {
    case 'a':
        in = isalpha(c);
        break;
    case 'c':
        in = iscntrl(c);
        break;
    case 'd':
        in = isdigit(c);
        break;
    case 'g':
        in = isgraph(c);
        break;
    case 'l':
        in = islower(c);
        break;
    case 'p':
        in = ispunct(c);
        break;
    case 's':
        in = isspace(c);
        break;
    case 'u':
        in = isupper(c);
        break;
    case 'w':
        in = isalnum(c);
        break;
    case 'x':
        in = isxdigit(c);
        break;
    case 'z': /* deprecated, and still there */
        in = c == 0;
        break;
    default:
        return class == c;
    }
    return islower(class) ? in : !in;
}

/* `p` stands at the `[`, `end` at the `]`. */
static bool is_in_set(int c, const char *p, const char *end)
{
    bool sign = true;
    if (p[1] == '^') {
        sign = false;
        p++;
    }
    while (++p < end) {
        if (*p == ESCAPE) {
            p++;
            if (is_in_class(c, (unsigned char)*p))
                return sign;
        } else if (p[1] == '-' && p + 2 < end) {
            p += 2;
            if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p)
                return sign;
        } else if ((unsigned char)*p == c) {
            return sign;
        }
    }
    return !sign;
}

static bool match_one(struct pattern_run *r, const char *s, const char *p, const char *end)
{
    if (s >= r->text_end)
        return false;
    int c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case ESCAPE:
        return is_in_class(c, (unsigned char)p[1]);
    case '[':
        pay(r, (end - p) / 4);
        return is_in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

/* ---- items of a pattern */

static const char *match_balance(struct pattern_run *r, const char *s, const char *p)
{
    if (p >= r->pattern_end - 1)
        luaL_error(r->L, "malformed pattern (missing arguments to '%%b')");
    if (*s != *p)
        return NULL;
    const char *from = s;
    int open = p[0], close = p[1];
    size_t depth = 1;
    while (++s < r->text_end) {
        if (*s == close) {
            if (--depth == 0) {
                pay(r, s - from);
                return s + 1;
            }
        } else if (*s == open) {
            depth++;
        }
    }
    pay(r, s - from);
    return NULL;
}

static bool is_frontier(struct pattern_run *r, const char *s, const char *p, const char *end)
{
    int before = s == r->text ? 0 : (unsigned char)s[-1];
    pay(r, (end - p) / 2);
    return !is_in_set(before, p, end - 1) && is_in_set((unsigned char)*s, p, end - 1);
}

/* As many as there are, then fewer. */
static const char *max_expand(struct pattern_run *r, const char *s, const char *p, const char *end)
{
    ptrdiff_t n = 0, unpaid = 0;
    while (match_one(r, s + n, p, end)) {
        n++;
        if (++unpaid == PATTERN_PART) {
            pay(r, unpaid);
            unpaid = 0;
        }
    }
    pay(r, unpaid);
    for (; n >= 0; n--) {
        const char *found = match(r, s + n, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

/* As few as will do. */
static const char *min_expand(struct pattern_run *r, const char *s, const char *p, const char *end)
{
    for (;;) {
        const char *found = match(r, s, end + 1);
        if (found)
            return found;
        if (!match_one(r, s, p, end))
            return NULL;
        s++;
    }
}

enum item { ITEM_OTHER, ITEM_FAILS, ITEM_FITS };

/* What only an escape can say: %b, %f, %1. If it fits, text and pattern go on behind it. */
static enum item match_escape(struct pattern_run *r, const char **s, const char **p)
{
    const char *at = *p + 1, *end;
    if (*at == 'b') {
        *s = match_balance(r, *s, at + 1);
        *p = at + 3;
        return *s ? ITEM_FITS : ITEM_FAILS;
    }
    if (*at == 'f') {
        if (*++at != '[')
            luaL_error(r->L, "missing '[' after '%%f' in pattern");
        *p = end = class_end(r, at);
        return is_frontier(r, *s, at, end) ? ITEM_FITS : ITEM_FAILS;
    }
    if (*at < '0' || *at > '9')
        return ITEM_OTHER;
    *s = match_capture(r, *s, *at);
    *p = at + 1;
    return *s ? ITEM_FITS : ITEM_FAILS;
}

/* ---- the pattern from `p` on, at `s`: the end of the match, or NULL */

static const char *match(struct pattern_run *r, const char *s, const char *p)
{
    if (r->depth-- == 0)
        luaL_error(r->L, "pattern too complex");
again: /* what would be a recursion in the last place */
    if (--r->steps <= 0)
        pattern_settle(r);
    if (p == r->pattern_end)
        goto end;
    switch (*p) {
    case '(':
        s = p[1] == ')' ? start_capture(r, s, p + 2, CAPTURE_POSITION) : start_capture(r, s, p + 1, CAPTURE_UNFINISHED);
        goto end;
    case ')':
        s = end_capture(r, s, p + 1);
        goto end;
    case '$': /* at the end it means the end, elsewhere itself */
        if (p + 1 != r->pattern_end)
            break;
        s = s == r->text_end ? s : NULL;
        goto end;
    case ESCAPE:
        switch (match_escape(r, &s, &p)) {
        case ITEM_FITS:
            goto again;
        case ITEM_FAILS:
            s = NULL;
            goto end;
        default:
            break;
        }
        break;
    default:
        break;
    }
    const char *suffix = class_end(r, p), *found;
    if (suffix - p > 16)
        pay(r, (suffix - p) / 4);
    if (!match_one(r, s, p, suffix)) {
        if (*suffix == '*' || *suffix == '?' || *suffix == '-') { /* none will do */
            p = suffix + 1;
            goto again;
        }
        s = NULL;
        goto end;
    }
    switch (*suffix) {
    case '?':
        found = match(r, s + 1, suffix + 1);
        if (!found) {
            p = suffix + 1;
            goto again;
        }
        s = found;
        break;
    case '+':
        s = max_expand(r, s + 1, p, suffix); /* one is there already */
        break;
    case '*':
        s = max_expand(r, s, p, suffix);
        break;
    case '-':
        s = min_expand(r, s, p, suffix);
        break;
    default:
        s++;
        p = suffix;
        goto again;
    }
end:
    r->depth++;
    return s;
}

const char *pattern_try(struct pattern_run *r, const char *at, const char *pattern)
{
    r->level = 0;
    return match(r, at, pattern);
}

/* ---- without a pattern */

const char *pattern_find_plain(lua_State *L, const char *text, size_t length, const char *what, size_t what_length)
{
    const char *from = text, *end = text + length;
    uint64_t compared = 0;
    if (what_length == 0)
        return text;
    while ((size_t)(end - text) >= what_length) {
        text = memchr(text, *what, (size_t)(end - text) - what_length + 1);
        if (!text || memcmp(text, what, what_length) == 0)
            break;
        text++;
        compared += what_length;
        if (compared >= 16 * (uint64_t)PATTERN_PART) {
            steps_spend(L, compared / 16);
            compared = 0;
        }
    }
    bool found = text && (size_t)(end - text) >= what_length;
    steps_spend(L, (compared + (uint64_t)((found ? text : end) - from)) / 16);
    return found ? text : NULL;
}
