/* rpc_test.c owns the scenarios of asking for ONC RPC programs: decent servers, and one with each bad manner that servers have. */
#include "play.h"
#include "rpc_peer.h"

#include "stages/rpc.h"
#include "stages/rpc_label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { RTT = 100, LIMIT = 120 * 1000, ALL = 1900 };

static const struct rpc_played nothing[] = {{0}};
static const struct rpc_played nfs[] = {{100003, 3, 4, 0}, {0}};
static const struct rpc_played several[] = {{100005, 1, 3, 2}, {100003, 3, 3, 0}, {391002, 1, 2, 0}, {0}};
static const struct rpc_played rstat[] = {{100001, 1, 5, 4}, {0}};
static const struct rpc_played unnamed[] = {{400005, 1, 1, 0}, {0}};
static const struct rpc_played mapper[] = {{100000, 2, 4, 0}, {0}};
static const struct rpc_played gluster[] = {{1298437, 330, 330, 0}, {14398633, 2, 2, 0}, {0}};
static const struct registration list[] = {
    {.program = 100003, .version = 3, .has_port = true, .port = 2049, .netid = "tcp", .address = "0.0.0.0.8.1"},
    {.program = 100003, .version = 4, .has_port = true, .port = 2049, .netid = "tcp", .address = "0.0.0.0.8.1"},
    {.program = 100005, .version = 1, .has_port = true, .proto = PROTO_UDP, .port = 20048, .netid = "udp", .address = "0.0.0.0.78.80"},
    {.program = 100000, .version = 4, .netid = "local", .address = "/run/rpcbind.sock"}, {0}};

struct act {
    struct play p;
    struct rpc_peer peer;
    struct rpc_programs *programs;
    struct rpc_config config;
    struct hearsay hearsay;
};

static void act_open(struct act *a, const struct rpc_peer *peer, int64_t rtt)
{
    memset(a, 0, sizeof *a);
    a->peer = *peer;
    a->programs = rpc_programs_builtin();
    a->config = (struct rpc_config){.programs = a->programs, .early = true, .every = true, .intensity = 9};
    hearsay_init(&a->hearsay);
    play_open(&a->p, "Probe TCP NULL q||\n", rtt, false);
    a->p.stages[0] = (struct stage_use){&stage_rpc, &a->config};
    a->p.hearsay = &a->hearsay;
}

static void act_run(struct act *a, enum proto proto)
{
    struct mem_port port = rpc_peer_port(&a->peer, proto);
    play_serve_port(&a->p, &port);
    assert_true(play_run(&a->p, proto, LIMIT));
}

static void act_close(struct act *a)
{
    play_close(&a->p);
    hearsay_free(&a->hearsay);
    rpc_peer_free(&a->peer);
    rpc_programs_free(a->programs);
}

static void play(struct act *a, const struct rpc_peer *peer, enum proto proto)
{
    act_open(a, peer, RTT);
    act_run(a, proto);
}

static const struct rpc_record *record(const struct act *a)
{
    assert_non_null(a->p.service->rpc);
    return a->p.service->rpc;
}

static void expect(const struct act *a, const char *name, const char *version, const char *info)
{
    assert_non_null(a->p.service->name);
    assert_string_equal(a->p.service->name, name);
    if (version)
        assert_string_equal(a->p.service->version, version);
    else
        assert_null(a->p.service->version);
    assert_string_equal(a->p.service->info, info);
}

/* ---- decent servers */

static void a_decent_server_on_tcp(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = nfs}, PROTO_TCP);
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_true(record(&a)->tried > ALL);
    assert_int_equal(record(&a)->answered, record(&a)->tried);
    assert_int_equal(record(&a)->program_count, 1);
    assert_true(record(&a)->programs[0].asked && !record(&a)->programs[0].told);
    assert_int_equal(mem_connections(a.p.net), 1); /* the scan's own */
    assert_true(a.peer.most_at_once <= 1000);
    assert_true(play_elapsed_ms(&a.p) < 6 * RTT);
    act_close(&a);
}

static void a_decent_server_on_udp(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = nfs}, PROTO_UDP);
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_int_equal(record(&a)->answered, record(&a)->tried);
    assert_int_equal(a.p.task->facts.port, FACTS_PORT_OPEN);
    assert_true(play_elapsed_ms(&a.p) < 30 * RTT);
    act_close(&a);
}

