/* engine_test.c owns the scenarios of whole scans: options in, records out, on a played network. */
#include "engine/engine.h"
#include "net/mem.h"
#include "rpc_peer.h"
#include "script/scripts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { MS = 1000 };

/* ---- a sink that keeps lines: "192.0.2.1 up complete | 22/tcp open ssh OpenSSH 9.2p1 | ..." */

struct keeper {
    struct sink sink;
    struct buf lines;
    unsigned hosts, begun, ended;
    bool interrupted;
    struct engine **stop; /* the engine that the first host stops; NULL: none */
};

static void keep_begin(struct sink *s, const struct scan_record *scan)
{
    ((struct keeper *)s)->begun++;
}

static void keep_host(struct sink *s, const struct host_record *h)
{
    struct keeper *k = (struct keeper *)s;
    char addr[ADDR_TEXT_MAX];
    k->hosts++;
    if (h->other_count)
        buf_printf(&k->lines, "(%zu more) ", h->other_count);
    buf_printf(&k->lines, "%s%s%s %s %s", addr_format(&h->addr, addr, sizeof addr), h->given ? "=" : "", h->given ? h->given : "",
        h->up ? "up" : "down",
        h->complete    ? "complete"
        : h->timed_out ? "timed-out"
                       : "stopped");
    for (size_t i = 0; i < h->port_count; i++) {
        const struct port_record *p = &h->ports[i];
        const struct service_record *v = p->service;
        buf_printf(&k->lines, " | %u/%s %s", p->number, proto_name(p->proto), port_state_name(p->state));
        if (v && v->method == METHOD_PROBED)
            buf_printf(&k->lines, " %s %s %s", v->name, v->product ? v->product : "-", v->version ? v->version : "-");
        else if (v && v->note)
            buf_printf(&k->lines, " (%s)", v->note);
        for (size_t n = 0; v && v->rpc && n < v->rpc->program_count; n++) {
            const struct rpc_program_record *program = &v->rpc->programs[n];
            buf_printf(&k->lines, " [%s%s%s%s]", program->name, program->asked ? " asked" : "", program->told ? " told" : "",
                program->stale ? " stale" : "");
        }
    }
    buf_append_str(&k->lines, "\n");
    if (k->stop)
        engine_stop(*k->stop);
}

static void keep_end(struct sink *s, const struct scan_totals *t)
{
    ((struct keeper *)s)->ended++;
    ((struct keeper *)s)->interrupted = t->interrupted;
}

static void keep_free(struct sink *s)
{
}

static const struct sink_ops keeper_ops = {.begin = keep_begin, .host = keep_host, .end = keep_end, .free = keep_free};

/* ---- a resolver that knows two names */

struct wish {
    struct timer timer;
    void (*forward)(void *owner, const struct addr *addrs, size_t count, const char *why);
    void (*backward)(void *owner, const char *name);
    void *owner;
    bool known;
};

struct played_resolver {
    struct resolver resolver;
    struct loop *loop;
    int64_t takes;
};

static void answer(struct timer *t)
{
    struct wish *w = t->owner;
    struct addr a[2];
    addr_parse("2001:db8::1", &a[0]);
    addr_parse("192.0.2.1", &a[1]);
    if (w->backward)
        w->backward(w->owner, NULL);
    else
        w->forward(w->owner, a, w->known ? 2 : 0, w->known ? NULL : "name not known");
    free(w);
}

static void wish(struct resolver *self, struct wish *w)
{
    timer_init(&w->timer, ((struct played_resolver *)self)->loop, answer, w);
    timer_start(&w->timer, ((struct played_resolver *)self)->takes);
}

static void play_forward(
    struct resolver *self, const char *name, int family, void (*fn)(void *, const struct addr *, size_t, const char *), void *owner)
{
    struct wish *w = must_zalloc(sizeof *w);
    w->forward = fn;
    w->owner = owner;
    w->known = strcmp(name, "one.example") == 0;
    wish(self, w);
}

static void play_backward(struct resolver *self, const struct addr *a, void (*fn)(void *, const char *), void *owner)
{
    struct wish *w = must_zalloc(sizeof *w);
    w->backward = fn;
    w->owner = owner;
    wish(self, w);
}

/* ---- a world */

