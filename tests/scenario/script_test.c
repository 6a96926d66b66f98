/* script_test.c owns the script host over the played network: life, waiting, sockets, limits. The scripts are texts of this file. */
#include "rpc_peer.h"
#include "script_stage.h"

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
    const struct script_settings loud = {.verbose = 1};
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

/* A script that nobody named has the run's levels; an intensity in the arguments counts if it is one. */
static void test_levels(void **state)
{
    static const struct {
        const char *args, *told;
    } rows[] = {
        {NULL, "1 2 6 4"}, {"script-intensity=5", "1 2 5 4"}, {"script-intensity=10", "1 2 6 4"}, {"script-intensity={a}", "1 2 6 4"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage_of_test p;
        struct script_settings s = {.verbose = 1, .debug = 2, .intensity = 6, .timing = 4, .args = rows[i].args};
        play_with(&p,
            HEAD "action = function() return table.concat({ nmap.verbosity(), nmap.debugging(), nmap.version_intensity(), "
                 "nmap.timing_level() }, ' ') end",
            NULL, &s);
        told(&p, rows[i].told);
        close_stage(&p);
    }
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

/* Libraries for both kinds of sockets send so. */
static void test_sendto_on_a_stream(void **state)
{
    static const struct mem_step steps[] = {MEM_EXPECT("hello"), MEM_SEND("there"), MEM_CLOSE, MEM_END};
    struct stage_of_test p;
    play(&p, HEAD "action = function(host, port)\n" CONNECT "assert(s:sendto(host, port, 'hello')) return select(2, s:receive()) end",
        steps);
    told(&p, "there");
    close_stage(&p);
}

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

/* ---- budgets: what scripts send counts like everything else */

/* So many threads own sockets at a time, in the order of asking; who owns one gets its second. */
static void test_slots(void **state)
{
    static const struct mem_step steps[] = {MEM_END};
    struct stage_of_test p;
    open_stage(&p);
    p.share.max = 100;
    write_file(&p, "it.nse",
        HEAD "local stdnse = require 'stdnse'\n"
             "action = function(host, port)\n"
             "local order, open, most = {}, 0, 0\n"
             "for i = 1, 100 do stdnse.new_thread(function()\n"
             "  local s = nmap.new_socket() assert(s:connect(host, port))\n"
             "  order[#order + 1] = i open = open + 1 most = math.max(most, open)\n"
             "  if i % 10 == 0 then local second = nmap.new_socket() assert(second:connect(host, port)) second:close() end\n"
             "  stdnse.sleep(1) open = open - 1 s:close() end) end\n"
             "stdnse.sleep(0.5)\n"
             "local waiting = nmap.socket.get_stats().connect_waiting\n"
             "stdnse.sleep(5)\n"
             "for i = 2, #order do if order[i - 1] >= order[i] then return i .. ' too early' end end\n"
             "return #order .. ' had one, ' .. most .. ' at a time, ' .. waiting .. ' waited' end");
    mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
    begin(&p, NULL);
    run_for(&p, 60 * 1000);
    told(&p, "100 had one, 60 at a time, 40 waited");
    assert_in_range(mem_connections_most(p.net), 60, 70);
    close_stage(&p);
}

/* Instances that have all slots wait for their workers, which want one. */
static void test_slots_do_not_wait_for_each_other(void **state)
{
    static const struct mem_step steps[] = {MEM_END};
    struct stage_of_test p;
    char name[32];
    open_stage(&p);
    p.share.max = 100;
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "s%d.nse", i);
        write_file(&p, name,
            HEAD "local stdnse = require 'stdnse'\n"
                 "action = function(host, port)\n"
                 "local s, left, done = nmap.new_socket(), 3, nmap.condvar(SCRIPT_NAME)\n"
                 "s:set_timeout(1000) if not s:connect(host, port) then return nil end\n"
                 "stdnse.sleep(1)\n"
                 "for i = 1, 3 do stdnse.new_thread(function()\n"
                 "  local done = nmap.condvar(SCRIPT_NAME) local s = nmap.new_socket() s:set_timeout(1000) s:connect(host, port)\n"
                 "  stdnse.sleep(0.1) s:close() left = left - 1 end) end\n"
                 "while left > 0 do done 'wait' end s:close()\n"
                 "nmap.registry.ended = (nmap.registry.ended or 0) + 1 end");
    }
    write_file(&p, "it.nse", HEAD "action = function() require 'stdnse'.sleep(60) return nmap.registry.ended .. ' ended' end");
    mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
    begin(&p, NULL);
    run_for(&p, 100 * 1000);
    told(&p, "70 ended");
    close_stage(&p);
}

