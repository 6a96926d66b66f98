/* script_test.c owns the script host over the played network: life, waiting, sockets, limits. The scripts are texts of this file. */
#include "rpc_peer.h"

#include "net/mem.h"
#include "probes/rpc_programs.h"
#include "script/scripts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { PORT = 4711, MS = 1000 };

struct stage_of_test {
    struct loop *loop;
    struct mem_net *net;
    struct rate rate;
    struct admission *admission;
    struct admission_host share;
    char directory[64];
    char messages[4096];
    struct scripts *scripts;
    struct script_target *target;
    struct arena arena;
    struct service_record service;
    struct detail *details, *of_host;
    enum port_state state;
    enum proto proto;
    struct rpc_programs *programs; /* made when a script wants them */
    bool done;
};

/* ---- what scripts see */

static void host_facts(void *owner, struct script_host *out)
{
    *out = (struct script_host){.given = "server.example", .up_reason = REASON_USER_SET, .rtt_us = 2 * MS};
    addr_parse("192.0.2.1", &out->addr);
}

static bool port_facts(void *owner, uint16_t number, enum proto proto, struct script_port *out)
{
    struct stage_of_test *p = owner;
    *out = (struct script_port){PORT, (uint8_t)p->proto, (uint8_t)p->state, REASON_SYN_ACK, &p->service};
    return number == PORT && proto == p->proto;
}

static bool next_port(void *owner, const struct script_port *after, struct script_port *out)
{
    struct stage_of_test *p = owner;
    return !after && port_facts(owner, PORT, p->proto, out);
}

static struct service_record *service(void *owner, uint16_t number, enum proto proto, struct arena **a)
{
    struct stage_of_test *p = owner;
    *a = &p->arena;
    return &p->service;
}

static void set_state(void *owner, uint16_t number, enum proto proto, enum port_state state)
{
    ((struct stage_of_test *)owner)->state = state;
}

static struct detail **host_details(void *owner, struct arena **a)
{
    struct stage_of_test *p = owner;
    *a = &p->arena;
    return &p->of_host;
}

static struct detail **port_details(void *owner, uint16_t number, enum proto proto, struct arena **a)
{
    struct stage_of_test *p = owner;
    *a = &p->arena;
    return &p->details;
}

static const struct script_target_ops ops = {.host = host_facts,
    .port = port_facts,
    .next = next_port,
    .service = service,
    .set_state = set_state,
    .host_details = host_details,
    .port_details = port_details};

/* ---- the stage */

static void keep_message(void *owner, const char *text)
{
    struct stage_of_test *p = owner;
    size_t n = strlen(p->messages);
    snprintf(p->messages + n, sizeof p->messages - n, "%s\n", text);
}

static void write_file(struct stage_of_test *p, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", p->directory, name);
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
}

static void remove_directory(struct stage_of_test *p)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", p->directory);
    assert_int_equal(system(command), 0);
}

/* The module that the host completes; ours is not needed here. */
static const char stdnse[] = "return { sleep = require 'nmap'.socket.sleep }\n";
/* Every script's head: a rule that matches the open port. */
#define HEAD "categories = { 'safe' }\nportrule = function(host, port) return port.state == 'open' end\n"

static void open_stage(struct stage_of_test *p)
{
    memset(p, 0, sizeof *p);
    strcpy(p->directory, "/tmp/descry-script-XXXXXX");
    assert_non_null(mkdtemp(p->directory));
    char path[128];
    snprintf(path, sizeof path, "%s/lib", p->directory);
    mkdir(path, 0700);
    write_file(p, "lib/stdnse.lua", stdnse);
    p->loop = loop_new_fake();
    p->net = mem_net_new(p->loop, 2 * MS);
    p->admission = admission_new(p->loop, 100, NULL);
    p->share.max = 50;
    p->state = PORT_OPEN;
    arena_init(&p->arena);
}

