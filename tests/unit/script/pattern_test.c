/* pattern_test.c owns that our matcher does what Lua's does: both side by side over many patterns, texts, replacements; errors too. */
#include "script/pattern.h"

#include "script/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* `stock` and `ours` are the two tables; what differs is an error with the call in it. */
static const char *const compare =
    "local function show(...)\n"
    "  local out = {}\n"
    "  for i = 1, select('#', ...) do local v = select(i, ...) out[i] = math.type(v) and v .. ' number' or tostring(v) end\n"
    "  return table.concat(out, '\\0')\n"
    "end\n"
    "local function all(f, text, pattern, ...)\n"
    "  local out = {}\n"
    "  for a, b, c in f(text, pattern, ...) do out[#out + 1] = show(a, b, c) if #out > 50 then break end end\n"
    "  return table.concat(out, '\\1')\n"
    "end\n"
    "local count = 0\n"
    "local function same(name, ...)\n"
    "  local a, b\n"
    "  if name == 'gmatch' then a, b = show(pcall(all, stock.gmatch, ...)), show(pcall(all, ours.gmatch, ...))\n"
    "  else a, b = show(pcall(stock[name], ...)), show(pcall(ours[name], ...)) end\n"
    "  count = count + 1\n"
    "  local name_of = \"to '[^']*'\" -- by which Lua finds a function depends on where it stands\n"
    "  if stock.gsub(a, name_of, '') ~= stock.gsub(b, name_of, '') then error(string.format('%s(%s)\\nstock: %q\\nours:  %q', name, "
    "show(...), a, b), 0) end\n"
    "end\n";

static const char *const listed =
    "local texts = { '', 'a', 'abc', 'hello world', 'THE (quick) fox', 'key = value; k2=v2', '((a)(b))', '\\0\\1\\0', 'a\\0b\\0c', '  trim "
    " ',\n"
    "  '192.0.2.1:8080', 'aaaaaaaaab', '[[x]]', '%d%%', '\\xff\\xfe\\x80', 'line1\\r\\nline2\\n', ('x'):rep(40), ('ab'):rep(150), '%1%0' "
    "}\n"
    "local patterns = { '', '.', '.*', '.-', 'a*', 'a-b', '^a', '^', '$', 'a$', '^$', '%a+', '%w*', '(%w+)%s*=%s*(%w+)', '()', '(.)()', "
    "'(a*(.)%w(%s*))',\n"
    "  '%b()', '%b', '%bx', '%b[]', '%f[%w]%w+', '%f[%W]', '%f', '%f%a', '[', '[]', '[]]', '[^]', '[^]]', '[a-]', '[-a]', '[a-z]+', "
    "'[%a-z]', '[z-a]', '%',\n"
    "  '(', ')', '(()', '(a', 'a)', '%1', '(.)%1', '(%1)', '()%1', '%9', '%0', '[%', '[%]', '[%]]', '[a-%]', '%z', '%Z+', '[%z]', '[\\0]', "
    "'\\0', '.\\0.', 'a?b?c?',\n"
    "  '[^%s]+', '%S+$', '^%s*(.-)%s*$', '(%d+)%.(%d+)%.(%d+)%.(%d+)', '%x%x', '%p', '%c', '%g+', '%l%u', '%U%L', '%D', '%-', '%%', '$$', "
    "'^^', 'a^', '$a', '-', '*', '+', '?',\n"
    "  'a**', 'a+-', '[[-]]', '(((((((((((.)))))))))))', ('()'):rep(32), ('()'):rep(33), ('(.)'):rep(32), ('(a'):rep(33), ('a?'):rep(250), "
    "('x-'):rep(2) .. 'y',\n"
    "  '%f[\\0]', '\\xff', '[\\x80-\\xff]+', '(.-)\\r?\\n', '[^\\r\\n]*', '.-%f[%z]' }\n"
    "local positions = { nil, 1, 2, 0, -1, -3, -100, 301, math.maxinteger, math.mininteger }\n"
    "local replacements = { '', 'x', '%0', '%1', '<%0>%%', '%2', '%', '%x', '%9', 'a%1b%1', 5, 2.5, {}, { a = 'A', b = false, hello = 1, "
    "[1] = 'one', x = {} },\n"
    "  function(...) return end, function(a) return a end, function(a, b) return b end, function() return {} end, function(a) return false "
    "end,\n"
    "  function() error('within') end, function(a) return 7 end, setmetatable({}, { __index = function(_, k) return '<' .. tostring(k) .. "
    "'>' end }) }\n"
    "for _, t in ipairs(texts) do for _, p in ipairs(patterns) do\n"
    "  for i = 1, 10 do same('find', t, p, positions[i]) same('match', t, p, positions[i]) same('gmatch', t, p, positions[i])\n"
    "    same('find', t, p, positions[i], true) end\n"
    "  for i = 1, #replacements do same('gsub', t, p, replacements[i]) same('gsub', t, p, replacements[i], 1) end\n"
    "  same('gsub', t, p, 'x', -1) same('gsub', t, p, 'x', 0) same('gsub', t, p, 'x', 3)\n"
    "end end\n"
    "for _, name in ipairs { 'find', 'match', 'gmatch' } do same(name) same(name, 'a') same(name, {}, 'a') same(name, 'a', {}) same(name, "
    "12, 1) same(name, 'a', 'a', 'x')\n"
    "  same(name, 'a', 'a', 1.5) end\n"
    "same('gsub') same('gsub', 'a', 'a') same('gsub', 'a', 'a', nil) same('gsub', 'a', 'a', true) same('gsub', 'a', 'a', 'b', 'x') "
    "same('gsub', 12, 1, 3)\n"
    "return count";

