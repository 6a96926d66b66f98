/*
 * script_interface.c owns the stage for the suites of tests/script/interface: script_interface SUITE.nse DIRECTORY TOP. A suite is a script
 * whose results are one line a row; this plays a host with ports, peers, names and time for it, runs all its rules, and prints the rows as
 * results of tests.
 *
 * The host is 192.0.2.1 ("server.example"). Its ports, as scans have them: 7 tcp open (echo), 22 tcp open (ssh, known with all fields),
 * 80 tcp open (nothing known), 81 tcp closed, 53 udp open, 161 udp open|filtered. Peers that answer, listed or not: see serve_all.
 */
#include "script/inside.h"

#include "net/mem.h"
#ifdef WITH_TLS
#include "tls_talk.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000, PORTS = 6 };

struct played_port {
    struct script_port facts;
    struct service_record service;
    struct detail *details;
};

struct stage {
    struct loop *loop;
    struct mem_net *net;
    struct resolver resolver;
    struct admission *admission;
    struct admission_host share;
    struct scripts *scripts;
    struct script_target *target;
    struct arena arena;
    struct played_port ports[PORTS];
    struct detail *before, *of_host, *after;
    struct buf messages, targets;
    bool done;
};

/* ---- what scripts see */

static void host_facts(void *owner, struct script_host *out)
{
    *out = (struct script_host){.given = "server.example",
        .reverse = "reverse.example",
        .up_reason = REASON_USER_SET,
        .rtt_us = 2 * MS,
        .rtt_var_us = MS,
        .rtt_timeout_us = 100 * MS};
    addr_parse("192.0.2.1", &out->addr);
}

static struct played_port *find_port(struct stage *p, uint16_t number, enum proto proto)
{
    for (int i = 0; i < PORTS; i++)
        if (p->ports[i].facts.number == number && p->ports[i].facts.proto == proto)
            return &p->ports[i];
    return NULL;
}

static bool port_facts(void *owner, uint16_t number, enum proto proto, struct script_port *out)
{
    struct played_port *k = find_port(owner, number, proto);
    if (k)
        *out = k->facts;
    return k != NULL;
}

static bool next_port(void *owner, const struct script_port *after, struct script_port *out)
{
    struct stage *p = owner;
    for (int i = 0; i < PORTS; i++) {
        const struct script_port *f = &p->ports[i].facts;
        if (!after || f->proto > after->proto || (f->proto == after->proto && f->number > after->number)) {
            *out = *f;
            return true;
        }
    }
    return false;
}

static struct service_record *service(void *owner, uint16_t number, enum proto proto, struct arena **a)
{
    struct stage *p = owner;
    struct played_port *k = find_port(p, number, proto);
    *a = &p->arena;
    return k ? &k->service : NULL;
}

static void set_state(void *owner, uint16_t number, enum proto proto, enum port_state state)
{
    struct played_port *k = find_port(owner, number, proto);
    k->facts.state = (uint8_t)state;
    k->facts.reason = REASON_SCRIPT;
}

static struct detail **host_details(void *owner, struct arena **a)
{
    struct stage *p = owner;
    *a = &p->arena;
    return &p->of_host;
}

static struct detail **port_details(void *owner, uint16_t number, enum proto proto, struct arena **a)
{
    struct stage *p = owner;
    struct played_port *k = find_port(p, number, proto);
    *a = &p->arena;
    return k ? &k->details : NULL;
}

static const struct script_target_ops ops = {.host = host_facts,
    .port = port_facts,
    .next = next_port,
    .service = service,
    .set_state = set_state,
    .host_details = host_details,
    .port_details = port_details};

/* ---- names: one.example has two addresses, lost.example a server that does not answer, and all others are not known */

struct wish {
    struct timer timer;
    void (*fn)(void *owner, const struct addr *addrs, size_t count, const char *why);
    void *owner;
    size_t count;
    bool lost;
};

static void answer_name(struct timer *t)
{
    struct wish *w = t->owner;
    struct addr a[2];
    addr_parse("192.0.2.1", &a[0]);
    addr_parse("192.0.2.9", &a[1]);
    w->fn(w->owner, a, w->count, w->count ? NULL : w->lost ? resolver_no_answer : "name not known");
    free(w);
}

