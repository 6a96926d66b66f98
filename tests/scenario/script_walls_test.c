/* script_walls_test.c owns what scripts cannot do: each hostile one ends, and a good one beside it is not harmed. */
#include "script_stage.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- hostile scripts: each ends, and a good one beside it is not harmed */

static void test_loops(void **state)
{
    hostile("while true do end");
    hostile("while true do pcall(function() while true do end end) end");
    hostile("local co = coroutine.wrap(function() while true do end end) co()");
    hostile("table.sort({ 3, 2, 1 }, function() while true do end end)");
    hostile("require 'stdnse'.new_thread(function() while true do end end) require 'stdnse'.sleep(1e6)");
}

/* Waiting a moment now and then, in many threads, is no way around. */
static void test_loops_that_wait(void **state)
{
    hostile("local stdnse = require 'stdnse' for i = 1, 20 do stdnse.new_thread(function()\n"
            "  while true do for i = 1, 1000000 do end stdnse.sleep(0) end end) end stdnse.sleep(100)");
}

/* Where the error of the count of steps is met, nothing is counted. */
static void test_loops_in_handlers(void **state)
{
    hostile("xpcall(function() while true do end end, function() while true do end end)");
    hostile("while true do xpcall(function() while true do end end, function(why) return why end) end");
    hostile("local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) "
            "coroutine.yield() end) coroutine.resume(co) coroutine.close(co)");
    hostile(
        "coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) error('x') end)()");
    hostile("local f = io.open(SCRIPT_PATH) getmetatable(f).__gc = function() while true do end end f = nil "
            "for i = 1, 1e6 do local t = {} end");
    hostile(
        "local p = require 'lpeg'.P(1) getmetatable(p).__gc = function() while true do end end p = nil for i = 1, 1e6 do local t = {} end");
}

/* One call that runs in C for long. */
static void test_costly_patterns(void **state)
{
    hostile("local _ = ('a'):rep(30000):find('.-.-.-.-b')");
    hostile("return (('a'):rep(30000):gsub('a*a*a*a*b', ''))");
    hostile("for w in ('a'):rep(30000):gmatch('.-.-.-.-b') do end");
    hostile("return ('x'):rep(100000):match('[' .. ('ab'):rep(100000) .. ']*')");
    hostile("return ('('):rep(1000000):find('%b()')");
    hostile("return (('ab'):rep(500000)):find(('ab'):rep(250000) .. 'c', 1, true)");
    hostile("return ('a'):rep(100000):find('(a*)%1%1b')");
    hostile("return ('.'):rep(1000000):find('%f[a]%f[b]' .. '%f[' .. ('a'):rep(10000) .. ']')");
}

/* Nothing can wait there, so the deadline is looked at on the way. */
static void test_deadline_inside_a_call(void **state)
{
    struct stage_of_test p;
    const struct script_settings s = {.megasteps = 100000, .timeout_us = 20 * MS, .debug = 1};
    play_with(&p, HEAD "action = function() return (('a'):rep(1e6):find('.-.-.-b')) end", NULL, &s);
    told_nothing(&p);
    assert_non_null(strstr(p.messages, "timed out"));
    close_stage(&p);
}

/* Few instructions, and much work in each. */
static void test_costly_calls(void **state)
{
    hostile("local t = {} for i = 1, 1e6 do t[i] = i end while true do table.sort(t) end");
    hostile("local t = {} for i = 1, 1e6 do t[i] = i end while true do table.insert(t, 1, 1) table.remove(t, 1) end");
    hostile("while true do local s = ('x'):rep(1e7) end");
    hostile("local s = ('x'):rep(1e7) while true do local t = s .. s end");
    hostile("local s = ('x'):rep(1e7) while true do local t = s:upper() end");
    hostile("local a, b = ('x'):rep(3e7), ('x'):rep(3e7) while true do local t = a == b end");
    hostile("local t = {} for i = 1, 1e6 do t[i] = i end for i = 1, 1e6 do t[i] = nil end while true do next(t) end");
    hostile("local s = ('x'):rep(1e7) while true do utf8.len(s) end");
    hostile("local t = {} for i = 1, 5e5 do t[i] = {} end while true do pcall(string.rep, 'x', 127 << 20) end");
}

/* Short at first. */
#define LIES "local n = 0 local function lies() n = n + 1 return n == 1 and 3 or 1 << 40 end\n"

