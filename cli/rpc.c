/*
 * rpc.c owns the table of `descry rpc`. Without ports of the user's, hosts are looked at twice: first at 111 alone, so that the ports of
 * which the portmapper tells are among those that are asked then.
 */
#include "rpc.h"

#include "args.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: descry rpc [-p PORTS] [--json] [OPTIONS] HOST...\n";
static const char help[] =
    "\nTells which ONC RPC programs are there, as rpcinfo -p does, without needing a portmapper: the ports themselves are asked.\n"
    "Without -p: port 111, the ports of which the portmapper tells, and those where programs usually are.\n"
    "With -p: these ports and 111. Options are those of descry; --json writes its JSON (see docs/formats/json.md).\n";

#define PORTMAPPER "T:111,U:111"
/* Reserved ports are given out from 600 to 1023, others from 32764 on. Udp is asked only where a program has a port of its own: closed udp
 * ports answer slowly. */
#define LIKELY                                                                                                                             \
    "T:111,600-1023,2049,4045-4049,8875,20048,20049,24007,32764-32810,49152-49160,"                                                        \
    "U:111,635,749,875,2049,4045-4049,8875,20048,20049,32764-32770,32803"

#define DIFFERS "\ndiffers from what the portmapper tells:"

enum { PORTS_MOST = 64 * 1024 };

/* What the first look brought. */
struct first_look {
    char ports[PORTS_MOST]; /* "T:2049,U:2049,": the comma ends a number, so that it is found only as a whole */
    size_t length;
    char all[2 * PORTS_MOST]; /* that are asked then */
};

static void print_message(void *owner, const char *text)
{
    fprintf(stderr, "descry: %s\n", text);
}

/* Text from a peer or a user's file: only what is plainly printable. */
static void print_text(const char *text, int width)
{
    int n = 0;
    for (const char *at = text ? text : "-"; *at && n < 60; at++, n++)
        putchar(*at >= 0x20 && *at < 0x7f ? *at : '?');
    for (; n < width; n++)
        putchar(' ');
}

/* ---- the first look */

static bool has_udp(const char *netid)
{
    return strncmp(netid, "udp", 3) == 0;
}

static void remember(struct first_look *f, const struct descry_registration *r)
{
    char word[16];
    int n = snprintf(word, sizeof word, "%c:%u,", has_udp(r->netid) ? 'U' : 'T', r->port);
    if (!r->port || strstr(f->ports, word) || f->length + (size_t)n >= sizeof f->ports)
        return;
    memcpy(f->ports + f->length, word, (size_t)n + 1);
    f->length += (size_t)n;
}

static void take_registrations(void *owner, const struct descry_host *h)
{
    struct first_look *f = owner;
    for (size_t i = 0; i < h->port_count; i++)
        for (size_t k = 0; k < h->ports[i].service.registration_count; k++)
            remember(f, &h->ports[i].service.registrations[k]);
}

/* ---- the table */

/* The next version of "1-3,5"; false at the end. */
static bool next_version(const char **at, unsigned long *version, unsigned long *until)
{
    if (*version < *until) {
        ++*version;
        return true;
    }
    if (!*at || !**at)
        return false;
    char *end;
    *version = *until = strtoul(*at, &end, 10);
    if (*end == '-')
        *until = strtoul(end + 1, &end, 10);
    *at = *end == ',' ? end + 1 : end;
    return true;
}

static void print_row(const struct descry_port *p, const struct descry_rpc *r, const char *version)
{
    printf("%10u %4s %5s %6u  ", r->program, version, p->proto, p->number);
    print_text(r->name ? r->name : r->owner, 0);
    putchar('\n');
}

static void print_program(const struct descry_port *p, const struct descry_rpc *r)
{
    const char *versions = r->versions;
    unsigned long version = 1, until = 0;
    if (!versions)
        print_row(p, r, "?");
    while (next_version(&versions, &version, &until)) {
        char text[24];
        snprintf(text, sizeof text, "%lu", version);
        print_row(p, r, text);
    }
}

/* Is the program there, at this port, in this version, by the port's own words? */
static bool has_version(const struct descry_rpc *r, unsigned long wanted)
{
    const char *versions = r->versions;
    unsigned long version = 1, until = 0;
    while (next_version(&versions, &version, &until))
        if (version == wanted)
            return true;
    return false;
}

static const struct descry_port *port_of(const struct descry_host *h, const struct descry_registration *r)
{
    for (size_t i = 0; r->port && i < h->port_count; i++)
        if (h->ports[i].number == r->port && has_udp(h->ports[i].proto) == has_udp(r->netid))
            return &h->ports[i];
    return NULL;
}