static void gaps_between_versions_are_seen(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = rstat}, PROTO_UDP);
    expect(&a, "rstatd", "1-3,5", "RPC #100001");
    act_close(&a);
}

static void all_programs_are_told(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = several}, PROTO_TCP);
    const struct rpc_record *r = record(&a);
    assert_int_equal(r->program_count, 3);
    expect(&a, "nfs", "3", "RPC #100003"); /* the likeliest, where no port and no portmapper says otherwise */
    assert_string_equal(r->programs[1].name, "mountd");
    assert_string_equal(r->programs[1].versions, "1,3");
    assert_string_equal(r->programs[2].name, "sgi_fam");
    act_close(&a);
}

static void an_unnamed_program_has_its_owner(void **state)
{
    struct act a;
    static const char file[] = "fabric 400005 #: versions 1\n";
    struct rpc_peer peer = {.programs = unnamed};
    act_open(&a, &peer, RTT);
    rpc_programs_add(a.programs, "mine", bytes_str(file), NULL);
    act_run(&a, PROTO_TCP);
    expect(&a, "fabric", "1", "RPC #400005");
    act_close(&a);
    static const struct rpc_played netapp[] = {{100202, 1, 1, 0}, {0}};
    play(&a, &(struct rpc_peer){.programs = netapp}, PROTO_TCP);
    expect(&a, "rpc", "1", "RPC #100202, Netapp");
    act_close(&a);
}

static void nothing_of_the_table_is_there(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = nothing}, PROTO_TCP);
    expect(&a, "rpc", NULL, "unrecognised program");
    assert_int_equal(a.p.service->conf, CONF_GENERIC);
    act_close(&a);
}

static void versions_without_a_range_are_asked_for(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = gluster, .manners = RPC_NO_RANGE}, PROTO_TCP);
    const struct rpc_record *r = record(&a);
    assert_int_equal(r->program_count, 2);
    assert_string_equal(r->programs[0].versions, "330"); /* the right one is not answered, while those beside it are */
    assert_string_equal(r->programs[1].versions, "2");
    assert_null(r->silent);
    act_close(&a);
}

static void the_light_intensity_asks_the_likeliest(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = nfs};
    act_open(&a, &peer, RTT);
    a.config.intensity = 2;
    act_run(&a, PROTO_TCP);
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_true(record(&a)->tried < 150);
    act_close(&a);
}

/* ---- replies in all forms */

static void forms_of_replies_do_not_matter(void **state)
{
    static const unsigned manners[] = {RPC_SHUFFLES, RPC_FRAGMENTS, RPC_VERIFIERS, RPC_ODD_BYTES, RPC_ANSWERS_TWICE};
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        struct act a;
        play(&a, &(struct rpc_peer){.programs = nfs, .manners = manners[i]}, PROTO_TCP);
        expect(&a, "nfs", "3-4", "RPC #100003");
        assert_int_equal(record(&a)->answered, record(&a)->tried);
        act_close(&a);
    }
}

static void bad_records_end_it_and_what_is_known_stays(void **state)
{
    static const unsigned manners[] = {RPC_EMPTY_RECORDS, RPC_HUGE_RECORDS, RPC_ENDLESS_FRAGMENTS, RPC_GARBAGE};
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        struct act a;
        play(&a, &(struct rpc_peer){.programs = nfs, .manners = manners[i], .after = 60}, PROTO_TCP);
        expect(&a, "nfs", "3-4", "RPC #100003");
        assert_string_equal(record(&a)->remark, "malformed records");
        assert_true(play_elapsed_ms(&a.p) < 20 * RTT);
        act_close(&a);
    }
}

static void who_is_no_rpc_server_is_left_at_once(void **state)
{
    static const unsigned manners[] = {RPC_EMPTY_RECORDS, RPC_HUGE_RECORDS, RPC_ENDLESS_FRAGMENTS, RPC_GARBAGE, RPC_STRANGE_IDS};
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        struct act a;
        play(&a, &(struct rpc_peer){.programs = nfs, .manners = manners[i]}, PROTO_TCP);
        assert_null(a.p.service->name);
        assert_null(a.p.service->rpc);
        assert_int_equal(a.peer.calls, 1);
        act_close(&a);
    }
}

/* ---- difficult peers */