static void test_loops_in_the_library(void **state)
{
    hostile("string.rep('', math.maxinteger)");
    hostile("table.move({}, 1, math.maxinteger - 1, 2)");
    hostile("table.insert(setmetatable({}, { __len = function() return math.maxinteger // 2 end }), 1, 1)");
    hostile("table.concat(setmetatable({}, { __index = function() return '' end }), '', 1, math.maxinteger)");
    hostile(LIES "table.insert(setmetatable({}, { __len = lies }), 1, 0)");
    hostile(LIES "table.remove(setmetatable({}, { __len = lies }), 1)");
    hostile(LIES "table.sort(setmetatable({}, { __len = lies }), rawequal)");
}

/* A table that tells its length itself is what it was. */
static void test_lengths_told(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "action = function()\n"
             "local all, asked = { 3, 1, 2 }, 0\n"
             "local t = setmetatable({}, { __len = function() asked = asked + 1 return #all end,\n"
             "  __index = function(_, k) return all[k] end, __newindex = function(_, k, v) all[k] = v end })\n"
             "table.sort(t) table.insert(t, 4) table.insert(t, 1, 0) local gone = table.remove(t, 2)\n"
             "return table.concat(all, ' ') .. ' ' .. gone .. ' ' .. asked .. tostring(rawlen(t)) .. tostring(pcall(table.insert, t, "
             "math.mininteger, 1)) end",
        NULL);
    told(&p, "0 2 3 4 1 40false");
    close_stage(&p);
}

static void test_memory(void **state)
{
    hostile("local t = {} while true do t[#t + 1] = string.rep('x', 1000000) .. #t end");
    hostile("local s = 'x' while true do s = s .. s end");
    hostile("local t = {} while true do t = { t } end");
    hostile("string.rep('x', 1 << 40)");
}

/* Memory that Lua does not know of counts, too, and so does what the host keeps of a script. */
static void test_memory_outside_lua(void **state)
{
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    hostile("local t, z = {}, require 'zlib' while true do t[#t + 1] = z.deflate(print) end");
    hostile("local t, z = {}, require 'zlib' local s = z.compress(('x'):rep(8000000))\n"
            "while true do local x = z.inflate(s) x:read(1) t[#t + 1] = x end");
    hostile("local z = require 'zlib' local t, s = {}, z.compress(('x'):rep(8000000))\n"
            "while true do pcall(function() t[#t + 1] = z.decompress(s) end) end");
    hostile("local t = {} while true do t[#t + 1] = require 'openssl'.bignum_rand(32768) end");
    hostile("local s, t = ('x'):rep(1 << 20), {} for i = 1, 49000 do t[i] = s end return t, 'text'");
    hostile("local t, o = {}, require 'openssl' for i = 1, 2e5 do t[i] = o.bignum_dec2bn('0') t[i]:set_bit(32767) end");
    hostile("local o, t, x = require 'openssl', {}, ('x'):rep(6 << 20)\n"
            "pcall(function() while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end end)\n"
            "for i = 1, 60 do pcall(o.seal, 'AES-128-GCM', ('k'):rep(16), ('n'):rep(12), x) end");
    hostile("for i = 1, 1e9 do pcall(require, 'no-such' .. i) end");
    hostile("for i = 1, 1e9 do port.version.product = ('x'):rep(80) nmap.set_port_version(host, port) end");
    hostile("for i = 1, 1e9 do print(('x'):rep(1000)) end");
    getrusage(RUSAGE_SELF, &after);
#ifndef __SANITIZE_ADDRESS__
    assert_true(after.ru_maxrss - before.ru_maxrss < 300 * 1024);
#endif
}

static void test_descriptors(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "action = function()\n"
             "local t = {} local f, why repeat f, why = io.open(SCRIPT_PATH) t[#t + 1] = f until not f\n"
             "local lines = pcall(io.lines, SCRIPT_PATH)\n"
             "local n = #t t, f = nil, nil\n"
             "for i = 1, 1000 do local again = io.open(SCRIPT_PATH) if not again then n = n + 1e6 end end\n"
             "for i = 1, 1000 do for line in io.lines(SCRIPT_PATH) do break end end\n"
             "for i = 1, 1000 do local g = io.open(SCRIPT_PATH) g:read('a') g:close() end\n"
             "return n .. ' ' .. why:match('too many files open') .. ' ' .. tostring(lines) end",
        NULL);
    told(&p, "64 too many files open false");
    close_stage(&p);
}

