/* summary.c owns the summarising of ports that are alike. */
#include "report/summary.h"

#include <stdlib.h>

enum {
    FEW = 25, /* ports of one state that are still listed; more with -v */
    FEW_DEBUGGING = 1000
};

static size_t list_at_most(const struct scan_record *scan)
{
    size_t few = FEW * ((size_t)(scan->verbose > 0 ? scan->verbose : 0) + 1);
    size_t debugging = FEW_DEBUGGING * (size_t)(scan->debug > 0 ? scan->debug : 0);
    return few > debugging ? few : debugging;
}

static bool is_counted(const struct scan_record *scan, enum port_state state, size_t count)
{
    if (state == PORT_UNKNOWN)
        return true;
    if (state == PORT_OPEN)
        return false;
    if (scan->open_only)
        return state != PORT_OPEN_FILTERED;
    if (state == PORT_OPEN_FILTERED && scan->verbose >= 3)
        return false;
    return count > list_at_most(scan);
}

static int more_first(const void *a, const void *b)
{
    const struct summary_group *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    if (x->proto != y->proto)
        return x->proto < y->proto ? -1 : 1;
    return x->reason < y->reason ? -1 : x->reason > y->reason;
}

static enum port_state state_of(const struct port_record *p)
{
    return p->state < PORT_STATES ? p->state : PORT_UNKNOWN;
}

static void count_groups(struct summary *s, const struct host_record *host)
{
    size_t count[PORT_STATES][2][REASONS] = {{{0}}};
    for (size_t i = 0; i < host->port_count; i++) {
        const struct port_record *p = &host->ports[i];
        count[state_of(p)][p->proto == PROTO_UDP][p->reason < REASONS ? p->reason : REASON_NONE]++;
    }
    for (int state = PORT_OPEN; state < PORT_STATES; state++)
        for (int proto = 0; proto < 2; proto++)
            for (int reason = 0; reason < REASONS; reason++)
                if (s->counted[state] && count[state][proto][reason] > 0)
                    s->groups[s->group_count++] = (struct summary_group){
                        .state = state, .proto = proto ? PROTO_UDP : PROTO_TCP, .reason = reason, .count = count[state][proto][reason]};
    qsort(s->groups, s->group_count, sizeof s->groups[0], more_first);
}

void summary_of(struct summary *s, const struct scan_record *scan, const struct host_record *host)
{
    *s = (struct summary){0};
    for (size_t i = 0; i < host->port_count; i++)
        s->by_state[state_of(&host->ports[i])]++;
    for (int state = 0; state < PORT_STATES; state++) {
        s->counted[state] = is_counted(scan, state, s->by_state[state]);
        if (!s->counted[state])
            s->listed += s->by_state[state];
    }
    count_groups(s, host);
}

bool summary_lists(const struct summary *s, const struct port_record *port)
{
    return !s->counted[state_of(port)];
}

bool port_may_be_open(const struct port_record *port)
{
    return port->state == PORT_OPEN || port->state == PORT_OPEN_FILTERED;
}

bool summary_shows_host(const struct scan_record *scan, const struct host_record *host)
{
    if (!host->up)
        return scan->verbose > 0;
    if (!scan->open_only)
        return true;
    for (size_t i = 0; i < host->port_count; i++)
        if (port_may_be_open(&host->ports[i]))
            return true;
    return false;
}