static void a_liar_is_not_believed(void **state)
{
    static const unsigned manners[] = {RPC_CLAIMS_ALL, RPC_SUCCEEDS_ALL};
    for (size_t i = 0; i < 2; i++)
        for (enum proto proto = PROTO_TCP; proto <= PROTO_UDP; proto++) {
            struct act a;
            play(&a, &(struct rpc_peer){.programs = nothing, .manners = manners[i]}, proto);
            expect(&a, "rpc", NULL, "answers to every program");
            assert_int_equal(record(&a)->program_count, 0);
            assert_true(a.peer.calls < 1100); /* the first flight showed it */
            act_close(&a);
        }
}

static void a_liar_with_a_right_list_is_a_portmapper(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = mapper, .manners = RPC_CLAIMS_ALL, .list = list}, PROTO_TCP);
    expect(&a, "rpcbind", "2-4", "RPC #100000");
    assert_string_equal(record(&a)->remark, "answers to every program");
    act_close(&a);
}

static void authentication_tells_nothing_of_programs(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = nfs, .manners = RPC_WANTS_AUTH}, PROTO_TCP);
    expect(&a, "rpc", NULL, "stronger authentication or a reserved port required");
    act_close(&a);
    play(&a, &(struct rpc_peer){.programs = nfs, .manners = RPC_AUTH_FOR_KNOWN}, PROTO_TCP);
    expect(&a, "nfs", NULL, "RPC #100003"); /* it denies all others */
    assert_true(record(&a)->programs[0].wants_auth);
    act_close(&a);
}

static void another_version_of_rpc(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = nfs, .manners = RPC_OTHER_VERSION}, PROTO_TCP);
    expect(&a, "rpc", NULL, "another version of RPC");
    act_close(&a);
}

/* The first call is for a program that is there: on a program's own port it is that one. */
static void who_drops_unknown_programs_is_asked_one_by_one(void **state)
{
    struct act a;
    static const char file[] = "nfs 100003 #: port 4711\n";
    struct rpc_peer peer = {.programs = nfs, .manners = RPC_DROPS_UNKNOWN};
    act_open(&a, &peer, RTT);
    rpc_programs_add(a.programs, "mine", bytes_str(file), NULL);
    act_run(&a, PROTO_TCP);
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_true(record(&a)->tried > 50 && record(&a)->tried < 200);
    assert_true(mem_connections(a.p.net) <= 130);
    assert_true(mem_connections_most(a.p.net) <= 4);
    act_close(&a);
}

static void who_drops_a_pipeline_is_asked_one_by_one(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = several, .manners = RPC_DROPS_PIPELINE}, PROTO_TCP);
    assert_int_equal(record(&a)->program_count, 3);
    assert_true(record(&a)->answered > 1000); /* half a minute allows that many round trips on four connections */
    assert_true(mem_connections(a.p.net) < 12);
    act_close(&a);
}

static void one_program_that_kills_the_connection_is_passed(void **state)
{
    static const unsigned manners[] = {0, RPC_STUCK};
    for (size_t i = 0; i < 2; i++) {
        struct act a;
        play(&a, &(struct rpc_peer){.programs = nfs, .poison = 100017, .manners = manners[i]}, PROTO_TCP);
        expect(&a, "nfs", "3-4", "RPC #100003");
        assert_int_equal(record(&a)->answered, record(&a)->tried - 1);
        assert_int_equal(mem_connections(a.p.net), 2);
        act_close(&a);
    }
}

static void a_known_program_that_is_not_answered_is_told(void **state)
{
    for (enum proto proto = PROTO_TCP; proto <= PROTO_UDP; proto++) {
        struct act a;
        play(&a, &(struct rpc_peer){.programs = rstat, .mute = 100003}, proto);
        expect(&a, "rstatd", "1-3,5", "RPC #100001");
        assert_string_equal(record(&a)->silent, "nfs #100003");
        assert_int_equal(record(&a)->answered, record(&a)->tried - 1);
        act_close(&a);
    }
}

static void who_answers_only_what_it_knows_is_asked_to_the_end(void **state)
{
    static const char file[] = "rstatd 100001 #: port 4711\n";
    for (enum proto proto = PROTO_TCP; proto <= PROTO_UDP; proto++) {
        struct act a;
        struct rpc_peer peer = {.programs = rstat, .manners = RPC_SILENT_UNKNOWN};
        act_open(&a, &peer, RTT);
        rpc_programs_add(a.programs, "mine", bytes_str(file), NULL);
        act_run(&a, proto);
        expect(&a, "rstatd", "1-3,5", "RPC #100001");
        assert_null(record(&a)->silent);
        assert_true(play_elapsed_ms(&a.p) < 31 * 1000);
        if (proto == PROTO_TCP)
            assert_true(record(&a)->tried > ALL);
        act_close(&a);
    }
}