/* Takes all memory that a script may have, and gives a little back at a time: `at` is called when there is nearly none. */
#define SCARCE                                                                                                                             \
    "local function scarce(at) local t = {} for i = 1, 2e4 do t[i] = false end local n = 0\n"                                              \
    "  pcall(function() while true do t[n + 1] = ('x'):rep(20000) .. n n = n + 1 end end)\n"                                               \
    "  pcall(function() while true do t[n + 1] = { n } n = n + 1 end end)\n"                                                               \
    "  for i = 1, 60 do t[n] = false n = n - 1 pcall(at) end end\n"

/* Each time that there is no memory costs a look at all of it. */
static const struct script_settings patient = {.megasteps = 5000};

static unsigned descriptors(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

/* An error for want of memory loses nothing that Lua does not know of. */
static void test_scarce_memory(void **state)
{
    struct stage_of_test p;
    char name[256];
    open_stage(&p);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "lib/%080d", i);
        write_file(&p, name, "");
    }
    write_file(&p, "it.nse",
        HEAD "action = function()\n" SCARCE "local here, lfs = SCRIPT_PATH:match '.*/' .. 'lib', require 'lfs'\n"
             "scarce(function() return lfs.dir(here) end) local n = 0 for name in lfs.dir(here) do n = n + #name // 80 end return n end");
    unsigned before = descriptors();
    begin(&p, &patient);
    run_for(&p, 1000);
    told(&p, "20");
    close_stage(&p);
    assert_int_equal(descriptors(), before);
}

/* The first object of a class made then has a whole class: what scripts get of it cannot be changed, and it is collected. */
static void test_classes_are_whole(void **state)
{
    static const char *const makers[] = {"nmap.new_socket()", "nmap.new_dnet()", "nmap.mutex {}", "nmap.condvar {}", "zlib.inflate 'x'",
        "zlib.deflate(print)", "tls and openssl.bignum_dec2bn '1' or lfs.dir(here)", "lfs.dir(here)", "grinder.new {}"};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        struct stage_of_test p;
        char text[2048];
        snprintf(text, sizeof text,
            HEAD "local zlib, lfs, grinder, tls, openssl = require 'zlib', require 'lfs', require 'grinder', pcall(require, 'openssl')\n"
                 "action = function()\n" SCARCE
                 "local here = SCRIPT_PATH:match '.*/' .. 'lib'\nlocal function make() local a, b = %s return b or a end\n"
                 "scarce(make) for i = 1, 2e5 do local t = {} end local mt = getmetatable(make())\n"
                 "return tostring(type(mt) == 'table' and next(mt)) end",
            makers[i]);
        play_with(&p, text, NULL, &patient);
        char out[64];
        const char *said = text_of(&p, "it", out, sizeof out);
        assert_non_null(said);
        if (strcmp(said, "false") != 0 && strcmp(said, "nil") != 0)
            fail_msg("%s: %s", makers[i], said);
        close_stage(&p);
    }
}

/* A worker that could not be told of, and an error that is a table, where there is no memory. */
static void test_errors_without_memory(void **state)
{
    hostile(SCARCE "local stdnse = require 'stdnse' scarce(function() stdnse.new_thread(error, 'x') end) stdnse.sleep(1)");
    hostile(SCARCE "scarce(function() error({}) end) error({})");
    hostile("local function deep(n) if n > 0 then return (deep(n - 1)) end coroutine.yield() end\n"
            "local f, t = coroutine.wrap(function() deep(100000) end), {} f() for i = 1, 9e5 do t[i] = i end f(table.unpack(t))");
    hostile("coroutine.yield()");
}