static void test_excluded(void **state)
{
    struct stage_of_test p;
    open_stage(&p);
    p.excluded = (struct endpoint){.port = PORT};
    addr_parse("192.0.2.9", &p.excluded.addr);
    write_file(&p, "it.nse",
        HEAD "action = function(host, port)\n"
             "local s, u = nmap.new_socket(), nmap.new_socket('udp')\n"
             "local out = {}\n"
             "for _, at in ipairs { '192.0.2.9', '::ffff:192.0.2.9', '192.0.2.8' } do out[#out + 1] = select(2, s:connect(at, 4711)) or "
             "'open' end\n"
             "out[#out + 1] = select(2, u:connect('192.0.2.9', 4711))\n"
             "out[#out + 1] = select(2, u:sendto('192.0.2.9', 4711, 'x'))\n"
             "s:close() u:close()\n"
             "return table.concat(out, '|') end");
    mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP});
    begin(&p, NULL);
    run_for(&p, 60 * 1000);
    told(&p, "excluded from this scan|open|open|excluded from this scan|excluded from this scan");
    assert_string_equal(p.messages, "NSE: it is kept from 192.0.2.9 port 4711/tcp, which is excluded\n");
    close_stage(&p);
}

static void test_rate_of_datagrams(void **state)
{
    struct stage_of_test p;
    open_stage(&p);
    p.rate = rate_of(10, loop_now(p.loop));
    write_file(&p, "it.nse",
        HEAD "action = function(host, port)\n"
             "local u, t = nmap.new_socket('udp'), nmap.new_socket()\n"
             "u:connect(host.ip, 4711) for i = 1, 11 do u:send('x') end\n"
             "for i = 1, 10 do t:connect(host.ip, 4711) end\n"
             "u:close() t:close() return 'sent' end");
    mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_UDP});
    begin(&p, NULL);
    run_for(&p, 60 * 1000);
    told(&p, "sent");
    unsigned sent = 0;
    for (size_t i = 0; i < mem_log_count(p.net); i++) {
        const struct mem_log *l = mem_log_at(p.net, i);
        sent += l->kind == MEM_LOG_SENT;
        if (l->kind == MEM_LOG_SENT)
            assert_true(l->at >= (sent - 1) * 99 * (int64_t)MS);
        else if (l->kind == MEM_LOG_DIAL && l->peer.proto == PROTO_TCP)
            assert_true(l->at >= sent * 99 * (int64_t)MS);
    }
    assert_int_equal(sent, 11);
    assert_true(mem_log_at(p.net, mem_log_count(p.net) - 1)->at >= 20 * 99 * (int64_t)MS);
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

