/*
 * pattern.h owns Lua's patterns with a count of steps. The stock functions string.find, match, gmatch and gsub run in C, where no hook is
 * called: four `.-` over a long text of a peer's would hold up the whole scan. These do the same and pay for every step they take, to the
 * account on which instructions are counted (steps_spend).
 */
#ifndef DESCRY_SCRIPT_PATTERN_H
#define DESCRY_SCRIPT_PATTERN_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    PATTERN_CAPTURES = 32,              /* as LUA_MAXCAPTURES */
    PATTERN_DEPTH = 200,                /* as MAXCCALLS */
    PATTERN_PART = 4096                 /* steps that are paid at a time */
};

/* One search: the text, the pattern's end, and what has been captured. */
struct pattern_run {
    const char *text, *text_end, *pattern_end;
    lua_State *L;
    int depth;                          /* recursion that is left */
    int steps;                          /* left of the part */
    unsigned char level;                /* captures, finished or not */
    struct {
        const char *at;
        ptrdiff_t length;               /* or one of the two below */
    } capture[PATTERN_CAPTURES];
};
enum { CAPTURE_UNFINISHED = -1, CAPTURE_POSITION = -2 };

int pattern_find(lua_State *L);         /* string.find */
/* Replaces the four functions in the table string. */
void pattern_apply(lua_State *L);

/* pattern_match.c: the matching itself. Errors of the pattern and the end of the account are raised. */
void pattern_begin(struct pattern_run *r, lua_State *L, const char *text, size_t length, const char *pattern, size_t pattern_length);
const char *pattern_try(struct pattern_run *r, const char *at, const char *pattern); /* at one place: the end of the match, or NULL */
void pattern_settle(struct pattern_run *r); /* pays the rest: before the call returns */
/* As lmemfind: the first place of `what`, or NULL. */
const char *pattern_find_plain(lua_State *L, const char *text, size_t length, const char *what, size_t what_length);

#endif