/* No step is counted in a grammar: it is charged by the length of its text. */
static void test_grammars(void **state)
{
    struct stage_of_test p;
    hostile("local all = require 'lpeg'.P(1)^0 local s = ('x'):rep(1e6) while true do all:match(s) end");
    hostile("local lpeg = require 'lpeg' local all = lpeg.P(1)^0 local s = ('x'):rep(1e6) while true do lpeg.match(all, s) end");
    play(&p,
        HEAD "action = function()\n"
             "local there, lpeg = pcall(require, 'lpeg') if not there then return 'one|two|three1falsenil' end\n"
             "local word = lpeg.C(lpeg.R('az')^1) * (lpeg.S(' ,')^1 + -1)\n"
             "local list = lpeg.Ct(word^0)\n"
             "local mt = getmetatable(lpeg.P(1))\n"
             "return table.concat(list:match('one, two three'), '|') .. #lpeg.match(list, 'x y', 3)\n"
             " .. tostring(pcall(lpeg.match, list, ('x '):rep(9 << 20))) .. tostring(mt.__gc) end",
        NULL);
    told(&p, "one|two|three1falsenil");
    close_stage(&p);
}

/* What would be larger than a script's memory is an error that it gets. */
static void test_huge_results(void **state)
{
    static const char *const calls[] = {"string.rep('x', 100 << 20) .. string.rep('x', 100 << 20)", "string.rep('x', 200 << 20)",
        "string.rep('xy', 1 << 62)", "string.rep('', 10, ('x'):rep(20 << 20))", "table.concat({ x, x, x, x, x, x, x })",
        "string.format('%s%s%s%s%s%s%s', x, x, x, x, x, x, x)", "(('x'):rep(1 << 20):gsub('x', ('y'):rep(1000)))",
        "table.pack(('x'):rep(4 << 20):byte(1, -1))", "string.pack('s', ('x'):rep(200 << 20))", "('x'):rep(1 << 20):gsub('.', { x = x })"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct stage_of_test p;
        char text[1024];
        snprintf(text, sizeof text,
            HEAD "action = function() local x = ('x'):rep(20 << 20)\nreturn tostring(pcall(function() return #(%s) end)) end", calls[i]);
        play_with(&p, text, NULL, &(struct script_settings){.megasteps = 500});
        told(&p, "false");
        close_stage(&p);
    }
}

static void test_recursion(void **state)
{
    hostile("local function f() return 1 + f() end f()");
    hostile("local function f() return (string.gsub('a', 'a', f)) end f()");
    hostile("local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x");
    hostile("local t = {} t.t = t return t");
    hostile("return load(string.rep('(', 100000))");
    hostile("local function f() coroutine.wrap(f)() end f()");
}

static void test_metatables(void **state)
{
    hostile("setmetatable({}, { __gc = function() while true do end end })");
    hostile("return setmetatable({}, { __tostring = function() while true do end end })");
    hostile("return setmetatable({}, { __pairs = function() return function(_, k) return (k or 0) + 1, 1 end end })");
    hostile("getmetatable('').__index = nil");
    hostile("string.find = nil getmetatable('').__metatable = nil");
    hostile("error(setmetatable({}, { __index = function() error('again') end, __tostring = error }))");
    hostile("return setmetatable({}, { __tostring = function() require 'stdnse'.sleep(1) end })");
}

/* A coroutine that the host put to sleep is the host's: nobody else goes on with it, or ends it. */
static void test_coroutines_of_the_host(void **state)
{
    static const struct mem_step steps[] = {MEM_WAIT(50), MEM_SEND("one\n"), MEM_WAIT(50), MEM_SEND("two\n"), MEM_CLOSE, MEM_END};
    struct stage_of_test p;
    play(&p,
        HEAD "local stdnse = require 'stdnse'\n"
             "action = function(host, port)\n"
             "local inner, lines\n"
             "local worker = stdnse.new_thread(function()\n"
             "  inner = coroutine.create(function()\n"
             "    local s = nmap.new_socket() s:connect(host, port) local _, a = s:receive_lines(1) local _, b = s:receive_lines(1)\n"
             "    s:close() return a .. b end)\n"
             "  lines = select(2, coroutine.resume(inner)) end)\n"
             "local out = {}\n"
             "for i = 1, 10 do stdnse.sleep(0.02)\n"
             "  for _, co in ipairs { worker, inner } do\n"
             "    if not lines then out[#out + 1] = tostring(coroutine.resume(co)) .. tostring(pcall(coroutine.close, co)) end end end\n"
             "return lines .. (table.concat(out):gsub('falsefalse', '')) end",
        steps);
    told(&p, "one\ntwo\n");
    close_stage(&p);
}