static struct rpc_programs *programs_of(void *owner)
{
    struct stage_of_test *p = owner;
    if (!p->programs)
        p->programs = rpc_programs_builtin();
    return p->programs;
}

static void begin(struct stage_of_test *p, struct script_settings *settings)
{
    static const char *const all[] = {"all"};
    const char *foreign[] = {p->directory};
    struct script_settings s = settings ? *settings : (struct script_settings){0};
    s.megasteps = 10;
    if (!s.rules) {
        s.rules = all;
        s.rule_count = 1;
    }
    s.foreign = foreign;
    s.foreign_count = 1;
    struct script_parts parts = {.loop = p->loop,
        .dialer = mem_net_dialer(p->net),
        .admission = p->admission,
        .message = keep_message,
        .rpc_programs = programs_of,
        .owner = p};
    struct diags d;
    diags_init(&d);
    p->scripts = scripts_new(&s, &parts, &d);
    for (size_t i = 0; i < d.count; i++)
        keep_message(p, d.list[i].message);
    diags_free(&d);
    assert_non_null(p->scripts);
    p->target = script_target_new(p->scripts, &ops, p, &p->share);
}

static void on_done(void *owner)
{
    ((struct stage_of_test *)owner)->done = true;
}

static void run_for(struct stage_of_test *p, int64_t limit_ms)
{
    struct script_job_of job = {.phase = SCRIPT_HOST, .target = p->target};
    script_job_start(p->scripts, &job, on_done, p);
    loop_run_fake(p->loop, limit_ms * MS);
}

static void close_stage(struct stage_of_test *p)
{
    script_target_free(p->target);
    scripts_free(p->scripts);
    loop_advance(p->loop, 1000 * MS);
    assert_int_equal(mem_connections_open(p->net), 0);
    assert_int_equal(p->share.open, 0);
    admission_free(p->admission);
    mem_net_free(p->net);
    loop_free(p->loop);
    arena_free(&p->arena);
    rpc_programs_free(p->programs);
    remove_directory(p);
}

