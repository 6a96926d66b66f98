/* script_stage.c owns the host and the port that scripts of tests look at. */
#include "script_stage.h"

#include <sys/stat.h>
#include <unistd.h>

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

/* ---- names */

struct looking_up {
    struct looking_up *next;
    struct timer timer;
    void (*fn)(void *owner, const struct addr *addrs, size_t count, const char *why);
    void *owner;
    bool known;
};

static void answer(struct timer *timer)
{
    struct looking_up *l = timer->owner;
    struct addr a;
    addr_parse("192.0.2.1", &a);
    if (l->fn)
        l->fn(l->owner, &a, l->known, l->known ? NULL : "name not known");
    l->fn = NULL;
}

static void look_up(struct resolver *self, const char *name, int family,
    void (*fn)(void *owner, const struct addr *addrs, size_t count, const char *why), void *owner)
{
    struct stage_of_test *p = (struct stage_of_test *)((char *)self - offsetof(struct stage_of_test, resolver));
    struct looking_up *l = must_zalloc(sizeof *l);
    *l = (struct looking_up){.next = p->looking_up, .fn = fn, .owner = owner, .known = strcmp(name, "server.example") == 0};
    p->looking_up = l;
    timer_init(&l->timer, p->loop, answer, l);
    timer_start(&l->timer, MS);
}

static void stop_looking_up(struct stage_of_test *p)
{
    for (struct looking_up *l = p->looking_up, *next; l; l = next) {
        next = l->next;
        timer_stop(&l->timer);
        free(l);
    }
}

/* ---- the stage */

static void keep_message(void *owner, const char *text)
{
    struct stage_of_test *p = owner;
    size_t n = strlen(p->messages);
    p->said++;
    snprintf(p->messages + n, sizeof p->messages - n, "%s\n", text);
}

static bool may_reach(void *owner, const struct endpoint *peer)
{
    const struct stage_of_test *p = owner;
    return memcmp(&p->excluded.addr, &peer->addr, sizeof peer->addr) != 0 || p->excluded.port != peer->port;
}

void write_file(struct stage_of_test *p, const char *name, const char *text)
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

void open_stage(struct stage_of_test *p)
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
    p->admission = admission_new(p->loop, 100, &p->rate);
    p->share.max = 50;
    p->state = PORT_OPEN;
    p->resolver.forward = look_up;
    arena_init(&p->arena);
}

static struct rpc_programs *programs_of(void *owner)
{
    struct stage_of_test *p = owner;
    if (!p->programs)
        p->programs = rpc_programs_builtin();
    return p->programs;
}

void begin(struct stage_of_test *p, const struct script_settings *settings)
{
    static const char *const all[] = {"all"};
    const char *foreign[] = {p->directory};
    struct script_settings s = settings ? *settings : (struct script_settings){0};
    if (!s.megasteps)
        s.megasteps = 10;
    if (!s.rules) {
        s.rules = all;
        s.rule_count = 1;
    }
    s.foreign = foreign;
    s.foreign_count = 1;
    struct script_parts parts = {.resolver = &p->resolver,
        .may_reach = may_reach,
        .rpc_programs = programs_of,
        .loop = p->loop,
        .dialer = mem_net_dialer(p->net),
        .admission = p->admission,
        .message = keep_message,
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

void run_for(struct stage_of_test *p, int64_t limit_ms)
{
    struct script_job_of job = {.phase = SCRIPT_HOST, .target = p->target};
    script_job_start(p->scripts, &job, on_done, p);
    loop_run_fake(p->loop, limit_ms * MS);
}

void close_stage(struct stage_of_test *p)
{
    script_target_free(p->target);
    scripts_free(p->scripts);
    stop_looking_up(p);
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

void play_with(struct stage_of_test *p, const char *script, const struct mem_step *steps, const struct script_settings *settings)
{
    open_stage(p);
    write_file(p, "it.nse", script);
    if (steps)
        mem_serve(p->net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = steps});
    begin(p, settings);
    run_for(p, 3600 * 1000);
}

void play(struct stage_of_test *p, const char *script, const struct mem_step *steps)
{
    play_with(p, script, steps, NULL);
}

const char *text_of(struct stage_of_test *p, const char *id, char *out, size_t size)
{
    const struct detail *d = detail_find(p->details, id);
    size_t n = 0;
    out[0] = '\0';
    for (const struct value *v = d && d->lines ? d->lines->first : NULL; v; v = v->next)
        n += (size_t)snprintf(out + n, n < size ? size - n : 0, "%s%s", v->text, v->next ? "\n" : "");
    return d && d->lines ? out : NULL;
}

void told(struct stage_of_test *p, const char *expected)
{
    char text[4096];
    const char *got = text_of(p, "it", text, sizeof text);
    if (!got)
        fail_msg("no result; messages: %s", p->messages);
    assert_string_equal(got, expected);
    assert_true(p->done);
}

void told_nothing(struct stage_of_test *p)
{
    assert_null(detail_find(p->details, "it"));
    assert_true(p->done);
}

/* ---- harm */

void hostile(const char *action)
{
    hostile_to_server(action, NULL);
}

void hostile_to_server(const char *action, const struct mem_step *server)
{
    struct stage_of_test p;
    char text[2048];
    open_stage(&p);
    snprintf(text, sizeof text, HEAD "action = function(host, port)\n%s\nend", action);
    write_file(&p, "bad.nse", text);
    write_file(&p, "it.nse", HEAD "action = function() require 'stdnse'.sleep(0.5) return 'unharmed' end");
    if (server)
        mem_serve(p.net, &(struct mem_port){.port = PORT, .proto = PROTO_TCP, .steps = server});
    begin(&p, NULL);
    run_for(&p, 3600 * 1000);
    told(&p, "unharmed");
    close_stage(&p);
}
