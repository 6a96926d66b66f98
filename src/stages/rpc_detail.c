/* rpc_detail.c owns the finding that tells of a port's programs: lines for people, values for machines. */
#include "stages/rpc_label.h"

#include "grind/rpc_versions.h"

#include <string.h>
#include <time.h>

enum { CLOCK_TEXT = 32, LINE_MOST = 400, REGISTRATIONS_SHOWN = 1000 };

static const char *origin_words(const struct rpc_program_record *p)
{
    return p->asked && p->told ? ", asked and registered" : p->asked ? ", asked" : ", registered";
}

static const char *origin_of(const struct rpc_program_record *p)
{
    return p->asked && p->told ? "both" : p->asked ? "asked" : "portmapper";
}

/* "nfs 3-4 (#100003)"; an unnamed one: "program 1 (#391007, Silicon Graphics)" */
static const char *one_program(struct arena *a, const struct rpc_program_record *p, bool with_origin)
{
    const char *name = p->name ? p->name : "program", *versions = p->versions ? arena_printf(a, " %s", p->versions) : "";
    const char *owner = p->owner ? arena_printf(a, ", %s", p->owner) : "", *origin = with_origin ? origin_words(p) : "";
    return arena_printf(a, "%s%s (#%u%s%s)", name, versions, p->number, owner, origin);
}

enum kind { THERE, STALE, ONLY_TOLD, CLOSED_TO_US };

static bool is_of(const struct rpc_program_record *p, enum kind k)
{
    switch (k) {
    case THERE:
        return p->asked;
    case STALE:
        return p->stale;
    case ONLY_TOLD:
        return p->told && !p->asked && !p->stale;
    default:
        return p->asked && p->wants_auth;
    }
}

/* One line for all programs of a kind: "RPC programs: ..., ...". Nothing if there are fewer than `least`. */
static void programs_line(
    struct value *lines, struct arena *a, const struct rpc_record *r, enum kind k, const char *head, size_t least, bool with_origin)
{
    size_t n = 0;
    const char *text = head;
    for (size_t i = 0; i < r->program_count; i++)
        if (is_of(&r->programs[i], k))
            text = arena_printf(a, "%s%s%s", text, n++ ? ", " : ": ", one_program(a, &r->programs[i], with_origin));
    if (n && n >= least)
        value_text(a, lines, NULL, text);
}

static const char *clock_text(struct arena *a, int64_t clock)
{
    time_t t = (time_t)clock;
    struct tm tm;
    char text[CLOCK_TEXT];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&t, &tm));
    return arena_strdup(a, text);
}

static void program_lines(struct value *lines, struct arena *a, const struct rpc_record *r, bool verbose)
{
    programs_line(lines, a, r, THERE, "RPC programs", verbose ? 1 : 2, verbose);
    programs_line(lines, a, r, STALE, "registered, but not there", 1, false);
    programs_line(lines, a, r, ONLY_TOLD, "registered, not confirmed", 1, false);
    programs_line(lines, a, r, CLOSED_TO_US, "tells its versions only who logs in", 1, false);
    if (r->silent)
        value_printf(a, lines, NULL, "no answer, while others were answered: %s", r->silent);
    if (r->tls)
        value_text(a, lines, NULL, "offers RPC over TLS");
}

static const char *place_of(struct arena *a, const struct rpc_registration_record *e)
{
    return e->port ? arena_printf(a, "%s/%u", e->netid, e->port) : arena_printf(a, "%s %s", e->netid, e->address ? e->address : "");
}

static bool was_listed(const struct rpc_record *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (r->registrations[k].program == r->registrations[i].program)
            return true;
    return false;
}

/* Whether an item stands in a list of words joined by ", ". */
static bool has_item(const char *list, const char *item)
{
    size_t n = strlen(item);
    for (const char *at = list; (at = strstr(at, item)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ',' || !at[n]))
            return true;
    return false;
}