/* Pieces of patterns put together by chance, over texts of a few characters. */
static const char *const random_ones =
    "math.randomseed(7)\n"
    "local pieces = { 'a', 'b', '.', '%a', '%d', '[ab]', '[^a]', '(', ')', '()', '*', '+', '-', '?', '^', '$', '%1', '%2', '%b()', '%bab', "
    "'%f[a]', '%f[^b]', '%s', '1',\n"
    "  '[', ']', '%', '[%w_]', '(a*)', '(.-)', '\\0' }\n"
    "local letters = { 'a', 'b', '1', ' ', '(', ')', 'ab', '\\0', '_' }\n"
    "local function some(list, most) local out = {} for i = 1, math.random(0, most) do out[i] = list[math.random(#list)] end return "
    "table.concat(out) end\n"
    "for i = 1, 5000 do\n"
    "  local t, p, r = some(letters, 12), some(pieces, 7), some({ 'x', '%1', '%0', '%%', '%2' }, 3)\n"
    "  same('find', t, p, math.random(-3, 5)) same('match', t, p) same('gmatch', t, p) same('gsub', t, p, r) same('gsub', t, p, r, 2)\n"
    "end\n"
    "return count";

static struct scripts run;

static lua_State *open_both(void)
{
    lua_State *L = luaL_newstate();
    struct scripts *s = &run;
    memset(s, 0, sizeof *s);
    memcpy(lua_getextraspace(L), &s, sizeof s);
    run.settings.megasteps = 4000;
    luaL_openlibs(L);
    assert_int_equal(luaL_dostring(L, "stock = {} for k, v in pairs(string) do stock[k] = v end"), LUA_OK);
    pattern_apply(L);
    assert_int_equal(
        luaL_dostring(L, "ours = {} for k, v in pairs(string) do ours[k] = v end for k, v in pairs(stock) do string[k] = v end"), LUA_OK);
    return L;
}

static lua_Integer run_text(lua_State *L, const char *text)
{
    lua_pushfstring(L, "%s%s", compare, text);
    if (luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    return lua_tointeger(L, -1);
}

static void test_listed(void **state)
{
    lua_State *L = open_both();
    assert_true(run_text(L, listed) > 100000);
    lua_close(L);
}

static void test_random(void **state)
{
    lua_State *L = open_both();
    assert_int_equal(run_text(L, random_ones), 25000);
    lua_close(L);
}

/* Steps are paid for, about as many as there are, and no more than there are. */
static void test_account(void **state)
{
    lua_State *L = open_both();
    static const struct {
        const char *call;
        uint64_t least, most;
    } calls[] = {
        {"ours.find('abc', 'b')", 0, 100},
        {"ours.find(('a'):rep(100000), 'b')", 1000, 200000},
        {"ours.find(('a'):rep(100000), '.-b', 99000)", 400000, 2000000},
        {"ours.gsub(('ab'):rep(50000), 'a', 'x')", 90000, 400000},
        {"ours.find(('a'):rep(1000), '.-.-b')", 100000000, 400000000},
        {"ours.find(('('):rep(1000), '%b()')", 400000, 2000000},
        {"ours.find(('ab'):rep(5000), ('ab'):rep(2500) .. 'c', 1, true)", 500000, 2000000},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        uint64_t before = run.load_steps;
        if (luaL_dostring(L, calls[i].call) != LUA_OK)
            fail_msg("%s", lua_tostring(L, -1));
        uint64_t taken = run.load_steps - before;
        if (taken < calls[i].least || taken > calls[i].most)
            fail_msg("%s took %llu steps", calls[i].call, (unsigned long long)taken);
    }
    lua_close(L);
}

static void test_end_of_the_account(void **state)
{
    static const char *const calls[] = {"ours.find(x, '.-.-.-.-b')", "ours.match(x, 'a*a*a*a*b')", "ours.gsub(x, '.-.-.-.-b', '')",
        "for w in ours.gmatch(x, '.-.-.-.-b') do end", "ours.find(x, '(a*)%1%1b')"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char text[256];
        lua_State *L = open_both();
        run.settings.megasteps = 1;
        snprintf(text, sizeof text, "local x = ('a'):rep(30000) %s", calls[i]);
        assert_int_not_equal(luaL_dostring(L, text), LUA_OK);
        assert_non_null(strstr(lua_tostring(L, -1), "too much processor time"));
        assert_true(run.load_steps < 1100000);
        lua_close(L);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listed),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_end_of_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