static void a_slow_server_gets_few_at_a_time(void **state)
{
    for (enum proto proto = PROTO_TCP; proto <= PROTO_UDP; proto++) {
        struct act a;
        play(&a, &(struct rpc_peer){.programs = nfs, .per_second = 40}, proto);
        expect(&a, "nfs", "3-4", "RPC #100003");
        assert_true(play_elapsed_ms(&a.p) < 31 * 1000);
        assert_true(record(&a)->answered > 150);
        act_close(&a);
    }
}

static void a_server_for_one_client_at_a_time(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = nfs};
    act_open(&a, &peer, RTT);
    struct mem_port port = rpc_peer_port(&a.peer, PROTO_TCP);
    port.clients = 1;
    play_serve_port(&a.p, &port);
    assert_true(play_run(&a.p, PROTO_TCP, LIMIT));
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_int_equal(mem_connections_most(a.p.net), 1);
    act_close(&a);
}

static void lost_and_late_datagrams(void **state)
{
    for (unsigned i = 0; i < 20; i++) {
        struct act a;
        struct rpc_peer peer = {.programs = several, .loss = 5, .jitter = 30 * 1000, .dice = i};
        act_open(&a, &peer, 50);
        act_run(&a, PROTO_UDP);
        assert_int_equal(record(&a)->program_count, 3);
        assert_int_equal(record(&a)->answered, record(&a)->tried);
        assert_true(play_elapsed_ms(&a.p) < 4000);
        act_close(&a);
    }
}

static void much_loss_halves_the_window_and_is_survived(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = several, .loss = 20};
    act_open(&a, &peer, 20);
    act_run(&a, PROTO_UDP);
    assert_int_equal(record(&a)->program_count, 3);
    act_close(&a);
}

/* A server that is busy with itself for some seconds: nothing is taken for silent, nobody is blamed. */
static void a_pause_is_waited_out(void **state)
{
    for (enum proto proto = PROTO_TCP; proto <= PROTO_UDP; proto++)
        for (int64_t pause_at = 1; pause_at <= 40; pause_at += 39) {
            struct act a;
            play(&a, &(struct rpc_peer){.programs = several, .pause_at = pause_at, .pause = 2500 * PLAY_MS}, proto);
            assert_int_equal(record(&a)->program_count, 3);
            assert_int_equal(record(&a)->answered, record(&a)->tried);
            assert_int_equal(mem_connections(a.p.net), proto == PROTO_TCP ? 1 : mem_connections(a.p.net));
            act_close(&a);
        }
}

/* Without answers a round trip long, no more than the window goes out; with them, what is unanswered at any time is never more. */
static void datagrams_stay_in_their_window(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = nfs}, PROTO_UDP);
    size_t n = mem_log_count(a.p.net), oldest = 0;
    for (size_t i = 0; i < n; i++) {
        while (mem_log_at(a.p.net, oldest)->at + RTT * PLAY_MS <= mem_log_at(a.p.net, i)->at)
            oldest++;
        assert_true(i - oldest < 128 + 2); /* dialling and closing stand in the log, too */
    }
    act_close(&a);
}

/* Two ports of a host have a full window each, more share these two. */
static void ports_of_a_host_share_the_window(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = nfs};
    act_open(&a, &peer, RTT);
    a.p.host.ground = 9;
    act_run(&a, PROTO_TCP);
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_int_equal(a.peer.most_at_once, 200); /* 2 x 1000 / 10 */
    assert_int_equal(a.p.host.ground, 9);
    act_close(&a);
}

static void what_the_user_bounds_is_bounded(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = nfs};
    act_open(&a, &peer, RTT);
    struct rate rate = rate_of(20, loop_now(a.p.loop));
    a.config.rate = &rate;
    a.config.window = 3;
    a.config.intensity = 0;
    act_run(&a, PROTO_TCP);
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_true(a.peer.most_at_once <= 3);
    assert_true(play_elapsed_ms(&a.p) > (int64_t)(a.peer.calls - 10) * 1000 / 20); /* three a round trip would be faster */
    act_close(&a);
}