static const struct descry_rpc *program_at(const struct descry_port *p, uint32_t program)
{
    for (size_t i = 0; i < p->service.rpc_count; i++)
        if (p->service.rpc[i].program == program && strcmp(p->service.rpc[i].origin, "portmapper") != 0)
            return &p->service.rpc[i];
    return NULL;
}

static bool is_open(const struct descry_port *p)
{
    return strcmp(p->state, "open") == 0;
}

/* Why a registration does not stand; NULL: it does, or it is about another network protocol than the one that was scanned. */
static const char *fault_of(const struct descry_host *h, const struct descry_registration *r)
{
    const struct descry_port *p = port_of(h, r);
    const struct descry_rpc *there = p ? program_at(p, r->program) : NULL;
    bool ipv6 = strchr(h->address, ':') != NULL, registered6 = r->netid[0] && r->netid[strlen(r->netid) - 1] == '6';
    if (!r->port || ipv6 != registered6)
        return NULL;
    if (!p)
        return "registered, not asked";
    if (there && !has_version(there, r->version))
        return "registered, another version is there";
    if (there)
        return NULL;
    return is_open(p) && p->service.rpc_count ? "registered, not there" : is_open(p) ? "registered, no RPC there" : p->state;
}

static const struct descry_service *portmapper_of(const struct descry_host *h)
{
    const struct descry_service *best = NULL;
    for (size_t i = 0; i < h->port_count; i++)
        if (h->ports[i].service.registration_count > (best ? best->registration_count : 0))
            best = &h->ports[i].service;
    return best;
}

static void print_difference(const char *what, uint32_t program, const char *versions, const char *name, const char *proto, unsigned port)
{
    printf("%10u %4s %5s %6u  ", program, versions ? versions : "?", proto, port);
    print_text(name, 14);
    printf("  %s\n", what);
}

/* By any network protocol: a port that was opened for IPv6 often answers IPv4, too. */
static bool is_registered(const struct descry_service *told, const struct descry_port *p, uint32_t program)
{
    for (size_t i = 0; i < told->registration_count; i++) {
        const struct descry_registration *r = &told->registrations[i];
        if (r->program == program && r->port == p->number && has_udp(r->netid) == has_udp(p->proto))
            return true;
    }
    return false;
}

/* Gives how many there were. */
static size_t print_faults(const struct descry_host *h, const struct descry_service *told, bool head)
{
    size_t n = 0;
    for (size_t i = 0; i < told->registration_count; i++) {
        const struct descry_registration *r = &told->registrations[i];
        const char *fault = fault_of(h, r);
        char version[16];
        if (fault && !n++ && head)
            puts(DIFFERS);
        snprintf(version, sizeof version, "%u", r->version);
        if (fault)
            print_difference(fault, r->program, version, r->name, has_udp(r->netid) ? "udp" : "tcp", r->port);
    }
    return n;
}

static size_t print_unregistered(const struct descry_port *p, const struct descry_service *told, bool head)
{
    size_t n = 0;
    for (size_t i = 0; i < p->service.rpc_count; i++) {
        const struct descry_rpc *r = &p->service.rpc[i];
        if (strcmp(r->origin, "asked") != 0 || is_registered(told, p, r->program))
            continue;
        if (!n++ && head)
            puts(DIFFERS);
        print_difference("there, not registered", r->program, r->versions, r->name, p->proto, p->number);
    }
    return n;
}

static void print_differences(const struct descry_host *h, const struct descry_service *told)
{
    size_t n = print_faults(h, told, true);
    for (size_t i = 0; i < h->port_count; i++)
        n += print_unregistered(&h->ports[i], told, n == 0);
    if (!n)
        puts("\nthe portmapper tells the same");
}

/* RPC is spoken, but which program is not known: the remark says why. */
static bool is_generic(const struct descry_port *p)
{
    return p->service.probed && p->service.name && strcmp(p->service.name, "rpc") == 0;
}

static void print_port(const struct descry_port *p)
{
    bool any = false;
    for (size_t i = 0; i < p->service.rpc_count; i++)
        if (!p->service.rpc[i].stale) {
            print_program(p, &p->service.rpc[i]);
            any = true;
        }
    if (any || !is_generic(p))
        return;
    printf("%10s %4s %5s %6u  (", "?", "?", p->proto, p->number);
    print_text(p->service.info, 0);
    puts(")");
}

static bool speaks_rpc(const struct descry_host *h)
{
    for (size_t i = 0; i < h->port_count; i++)
        if (h->ports[i].service.rpc_count || is_generic(&h->ports[i]))
            return true;
    return false;
}

