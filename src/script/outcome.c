/* outcome.c owns the way from what an action returns to text and values (specs/script-host.md, section 4). */
#include "script/inside.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

/* How much of a result is kept: it may be endless. */
struct gauge {
    struct arena *arena;
    unsigned values;
    size_t text; /* bytes */
};

/* ---- text that is fit for reports: anything but tab, line ends and printable ASCII becomes \xHH */

static bool is_plain(unsigned char c, bool utf8)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f) || (utf8 && c >= 0x80);
}

static const char *clean(struct arena *a, const char *text, size_t *length, bool utf8)
{
    struct buf out;
    buf_init(&out, 4 * (size_t)LIMIT_SCRIPT_OUTPUT + 8);
    size_t n = *length < LIMIT_SCRIPT_OUTPUT ? *length : LIMIT_SCRIPT_OUTPUT;
    for (size_t i = 0; i < n;) {
        size_t step = utf8 && (unsigned char)text[i] >= 0x80 ? text_utf8_length(bytes_of(text + i, n - i)) : 1;
        if (step > 1 || is_plain((unsigned char)text[i], false)) {
            buf_append(&out, text + i, step);
        } else {
            buf_printf(&out, "\\x%02X", (unsigned char)text[i]);
            step = 1;
        }
        i += step;
    }
    const char *kept = arena_strndup(a, out.at, out.len);
    *length = out.len;
    buf_free(&out);
    return kept;
}

/* ---- the text that stands for a structure */

static void add_text(lua_State *L, luaL_Buffer *b, int index, int depth);

static void add_indent(luaL_Buffer *b, int depth)
{
    luaL_addchar(b, '\n');
    for (int i = 0; i < depth; i++)
        luaL_addlstring(b, "  ", 2);
}

static bool has_tostring(lua_State *L, int index)
{
    if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL)
        return false;
    lua_pop(L, 1);
    return true;
}

/* A buffer may keep a slot on the stack: each child is made a text of its own, above it. */
static void push_text(lua_State *L, int index, int depth)
{
    luaL_Buffer b;
    luaL_checkstack(L, 20, "result too deep");
    luaL_buffinit(L, &b);
    add_text(L, &b, index, depth);
    luaL_pushresult(&b);
}

static void add_child(lua_State *L, luaL_Buffer *b, const char *key, size_t key_length, int child, int depth)
{
    add_indent(b, depth);
    if (key) {
        luaL_addlstring(b, key, key_length);
        luaL_addlstring(b, ": ", 2);
    }
    push_text(L, child, depth + 1);
    luaL_addvalue(b);
}

/* pairs() with the metamethod: pushes iterator, state, first key. */
static void begin_pairs(lua_State *L, int index)
{
    stock_push(L, "pairs");
    lua_pushvalue(L, index);
    lua_call(L, 1, 3);
}

/* One step of a walk costs as much as some instructions: few tables that stand in each other many times make a long way. */
enum { COST_OF_STEP = 100 };

static bool next_pair(lua_State *L, int at)
{
    steps_spend(L, COST_OF_STEP);
    lua_pushvalue(L, at);
    lua_pushvalue(L, at + 1);
    lua_pushvalue(L, at + 2);
    lua_call(L, 2, 2);
    lua_pushvalue(L, -2);
    lua_replace(L, at + 2);
    return !lua_isnil(L, -2);
}

static bool get_item(lua_State *L, int index, lua_Integer i)
{
    steps_spend(L, COST_OF_STEP);
    return lua_geti(L, index, i) != LUA_TNIL;
}

/* A buffer may keep a box on the stack: what is walked over stands below it, in a list of texts that is joined in the end. */
static void add_parts(lua_State *L, int index, int depth, int list)
{
    lua_Integer n = 0;
    for (lua_Integer i = 1; i < LIMIT_SCRIPT_VALUES; i++) {
        if (!get_item(L, index, i)) {
            lua_pop(L, 1);
            break;
        }
        luaL_Buffer b;
        int child = lua_gettop(L);
        luaL_buffinit(L, &b);
        add_child(L, &b, NULL, 0, child, depth);
        luaL_pushresult(&b);
        lua_rawseti(L, list, ++n);
        lua_settop(L, child - 1);
    }
    begin_pairs(L, index);
    int at = lua_gettop(L) - 2;
    for (int i = 0; i < LIMIT_SCRIPT_VALUES && next_pair(L, at); i++) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            size_t length;
            int child = lua_gettop(L);
            const char *key = lua_tolstring(L, -2, &length);
            luaL_Buffer b;
            luaL_buffinit(L, &b);
            add_child(L, &b, key, length, child, depth);
            luaL_pushresult(&b);
            lua_rawseti(L, list, ++n);
        }
        lua_settop(L, at + 2);
    }
    lua_settop(L, at - 1);
}

