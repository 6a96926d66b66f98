/* summary.h owns the decision which ports of a host are listed one by one and which are only counted; all formats share it. */
#ifndef DESCRY_REPORT_SUMMARY_H
#define DESCRY_REPORT_SUMMARY_H

#include "model/record.h"

/* Ports that are alike, and only counted. */
struct summary_group {
    enum port_state state;
    enum proto proto;
    enum port_reason reason;
    size_t count;
};

enum { SUMMARY_GROUPS = PORT_STATES * 2 * REASONS };

struct summary {
    bool counted[PORT_STATES];          /* this state is only counted */
    size_t by_state[PORT_STATES];       /* all ports, listed or not */
    size_t listed;
    struct summary_group groups[SUMMARY_GROUPS]; /* of the counted states, most numerous first; never PORT_UNKNOWN */
    size_t group_count;
};

void summary_of(struct summary *s, const struct scan_record *scan, const struct host_record *host);
bool summary_lists(const struct summary *s, const struct port_record *port);
/* --open leaves out hosts without any port that may be open; down hosts are told of with -v only. */
bool summary_shows_host(const struct scan_record *scan, const struct host_record *host);
bool port_may_be_open(const struct port_record *port);

#endif