/* Whoever holds a stock function has none of the walls before it. */
static void test_stock_functions_stay_hidden(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "action = function()\n"
             "local got = {}\n"
             "local function look() for level = 1, 6 do\n"
             "  local info = debug.getinfo(level, 'fS') if info and info.what == 'C' and info.func then got[#got + 1] = level end end end\n"
             "table.sort({ 3, 2, 1 }, function(a, b) look() return a < b end)\n"
             "load(function() look() end)\n"
             "string.gsub('a', 'a', look)\n"
             "local code = 'return ' .. debug.getinfo(1, 'S').short_src:match('it%.nse') .. debug.getinfo(look, 'S').what\n"
             "return code .. #got .. tostring(debug.getinfo(1, 'l').currentline) end",
        NULL);
    told(&p, "return it.nseLua011");
    close_stage(&p);
}

static void test_load_as_it_was(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "action = function()\n"
             "local out, pieces = {}, { 'return ', '40', ' + x' }\n"
             "local f = load(function() return table.remove(pieces, 1) end, '=it', 'bt', { x = 2 })\n"
             "out[#out + 1] = f()\n"
             "out[#out + 1] = select(2, load('return +', '=it'))\n"
             "out[#out + 1] = select(2, load(function() return {} end))\n"
             "out[#out + 1] = select(2, load(function() error('mine', 0) end))\n"
             "out[#out + 1] = select(2, load('\\27Lua', 'x', 'b')):match('attempt to load a binary chunk')\n"
             "out[#out + 1] = select(2, load(('x = 1 '):rep(1 << 20)))\n"
             "out[#out + 1] = select(2, load(function() return ('x = 1 '):rep(1 << 16) end))\n"
             "out[#out + 1] = debug.getinfo(load('return 1', '@it'), 'S').source\n"
             "out[#out + 1] = select(2, xpcall(error, function(m) return 'handled ' .. m end, 'it', 0))\n"
             "out[#out + 1] = select('#', xpcall(function(...) return ... end, print, 1, nil, nil))\n"
             "return table.concat(out, '|') end",
        NULL);
    told(&p, "42|it:1: unexpected symbol near '+'|reader function must return a string|mine|attempt to load a binary chunk|"
             "chunk too large|chunk too large|=it|handled it|4");
    close_stage(&p);
}

static void test_walls(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "action = function()\n"
             "local out = {}\n"
             "local function gone(name, v) out[#out + 1] = v == nil and '' or name end\n"
             "gone('execute', os.execute) gone('exit', os.exit) gone('remove', os.remove) gone('rename', os.rename)\n"
             "gone('popen', io.popen) gone('loadlib', package.loadlib) gone('dump', string.dump) gone('sethook', debug.sethook)\n"
             "gone('getregistry', debug.getregistry) gone('setupvalue', debug.setupvalue)\n"
             "gone('write', io.open('/tmp/descry-must-not-be', 'w')) gone('read', io.open('/etc/passwd')) gone('up', io.open(SCRIPT_PATH "
             ".. '/../../../etc/passwd'))\n"
             "gone('bytecode', load('\\27Lua')) gone('file', loadfile('/etc/passwd'))\n"
             "gone('append', io.open(SCRIPT_PATH, 'a')) gone('update', io.open(SCRIPT_PATH, 'r+'))\n"
             "out[#out + 1] = io.open(SCRIPT_PATH) and 'reads' or ''\n"
             "return table.concat(out) end",
        NULL);
    told(&p, "reads");
    close_stage(&p);
}

/* Nothing leads out of the directories of scripts, and nothing in them keeps a reader waiting. */
static void test_paths(void **state)
{
    struct stage_of_test p;
    char path[128];
    open_stage(&p);
    snprintf(path, sizeof path, "%s/link", p.directory);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof path, "%s/etc", p.directory);
    assert_int_equal(symlink("/etc", path), 0);
    snprintf(path, sizeof path, "%s/pipe", p.directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    write_file(&p, "words", "in reach");
    write_file(&p, "it.nse",
        HEAD
        "action = function()\n"
        "local here, out = SCRIPT_PATH:match '.*/', {}\n"
        "for _, name in ipairs { 'link', 'etc/passwd', 'etc', 'pipe', '../../etc/passwd', 'lib/../../../etc/passwd', '.', 'none' } do\n"
        "  local path = here .. name\n"
        "  if io.open(path) or pcall(io.lines, path) or loadfile(path) or (name ~= '.' and pcall(require 'lfs'.dir, path)) then\n"
        "    out[#out + 1] = name end end\n"
        "for _, name in ipairs { 'link', '/etc/passwd', '../words' } do if nmap.fetchfile(name) and name ~= 'link' then out[#out + 1] = "
        "name end end\n"
        "for _, name in ipairs { '../words', '...words', '/etc/passwd' } do if pcall(require, name) then out[#out + 1] = name end end\n"
        "if require 'lfs'.mkdir(here .. 'new') then out[#out + 1] = 'mkdir' end\n"
        "return table.concat(out, ' ') .. io.open(here .. 'words'):read 'a' .. io.lines(here .. 'words')() end");
    begin(&p, NULL);
    run_for(&p, 1000);
    told(&p, "in reachin reach");
    close_stage(&p);
}