static void forward(
    struct resolver *self, const char *name, int family, void (*fn)(void *, const struct addr *, size_t, const char *), void *owner)
{
    struct stage *p = (struct stage *)((char *)self - offsetof(struct stage, resolver));
    struct wish *w = must_zalloc(sizeof *w);
    *w = (struct wish){.fn = fn,
        .owner = owner,
        .count = strcmp(name, "one.example") == 0 && family != 6 ? 2 : 0,
        .lost = strcmp(name, "lost.example") == 0};
    timer_init(&w->timer, p->loop, answer_name, w);
    timer_start(&w->timer, 20 * MS);
}

/* ---- peers */

static void echo(void *owner, struct mem_talk *talk, struct bytes data)
{
    mem_say(talk, data, 0);
}

/* A datagram a word, each on its own. */
static void echo_words(void *owner, struct mem_talk *talk, struct bytes data)
{
    for (size_t at = 0; at < data.len;) {
        const uint8_t *space = memchr(data.at + at, ' ', data.len - at);
        size_t n = space ? (size_t)(space - data.at) - at : data.len - at;
        mem_say(talk, bytes_of(data.at + at, n), (int64_t)at * 10);
        at += n + 1;
    }
    if (!data.len)
        mem_say(talk, data, 0);
}

static const struct mem_step silent[] = {MEM_END};
static const struct mem_step greets[] = {MEM_SEND("220 hel"), MEM_WAIT(30), MEM_SEND("lo\r\nrest"), MEM_END};
static const struct mem_step lines[] = {
    MEM_SEND("one\ntwo\n"), MEM_WAIT(30), MEM_SEND("three\n"), MEM_WAIT(30), MEM_SEND("tail"), MEM_CLOSE, MEM_END};
static const struct mem_step closes[] = {MEM_CLOSE, MEM_END};
static const struct mem_step resets[] = {MEM_RESET, MEM_END};
static const struct mem_step half[] = {MEM_SEND("half a li"), MEM_WAIT(10), MEM_RESET, MEM_END};
static uint8_t much[8000];
static const struct mem_step flood[] = {{MEM_STEP_SEND, 0, {much, sizeof much}}, MEM_WAIT(1), MEM_LOOP};
#ifdef WITH_TLS
static struct tls_talk straight, after_word = {.clear = "STARTTLS", .go = "GO"};
#endif

static void serve_all(struct mem_net *net)
{
    const struct mem_port tcp[] = {
        {.port = 7, .hears = echo},
        {.port = 9, .steps = silent},
        {.port = 13, .steps = lines},
        {.port = 19, .steps = flood},
        {.port = 21, .steps = greets},
        {.port = 23, .steps = closes},
        {.port = 24, .steps = resets},
        {.port = 25, .steps = half},
        {.port = 99, .filtered = true},
#ifdef WITH_TLS
        {.port = 443, .hears = tls_talk_hears, .owner = &straight},
        {.port = 587, .hears = tls_talk_hears, .owner = &after_word},
#endif
    };
    const struct mem_port udp[] = {{.port = 7, .hears = echo_words}, {.port = 9, .steps = silent}};
    memset(much, 'x', sizeof much);
    for (size_t i = 0; i < sizeof tcp / sizeof *tcp; i++) {
        struct mem_port port = tcp[i];
        port.proto = PROTO_TCP;
        mem_serve(net, &port);
    }
    for (size_t i = 0; i < sizeof udp / sizeof *udp; i++) {
        struct mem_port port = udp[i];
        port.proto = PROTO_UDP;
        mem_serve(net, &port);
    }
}

static void fill_ports(struct stage *p)
{
    static const struct script_port facts[PORTS] = {
        {.number = 7, .proto = PROTO_TCP, .state = PORT_OPEN, .reason = REASON_SYN_ACK},
        {.number = 22, .proto = PROTO_TCP, .state = PORT_OPEN, .reason = REASON_SYN_ACK},
        {.number = 80, .proto = PROTO_TCP, .state = PORT_OPEN, .reason = REASON_SYN_ACK},
        {.number = 81, .proto = PROTO_TCP, .state = PORT_CLOSED, .reason = REASON_CONN_REFUSED},
        {.number = 53, .proto = PROTO_UDP, .state = PORT_OPEN, .reason = REASON_UDP_RESPONSE},
        {.number = 161, .proto = PROTO_UDP, .state = PORT_OPEN_FILTERED, .reason = REASON_NO_RESPONSE},
    };
    for (int i = 0; i < PORTS; i++) {
        p->ports[i].facts = facts[i];
        p->ports[i].facts.service = &p->ports[i].service;
    }
    p->ports[1].service = (struct service_record){.name = "ssh",
        .product = "OpenSSH",
        .version = "9.2",
        .info = "protocol 2.0",
        .hostname = "box",
        .os = "Linux",
        .device = "server",
        .cpe = {"cpe:/a:openbsd:openssh:9.2"},
        .cpe_count = 1,
        .method = METHOD_PROBED,
        .conf = CONF_PRODUCT};
}