/* One script from its text to its end. */
static void play_with(struct stage_of_test *p, const char *script, const struct mem_step *steps, struct script_settings *settings)
{
    open_stage(p);
    write_file(p, "it.nse", script);
    if (steps)
        mem_serve(p->net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
    begin(p, settings);
    run_for(p, 3600 * 1000);
}

static void play(struct stage_of_test *p, const char *script, const struct mem_step *steps)
{
    play_with(p, script, steps, NULL);
}

static const char *text_of(struct stage_of_test *p, const char *id, char *out, size_t size)
{
    const struct detail *d = detail_find(p->details, id);
    size_t n = 0;
    out[0] = '\0';
    for (const struct value *v = d && d->lines ? d->lines->first : NULL; v; v = v->next)
        n += (size_t)snprintf(out + n, n < size ? size - n : 0, "%s%s", v->text, v->next ? "\n" : "");
    return d && d->lines ? out : NULL;
}

static void told(struct stage_of_test *p, const char *expected)
{
    char text[4096];
    const char *got = text_of(p, "it", text, sizeof text);
    if (!got)
        fail_msg("no result; messages: %s", p->messages);
    assert_string_equal(got, expected);
    assert_true(p->done);
}

static void told_nothing(struct stage_of_test *p)
{
    assert_null(detail_find(p->details, "it"));
    assert_true(p->done);
}

/* ---- life */

static void test_results(void **state)
{
    struct stage_of_test p;
    play(&p, HEAD "action = function(host, port) return host.ip .. ' ' .. host.targetname .. ' ' .. port.number end", NULL);
    told(&p, "192.0.2.1 server.example 4711");
    close_stage(&p);
    play(&p, HEAD "action = function() return { 'a', { 'b', k = 3 }, x = true } end", NULL);
    told(&p, "\n  a\n  \n    b\n    k: 3\n  x: true");
    const struct value *v = detail_find(p.details, "it")->values;
    assert_int_equal(value_get(v, "x")->kind, VALUE_FLAG);
    close_stage(&p);
    play(&p, HEAD "action = function() return nil end", NULL);
    told_nothing(&p);
    close_stage(&p);
}

static void test_rule_decides(void **state)
{
    struct stage_of_test p;
    play(&p, "categories = {}\nportrule = function() return false end\naction = function() return 'never' end", NULL);
    told_nothing(&p);
    close_stage(&p);
}

static void test_errors_are_one_line(void **state)
{
    struct stage_of_test p;
    struct script_settings loud = {.verbose = 1};
    play_with(&p, HEAD "action = function() error('boom') end", NULL, &loud);
    told(&p, "ERROR: Script execution failed (use -d to debug)");
    assert_non_null(strstr(p.messages, "it 192.0.2.1:4711: "));
    assert_non_null(strstr(p.messages, "boom"));
    close_stage(&p);
    play(&p, HEAD "action = function() nmap.new_try()(false, 'quiet') end", NULL);
    told_nothing(&p);
    close_stage(&p);
    play(&p, HEAD "action = function() coroutine.yield(1) end", NULL);
    told(&p, "ERROR: Script execution failed (use -d to debug)");
    close_stage(&p);
}

static void test_dependencies_order(void **state)
{
    struct stage_of_test p;
    open_stage(&p);
    write_file(&p, "it.nse", HEAD "dependencies = { 'before' }\naction = function() return nmap.registry.told end");
    write_file(&p, "before.nse", HEAD "action = function() require 'stdnse'.sleep(5) nmap.registry.told = 'in order' end");
    begin(&p, NULL);
    run_for(&p, 60 * 1000);
    told(&p, "in order");
    close_stage(&p);
}

/* Whichever ends first. */
static void test_results_are_in_order(void **state)
{
    struct stage_of_test p;
    open_stage(&p);
    write_file(&p, "b.nse", HEAD "action = function() return 'b' end");
    write_file(&p, "a.nse", HEAD "action = function() require 'stdnse'.sleep(2) return 'a' end");
    write_file(&p, "it.nse", HEAD "action = function() require 'stdnse'.sleep(1) return 'it' end");
    begin(&p, NULL);
    run_for(&p, 60 * 1000);
    assert_string_equal(p.details->id, "a");
    assert_string_equal(p.details->next->id, "b");
    assert_string_equal(p.details->next->next->id, "it");
    close_stage(&p);
}

static void test_version_joins(void **state)
{
    struct stage_of_test p;
    open_stage(&p);
    write_file(&p, "it.nse",
        HEAD "action = function(host, port) port.version = { name = 'http', version = '2.\\n1', cpe = { 'cpe:/a:x:y' } } "
             "nmap.set_port_version(host, port) end");
    p.service = (struct service_record){.name = "http", .product = "Known", .info = "kept", .method = METHOD_PROBED, .conf = CONF_PRODUCT};
    begin(&p, NULL);
    run_for(&p, 1000);
    assert_string_equal(p.service.product, "Known");
    assert_string_equal(p.service.info, "kept");
    assert_string_equal(p.service.version, "2..1");
    assert_string_equal(p.service.cpe[0], "cpe:/a:x:y");
    close_stage(&p);
}

/* ---- sockets */

#define CONNECT "local s = nmap.new_socket() s:set_timeout(2000) assert(s:connect(host, port))\n"

static void test_conversation(void **state)
{
    static const struct mem_step steps[] = {
        MEM_SEND("220 hel"), MEM_WAIT(30), MEM_SEND("lo\r\nrest"), MEM_EXPECT("QUIT"), MEM_SEND("bye"), MEM_CLOSE, MEM_END};
    struct stage_of_test p;
    play(&p,
        HEAD "action = function(host, port)\n" CONNECT "local _, line = s:receive_buf('\\r?\\n', false)\n"
             "s:send('QUIT')\n"
             "local _, more = s:receive_bytes(3)\n"
             "local ok, why = s:receive()\n"
             "s:close()\n"
             "return line .. '|' .. more .. '|' .. tostring(ok) .. ' ' .. why end",
        steps);
    told(&p, "220 hello|bye|nil EOF");
    close_stage(&p);
}

static void test_timeouts(void **state)
{
    static const struct mem_step steps[] = {MEM_WAIT(500), MEM_SEND("late"), MEM_END};
    struct stage_of_test p;
    play(&p,
        HEAD "action = function(host, port)\n" CONNECT "s:set_timeout(100)\n"
             "local a, why = s:receive()\n"
             "s:set_timeout(1000)\n"
             "local b, data = s:receive()\n"
             "return why .. ' ' .. data end",
        steps);
    told(&p, "TIMEOUT late");
    close_stage(&p);
}

static void test_refused(void **state)
{
    struct stage_of_test p;
    play(&p, HEAD "action = function(host, port) local s = nmap.new_socket() return select(2, s:connect(host, port)) end", NULL);
    told(&p, "ERROR");
    close_stage(&p);
}

/* What a server floods is bounded, and the script is told. */
static void test_flood(void **state)
{
    static uint8_t piece[8000];
    memset(piece, 'x', sizeof piece);
    static struct mem_step steps[4];
    steps[0] = MEM_SEND_BYTES(bytes_of(piece, sizeof piece));
    steps[1] = MEM_WAIT(1);
    steps[2] = MEM_LOOP;
    struct stage_of_test p;
    play(&p, HEAD "action = function(host, port)\n" CONNECT "local ok, why = s:receive_buf('\\n', false) return why end", steps);
    told(&p, "ERROR");
    close_stage(&p);
}

static void test_closed_mid_line(void **state)
{
    static const struct mem_step steps[] = {MEM_SEND("half a li"), MEM_CLOSE, MEM_END};
    struct stage_of_test p;
    play(&p,
        HEAD "action = function(host, port)\n" CONNECT
             "local ok, why = s:receive_buf('\\n', true) local again, still = s:receive() return why .. ' ' .. still end",
        steps);
    told(&p, "EOF EOF");
    close_stage(&p);
}

/* Sockets that a script leaves open are closed when it ends. */
static void test_left_open(void **state)
{
    static const struct mem_step steps[] = {MEM_END};
    struct stage_of_test p;
    play(&p, HEAD "action = function(host, port)\n" CONNECT "nmap.registry.left = s return 'ended' end", steps);
    told(&p, "ended");
    loop_advance(p.loop, 100 * MS);
    assert_int_equal(mem_connections_open(p.net), 0);
    close_stage(&p);
}

static void test_freed_while_it_waits(void **state)
{
    static const struct mem_step steps[] = {MEM_END};
    struct stage_of_test p;
    open_stage(&p);
    write_file(&p, "it.nse", HEAD "action = function(host, port)\n" CONNECT "s:set_timeout(-1) s:receive() return 'never' end");
    mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
    begin(&p, NULL);
    run_for(&p, 1000);
    assert_false(p.done);
    close_stage(&p);
}

/* ---- threads */

static void test_workers_and_mutexes(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD
        "local stdnse = require 'stdnse'\n"
        "action = function()\n"
        "local order, live = {}, 3\n"
        "local m, c = nmap.mutex('m'), nmap.condvar(order)\n"
        "for i = 1, 3 do stdnse.new_thread(function(n)\n"
        "  local c = nmap.condvar(order) m 'lock' stdnse.sleep(0.1) order[#order + 1] = n m 'done' live = live - 1 c 'signal' end, i) end\n"
        "while live > 0 do c 'wait' end\n"
        "return table.concat(order, ' ') end",
        NULL);
    told(&p, "1 2 3");
    close_stage(&p);
}

