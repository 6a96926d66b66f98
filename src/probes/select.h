/* select.h owns the choice of questions for one port: which probes, in which order. */
#ifndef DESCRY_PROBES_SELECT_H
#define DESCRY_PROBES_SELECT_H

#include "probes/probe_db.h"

enum probe_order {
    PROBE_ORDER_FILE,                   /* the reference's: probes that list the port, then the rest; each in the file's order */
    PROBE_ORDER_LIKELIEST               /* probes that list the port, then the rest; each by how often it works anywhere (rarity, then number of rules) */
};

enum { PROBES_MOST = 1024 };            /* probes of a database that are ever chosen */

/* Small enough to stand in a task. */
struct probe_walk {
    struct probe_db *db;
    enum proto proto;
    uint16_t port;
    int intensity;
    enum probe_order order;
    bool inside_tls;                    /* set after the beginning: `sslports` count instead of `ports`, and no probe says hello */
    uint8_t given[PROBES_MOST / 8];     /* bits, by the probe's index */
};

void probe_walk_begin(struct probe_walk *w, struct probe_db *db, enum proto proto, uint16_t port, int intensity, enum probe_order order);

/*
 * The next probe with a payload, or NULL. A probe that lists the port is asked whatever its rarity; the others up to the intensity.
 * `soft` names the service of a soft match, or is NULL: then only probes whose own rules name it come, whatever their rarity;
 * intensity 9 lifts that restriction (specs/engine-behaviour.md, 2.2). After NULL a call with another `soft` may give more.
 */
const struct probe *probe_walk_next(struct probe_walk *w, const char *soft);

/* A probe that was given but could not be asked is given again, in its turn. */
void probe_walk_return(struct probe_walk *w, const struct probe *p);

/* Is it a hello of TLS or DTLS? */
bool probe_is_hello(const struct probe *p);
/* The likeliest of them, or NULL. */
const struct probe *probe_first_hello(const struct probe_db *db, enum proto proto);
/* Does the probe list the port, inside TLS or in clear text? */
bool probe_lists_port(const struct probe *p, uint16_t port, bool inside_tls);

/* The payloads of a udp port scan: probes that list the port and may be used so, in file order; gives how many stand in `out`. */
size_t probe_payloads(const struct probe_db *db, uint16_t port, const struct probe **out, size_t max);

/*
 * Whom to ask a second time, where the first answer named no version: the probe, other than `but`, with the most rules that read a version of
 * just this product (a well-known path, say); else the probe with the most rules that read a version of the service, whichever it is. NULL if
 * there is none. `product` may be NULL.
 */
const struct probe *probe_best_teller(
    const struct probe_db *db, enum proto proto, const char *service, const char *product, const struct probe *but);

/* Whom to ask where the answer named no product: the probe with the most rules that name one of the service, of those that may be asked. */
typedef bool probe_may_fn(const void *owner, const struct probe *p);
const struct probe *probe_best_namer(
    const struct probe_db *db, enum proto proto, const char *service, probe_may_fn *may, const void *owner);

#endif
