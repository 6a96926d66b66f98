/*
 * script_hostile_test.c owns what is done to the script host by results, tables, threads and servers that mean harm. Each row ends, and a
 * good script beside it is not harmed; a row of a server says what the script tells.
 */
#include "script_stage.h"

/* ---- results */

static void test_results(void **state)
{
    static const char *const actions[] = {
        /* without end */
        "return setmetatable({}, { __index = function(t, i) return i end })",
        "local mt = {} mt.__index = function() return setmetatable({}, mt) end return setmetatable({}, mt)",
        "return setmetatable({}, { __pairs = function() return function(_, k) return (k or 0) + 1, {} end end })",
        "return setmetatable({}, { __pairs = function() return function() return 'k', 'v' end end })",
        "return nil, setmetatable({}, { __tostring = function() while true do end end })",
        /* large without Lua: few tables that stand in each other many times */
        "local t = { 1 } for i = 1, 40 do t = { t, t } end return t",
        "local t = { k = 1 } for i = 1, 31 do t = { a = t, b = t } end return t",
        "local big = {} for i = 1, 50000 do big[i + 0.5] = 1 end local t = {} for i = 1, 50000 do t[i] = big end return t",
        "local big = {} for i = 1, 50000 do big[i + 0.5] = 1 end local t = {} for i = 1, 50000 do t['k' .. i] = big end return t",
        /* long */
        "return ('x'):rep(100 << 20)",
        "return ('\\n'):rep(4 << 20)",
        "return ('\\0'):rep(4 << 20)",
        "return { [('k'):rep(20 << 20)] = ('v'):rep(20 << 20) }",
        "local t = {} for i = 1, 1e6 do t[i] = i end return t",
        "local t = {} for i = 1, 1e5 do t[i] = {} end return t",
        /* metamethods that lie, fail or wait */
        "return setmetatable({}, { __len = function() while true do end end })",
        "return setmetatable({ 1, k = 2 }, { __index = error, __len = error, __pairs = error })",
        "return setmetatable({ 1 }, { __tostring = function() return {} end })",
        "return setmetatable({ 1 }, { __name = {}, __metatable = 5, __mode = 'kv', __call = error })",
        "return setmetatable({}, { __name = ('x'):rep(1 << 20) })",
        "return setmetatable({}, { __pairs = 5 })",
        "return setmetatable({}, { __pairs = function() return 5 end })",
        "return setmetatable({}, { __pairs = function() return coroutine.yield end })",
        "return setmetatable({}, { __pairs = function() return function() require 'stdnse'.sleep(1) end end })",
        "return setmetatable({}, { __index = function() coroutine.yield() end })",
        "return { setmetatable({}, { __tostring = function() error({}) end }) }",
        "return coroutine.running(), coroutine.running()",
        "return 0/0, -0.0",
        "return { math.huge, -math.huge, 0/0, math.mininteger, [0.5] = 1, [true] = 2 }",
        "return { ['\\255\\0\\1<>&\"'] = '\\255\\0\\1<>&\"' }",
        "return nmap.new_socket(), nmap.new_socket()",
    };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        hostile(actions[i]);
}

/* ---- what was given to a script and comes back changed */

static void test_tables(void **state)
{
    static const char *const actions[] = {
        "return host",
        "return port",
        "host.registry.self = host.registry return host",
        "host.registry.host, port.port = host, port return port",
        "host._Target = nil setmetatable(host, { __index = function() while true do end end }) host.ip = nil nmap.get_port_state(host, "
        "port)",
        "host._Target = nmap.new_socket() host.ip = nil nmap.get_port_state(host, port)",
        "host._Target, host.targetname, host.ip = nil, nil, setmetatable({}, { __tostring = error }) nmap.new_socket():connect(host, port)",
        "setmetatable(port, { __index = function() error('no') end }) port.number = nil nmap.get_port_state(host, port)",
        "port.number = math.mininteger nmap.set_port_state(host, port, 'open') nmap.set_port_version(host, port)",
        "port.version = setmetatable({}, { __index = function(_, k) nmap.set_port_version(host, port) return k end }) "
        "nmap.set_port_version(host, port)",
        "port.version = setmetatable({}, { __index = function() while true do end end }) nmap.set_port_version(host, port)",
        "port.version = setmetatable({}, { __index = function() require 'stdnse'.sleep(1) end }) nmap.set_port_version(host, port)",
        "port.version.cpe = setmetatable({}, { __index = function() return 'cpe:/a:b:c' end, __len = function() return 1e9 end }) "
        "nmap.set_port_version(host, port)",
        "port.version.name = ('n'):rep(100 << 20) nmap.set_port_version(host, port)",
        "for k in pairs(host) do host[k] = nil end return nmap.get_port_state(host, port)",
        "nmap.registry = nil return nmap.registry.args",
        "nmap.registry.args = setmetatable({}, { __index = function() while true do end end }) return nmap.registry.args.x",
        "require = nil return require 'stdnse'",
    };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        hostile(actions[i]);
}