struct world {
    struct loop *loop;
    struct mem_net *net;
    struct played_resolver resolver;
    struct options options;
    struct keeper keeper;
    struct buf why, messages;
    struct engine *engine;
    char db_path[64];
    struct timer stopper;
    bool stop_on_message;
};

static const char probes[] = "Exclude T:9100\n"
                             "Probe TCP NULL q||\ntotalwaitms 6000\n"
                             "match ssh m|^SSH-([\\d.]+)-OpenSSH_([\\w.]+)| p/OpenSSH/ v/$2/\n"
                             "Probe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\nrarity 1\nports 80\n"
                             "match http m|^HTTP/1\\.[01] \\d\\d\\d .*\\r\\nServer: Beta/([\\d.]+)|s p/Beta/ v/$1/\n"
                             "Probe UDP Ask q|ask|\nrarity 1\nports 53\nmatch domain m|^told ([\\d.]+)| p/Dom/ v/$1/\n";

static const struct mem_step ssh[] = {MEM_SEND("SSH-2.0-OpenSSH_9.2p1\r\n"), MEM_END};
static const struct mem_step http[] = {MEM_EXPECT("GET"), MEM_SEND("HTTP/1.0 200 OK\r\nServer: Beta/1.5\r\n\r\n"), MEM_CLOSE, MEM_END};
static const struct mem_step dns[] = {MEM_EXPECT("ask"), MEM_SEND("told 3.3"), MEM_END};

static void on_message(void *owner, const char *text)
{
    struct world *w = owner;
    buf_append_str(&w->messages, text);
    buf_append_str(&w->messages, "\n");
    if (w->stop_on_message)
        engine_stop(w->engine);
}

static void write_probes(struct world *w)
{
    strcpy(w->db_path, "/tmp/descry-engine-XXXXXX");
    int fd = mkstemp(w->db_path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, probes, sizeof probes - 1), sizeof probes - 1);
    close(fd);
}

static void serve(struct world *w, uint16_t port, enum proto proto, const struct mem_step *steps)
{
    struct mem_port p = {.port = port, .proto = (uint8_t)proto, .steps = steps};
    mem_serve(w->net, &p);
}

static void world_open(struct world *w)
{
    *w = (struct world){0};
    w->loop = loop_new_fake();
    w->net = mem_net_new(w->loop, 20 * MS);
    w->resolver =
        (struct played_resolver){.resolver = {.forward = play_forward, .backward = play_backward}, .loop = w->loop, .takes = 5 * MS};
    w->keeper.sink.ops = &keeper_ops;
    buf_init(&w->keeper.lines, 1 << 20);
    buf_init(&w->why, 1024);
    buf_init(&w->messages, 1 << 16);
    options_init(&w->options);
    write_probes(w);
    assert_true(options_set(&w->options, "--probe-db", w->db_path, &w->why));
    assert_true(options_set(&w->options, "--seed", "1", &w->why));
    serve(w, 22, PROTO_TCP, ssh);
    serve(w, 80, PROTO_TCP, http);
    serve(w, 53, PROTO_UDP, dns);
    serve(w, 7, PROTO_TCP, NULL);
    serve(w, 9100, PROTO_TCP, NULL);
}

static void set(struct world *w, const char *name, const char *value)
{
    assert_true(options_set(&w->options, name, value, &w->why));
}

static void target(struct world *w, const char *text)
{
    options_add(&w->options, &w->options.targets, text);
}

static bool world_ready(struct world *w)
{
    struct engine_parts parts = {.loop = w->loop,
        .dialer = mem_net_dialer(w->net),
        .resolver = &w->resolver.resolver,
        .message = on_message,
        .message_owner = w,
        .version = "0",
        .command = "descry",
        .descriptors = 500};
    static struct sink *sinks[1];
    sinks[0] = &w->keeper.sink;
    w->engine = engine_new(&w->options, &parts, &w->why);
    if (w->engine)
        engine_take_sinks(w->engine, sinks, 1);
    return w->engine != NULL;
}

static const char *world_run(struct world *w)
{
    assert_true(world_ready(w));
    engine_run(w->engine);
    assert_int_equal(w->keeper.begun, 1);
    assert_int_equal(w->keeper.ended, 1);
    return buf_text(&w->keeper.lines);
}

