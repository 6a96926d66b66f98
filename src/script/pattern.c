/*
 * pattern.c owns string.find, match, gmatch and gsub.
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

static const char specials[] = "^$*+?.([%-";

/* ---- arguments */

/* From 1; negative ones count from the end. */
static size_t position(lua_Integer at, size_t length)
{
    if (at > 0)
        return (size_t)at;
    if (at == 0 || at < -(lua_Integer)length)
        return 1;
    return length + (size_t)at + 1;
}

/* There may be more behind a NUL. */
static bool is_plain(const char *pattern, size_t length)
{
    size_t at = 0;
    do {
        if (strpbrk(pattern + at, specials))
            return false;
        at += strlen(pattern + at) + 1;
    } while (at <= length);
    return true;
}

/* ---- what was captured */

/* The i-th capture; without any, the first is the whole match. A position is pushed, and CAPTURE_POSITION given. */
static ptrdiff_t capture(struct pattern_run *r, int i, const char *from, const char *to, const char **at)
{
    if (i >= r->level) {
        if (i != 0)
            luaL_error(r->L, "invalid capture index %%%d", i + 1);
        *at = from;
        return to - from;
    }
    ptrdiff_t length = r->capture[i].length;
    *at = r->capture[i].at;
    if (length == CAPTURE_UNFINISHED)
        luaL_error(r->L, "unfinished capture");
    if (length == CAPTURE_POSITION)
        lua_pushinteger(r->L, r->capture[i].at - r->text + 1);
    return length;
}

static void push_capture(struct pattern_run *r, int i, const char *from, const char *to)
{
    const char *at;
    ptrdiff_t length = capture(r, i, from, to, &at);
    if (length != CAPTURE_POSITION)
        lua_pushlstring(r->L, at, (size_t)length);
}

/* `from` NULL: only captures, not the whole match. */
static int push_captures(struct pattern_run *r, const char *from, const char *to)
{
    int n = r->level == 0 && from ? 1 : r->level;
    luaL_checkstack(r->L, n, "too many captures");
    for (int i = 0; i < n; i++)
        push_capture(r, i, from, to);
    return n;
}

/* ---- find, match */

static int find_plain(lua_State *L, const char *text, size_t length, size_t start, const char *what, size_t what_length)
{
    const char *at = pattern_find_plain(L, text + start, length - start, what, what_length);
    if (!at) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, at - text + 1);
    lua_pushinteger(L, at - text + (lua_Integer)what_length);
    return 2;
}

static int search(lua_State *L, bool find)
{
    size_t length, pattern_length;
    const char *text = luaL_checklstring(L, 1, &length), *pattern = luaL_checklstring(L, 2, &pattern_length);
    size_t start = position(luaL_optinteger(L, 3, 1), length) - 1;
    if (start > length) {
        luaL_pushfail(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_length)))
        return find_plain(L, text, length, start, pattern, pattern_length);
    bool anchored = *pattern == '^';
    struct pattern_run r;
    pattern += anchored;
    pattern_begin(&r, L, text, length, pattern, pattern_length - anchored);
    const char *at = text + start;
    do {
        const char *end = pattern_try(&r, at, pattern);
        if (!end)
            continue;
        pattern_settle(&r);
        if (!find)
            return push_captures(&r, at, end);
        lua_pushinteger(L, at - text + 1);
        lua_pushinteger(L, end - text);
        return push_captures(&r, NULL, NULL) + 2;
    } while (at++ < r.text_end && !anchored);
    pattern_settle(&r);
    luaL_pushfail(L);
    return 1;
}

int pattern_find(lua_State *L)
{
    return search(L, true);
}

static int string_match(lua_State *L)
{
    return search(L, false);
}

/* ---- gmatch: upvalues are the two texts, which stay as long as it, and where it is */

struct walk {
    const char *at, *pattern, *last_end;
    struct pattern_run run;
};