/* ---- threads and sockets used as nobody should */

static const struct mem_step greets[] = {MEM_SEND("220 hello\r\n"), MEM_END};

#define CONNECTED "local stdnse = require 'stdnse' local s = nmap.new_socket() s:set_timeout(2000) assert(s:connect(host, port))\n"

static void test_threads(void **state)
{
    static const char *const actions[] = {
        "local stdnse = require 'stdnse' while true do stdnse.new_thread(function() stdnse.sleep(1e6) end) end",
        "local stdnse = require 'stdnse' local function f() stdnse.new_thread(f) stdnse.new_thread(f) stdnse.sleep(1e6) end f()",
        "require 'stdnse'.new_thread(coroutine.yield)",
        "require 'stdnse'.new_thread(error, setmetatable({}, { __tostring = error }))",
        "local m = nmap.mutex('x') m 'lock' m 'lock'",
        "local m = nmap.mutex('x') coroutine.wrap(function() m 'lock' end)() for i = 1, 1e5 do local t = {} end return m 'running'",
        "local c = nmap.condvar('x') c 'wait'",
        "for i = 1, 1e5 do nmap.mutex({}) 'lock' end",
        "local t = {} for i = 1, 1e7 do t[i] = nmap.condvar({}) end",
        /* a coroutine that waits for the host is resumed by another thread */
        CONNECTED "local co = coroutine.create(function() return s:receive() end) stdnse.new_thread(function() coroutine.resume(co) end)\n"
                  "stdnse.sleep(0.1) coroutine.resume(co) coroutine.resume(co) stdnse.sleep(5)",
        "local stdnse = require 'stdnse' local s = nmap.new_socket() local co = coroutine.create(function() return s:connect(host, port) "
        "end)\n"
        "stdnse.new_thread(function() coroutine.resume(co) end) stdnse.sleep(0) coroutine.resume(co) s:send('x') s:close() stdnse.sleep(5)",
        "local stdnse = require 'stdnse' local m = nmap.mutex('x') m 'lock' local co = coroutine.create(function() m 'lock' m 'done' end)\n"
        "stdnse.new_thread(function() coroutine.resume(co) end) stdnse.sleep(0.1) coroutine.resume(co) m 'done' stdnse.sleep(1)",
        CONNECTED "local co = coroutine.create(function() return s:receive() end) stdnse.new_thread(function() coroutine.resume(co) end)\n"
                  "stdnse.sleep(0.1) coroutine.close(co) stdnse.sleep(5)",
        "local stdnse = require 'stdnse' local co = coroutine.create(stdnse.sleep) stdnse.new_thread(function() coroutine.resume(co, 1) "
        "end)\n"
        "stdnse.sleep(0.1) co = nil for i = 1, 1e5 do local t = {} end stdnse.sleep(5)",
        "local stdnse = require 'stdnse' stdnse.new_thread(function() coroutine.close(stdnse.base()) end) stdnse.sleep(1)",
        "local stdnse = require 'stdnse' local base = stdnse.base() stdnse.new_thread(function() coroutine.resume(base) "
        "coroutine.close(base) end)\n"
        "stdnse.sleep(1) stdnse.sleep(1)",
        "coroutine.wrap(function() coroutine.wrap(function() require 'stdnse'.sleep(1e9) end)() end)()",
        /* a call-back that pulls the socket away */
        CONNECTED "s:receive_buf(function() s:close() end, true) s:receive_buf(function() s:close() return 1, 1 end, true)",
        CONNECTED "s:receive_buf(function() return s:receive() end, true)",
        CONNECTED "s:receive_buf(function(b) s = nil for i = 1, 1e5 do local t = {} end end, true)",
        CONNECTED "while true do s:receive_buf(function(b) return 1, 1 end, true) end",
        "local t = {} for i = 1, 1e6 do t[i] = nmap.new_socket() end",
        "local t = {} for i = 1, 1e4 do t[i] = nmap.new_socket() t[i]:connect(host, port) end",
        "while true do nmap.new_socket():connect(host, port) end",
        CONNECTED "while true do s:send(('x'):rep(1 << 20)) end",
        "local s = nmap.new_socket('udp') for i = 1, 1e6 do s:sendto(host, 9, ('x'):rep(60000)) end",
    };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        hostile_to_server(actions[i], greets);
}

/* ---- servers */

struct server {
    const char *name;
    const struct mem_step *steps;
    const char *action, *tells; /* NULL: ended by its time, nothing is told */
};