static void world_close(struct world *w)
{
    engine_free(w->engine);
    loop_run_fake(w->loop, 100 * MS);
    assert_int_equal(mem_connections_open(w->net), 0);
    mem_net_free(w->net);
    options_free(&w->options);
    buf_free(&w->keeper.lines);
    buf_free(&w->why);
    buf_free(&w->messages);
    unlink(w->db_path);
    loop_free(w->loop);
}

/* ---- scenarios */

static void services_are_named(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "22,80,81");
    target(&w, "192.0.2.1");
    assert_string_equal(
        world_run(&w), "192.0.2.1 up complete | 22/tcp open ssh OpenSSH 9.2p1 | 80/tcp open http Beta 1.5 | 81/tcp closed\n");
    world_close(&w);
}

static void names_resolve_or_are_told(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "22");
    target(&w, "one.example");
    target(&w, "none.example");
    assert_string_equal(world_run(&w), "(1 more) 192.0.2.1=one.example up complete | 22/tcp open ssh OpenSSH 9.2p1\n");
    assert_non_null(strstr(buf_text(&w.messages), "none.example"));
    world_close(&w);
}

static void udp_is_named_from_the_scans_own_question(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-sU", NULL);
    set(&w, "-p", "53");
    set(&w, "-Pn", NULL);
    target(&w, "192.0.2.1");
    assert_string_equal(world_run(&w), "192.0.2.1 up complete | 53/udp open domain Dom 3.3\n");
    world_close(&w);
}

static void excluded_ports_are_left_alone(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "9100");
    target(&w, "192.0.2.1");
    assert_string_equal(world_run(&w), "192.0.2.1 up complete | 9100/tcp open (excluded from identification)\n");
    for (size_t i = 0; i < mem_log_count(w.net); i++)
        assert_int_not_equal(mem_log_at(w.net, i)->kind, MEM_LOG_SENT);
    world_close(&w);
}

static void bare_scan_sends_nothing(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "22,80");
    set(&w, "--no-identify", NULL);
    target(&w, "192.0.2.1");
    assert_string_equal(world_run(&w), "192.0.2.1 up complete | 22/tcp open | 80/tcp open\n");
    world_close(&w);
}

static void host_timeout_keeps_what_is_known(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "7,22");
    set(&w, "--host-timeout", "2s");
    target(&w, "192.0.2.1");
    assert_string_equal(world_run(&w), "192.0.2.1 up timed-out | 7/tcp open (not finished) | 22/tcp open ssh OpenSSH 9.2p1\n");
    world_close(&w);
}

static void on_stopper(struct timer *t)
{
    struct world *w = t->owner;
    engine_stop(w->engine);
}

static void interruption_hands_out_what_is_known(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "7,22");
    target(&w, "192.0.2.1");
    timer_init(&w.stopper, w.loop, on_stopper, &w);
    timer_start(&w.stopper, 1500 * MS);
    assert_string_equal(world_run(&w), "192.0.2.1 up stopped | 7/tcp open (not finished) | 22/tcp open ssh OpenSSH 9.2p1\n");
    assert_true(w.keeper.interrupted);
    world_close(&w);
}

/* The library's user may stop from any call-back: each host is handed out once, the one that is being handed out included. */
static void a_sink_may_stop(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "22");
    target(&w, "192.0.2.0/28");
    w.keeper.stop = &w.engine;
    world_run(&w);
    assert_true(w.keeper.interrupted);
    assert_int_equal(w.keeper.hosts, 16);
    world_close(&w);
}

/* A line of the trace comes from within a task, which must not be pulled away from under itself. */
static void a_message_may_stop(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "7,22,80");
    set(&w, "--version-trace", NULL);
    target(&w, "192.0.2.1");
    w.stop_on_message = true;
    assert_non_null(strstr(world_run(&w), "192.0.2.1 up stopped"));
    assert_true(w.keeper.interrupted);
    world_close(&w);
}

static void interruption_does_not_wait_for_an_excluded_name(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "--exclude", "one.example");
    target(&w, "192.0.2.1");
    w.resolver.takes = 60 * 1000 * MS;
    timer_init(&w.stopper, w.loop, on_stopper, &w);
    timer_start(&w.stopper, 1500 * MS);
    int64_t began = loop_now(w.loop);
    world_run(&w);
    assert_true(w.keeper.interrupted);
    assert_int_equal(loop_now(w.loop) - began, 1500 * MS);
    loop_run_fake(w.loop, INT64_MAX);
    world_close(&w);
}