/* A thread that ends gives back what it held, whatever ended it. */
static void test_a_lock_ends_with_its_thread(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "local stdnse = require 'stdnse'\n"
             "action = function()\n"
             "local m = nmap.mutex('m')\n"
             "local co, status = stdnse.new_thread(function() m 'lock' error('died') end)\n"
             "stdnse.sleep(0.1) m 'lock'\n"
             "local s, why = status()\n"
             "return s .. ' ' .. tostring(why):match('died') end",
        NULL);
    told(&p, "dead died");
    close_stage(&p);
}

static void test_nested_coroutines(void **state)
{
    static const struct mem_step steps[] = {MEM_WAIT(50), MEM_SEND("one\n"), MEM_WAIT(50), MEM_SEND("two\n"), MEM_CLOSE, MEM_END};
    struct stage_of_test p;
    play(&p,
        HEAD "action = function(host, port)\n" CONNECT "local lines = coroutine.wrap(function()\n"
             "  while true do local ok, line = s:receive_lines(1) if not ok then return end coroutine.yield(line) end end)\n"
             "local out = {} for line in lines do out[#out + 1] = line end\n"
             "return table.concat(out) end",
        steps);
    told(&p, "one\ntwo\n");
    close_stage(&p);
}

static void test_no_yield_across_c(void **state)
{
    struct stage_of_test p;
    play(&p, HEAD "action = function() return select(2, pcall(string.gsub, 'a', 'a', function() require 'stdnse'.sleep(1) end)) end", NULL);
    told(&p, "attempt to yield across a C-call boundary");
    close_stage(&p);
}