static uint8_t much[8000];
static const struct mem_step flood[] = {{MEM_STEP_SEND, 0, {much, sizeof much}}, MEM_WAIT(1), MEM_LOOP};
static const struct mem_step bytes_apart[] = {MEM_SEND("x"), MEM_WAIT(10), MEM_LOOP};
static const struct mem_step drip[] = {MEM_SEND("x"), MEM_WAIT(1000), MEM_LOOP};
static const struct mem_step lines_for_ever[] = {MEM_SEND("line\n"), MEM_WAIT(10), MEM_LOOP};
static const struct mem_step mid_line[] = {MEM_SEND("one\r\nhalf a li"), MEM_CLOSE, MEM_END};
static const struct mem_step mid_line_reset[] = {MEM_SEND("one\r\nhalf a li"), MEM_WAIT(5), MEM_RESET, MEM_END};
static const struct mem_step at_once[] = {MEM_CLOSE, MEM_END};
static const struct mem_step reset_at_once[] = {MEM_RESET, MEM_END};
static const struct mem_step after_question[] = {MEM_EXPECT(""), MEM_CLOSE, MEM_END};
static const struct mem_step echo_of_nothing[] = {MEM_EXPECT(""), MEM_WAIT(3000), MEM_SEND("late"), MEM_CLOSE, MEM_END};
static const struct mem_step empty[] = {MEM_END};

static const struct server servers[] = {
    {"a line without end: lines", flood, "return select(2, s:receive_lines(1)) and 'bounded'", "bounded"},
    {"a line without end: buffer", flood, "return select(2, s:receive_buf('\\n', false))", "ERROR"},
    {"a line without end: a function", flood, "return select(2, s:receive_buf(function(b) return b:find('\\n', 1, true) end, false))",
        "ERROR"},
    {"a line without end: bytes", flood, "return #select(2, s:receive_bytes(1 << 40)) > 16 << 20 and 'bounded'", NULL},
    {"a flood that is read on and on", flood, "while true do local ok = s:receive() if not ok then return 'bounded' end end", NULL},
    {"a flood that is kept", flood,
        "local t = {} while true do local ok, d = s:receive() if not ok then return 'bounded' end t[#t + 1] = d end", NULL},
    {"byte by byte: lines", bytes_apart, "s:set_timeout(-1) s:receive_lines(1)", NULL},
    {"byte by byte: buffer", bytes_apart, "s:set_timeout(-1) s:receive_buf('\\n', true)", NULL},
    {"a drip that never lets the call end", drip, "s:receive_buf('\\n', true)", NULL},
    {"lines for ever", lines_for_ever, "while true do s:receive_lines(1) end", NULL},
    {"lines for ever, through the buffer", lines_for_ever, "while true do s:receive_buf('\\n', true) end", NULL},
    {"closes mid-line: buffer", mid_line,
        "local _, a = s:receive_buf('\\r\\n', false) local _, b = s:receive_buf('\\r\\n', false) return a .. ' ' .. b .. ' ' .. select(2, "
        "s:receive())",
        "one EOF EOF"},
    {"closes mid-line: lines", mid_line, "return select(2, s:receive_lines(5)) .. ' ' .. select(2, s:receive_lines(1))",
        "one\r\nhalf a li EOF"},
    {"resets mid-line", mid_line_reset,
        "local _, a = s:receive_buf('\\r\\n', false) local _, b = s:receive_buf('\\r\\n', false) return a .. ' ' .. b", "one ERROR"},
    {"closes at once", at_once, "return select(2, s:receive()) .. ' ' .. tostring(s:send('x')) .. ' ' .. select(2, s:receive_lines(1))",
        "EOF true EOF"},
    {"resets at once", reset_at_once, "return select(2, s:receive()) .. ' ' .. tostring(s:send('x'))", "ERROR nil"},
    {"closes on a question", after_question, "s:send('?') return select(2, s:receive_bytes(10))", "EOF"},
    {"answers after the time is up, then closes", echo_of_nothing,
        "s:send('?') local _, a = s:receive() local _, b = s:receive() return a .. ' ' .. b", "TIMEOUT late"},
    {"says nothing, for ever", empty, "s:set_timeout(-1) s:receive()", NULL},
};

static void test_servers(void **state)
{
    memset(much, 'x', sizeof much);
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        const struct server *v = &servers[i];
        struct stage_of_test p;
        char text[1024], got[256];
        open_stage(&p);
        snprintf(text, sizeof text,
            HEAD "action = function(host, port) local s = nmap.new_socket() s:set_timeout(2000) assert(s:connect(host, port))\n%s\nend",
            v->action);
        write_file(&p, "it.nse", text);
        write_file(&p, "other.nse", HEAD "action = function() require 'stdnse'.sleep(0.5) return 'unharmed' end");
        mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = v->steps});
        begin(&p, &(struct script_settings){.debug = 1, .timeout_us = 60LL * 1000 * MS});
        run_for(&p, 3600 * 1000);
        const char *tells = text_of(&p, "it", got, sizeof got);
        if (!p.done || (v->tells && (!tells || strcmp(tells, v->tells) != 0)))
            fail_msg("%s: %s; messages: %s", v->name, !p.done ? "does not end" : tells ? tells : "no result", p.messages);
        assert_string_equal(text_of(&p, "other", got, sizeof got), "unharmed");
        close_stage(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