/* Names of addresses are a courtesy: name servers that do not answer hold back neither other hosts nor the end. */
static void slow_name_servers_hold_nothing_up(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "22");
    target(&w, "192.0.2.0/25");
    w.resolver.takes = 60 * 1000 * MS;
    int64_t began = loop_now(w.loop);
    world_run(&w);
    assert_int_equal(w.keeper.hosts, 128);
    assert_in_range(loop_now(w.loop) - began, 0, 5000 * MS);
    loop_run_fake(w.loop, INT64_MAX);
    world_close(&w);
}

static void many_hosts_are_each_told_once(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "-p", "22");
    set(&w, "--exclude", "192.0.2.128/25");
    target(&w, "192.0.2.0/24");
    world_run(&w);
    assert_int_equal(w.keeper.hosts, 128);
    world_close(&w);
}

static void down_hosts_are_down(void **state)
{
    struct world w;
    struct addr a;
    world_open(&w);
    addr_parse("192.0.2.9", &a);
    mem_down(w.net, &a);
    set(&w, "-p", "22");
    target(&w, "192.0.2.9");
    assert_non_null(strstr(world_run(&w), "192.0.2.9 down complete"));
    world_close(&w);
}

static void wrong(const char *option, const char *value, const char *target_text, const char *expected)
{
    struct world w;
    world_open(&w);
    if (option)
        set(&w, option, value);
    if (target_text)
        target(&w, target_text);
    assert_false(world_ready(&w));
    if (!strstr(buf_text(&w.why), expected))
        fail_msg("\"%s\" does not say \"%s\"", buf_text(&w.why), expected);
    assert_int_equal(mem_connections(w.net), 0);
    world_close(&w);
}

static void bad_input_scans_nothing(void **state)
{
    wrong("-p", "22,x-y", "192.0.2.1", "-p");
    wrong("-p", "70000", "192.0.2.1", "-p");
    wrong("-p", "22", "10.0.0.300", "10.0.0.300");
    wrong("-p", "22", "10.0.0.0/33", "10.0.0.0/33");
    wrong("-p", "22", NULL, "no target");
    wrong("--probe-db", "/nonexistent/probes", "192.0.2.1", "/nonexistent/probes");
    wrong("-iL", "/nonexistent/list", NULL, "/nonexistent/list");
}