static void test_timeout_of_a_script(void **state)
{
    struct stage_of_test p;
    struct script_settings s = {.timeout_us = 5000 * MS};
    play_with(&p, HEAD "action = function() require 'stdnse'.sleep(100) return 'never' end", NULL, &s);
    told_nothing(&p);
    close_stage(&p);
}

/* ---- hostile scripts: each ends, and a good one beside it is not harmed */

static void hostile(const char *action)
{
    struct stage_of_test p;
    char text[2048];
    open_stage(&p);
    snprintf(text, sizeof text, HEAD "action = function(host, port)\n%s\nend", action);
    write_file(&p, "bad.nse", text);
    write_file(&p, "it.nse", HEAD "action = function() require 'stdnse'.sleep(0.5) return 'unharmed' end");
    begin(&p, NULL);
    run_for(&p, 3600 * 1000);
    told(&p, "unharmed");
    close_stage(&p);
}

static void test_loops(void **state)
{
    hostile("while true do end");
    hostile("while true do pcall(function() while true do end end) end");
    hostile("local co = coroutine.wrap(function() while true do end end) co()");
    hostile("table.sort({ 3, 2, 1 }, function() while true do end end)");
    hostile("require 'stdnse'.new_thread(function() while true do end end) require 'stdnse'.sleep(1e6)");
}

static void test_loops_in_the_library(void **state)
{
    hostile("string.rep('', math.maxinteger)");
    hostile("table.move({}, 1, math.maxinteger - 1, 2)");
    hostile("table.insert(setmetatable({}, { __len = function() return math.maxinteger // 2 end }), 1, 1)");
    hostile("table.concat(setmetatable({}, { __index = function() return '' end }), '', 1, math.maxinteger)");
}