/* ---- the run's other parts */

static void keep_message(void *owner, const char *text)
{
    buf_printf(&((struct stage *)owner)->messages, "%s\n", text);
}

static bool add_target(void *owner, const char *text)
{
    if (strcmp(text, "refused.example") == 0)
        return false;
    buf_printf(&((struct stage *)owner)->targets, "%s\n", text);
    return true;
}

static bool is_excluded(void *owner, uint16_t port, enum proto proto)
{
    return port == 9100 && proto == PROTO_TCP;
}

static const char *service_name(enum proto proto, uint16_t port)
{
    return port == 80 && proto == PROTO_TCP ? "http" : port == 53 ? "domain" : NULL;
}

/* ---- the table `stage`: what a suite may ask beyond the interface */

static struct stage *stage_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int tell_messages(lua_State *L)
{
    struct stage *p = stage_of(L);
    lua_pushlstring(L, buf_text(&p->messages), p->messages.len);
    buf_clear(&p->messages);
    return 1;
}

static int tell_targets(lua_State *L)
{
    struct stage *p = stage_of(L);
    lua_pushlstring(L, buf_text(&p->targets), p->targets.len);
    return 1;
}

/* What was sent to a port so far, all connections together. */
static int tell_sent(lua_State *L)
{
    struct stage *p = stage_of(L);
    lua_Integer port = luaL_checkinteger(L, 1);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < mem_log_count(p->net); i++) {
        const struct mem_log *log = mem_log_at(p->net, i);
        if (log->kind == MEM_LOG_SENT && log->peer.port == port)
            luaL_addlstring(&b, (const char *)log->data.at, log->data.len);
    }
    luaL_pushresult(&b);
    return 1;
}

static int tell_open(lua_State *L)
{
    lua_pushinteger(L, mem_connections_open(stage_of(L)->net));
    return 1;
}

/* Seconds on the stage's clock. */
static int tell_time(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)loop_now(stage_of(L)->loop) / 1e6);
    return 1;
}

/* The service of a tcp port as it stands in the record. */
static int tell_service(lua_State *L)
{
    struct played_port *k = find_port(stage_of(L), (uint16_t)luaL_checkinteger(L, 1), PROTO_TCP);
    const struct service_record *s = &k->service;
    const char *texts[] = {s->name, s->product, s->version, s->info, s->hostname, s->os, s->device, s->tunnel};
    int n = 0;
    for (; n < 8; n++)
        lua_pushstring(L, texts[n]);
    lua_pushinteger(L, s->conf);
    lua_pushinteger(L, (lua_Integer)s->cpe_count);
    return n + 2;
}

static int forget_service(lua_State *L)
{
    struct played_port *k = find_port(stage_of(L), (uint16_t)luaL_checkinteger(L, 1), PROTO_TCP);
    k->service = (struct service_record){0};
    return 0;
}

/* The names of an object's methods, by its class (which is there once an object is): its metatable is closed to scripts. */
static int tell_methods(lua_State *L)
{
    lua_Integer n = 0;
    luaL_getmetatable(L, luaL_checkstring(L, 1));
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_getfield(L, -1, "__index");
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_rawseti(L, -4, ++n);
    }
    return 1;
}

static int add_stage(lua_State *L)
{
    static const luaL_Reg functions[] = {{"messages", tell_messages}, {"targets", tell_targets}, {"sent", tell_sent}, {"open", tell_open},
        {"time", tell_time}, {"service", tell_service}, {"forget_service", forget_service}, {"methods", tell_methods}, {NULL, NULL}};
    void *p = lua_touserdata(L, 1);
    lua_pushglobaltable(L);
    lua_pushliteral(L, "stage");
    luaL_newlibtable(L, functions);
    lua_pushlightuserdata(L, p);
    luaL_setfuncs(L, functions, 1);
    lua_rawset(L, -3);
    return 0;
}

/* ---- one suite */

static void on_done(void *owner)
{
    ((struct stage *)owner)->done = true;
}