static void options_say_what_is_wrong(void **state)
{
    static const struct {
        const char *name, *value, *expected;
    } cases[] = {
        {"--top-ports", "0", "--top-ports"},
        {"--max-rate", "fast", "--max-rate"},
        {"--host-timeout", "soon", "--host-timeout"},
        {"--version-intensity", "10", "0 to 9"},
        {"--nonsense", NULL, "--nonsense"},
        {"-p", NULL, "needs a value"},
        {"-O", NULL, "-O"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options o;
        struct buf why;
        options_init(&o);
        buf_init(&why, 1024);
        assert_false(options_set(&o, cases[i].name, cases[i].value, &why));
        assert_non_null(strstr(buf_text(&why), cases[i].expected));
        buf_free(&why);
        options_free(&o);
    }
}

/* ---- ONC RPC: what a portmapper tells of the other ports */

static const struct rpc_played rpc_mapper[] = {{100000, 2, 4, 0}, {0}}, rpc_nfs[] = {{100003, 3, 4, 0}, {0}},
                               rpc_status[] = {{100024, 1, 1, 0}, {0}};
#define REGISTERED(number, where, on)                                                                                                      \
    {                                                                                                                                      \
        .program = (number), .version = 1, .has_port = true, .proto = (on), .port = (where), .netid = (on) == PROTO_UDP ? "udp" : "tcp",   \
        .address = "0.0.0.0.0.1"                                                                                                           \
    }
static const struct registration rpc_list[] = {REGISTERED(100000, 111, PROTO_TCP), REGISTERED(100003, 2049, PROTO_TCP),
    REGISTERED(100005, 5000, PROTO_TCP), REGISTERED(100005, 22, PROTO_TCP), REGISTERED(100005, 81, PROTO_TCP),
    REGISTERED(100021, 5000, PROTO_UDP), REGISTERED(100024, 5001, PROTO_UDP), REGISTERED(100005, 9999, PROTO_TCP), {0}};

static void what_a_portmapper_tells_is_confirmed_port_by_port(void **state)
{
    struct world w;
    struct rpc_peer mapper = {.programs = rpc_mapper}, nfs = {.programs = rpc_nfs}, other = {.programs = rpc_status};
    struct rpc_peer datagrams = {.programs = rpc_status};
    mapper.list = rpc_list;
    struct {
        struct rpc_peer *peer;
        uint16_t port;
        enum proto proto;
    } served[] = {{&mapper, 111, PROTO_TCP}, {&nfs, 2049, PROTO_TCP}, {&other, 5000, PROTO_TCP}, {&datagrams, 5001, PROTO_UDP}};
    world_open(&w);
    for (size_t i = 0; i < 4; i++) {
        struct mem_port p = rpc_peer_port(served[i].peer, served[i].proto);
        p.port = served[i].port;
        mem_serve(w.net, &p);
    }
    serve(&w, 5000, PROTO_UDP, NULL);
    set(&w, "-sT", NULL);
    set(&w, "-sU", NULL);
    set(&w, "-p", "T:22,81,111,2049,5000,U:5000,5001");
    target(&w, "192.0.2.1");
    assert_string_equal(world_run(&w),
        "192.0.2.1 up complete | 22/tcp open ssh OpenSSH 9.2p1 [mountd told stale] | 81/tcp closed [mountd told stale]"
        " | 111/tcp open rpcbind - 2-4 [rpcbind asked told] | 2049/tcp open nfs - 3-4 [nfs asked told]"
        " | 5000/tcp open status - 1 [status asked] [mountd told stale]"
        " | 5000/udp open|filtered nlockmgr - 1 [nlockmgr told] | 5001/udp open status - 1 [status asked told]\n");
    for (size_t i = 0; i < mem_log_count(w.net); i++)
        assert_int_not_equal(mem_log_at(w.net, i)->peer.port, 9999); /* nobody asked for it */
    world_close(&w);
    for (size_t i = 0; i < 4; i++)
        rpc_peer_free(served[i].peer);
}

static void a_users_file_of_programs_is_read_or_told(void **state)
{
    struct world w;
    world_open(&w);
    set(&w, "--rpc-db", "/nonexistent/rpc");
    target(&w, "192.0.2.1");
    assert_false(world_ready(&w));
    assert_non_null(strstr(buf_text(&w.why), "/nonexistent/rpc"));
    world_close(&w);
}

/* ---- scripts keep to what the user excludes, from the first one on */

/* A world with a directory of scripts: a library that is just there, and one script. */
static void open_with_script(struct world *w, char *directory, const char *name, const char *text)
{
    char path[128];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/lib", directory);
    mkdir(path, 0700);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, i ? name : "lib/stdnse.lua");
        FILE *to = fopen(path, "w");
        assert_non_null(to);
        fputs(i ? text : "return {}", to);
        fclose(to);
    }
    world_open(w);
    set(w, "--script-path", directory);
}

static void close_with_scripts(struct world *w, const char *directory)
{
    char command[64];
    world_close(w);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    assert_int_equal(system(command), 0);
}