static void test_memory(void **state)
{
    hostile("local t = {} while true do t[#t + 1] = string.rep('x', 1000000) .. #t end");
    hostile("local s = 'x' while true do s = s .. s end");
    hostile("local t = {} while true do t = { t } end");
    hostile("string.rep('x', 1 << 40)");
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

/* Where silent ports are not identified, a version script that was named looks at them with the host; at open ones it had its turn. */
static void test_version_scripts_and_silent_ports(void **state)
{
    static const char script[] =
        "categories = { 'version' }\nportrule = function() return true end\naction = function() return 'here' end\n";
    const struct {
        enum port_state state;
        bool silent, runs;
    } cases[] = {{PORT_OPEN_FILTERED, false, true}, {PORT_OPEN_FILTERED, true, false}, {PORT_OPEN, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_of_test p;
        open_stage(&p);
        p.state = cases[i].state;
        write_file(&p, "it.nse", script);
        begin(&p, &(struct script_settings){.version = true, .silent = cases[i].silent});
        run_for(&p, 1000);
        if (cases[i].runs)
            told(&p, "here");
        else
            told_nothing(&p);
        close_stage(&p);
    }
}

/* ---- the module openssl beyond the field's: examples of RFC 7748 (5.2), RFC 8439 (2.8.2) and of BLAKE2's authors */

#define HEX                                                                                                                                \
    "local function show(t) return t and (t:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end\n"                            \
    "local function from(first, count) local t = '' for i = first, first + count - 1 do t = t .. string.char(i) end return t end\n"

static void test_modern_ciphers(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEX "local ok, openssl = pcall(require, 'openssl')\n" HEAD "action = function()\n if not ok then return 'no openssl' end\n"
            " local nine = '\\9' .. ('\\0'):rep(31)\n local a, b = ('a'):rep(32), ('b'):rep(32)\n"
            " local text = \"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would "
            "be it.\"\n"
            " local key, nonce, bound = from(0x80, 32), '\\7\\0\\0\\0' .. from(0x40, 8), 'PQRS' .. from(0xc0, 8)\n"
            " local sealed = openssl.seal('ChaCha20-Poly1305', key, nonce, text, bound)\n"
            " return table.concat({ show(openssl.x25519(nine, nine)),\n"
            "  tostring(openssl.x25519(a, openssl.x25519(b)) == openssl.x25519(b, openssl.x25519(a))), #sealed, show(sealed:sub(-16)),\n"
            "  tostring(openssl.unseal('ChaCha20-Poly1305', key, nonce, sealed, bound) == text),\n"
            "  tostring(openssl.unseal('ChaCha20-Poly1305', key, nonce, sealed, 'x')), tostring(openssl.unseal('ChaCha20-Poly1305', key, "
            "nonce, 'short')),\n"
            "  show(openssl.mac('BLAKE2SMAC', from(0, 32), '')), show(openssl.mac('BLAKE2SMAC', ('k'):rep(32), 'ab', 16)),\n"
            "  tostring(pcall(openssl.x25519, nine, ('\\0'):rep(32))), tostring(pcall(openssl.seal, 'AES-128-CBC', key, nonce, 'x')),\n"
            "  tostring(pcall(openssl.seal, 'ChaCha20-Poly1305', 'short', nonce, 'x')) }, '\\n')\nend\n",
        NULL);
    char text[4096];
    if (strcmp(text_of(&p, "it", text, sizeof text), "no openssl") != 0)
        told(&p, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079\ntrue\n130\n1ae10b594f09e26a7e902ecbd0600691\ntrue\nni"
                 "l\nnil\n"
                 "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49\n74ed35039b21168dc161343899aca016\nfalse\nfalse\nfalse");
    close_stage(&p);
}

/* ---- the grinder of RPC programs, driven by our own library */

static const struct rpc_played nfs_and_mount[] = {{100003, 3, 4, 0}, {100005, 1, 3, 2}, {0}};

static void grind(struct rpc_peer *peer, enum proto proto, const char *expected)
{
    static const char *const rules[] = {"rpc-grind"};
    struct stage_of_test p;
    struct script_settings s = {.rules = rules, .rule_count = 1, .own = OWN_SCRIPTS};
    struct mem_port port = rpc_peer_port(peer, proto);
    char text[4096];
    open_stage(&p);
    p.proto = proto;
    p.service = (struct service_record){.name = "rpc", .method = METHOD_PROBED, .conf = CONF_SOFT};
    port.port = PORT;
    mem_serve(p.net, &port);
    begin(&p, &s);
    run_for(&p, 3600 * 1000);
    const char *got = text_of(&p, "rpc-grind", text, sizeof text);
    assert_true(p.done);
    if (!expected) {
        assert_null(got);
    } else {
        if (!got)
            fail_msg("no result; messages: %s", p.messages);
        if (!strstr(got, expected))
            assert_string_equal(got, expected);
    }
    close_stage(&p);
    rpc_peer_free(peer);
}

#define FOUND_BOTH "\n  programs: \n    nfs (100003) versions 3-4\n    mountd (100005) versions 1,3"
#define GROUND_BOTH "\n  programs asked: 1994" FOUND_BOTH

static void test_grinder(void **state)
{
    grind(&(struct rpc_peer){.programs = nfs_and_mount}, PROTO_TCP, GROUND_BOTH);
    grind(&(struct rpc_peer){.programs = nfs_and_mount, .manners = RPC_FRAGMENTS | RPC_ODD_BYTES | RPC_SHUFFLES}, PROTO_TCP, GROUND_BOTH);
    grind(&(struct rpc_peer){.programs = nfs_and_mount, .loss = 10}, PROTO_UDP, GROUND_BOTH);
}

static void test_grinder_and_bad_manners(void **state)
{
    grind(&(struct rpc_peer){.programs = nfs_and_mount, .manners = RPC_CLAIMS_ALL}, PROTO_TCP,
        "\n  remark: claims every program: none is believed");
    grind(&(struct rpc_peer){.programs = nfs_and_mount, .manners = RPC_GARBAGE}, PROTO_TCP, NULL);
    grind(&(struct rpc_peer){.programs = nfs_and_mount, .manners = RPC_ENDLESS_FRAGMENTS}, PROTO_TCP, NULL);
    grind(&(struct rpc_peer){.programs = nfs_and_mount, .manners = RPC_DROPS_UNKNOWN}, PROTO_TCP, FOUND_BOTH);
    grind(&(struct rpc_peer){.programs = nfs_and_mount, .loss = 100}, PROTO_UDP, NULL);
}

/* They are freed when nobody has them any more, and there are never too many. */
static void test_grinders_are_counted(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "action = function()\n local grinder = require 'grinder'\n for i = 1, 1000 do grinder.new {} end\n local held = {}\n"
             " local ok, why = pcall(function() while true do held[#held + 1] = grinder.new {} end end)\n"
             " held[1]:close()\n local closed = pcall(held[1].calls, held[1])\n return #held .. ' ' .. why:match ': (.*)' .. ' ' .. "
             "tostring(closed)\nend\n",
        NULL);
    told(&p, "128 too many grinders at a time false");
    close_stage(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_rule_decides),
        cmocka_unit_test(test_errors_are_one_line),
        cmocka_unit_test(test_dependencies_order),
        cmocka_unit_test(test_results_are_in_order),
        cmocka_unit_test(test_version_joins),
        cmocka_unit_test(test_conversation),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_closed_mid_line),
        cmocka_unit_test(test_left_open),
        cmocka_unit_test(test_freed_while_it_waits),
        cmocka_unit_test(test_workers_and_mutexes),
        cmocka_unit_test(test_a_lock_ends_with_its_thread),
        cmocka_unit_test(test_nested_coroutines),
        cmocka_unit_test(test_no_yield_across_c),
        cmocka_unit_test(test_timeout_of_a_script),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_loops_in_the_library),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_metatables),
        cmocka_unit_test(test_walls),
        cmocka_unit_test(test_files_that_do_not_load),
        cmocka_unit_test(test_version_scripts_and_silent_ports),
        cmocka_unit_test(test_modern_ciphers),
        cmocka_unit_test(test_grinder),
        cmocka_unit_test(test_grinder_and_bad_manners),
        cmocka_unit_test(test_grinders_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
