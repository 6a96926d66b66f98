/* fuzz_script_pattern.c owns fuzzing the matcher of patterns: a line with the pattern, then the text. It does what Lua's own does. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "script/inside.h"
#include "script/pattern.h"

static struct scripts run;

/* One table, `stock`, has the functions as they were; the table string has ours. */
static lua_State *open_both(void)
{
    lua_State *L = luaL_newstate();
    struct scripts *s = &run;
    if (!L)
        abort();
    memcpy(lua_getextraspace(L), &s, sizeof s);
    run.settings.megasteps = 1;
    luaL_openlibs(L);
    if (luaL_dostring(L, "stock = {} for k, v in pairs(string) do stock[k] = v end"))
        abort();
    pattern_apply(L);
    if (luaL_dostring(L, "local function show(...) local out = {} for i = 1, select('#', ...) do out[i] = tostring(select(i, ...)) end\n"
                         "  return table.concat(out, '\\0') end\n"
                         "local function each(t, s, p) local out = {} for a, b in t.gmatch(s, p) do out[#out + 1] = show(a, b) end\n"
                         "  return table.concat(out, '\\1') end\n"
                         "local calls = { function(t, s, p) return t.find(s, p, 2) end, function(t, s, p) return t.match(s, p) end, each,\n"
                         "  function(t, s, p) return t.gsub(s, p, '<%0%1>') end, function(t, s, p) return t.find(s, p, 1, true) end }\n"
                         "return function(s, p) for _, call in ipairs(calls) do\n"
                         "  local ours = show(pcall(call, string, s, p))\n"
                         "  if stock.find(ours, 'processor time', 1, true) then return end\n"
                         "  assert(ours == show(pcall(call, stock, s, p)), ours) end end"))
        abort();
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static lua_State *L;
    const uint8_t *end = len ? memchr(at, '\n', len) : NULL;
    size_t pattern_length = end ? (size_t)(end - at) : len;
    if (!L)
        L = open_both();
    run.load_steps = 0;
    run.stopping = false;
    lua_sethook(L, NULL, 0, 0);
    lua_pushvalue(L, 1);
    lua_pushlstring(L, end ? (const char *)end + 1 : "", end ? len - pattern_length - 1 : 0);
    lua_pushlstring(L, (const char *)at, pattern_length);
    if (lua_pcall(L, 2, 0, 0) && !run.stopping)
        abort();
    lua_settop(L, 1);
    return 0;
}