static void scripts_keep_to_the_exclusions(void **state)
{
    struct world w;
    char directory[] = "/tmp/descry-engine-XXXXXX";
    if (!scripts_built_in())
        skip();
    open_with_script(&w, directory, "early.nse",
        "categories = {}\nprerule = function() return true end\n"
        "action = function()\n"
        "  for _, to in ipairs { { '192.0.2.9', 22 }, { '::ffff:192.0.2.9', 22 }, { '192.0.2.1', 22 }, { '192.0.2.2', 25 }, { '192.0.2.2', "
        "22 } } do\n"
        "    local s = nmap.new_socket() local ok, why = s:connect(to[1], to[2]) print(to[1], to[2], ok, why) s:close() end\n"
        "  print('added', nmap.add_targets('192.0.2.9', '192.0.2.3'))\n"
        "end");
    serve(&w, 25, PROTO_TCP, NULL);
    set(&w, "--script", "early");
    set(&w, "--no-identify", NULL);
    set(&w, "-p", "22");
    set(&w, "--exclude", "192.0.2.9,one.example"); /* 192.0.2.1 */
    set(&w, "--exclude-ports", "25");
    target(&w, "192.0.2.2");
    const char *lines = world_run(&w);
    assert_non_null(strstr(lines, "192.0.2.2 up complete | 22/tcp open\n"));
    assert_non_null(strstr(lines, "192.0.2.3 up complete | 22/tcp open\n"));
    assert_int_equal(w.keeper.hosts, 2);
    const char *said = buf_text(&w.messages);
    assert_non_null(strstr(said, "early is kept from 192.0.2.9 port 22/tcp, which is excluded"));
    assert_non_null(strstr(said, "192.0.2.9\t22\tfalse\texcluded from this scan"));
    assert_non_null(strstr(said, "::ffff:192.0.2.9\t22\tfalse\texcluded from this scan"));
    assert_non_null(strstr(said, "192.0.2.1\t22\tfalse\texcluded from this scan"));
    assert_non_null(strstr(said, "192.0.2.2\t25\tfalse\texcluded from this scan"));
    assert_non_null(strstr(said, "192.0.2.2\t22\ttrue"));
    for (size_t i = 0; i < mem_log_count(w.net); i++)
        assert_int_not_equal(mem_log_at(w.net, i)->peer.addr.octet[3], 9);
    close_with_scripts(&w, directory);
}

/* ---- scripts of category version, in both ways of identification: they run by themselves and see what no rule could read */

static void unread(const char *way)
{
    static const struct mem_step odd[] = {MEM_SEND("\x01odd\x02"), MEM_EXPECT("x"), MEM_CLOSE, MEM_END};
    struct world w;
    char directory[] = "/tmp/descry-engine-XXXXXX";
    open_with_script(&w, directory, "odd.nse",
        "categories = { 'version' }\n"
        "portrule = function(host, port)\n"
        "  print(port.number, port.version.service_fp)\n"
        "  return port.version.service_fp and port.version.service_fp:find('SF-Port1234', 1, true)\n"
        "end\n"
        "action = function(host, port) port.version = { name = 'odd', product = 'Odd' } nmap.set_port_version(host, port) end");
    serve(&w, 1234, PROTO_TCP, odd);
    set(&w, "-p", "22,1234");
    if (way)
        set(&w, way, NULL);
    target(&w, "192.0.2.1");
    assert_non_null(strstr(world_run(&w), "1234/tcp open odd Odd -\n"));
    const char *said = buf_text(&w.messages);
    assert_non_null(strstr(said, "22\tnil"));
    assert_non_null(strstr(said, "1234\tSF-Port1234-TCP:V=0"));
    assert_non_null(strstr(said, "%r(NULL,5,"));
    close_with_scripts(&w, directory);
}

static void version_scripts_see_what_was_not_read(void **state)
{
    if (!scripts_built_in())
        skip();
    unread(NULL);
    unread("--sequential");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_named),
        cmocka_unit_test(names_resolve_or_are_told),
        cmocka_unit_test(udp_is_named_from_the_scans_own_question),
        cmocka_unit_test(excluded_ports_are_left_alone),
        cmocka_unit_test(bare_scan_sends_nothing),
        cmocka_unit_test(host_timeout_keeps_what_is_known),
        cmocka_unit_test(interruption_hands_out_what_is_known),
        cmocka_unit_test(a_sink_may_stop),
        cmocka_unit_test(a_message_may_stop),
        cmocka_unit_test(interruption_does_not_wait_for_an_excluded_name),
        cmocka_unit_test(slow_name_servers_hold_nothing_up),
        cmocka_unit_test(many_hosts_are_each_told_once),
        cmocka_unit_test(down_hosts_are_down),
        cmocka_unit_test(bad_input_scans_nothing),
        cmocka_unit_test(options_say_what_is_wrong),
        cmocka_unit_test(what_a_portmapper_tells_is_confirmed_port_by_port),
        cmocka_unit_test(a_users_file_of_programs_is_read_or_told),
        cmocka_unit_test(scripts_keep_to_the_exclusions),
        cmocka_unit_test(version_scripts_see_what_was_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
