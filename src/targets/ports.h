/* ports.h owns port lists as people type them, and the table of services that gives names and likelihood. */
#ifndef DESCRY_TARGETS_PORTS_H
#define DESCRY_TARGETS_PORTS_H

#include "base/addr.h"
#include "base/diag.h"

/* ---- the table: data/services, compiled in */

/* The registered name of a port, or NULL. */
const char *service_name(enum proto proto, uint16_t port);
/* The i-th likeliest port of a protocol, from 0; false beyond the end. All 65,535 ports are in the order: known ones first. */
bool service_likeliest(enum proto proto, size_t i, uint16_t *port);

/* ---- lists */

struct port_list {
    uint16_t *tcp;                      /* ascending, no doubles */
    size_t tcp_count;
    uint16_t *udp;
    size_t udp_count;
};
void port_list_free(struct port_list *l);

/* Which protocols a number without "T:" or "U:" means. */
struct port_scope {
    bool tcp, udp;
};

/*
 * "22,80-90,-100,60000-,T:1-5,U:53,http*,[1-1024]". Names and wildcards are looked up in the table; [a-b] means those ports of the range that have a
 * name in the table; "-" alone is 1-65535. A port number 0 is allowed when named. `what` is the option's name for diagnostics ("-p"); columns count
 * in `text`. False on any error (list untouched).
 */
bool port_list_parse(const char *what, const char *text, struct port_scope scope, struct port_list *out, struct diags *d);
void port_list_top(size_t n, struct port_scope scope, struct port_list *out);
void port_list_remove(struct port_list *from, const struct port_list *these);
/* "22,80-90": NULL when empty. malloc'd. */
char *port_list_format(const uint16_t *ports, size_t count);

#endif