/* Also one that returned something: scripts wait until status() says so. */
static void test_an_ended_worker_is_dead(void **state)
{
    struct stage_of_test p;
    play(&p,
        HEAD "local stdnse = require 'stdnse'\n"
             "action = function()\n"
             "local plain = stdnse.new_thread(function() end)\n"
             "local returned = stdnse.new_thread(function() stdnse.sleep(0.1) return nil, 1 end)\n"
             "stdnse.sleep(0.2)\n"
             "return coroutine.status(plain) .. ' ' .. coroutine.status(returned) end",
        NULL);
    told(&p, "dead dead");
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

static void count_done(void *owner)
{
    ++*(unsigned *)owner;
}

/* So many threads are alive at a time: a job for which there is no room yet begins when there is. */
static void test_more_jobs_than_room(void **state)
{
    struct stage_of_test p;
    struct script_job_of job = {.phase = SCRIPT_HOST};
    unsigned done = 0;
    open_stage(&p);
    write_file(&p, "it.nse",
        HEAD "local stdnse = require 'stdnse'\n"
             "action = function()\n"
             "for i = 1, 500 do stdnse.new_thread(function() stdnse.sleep(1) end) end\n"
             "stdnse.sleep(2) end");
    begin(&p, NULL);
    job.target = p.target;
    for (int i = 0; i < 10; i++) {
        script_job_start(p.scripts, &job, count_done, &done);
        loop_advance(p.loop, 10 * MS);
    }
    loop_run_fake(p.loop, 60 * 1000 * MS);
    assert_int_equal(done, 10);
    close_stage(&p);
}

/* Who waits for somebody may keep him from a connection no more than from a lock: else both would wait for ever. */
static void test_places_of_those_who_wait(void **state)
{
    static const struct mem_step steps[] = {MEM_EXPECT("x"), MEM_CLOSE, MEM_END};
    static const char script[] = HEAD "local stdnse = require 'stdnse'\n"
                                      "action = function(host, port)\n"
                                      "local m, c, live = nmap.mutex('m'), nmap.condvar('c'), 0\n"
                                      "local function work(first)\n"
                                      "  local c, s = nmap.condvar('c'), nmap.new_socket()\n"
                                      "  if first then m 'lock' stdnse.sleep(1) end\n"
                                      "  assert(s:connect(host, port))\n"
                                      "  if not first then m 'lock' end\n"
                                      "  s:close() m 'done' live = live - 1 c 'signal'\n"
                                      "end\n"
                                      "for i = 1, 200 do live = live + 1 stdnse.new_thread(work, i == 1) end\n"
                                      "while live > 0 do c 'wait' end\n"
                                      "return 'over' end";
    struct stage_of_test p;
    for (unsigned most = 1; most <= 100; most += 99) {
        open_stage(&p);
        p.share.max = most;
        write_file(&p, "it.nse", script);
        mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
        begin(&p, NULL);
        run_for(&p, 3600 * 1000);
        told(&p, "over");
        close_stage(&p);
    }
}

/* As the field's host has it: a host's share holds up a script's first connection, not its second. */
static void test_a_second_connection(void **state)
{
    static const struct mem_step steps[] = {MEM_SEND("hello"), MEM_EXPECT("x"), MEM_CLOSE, MEM_END};
    struct stage_of_test p;
    open_stage(&p);
    p.share.max = 1;
    write_file(&p, "it.nse",
        HEAD
        "local stdnse = require 'stdnse'\n"
        "action = function(host, port)\n"
        "local a, b = nmap.new_socket(), nmap.new_socket()\n"
        "assert(a:connect(host, port)) assert(b:connect(host, port))\n"
        "local c, got = nmap.condvar('c')\n"
        "stdnse.new_thread(function()\n"
        "  local c, s = nmap.condvar('c'), nmap.new_socket() assert(s:connect(host, port)) got = s:receive() s:close() c 'signal' end)\n"
        "while not got do c 'wait' end\n"
        "return 'over' end");
    mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
    begin(&p, NULL);
    run_for(&p, 3600 * 1000);
    told(&p, "over");
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
    const struct script_settings s = {.timeout_us = 5000 * MS};
    play_with(&p, HEAD "action = function() require 'stdnse'.sleep(100) return 'never' end", NULL, &s);
    told_nothing(&p);
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
    port.drop_first = 20; /* of datagrams: these are asked again */
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
    grind(&(struct rpc_peer){.programs = nfs_and_mount}, PROTO_UDP, GROUND_BOTH);
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

/* Names one file; gives the first diagnostic. */
static bool load_by_name(struct stage_of_test *p, const char *body, int verbose, char *why, size_t size)
{
    char path[128];
    open_stage(p);
    write_file(p, "named.nse", body);
    snprintf(path, sizeof path, "%s/named.nse", p->directory);
    const char *rules[] = {path}, *foreign[] = {p->directory};
    struct script_settings s = {
        .rules = rules, .rule_count = 1, .foreign = foreign, .foreign_count = 1, .megasteps = 10, .verbose = verbose};
    struct script_parts parts = {.loop = p->loop, .admission = p->admission};
    struct diags d;
    diags_init(&d);
    p->scripts = scripts_new(&s, &parts, &d);
    snprintf(why, size, "%s", d.count ? d.list[d.count - 1].message : "");
    diags_free(&d);
    bool loaded = p->scripts != NULL;
    close_stage(p);
    return loaded;
}

/* A script that was named and does not load ends the run, with the reason; one that drops itself does not. */
static void test_a_named_script_that_does_not_load(void **state)
{
    struct stage_of_test p;
    char why[512];
    assert_false(load_by_name(&p, "categories = {}\nerror('the reason')", 0, why, sizeof why));
    assert_non_null(strstr(why, "could not load script named: "));
    assert_non_null(strstr(why, "named.nse:2: the reason"));
    assert_false(load_by_name(&p, "categories = {} action = print", 0, why, sizeof why));
    assert_non_null(strstr(why, "is missing required function: 'rule'"));
    assert_false(load_by_name(&p, "categories = {} hostrule = print", 0, why, sizeof why));
    assert_non_null(strstr(why, "is missing required field: 'action'"));
    assert_false(load_by_name(&p, "hostrule = print action = 5", 0, why, sizeof why));
    assert_non_null(strstr(why, "field 'action' is of improper type 'number', expected type 'function'"));
    assert_false(load_by_name(&p, "categories = { 5 } hostrule = print action = print", 0, why, sizeof why));
    assert_non_null(strstr(why, "has non-string entries in the 'categories' array"));
    assert_false(load_by_name(&p, "dependencies = { {} } hostrule = print action = print", 0, why, sizeof why));
    assert_non_null(strstr(why, "has non-string entries in the 'dependencies' array"));
    assert_true(load_by_name(&p, "require 'stdnse'.silent_require 'not.there'", 0, why, sizeof why));
    assert_string_equal(why, "named is left out: something that it needs is not there");
    assert_true(load_by_name(&p, "hostrule = print action = print", 0, why, sizeof why));
    assert_string_equal(why, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_rule_decides),
        cmocka_unit_test(test_errors_are_one_line),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_a_named_script_that_does_not_load),
        cmocka_unit_test(test_dependencies_order),
        cmocka_unit_test(test_results_are_in_order),
        cmocka_unit_test(test_version_joins),
        cmocka_unit_test(test_conversation),
        cmocka_unit_test(test_sendto_on_a_stream),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_closed_mid_line),
        cmocka_unit_test(test_left_open),
        cmocka_unit_test(test_freed_while_it_waits),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_slots_do_not_wait_for_each_other),
        cmocka_unit_test(test_excluded),
        cmocka_unit_test(test_rate_of_datagrams),
        cmocka_unit_test(test_workers_and_mutexes),
        cmocka_unit_test(test_an_ended_worker_is_dead),
        cmocka_unit_test(test_a_lock_ends_with_its_thread),
        cmocka_unit_test(test_more_jobs_than_room),
        cmocka_unit_test(test_places_of_those_who_wait),
        cmocka_unit_test(test_a_second_connection),
        cmocka_unit_test(test_nested_coroutines),
        cmocka_unit_test(test_no_yield_across_c),
        cmocka_unit_test(test_timeout_of_a_script),
        cmocka_unit_test(test_version_scripts_and_silent_ports),
        cmocka_unit_test(test_modern_ciphers),
        cmocka_unit_test(test_grinder),
        cmocka_unit_test(test_grinder_and_bad_manners),
        cmocka_unit_test(test_grinders_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