static void add_text(lua_State *L, luaL_Buffer *b, int index, int depth)
{
    if (depth > LIMIT_SCRIPT_VALUE_DEPTH) {
        luaL_addstring(b, "...");
        return;
    }
    if (!lua_istable(L, index) || has_tostring(L, index)) {
        luaL_tolstring(L, index, NULL);
        luaL_addvalue(b);
        return;
    }
    lua_newtable(L);
    int list = lua_gettop(L);
    add_parts(L, index, depth, list);
    luaL_Buffer all;
    luaL_buffinit(L, &all);
    lua_Integer count = (lua_Integer)lua_rawlen(L, list);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, list, i);
        luaL_addvalue(&all);
    }
    luaL_pushresult(&all);
    lua_remove(L, list);
    luaL_addvalue(b);
}

/* ---- values */

static void add_value(lua_State *L, struct gauge *g, struct value *in, const char *key, int index, int depth);

static const char *kept_text(lua_State *L, struct gauge *g, int index)
{
    size_t length;
    const char *text = luaL_tolstring(L, index, &length);
    if (length > LIMIT_SCRIPT_OUTPUT - g->text)
        length = LIMIT_SCRIPT_OUTPUT - g->text;
    const char *kept = clean(g->arena, text, &length, true);
    g->text += length < LIMIT_SCRIPT_OUTPUT - g->text ? length : LIMIT_SCRIPT_OUTPUT - g->text;
    lua_pop(L, 1);
    return kept;
}

static bool is_list(lua_State *L, int index)
{
    bool list = true;
    begin_pairs(L, index);
    int at = lua_gettop(L) - 2;
    for (int i = 0; list && i < LIMIT_SCRIPT_VALUES && next_pair(L, at); i++) {
        list = lua_type(L, -2) != LUA_TSTRING;
        lua_settop(L, at + 2);
    }
    lua_settop(L, at - 1);
    if (list && lua_geti(L, index, 1) == LUA_TNIL)
        list = false;
    lua_settop(L, at - 1);
    return list;
}

static void add_members(lua_State *L, struct gauge *g, struct value *to, int index, int depth)
{
    for (lua_Integer i = 1; g->values < LIMIT_SCRIPT_VALUES; i++) {
        if (!get_item(L, index, i))
            break;
        add_value(L, g, to, NULL, lua_gettop(L), depth);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    begin_pairs(L, index);
    int at = lua_gettop(L) - 2;
    while (g->values < LIMIT_SCRIPT_VALUES && next_pair(L, at)) {
        if (lua_type(L, -2) == LUA_TSTRING)
            add_value(L, g, to, kept_text(L, g, lua_gettop(L) - 1), lua_gettop(L), depth);
        lua_settop(L, at + 2);
    }
    lua_settop(L, at - 1);
}

static void add_table(lua_State *L, struct gauge *g, struct value *in, const char *key, int index, int depth)
{
    bool list = is_list(L, index);
    struct value *to = list ? value_list(g->arena, in, key) : value_table(g->arena, in, key);
    add_members(L, g, to, index, depth + 1);
}

static void add_value(lua_State *L, struct gauge *g, struct value *in, const char *key, int index, int depth)
{
    g->values++;
    luaL_checkstack(L, 20, "result too deep");
    if (depth > LIMIT_SCRIPT_VALUE_DEPTH)
        value_text(g->arena, in, key, "...");
    else if (lua_istable(L, index))
        add_table(L, g, in, key, index, depth);
    else if (lua_isboolean(L, index))
        value_flag(g->arena, in, key, lua_toboolean(L, index));
    else if (lua_isinteger(L, index))
        value_number(g->arena, in, key, lua_tointeger(L, index));
    else
        value_text(g->arena, in, key, kept_text(L, g, index));
}

static struct value *values_of(lua_State *L, struct arena *a, int index)
{
    struct gauge g = {.arena = a};
    struct value *top = value_list(a, NULL, NULL);
    add_value(L, &g, top, NULL, index, 0);
    return top->first;
}

/* ---- the two results */

void outcome_take(lua_State *L, struct thread *t, int first)
{
    int second = first + 1;
    bool structured = true;
    luaL_checkstack(L, 20, NULL);
    if (lua_toboolean(L, second)) {
        luaL_tolstring(L, second, NULL);
        structured = !lua_isnil(L, first);
    } else if (lua_type(L, first) == LUA_TSTRING) {
        lua_pushvalue(L, first);
        structured = false;
    } else if (lua_isnil(L, first)) {
        return;
    } else {
        push_text(L, first, 1);
    }
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    const char *kept = clean(&t->arena, text, &length, false);
    t->values = structured ? values_of(L, &t->arena, first) : NULL;
    t->text = kept;
    t->text_length = length;
}