/* What a script prints is a bounded number of lines. */
static void test_lines(void **state)
{
    struct stage_of_test p;
    play(&p, HEAD "action = function() for i = 1, 10000 do io.write(('y'):rep(1000)) end return 'written' end", NULL);
    told(&p, "written");
    assert_in_range(p.said, 260, 270);
    close_stage(&p);
}

/* Sockets, coroutines and locks in any order, from several threads at once, with arguments that fit and such that do not. */
static void test_odd_orders(void **state)
{
    static const struct mem_step steps[] = {
        MEM_SEND("220 hello\r\n"), MEM_WAIT(20), MEM_SEND("more\n"), MEM_EXPECT("x"), MEM_SEND("y\n"), MEM_WAIT(30), MEM_CLOSE, MEM_END};
    static const char action[] =
        "local stdnse = require 'stdnse'\n"
        "local socks, cos, m, c = {}, {}, nmap.mutex 'odd', nmap.condvar 'odd'\n"
        "for i = 1, 4 do socks[i] = nmap.new_socket(i == 4 and 'udp' or 'tcp') end\n"
        "local odd = { nil, 0, -1, 1, 3, 1e9, 2.5, '', 'x', '\\r?\\n', '%', true, false, print, {}, 4711, '192.0.2.1', host, port, 'ssl', "
        "'udp' }\n"
        "local function any() return odd[math.random(21)] end\n"
        "local names = { 'connect', 'send', 'sendto', 'receive', 'receive_bytes', 'receive_lines', 'receive_buf', 'close', 'bind', "
        "'get_info',\n"
        "  'set_timeout', 'reconnect_ssl', 'get_ssl_certificate', 'pcap_receive' }\n"
        "local function fine(s)\n"
        "  local what = math.random(9)\n"
        "  if what < 4 then s:set_timeout(math.random(50)) return s:connect(host, port)\n"
        "  elseif what == 4 then return s:send('x') elseif what == 5 then return s:receive() elseif what == 6 then return "
        "s:receive_lines(1)\n"
        "  elseif what == 7 then return s:receive_buf('\\n', true)\n"
        "  elseif what == 8 then return s:receive_buf(function() return any(), any() end, false) else return s:close() end end\n"
        "local function step()\n"
        "  local s, what = socks[math.random(4)], math.random(14)\n"
        "  if what < 6 then fine(s)\n"
        "  elseif what < 9 then s[names[math.random(#names)]](s, any(), any(), any())\n"
        "  elseif what == 9 then stdnse.sleep(math.random() / 50)\n"
        "  elseif what == 10 then cos[#cos + 1] = coroutine.create(function() fine(s) coroutine.yield(1) fine(s) end) "
        "coroutine.resume(cos[#cos])\n"
        "  elseif what == 11 then local co = cos[math.random(#cos + 1)] if co then coroutine.resume(co) end\n"
        "  elseif what == 12 then local co = cos[math.random(#cos + 1)] if co then coroutine.close(co) end\n"
        "  elseif what == 13 then if m 'trylock' then stdnse.sleep(0.01) m 'done' end c 'broadcast'\n"
        "  else string.gsub('a', 'a', function() fine(s) end) end end\n"
        "for w = 1, 4 do cos[#cos + 1] = stdnse.new_thread(function() for i = 1, 60 do pcall(step) end end) end\n"
        "for i = 1, 60 do pcall(step) end\n"
        "if math.random(2) == 1 then error 'odd' end";
    for (int seed = 1; seed <= 40; seed++) {
        struct stage_of_test p;
        char text[4096];
        open_stage(&p);
        snprintf(text, sizeof text, HEAD "action = function(host, port)\nmath.randomseed(%d)\n%s\nend", seed, action);
        write_file(&p, "bad.nse", text);
        write_file(&p, "it.nse", HEAD "action = function() require 'stdnse'.sleep(0.5) return 'unharmed' end");
        mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
        mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_UDP, .steps = steps});
        begin(&p, NULL);
        run_for(&p, 3600 * 1000);
        told(&p, "unharmed");
        close_stage(&p);
    }
}