/* One line a program: its versions, and where it is. */
static void registration_line(struct value *lines, struct arena *a, const struct rpc_record *r, size_t first)
{
    const struct rpc_registration_record *f = &r->registrations[first];
    struct rpc_versions versions = {.count = 0};
    const char *places = "";
    for (size_t i = first; i < r->registration_count; i++) {
        const struct rpc_registration_record *e = &r->registrations[i];
        if (e->program != f->program)
            continue;
        const char *place = place_of(a, e);
        rpc_versions_add(&versions, e->version);
        if (!has_item(places, place) && strlen(places) < LINE_MOST)
            places = arena_printf(a, "%s%s%s", places, *places ? ", " : "", place);
    }
    value_printf(a, lines, NULL, "registers %s %s (#%u): %s", f->name ? f->name : "?", rpc_versions_text(&versions, a), f->program, places);
}

static void registration_lines(struct value *lines, struct arena *a, const struct rpc_record *r)
{
    for (size_t i = 0; i < r->registration_count && i < REGISTRATIONS_SHOWN; i++)
        if (!was_listed(r, i))
            registration_line(lines, a, r, i);
}

static void scan_lines(struct value *lines, struct arena *a, const struct rpc_record *r)
{
    if (r->tried)
        value_printf(a, lines, NULL, "RPC: %u programs tried, %u answered", r->tried, r->answered);
    if (r->clock)
        value_printf(a, lines, NULL, "its clock: %s", clock_text(a, r->clock));
    registration_lines(lines, a, r);
}

static void put_program(struct value *list, struct arena *a, const struct rpc_program_record *p)
{
    struct value *t = value_table(a, list, NULL);
    value_number(a, t, "program", p->number);
    value_text(a, t, "name", p->name);
    value_text(a, t, "owner", p->owner);
    value_text(a, t, "versions", p->versions);
    if (p->high) {
        value_number(a, t, "low", p->low);
        value_number(a, t, "high", p->high);
    }
    value_text(a, t, "origin", origin_of(p));
    if (p->stale)
        value_flag(a, t, "stale", true);
    if (p->wants_auth)
        value_flag(a, t, "wants_auth", true);
}

static void put_registration(struct value *list, struct arena *a, const struct rpc_registration_record *e)
{
    struct value *t = value_table(a, list, NULL);
    value_number(a, t, "program", e->program);
    value_text(a, t, "name", e->name);
    value_number(a, t, "version", e->version);
    value_text(a, t, "netid", e->netid);
    if (e->port)
        value_number(a, t, "port", e->port);
    value_text(a, t, "address", e->address);
    value_text(a, t, "owner", e->owner);
}

static void put_scan(struct value *t, struct arena *a, const struct rpc_record *r)
{
    value_number(a, t, "tried", r->tried);
    value_number(a, t, "answered", r->answered);
    value_text(a, t, "remark", r->remark);
    value_text(a, t, "silent", r->silent);
    if (r->tls)
        value_flag(a, t, "tls", true);
    if (r->clock)
        value_number(a, t, "clock", r->clock);
    struct value *list = r->registration_count ? value_list(a, t, "registrations") : NULL;
    for (size_t i = 0; i < r->registration_count; i++)
        put_registration(list, a, &r->registrations[i]);
}

static struct value *new_list(struct arena *a)
{
    return value_list(a, NULL, NULL);
}

static void add_programs(struct detail **details, struct arena *a, const struct rpc_record *r)
{
    struct detail *d = detail_add(details, a, "rpc", DETAIL_STAGE);
    struct value *values = new_list(a), *lines = new_list(a), *more = new_list(a);
    for (size_t i = 0; i < r->program_count; i++)
        put_program(values, a, &r->programs[i]);
    program_lines(lines, a, r, false);
    program_lines(more, a, r, true);
    d->lines = lines;
    d->verbose_lines = more;
    d->values = values;
}

void rpc_detail(struct detail **details, struct arena *a, const struct rpc_record *r)
{
    add_programs(details, a, r);
    if (!r->tried)
        return;
    struct detail *d = detail_add(details, a, "rpc_scan", DETAIL_STAGE);
    struct value *values = value_table(a, NULL, NULL), *more = new_list(a);
    put_scan(values, a, r);
    scan_lines(more, a, r);
    d->verbose_lines = more;
    d->values = values;
}