static void open_stage(struct stage *p, const char *suite, const char *directory, const char *top)
{
    const char *const rules[] = {suite}, *const foreign[] = {directory, top};
    struct diags d;
    memset(p, 0, sizeof *p);
    p->loop = loop_new_fake();
    p->net = mem_net_new(p->loop, 2 * MS);
    p->admission = admission_new(p->loop, 200, NULL);
    p->share.max = 200;
    p->resolver = (struct resolver){.forward = forward};
    arena_init(&p->arena);
    buf_init(&p->messages, 1 << 20);
    buf_init(&p->targets, 1 << 20);
    serve_all(p->net);
    fill_ports(p);
    struct script_settings s = {.rules = rules,
        .rule_count = 1,
        .foreign = foreign,
        .foreign_count = 2,
        .version = true,
        .intensity = 7,
        .megasteps = 10000, /* rows show what is refused for its size, not for its time */
        .timing = 3,
        .verbose = 2,
        .debug = 1,
        .args = "alone,key=value,list={one,two,deep={k=v}},script-intensity=5"};
    struct script_parts parts = {.loop = p->loop,
        .dialer = mem_net_dialer(p->net),
        .admission = p->admission,
        .resolver = &p->resolver,
        .tls = tls_client_new(),
        .message = keep_message,
        .add_target = add_target,
        .is_excluded = is_excluded,
        .service_name = service_name,
        .owner = p};
    diags_init(&d);
    p->scripts = scripts_new(&s, &parts, &d);
    for (size_t i = 0; i < d.count; i++)
        fprintf(stderr, "%s\n", d.list[i].message);
    diags_free(&d);
    if (!p->scripts || !state_call(p->scripts, add_stage, p))
        exit(2);
    p->target = script_target_new(p->scripts, &ops, p, &p->share);
}

static void close_stage(struct stage *p)
{
    struct tls_client *tls = p->scripts->parts.tls;
    script_target_free(p->target);
    scripts_free(p->scripts);
    loop_advance(p->loop, 1000 * MS);
    tls_client_free(tls);
    admission_free(p->admission);
    mem_net_free(p->net);
    loop_free(p->loop);
    buf_free(&p->messages);
    buf_free(&p->targets);
    arena_free(&p->arena);
}

static void run(struct stage *p, enum script_phase phase, struct detail **details)
{
    struct script_job_of job = {.phase = phase, .target = details ? NULL : p->target, .details = details, .arena = &p->arena};
    p->done = false;
    script_job_start(p->scripts, &job, on_done, p);
    loop_run_fake(p->loop, loop_now(p->loop) + 3600LL * 1000 * MS);
    if (!p->done)
        printf("not ok 0 - the suite ends\n");
}

/* A result of the suite is a line a row: "ok NAME" or "not ok NAME", what is wrong behind four spaces. Gives the number of failures. */
static unsigned print_rows(const struct detail *d, unsigned *count)
{
    unsigned failed = 0;
    for (const struct value *v = d && d->lines ? d->lines->first : NULL; v; v = v->next) {
        const char *name = strncmp(v->text, "ok ", 3) == 0 ? v->text + 3 : strncmp(v->text, "not ok ", 7) == 0 ? v->text + 7 : NULL;
        if (!name) {
            printf("%s\n", v->text);
            continue;
        }
        failed += *v->text == 'n';
        printf("%s %u - %s\n", *v->text == 'n' ? "not ok" : "ok", ++*count, name);
    }
    return failed;
}

int main(int argc, char **argv)
{
    static struct stage p;
    if (argc != 4)
        return 2;
#ifdef WITH_TLS
    tls_talk_open(&straight);
    tls_talk_open(&after_word);
#endif
    open_stage(&p, argv[1], argv[2], argv[3]);
    run(&p, SCRIPT_PRE, &p.before);
    run(&p, SCRIPT_HOST, NULL);
    run(&p, SCRIPT_POST, &p.after);
    unsigned count = 0, failed = print_rows(p.before, &count) + print_rows(p.of_host, &count);
    for (int i = 0; i < PORTS; i++)
        failed += print_rows(p.ports[i].details, &count);
    failed += print_rows(p.after, &count);
    if (mem_connections_open(p.net) > 0 && ++failed)
        printf("not ok %u - sockets are closed when the script has ended\n", ++count);
    if (failed || !count)
        printf("%s", buf_text(&p.messages));
    close_stage(&p);
#ifdef WITH_TLS
    tls_talk_close(&straight);
    tls_talk_close(&after_word);
#endif
    return p.done && count && !failed ? 0 : 1;
}
