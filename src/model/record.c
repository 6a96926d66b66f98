/* record.c owns the field's words for states and reasons. */
#include "model/record.h"

static const char *const state_names[PORT_STATES] = {
    [PORT_UNKNOWN] = "unknown",
    [PORT_OPEN] = "open",
    [PORT_CLOSED] = "closed",
    [PORT_FILTERED] = "filtered",
    [PORT_OPEN_FILTERED] = "open|filtered",
};

static const char *const reason_names[REASONS] = {
    [REASON_NONE] = "unknown",
    [REASON_SYN_ACK] = "syn-ack",
    [REASON_CONN_REFUSED] = "conn-refused",
    [REASON_RESET] = "reset",
    [REASON_NO_RESPONSE] = "no-response",
    [REASON_HOST_UNREACH] = "host-unreach",
    [REASON_NET_UNREACH] = "net-unreach",
    [REASON_ADMIN_PROHIBITED] = "admin-prohibited",
    [REASON_PORT_UNREACH] = "port-unreach",
    [REASON_UDP_RESPONSE] = "udp-response",
    [REASON_TCP_RESPONSE] = "tcp-response",
    [REASON_USER_SET] = "user-set",
    [REASON_LOCALHOST] = "localhost-response",
    [REASON_SCRIPT] = "script-set",
    [REASON_ERROR] = "error",
};

const char *port_state_name(enum port_state s)
{
    return (unsigned)s < PORT_STATES ? state_names[s] : state_names[PORT_UNKNOWN];
}

const char *port_reason_name(enum port_reason r)
{
    return (unsigned)r < REASONS ? reason_names[r] : reason_names[REASON_NONE];
}