/* What tcp has shown of the same port need only be confirmed; another process behind the udp port is asked for everything. */
static void udp_confirms_what_tcp_has_shown(void **state)
{
    static const struct rpc_played late[] = {{391002, 1, 2, 0}, {200203, 1, 1, 0}, {0}};
    for (unsigned i = 0; i < 2; i++) {
        struct act a;
        struct rpc_peer peer = {.programs = i ? rstat : late};
        act_open(&a, &peer, RTT);
        uint32_t last = rpc_programs_at(a.programs, rpc_programs_count(a.programs, 2) - 1)->number;
        const struct rpc_played there[] = {{last, 1, 2, 0}, {0}};
        if (!i)
            a.peer.programs = there;
        struct heard h = {.teller = "rpc", .proto = PROTO_TCP, .port = PLAY_PORT, .number = last};
        hearsay_add(&a.hearsay, &h);
        act_run(&a, PROTO_UDP);
        assert_int_equal(record(&a)->program_count, 1);
        assert_int_equal(record(&a)->programs[0].number, i ? 100001 : last);
        assert_int_equal(record(&a)->tried > ALL, i);
        act_close(&a);
    }
}

static void tcp_tells_udp_what_it_has_found(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = several}, PROTO_TCP);
    size_t n = 0;
    for (const struct heard *h = NULL; (h = hearsay_about(&a.hearsay, PROTO_TCP, PLAY_PORT, "rpc", h));)
        n++;
    assert_int_equal(n, 3);
    act_close(&a);
}

static void a_silent_port_is_left_soon(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = nothing, .manners = RPC_SILENT_UNKNOWN};
    play(&a, &peer, PROTO_UDP);
    assert_null(a.p.service->name);
    assert_int_equal(a.peer.calls, 3); /* datagrams are lost */
    assert_true(play_elapsed_ms(&a.p) < 10 * RTT);
    act_close(&a);
}

static void tls_is_noticed(void **state)
{
    struct act a;
    play(&a, &(struct rpc_peer){.programs = nfs, .manners = RPC_OFFERS_TLS}, PROTO_TCP);
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_true(record(&a)->tls);
    assert_int_equal(record(&a)->answered, record(&a)->tried);
    act_close(&a);
    play(&a, &(struct rpc_peer){.programs = nfs}, PROTO_TCP);
    assert_false(record(&a)->tls);
    act_close(&a);
}

/* ---- the portmapper */

static void the_portmapper_tells_of_other_ports(void **state)
{
    for (enum proto proto = PROTO_TCP; proto <= PROTO_UDP; proto++) {
        struct act a;
        play(&a, &(struct rpc_peer){.programs = mapper, .list = list}, proto);
        expect(&a, "rpcbind", "2-4", "RPC #100000");
        assert_int_equal(record(&a)->clock, 1700000000);
        assert_int_equal(record(&a)->registration_count, 4);
        assert_string_equal(record(&a)->registrations[3].address, "/run/rpcbind.sock");
        const struct heard *h = hearsay_about(&a.hearsay, PROTO_TCP, 2049, "portmapper", NULL);
        assert_non_null(h);
        assert_string_equal(h->service, "nfs");
        h = hearsay_about(&a.hearsay, PROTO_UDP, 20048, "portmapper", NULL);
        assert_int_equal(h->number, 100005);
        assert_null(hearsay_about(&a.hearsay, PROTO_TCP, 20048, "portmapper", NULL));
        act_close(&a);
    }
}

static void tell(struct act *a, uint32_t program, uint32_t version)
{
    struct heard h = {.teller = "portmapper", .proto = PROTO_TCP, .port = PLAY_PORT, .service = "x", .number = program, .version = version};
    hearsay_add(&a->hearsay, &h);
}

static void what_was_told_is_confirmed_or_stale(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = several};
    act_open(&a, &peer, RTT);
    a.config.every = false;
    a.config.heard_only = true;
    tell(&a, 100005, 1);
    tell(&a, 100005, 3);
    tell(&a, 100021, 4);
    act_run(&a, PROTO_TCP);
    const struct rpc_record *r = record(&a);
    expect(&a, "mountd", "1,3", "RPC #100005"); /* told of this port: it goes before the likelier nfs */
    assert_true(r->programs[0].told && r->programs[0].asked);
    assert_int_equal(r->program_count, 4);
    assert_int_equal(r->programs[3].number, 100021);
    assert_true(r->programs[3].stale);
    struct detail *details = NULL;
    rpc_detail(&details, &a.p.task->arena, r);
    assert_string_equal(
        detail_lines(detail_find(details, "rpc"), false)->first->next->text, "registered, but not there: nlockmgr 4 (#100021)");
    const struct value *first = detail_find(details, "rpc")->values->first;
    assert_string_equal(value_get_text(first, "origin"), "both");
    assert_int_equal(value_get(first, "low")->number, 1);
    act_close(&a);
}