/* A grinder whose connections are told of in any order. */
static void test_grinders_in_odd_orders(void **state)
{
    hostile("local g = require 'grinder'.new { window = 64 } g:connected() g:calls() g:connected() g:calls()");
    hostile("local g = require 'grinder'.new { window = 64 }\n"
            "for i = 1, 3000 do local what = math.random(6)\n"
            "  if what == 1 then pcall(g.connected, g) elseif what == 2 then g:lost() elseif what == 3 then g:tick()\n"
            "  elseif what == 4 then g:hear('\\0\\0\\0\\0') else g:calls() end end g:findings()");
}

/* What scripts share is as it was when one that changed it has ended. */
static void test_shared_tables(void **state)
{
    struct stage_of_test p;
    open_stage(&p);
    write_file(&p, "bad.nse",
        HEAD "string.format = nil\n"
             "action = function() string.find = nil _G.pairs = error table.sort = print _G.table = nil nmap.new_socket = nil\n"
             "getmetatable(_ENV).__index = nil end");
    write_file(&p, "it.nse",
        HEAD "dependencies = { 'bad' }\n"
             "action = function() local t = { 3, 1, 2 } table.sort(t) local n = 0 for k in pairs(t) do n = n + k end\n"
             "return string.format('%d %d %d', t[1], n, string.find('abc', 'c')) .. type(nmap.new_socket) end");
    begin(&p, NULL);
    run_for(&p, 1000);
    told(&p, "1 6 3function");
    assert_non_null(strstr(p.messages, "bad changed '"));
    close_stage(&p);
}

/* A bad file is left out with a line, and the others run. */
static void test_files_that_do_not_load(void **state)
{
    struct stage_of_test p;
    open_stage(&p);
    write_file(&p, "a-syntax.nse", "action = = 1");
    write_file(&p, "b-none.nse", "categories = {}");
    write_file(&p, "c-loop.nse", "while true do end");
    write_file(&p, "d-bytecode.nse", "\033Lua");
    write_file(&p, "e-global.nse", "categories = {} portrule = 5 action = function() end");
    write_file(&p, "it.nse", HEAD "action = function() return 'runs' end");
    begin(&p, NULL);
    run_for(&p, 1000);
    told(&p, "runs");
    assert_non_null(strstr(p.messages, "a-syntax is left out: "));
    assert_non_null(strstr(p.messages, "b-none.nse is missing required function: 'rule'"));
    assert_non_null(strstr(p.messages, "c-loop is left out: "));
    assert_non_null(strstr(p.messages, "d-bytecode is left out: "));
    assert_non_null(strstr(p.messages, "portrule must be a function!"));
    close_stage(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_loops_that_wait),
        cmocka_unit_test(test_loops_in_handlers),
        cmocka_unit_test(test_costly_patterns),
        cmocka_unit_test(test_deadline_inside_a_call),
        cmocka_unit_test(test_costly_calls),
        cmocka_unit_test(test_loops_in_the_library),
        cmocka_unit_test(test_lengths_told),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_memory_outside_lua),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_scarce_memory),
        cmocka_unit_test(test_classes_are_whole),
        cmocka_unit_test(test_errors_without_memory),
        cmocka_unit_test(test_grammars),
        cmocka_unit_test(test_huge_results),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_metatables),
        cmocka_unit_test(test_coroutines_of_the_host),
        cmocka_unit_test(test_stock_functions_stay_hidden),
        cmocka_unit_test(test_load_as_it_was),
        cmocka_unit_test(test_walls),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_shared_tables),
        cmocka_unit_test(test_odd_orders),
        cmocka_unit_test(test_grinders_in_odd_orders),
        cmocka_unit_test(test_files_that_do_not_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