static void print_head(const struct descry_host *h)
{
    printf("%s%s%s%s\n", h->name ? h->name : h->address, h->name ? " (" : "", h->name ? h->address : "", h->name ? ")" : "");
    if (!h->complete)
        puts("out of time, or stopped: what is known follows");
    puts(speaks_rpc(h) ? "   program vers proto   port  service" : "no ONC RPC at the ports that were asked");
}

static void print_host(void *owner, const struct descry_host *h)
{
    size_t *up = owner;
    const struct descry_service *told = portmapper_of(h);
    if (!h->up)
        return;
    if (++*up > 1)
        putchar('\n');
    print_head(h);
    for (size_t i = 0; i < h->port_count; i++)
        print_port(&h->ports[i]);
    if (told)
        print_differences(h, told);
    else if (speaks_rpc(h))
        puts("\nno portmapper tells anything");
}

/* ---- the command */

/* What stands on the command line: the library's words, without ours. */
struct command {
    char **words;
    int count;
    bool json;
    const char *ports; /* given with -p */
};

static descry *handle_of(const struct command *c, struct args *args, int *rc)
{
    descry *d = descry_new();
    char why[512];
    descry_on_message(d, print_message, NULL);
    *rc = DESCRY_OK;
    if (!args_read(d, c->count, c->words, args, why, sizeof why)) {
        fprintf(stderr, "descry: %s\n", why);
        *rc = DESCRY_USAGE;
    }
    static const char *const ours[] = {"-sT", "-sU", "-sV", "--rpc-only"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        descry_set(d, ours[i], NULL);
    return d;
}

static int run_handle(descry *d)
{
    descry_stop_on_signals(d);
    int rc = descry_run(d);
    if (rc == DESCRY_USAGE || rc == DESCRY_FAILED) {
        fflush(stdout);
        fprintf(stderr, "descry: %s\n", descry_error(d));
    }
    return rc;
}

static int look_first(const struct command *c, struct first_look *f)
{
    int rc;
    struct args args;
    descry *d = handle_of(c, &args, &rc);
    if (rc == DESCRY_OK) {
        descry_set(d, "-p", PORTMAPPER);
        descry_set(d, "--version-intensity", "0");
        descry_on_host(d, take_registrations, f);
        rc = run_handle(d);
    }
    descry_free(d);
    return rc;
}

static int look(const struct command *c, const char *ports)
{
    int rc;
    struct args args;
    size_t up = 0;
    descry *d = handle_of(c, &args, &rc);
    if (rc == DESCRY_OK)
        rc = descry_set(d, "-p", ports);
    if (rc == DESCRY_OK && c->json)
        descry_add_output(d, "json", stdout, false);
    else if (!args.takes_stdout)
        descry_on_host(d, print_host, &up);
    if (isatty(STDERR_FILENO))
        descry_set_progress(d, stderr);
    if (rc == DESCRY_OK)
        rc = run_handle(d);
    if (!c->json && !args.takes_stdout && !up && rc == DESCRY_OK)
        puts("no host is up; if it only does not answer our questions, try -Pn");
    descry_free(d);
    return rc;
}

/* Takes our own words and -p out. */
static bool read_words(struct command *c, int argc, char **argv, bool *wants_help)
{
    c->words = calloc((size_t)argc + 1, sizeof *c->words);
    for (int i = 0; c->words && i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            c->json = true;
        else if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
            *wants_help = true;
        else if (strncmp(argv[i], "-p", 2) == 0 && argv[i][2])
            c->ports = argv[i] + 2;
        else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc)
            c->ports = argv[++i];
        else
            c->words[c->count++] = argv[i];
    }
    return c->words != NULL;
}

static int run_command(const struct command *c)
{
    struct first_look *f = calloc(1, sizeof *f);
    int rc = f ? DESCRY_OK : DESCRY_FAILED;
    if (f && c->ports)
        snprintf(f->all, sizeof f->all, "%s,%s", c->ports, PORTMAPPER);
    else if (f)
        rc = look_first(c, f);
    if (f && !c->ports)
        snprintf(f->all, sizeof f->all, "%s%s", f->ports, LIKELY);
    if (rc == DESCRY_OK)
        rc = look(c, f->all);
    free(f);
    return rc;
}

int rpc_command(int argc, char **argv)
{
    struct command c = {0};
    bool wants_help = false;
    if (!read_words(&c, argc - 2, argv + 2, &wants_help))
        return DESCRY_FAILED;
    if (wants_help)
        printf("%s%s", usage, help);
    else if (!c.count)
        fputs(usage, stderr);
    int rc = wants_help ? 0 : !c.count ? DESCRY_USAGE : run_command(&c);
    free(c.words);
    return rc;
}