static void what_is_only_told_names_softly(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = nothing};
    act_open(&a, &peer, RTT);
    struct arena arena;
    arena_init(&arena);
    struct service_record s = {0};
    tell(&a, 100003, 3);
    tell(&a, 100003, 4);
    rpc_label(&s, &arena, a.programs, &a.hearsay, PROTO_TCP, PLAY_PORT, false);
    assert_string_equal(s.name, "nfs");
    assert_string_equal(s.version, "3-4");
    assert_int_equal(s.conf, CONF_SOFT);
    struct service_record closed = {0};
    rpc_label(&closed, &arena, a.programs, &a.hearsay, PROTO_TCP, PLAY_PORT, true);
    assert_null(closed.name);
    assert_true(closed.rpc->programs[0].stale);
    arena_free(&arena);
    act_close(&a);
}

/* ---- an early end */

static void what_is_known_at_the_hosts_end_is_kept(void **state)
{
    struct act a;
    struct rpc_peer peer = {.programs = nfs};
    act_open(&a, &peer, 200);
    struct mem_port port = rpc_peer_port(&a.peer, PROTO_UDP);
    play_serve_port(&a.p, &port);
    assert_false(play_run(&a.p, PROTO_UDP, 2000));
    expect(&a, "nfs", "3-4", "RPC #100003");
    assert_true(record(&a)->tried < ALL);
    act_close(&a);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decent_server_on_tcp),
        cmocka_unit_test(a_decent_server_on_udp),
        cmocka_unit_test(gaps_between_versions_are_seen),
        cmocka_unit_test(all_programs_are_told),
        cmocka_unit_test(an_unnamed_program_has_its_owner),
        cmocka_unit_test(nothing_of_the_table_is_there),
        cmocka_unit_test(versions_without_a_range_are_asked_for),
        cmocka_unit_test(the_light_intensity_asks_the_likeliest),
        cmocka_unit_test(forms_of_replies_do_not_matter),
        cmocka_unit_test(bad_records_end_it_and_what_is_known_stays),
        cmocka_unit_test(who_is_no_rpc_server_is_left_at_once),
        cmocka_unit_test(a_liar_is_not_believed),
        cmocka_unit_test(a_liar_with_a_right_list_is_a_portmapper),
        cmocka_unit_test(authentication_tells_nothing_of_programs),
        cmocka_unit_test(another_version_of_rpc),
        cmocka_unit_test(who_drops_unknown_programs_is_asked_one_by_one),
        cmocka_unit_test(who_drops_a_pipeline_is_asked_one_by_one),
        cmocka_unit_test(one_program_that_kills_the_connection_is_passed),
        cmocka_unit_test(a_known_program_that_is_not_answered_is_told),
        cmocka_unit_test(who_answers_only_what_it_knows_is_asked_to_the_end),
        cmocka_unit_test(a_slow_server_gets_few_at_a_time),
        cmocka_unit_test(a_server_for_one_client_at_a_time),
        cmocka_unit_test(lost_and_late_datagrams),
        cmocka_unit_test(much_loss_halves_the_window_and_is_survived),
        cmocka_unit_test(a_pause_is_waited_out),
        cmocka_unit_test(datagrams_stay_in_their_window),
        cmocka_unit_test(ports_of_a_host_share_the_window),
        cmocka_unit_test(what_the_user_bounds_is_bounded),
        cmocka_unit_test(udp_confirms_what_tcp_has_shown),
        cmocka_unit_test(tcp_tells_udp_what_it_has_found),
        cmocka_unit_test(a_silent_port_is_left_soon),
        cmocka_unit_test(tls_is_noticed),
        cmocka_unit_test(the_portmapper_tells_of_other_ports),
        cmocka_unit_test(what_was_told_is_confirmed_or_stale),
        cmocka_unit_test(what_is_only_told_names_softly),
        cmocka_unit_test(what_is_known_at_the_hosts_end_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