static int gmatch_next(lua_State *L)
{
    struct walk *w = lua_touserdata(L, lua_upvalueindex(3));
    w->run.L = L;
    w->run.depth = PATTERN_DEPTH;
    w->run.steps = PATTERN_PART;
    for (const char *at = w->at; at <= w->run.text_end; at++) {
        const char *end = pattern_try(&w->run, at, w->pattern);
        if (end && end != w->last_end) {
            w->at = w->last_end = end;
            pattern_settle(&w->run);
            return push_captures(&w->run, at, end);
        }
    }
    pattern_settle(&w->run);
    return 0;
}

static int string_gmatch(lua_State *L)
{
    size_t length, pattern_length;
    const char *text = luaL_checklstring(L, 1, &length), *pattern = luaL_checklstring(L, 2, &pattern_length);
    size_t start = position(luaL_optinteger(L, 3, 1), length) - 1;
    lua_settop(L, 2);
    struct walk *w = lua_newuserdatauv(L, sizeof *w, 0);
    pattern_begin(&w->run, L, text, length, pattern, pattern_length);
    w->at = text + (start > length ? length + 1 : start);
    w->pattern = pattern;
    w->last_end = NULL;
    lua_pushcclosure(L, gmatch_next, 3);
    return 1;
}

/* ---- gsub */

/* A replacement text with its `%1`, at index 3. */
static void add_text(struct pattern_run *r, luaL_Buffer *b, const char *from, const char *to)
{
    size_t length;
    const char *text = lua_tolstring(r->L, 3, &length), *escape;
    while ((escape = memchr(text, '%', length))) {
        luaL_addlstring(b, text, (size_t)(escape - text));
        escape++;
        if (*escape == '%') {
            luaL_addchar(b, *escape);
        } else if (*escape == '0') {
            luaL_addlstring(b, from, (size_t)(to - from));
        } else if (isdigit((unsigned char)*escape)) {
            const char *at;
            ptrdiff_t n = capture(r, *escape - '1', from, to, &at);
            if (n == CAPTURE_POSITION)
                luaL_addvalue(b);
            else
                luaL_addlstring(b, at, (size_t)n);
        } else {
            luaL_error(r->L, "invalid use of '%c' in replacement string", '%');
        }
        length -= (size_t)(escape + 1 - text);
        text = escape + 1;
    }
    luaL_addlstring(b, text, length);
}

/* True: something else stands there now. A function or table that has nothing for it leaves it as it was. */
static bool add_value(struct pattern_run *r, luaL_Buffer *b, const char *from, const char *to, int type)
{
    lua_State *L = r->L;
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(r, from, to), 1);
    } else if (type == LUA_TTABLE) {
        push_capture(r, 0, from, to);
        lua_gettable(L, 3);
    } else {
        add_text(r, b, from, to);
        return true;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, from, (size_t)(to - from));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(b);
    return true;
}

static int string_gsub(lua_State *L)
{
    size_t length, pattern_length;
    const char *text = luaL_checklstring(L, 1, &length), *pattern = luaL_checklstring(L, 2, &pattern_length), *last_end = NULL;
    int type = lua_type(L, 3);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)length + 1), n = 0;
    bool anchored = *pattern == '^', changed = false;
    struct pattern_run r;
    luaL_Buffer b;
    luaL_argexpected(
        L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3, "string/function/table");
    luaL_buffinit(L, &b);
    pattern += anchored;
    pattern_begin(&r, L, text, length, pattern, pattern_length - anchored);
    while (n < most) {
        const char *end = pattern_try(&r, text, pattern);
        if (end && end != last_end) {
            n++;
            changed = add_value(&r, &b, text, end, type) || changed;
            text = last_end = end;
        } else if (text < r.text_end) {
            luaL_addchar(&b, *text++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    pattern_settle(&r);
    if (!changed) {
        lua_pushvalue(L, 1);
    } else {
        luaL_addlstring(&b, text, (size_t)(r.text_end - text));
        luaL_pushresult(&b);
    }
    lua_pushinteger(L, n);
    return 2;
}

void pattern_apply(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"find", pattern_find}, {"match", string_match}, {"gmatch", string_gmatch}, {"gsub", string_gsub}, {NULL, NULL}};
    lua_getglobal(L, "string");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
