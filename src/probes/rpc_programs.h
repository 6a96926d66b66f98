/*
 * rpc_programs.h owns the table of ONC RPC programs: their names, the order in which they are asked for, and what is known of their versions and ports
 * (data/rpc, and a user's file in the same form; docs/formats/rpc.md).
 */
#ifndef DESCRY_PROBES_RPC_PROGRAMS_H
#define DESCRY_PROBES_RPC_PROGRAMS_H

#include "base/diag.h"

enum { RPC_TIERS = 3, RPC_PROGRAM_PORTS = 4, RPC_PROGRAM_RANGES = 4 };

struct rpc_program {
    uint32_t number;
    const char *name;                   /* NULL: one of a block that is asked for */
    uint8_t tier;                       /* 1: asked first */
    uint8_t range_count, port_count;
    struct rpc_range {
        uint32_t low, high;
    } versions[RPC_PROGRAM_RANGES];     /* that are known to exist */
    uint16_t ports[RPC_PROGRAM_PORTS];  /* where it usually is; the first one is its own */
};

struct rpc_programs;
/* Empty. */
struct rpc_programs *rpc_programs_new(void);
/* data/rpc, compiled in. */
struct rpc_programs *rpc_programs_builtin(void);
void rpc_programs_free(struct rpc_programs *p);
/* Adds a text in the form of /etc/rpc: bad lines are diagnostics and skipped; a number that is known already takes the new name. */
void rpc_programs_add(struct rpc_programs *p, const char *file, struct bytes text, struct diags *d);
/* The same from a file; false, with an error, if it cannot be read. */
bool rpc_programs_add_file(struct rpc_programs *p, const char *path, struct diags *d);

/* How many programs are asked for up to this tier; and the i-th of them, in the order of asking. */
size_t rpc_programs_count(struct rpc_programs *p, unsigned tier);
const struct rpc_program *rpc_programs_at(struct rpc_programs *p, size_t i);
/* NULL: not known. */
const struct rpc_program *rpc_programs_of(struct rpc_programs *p, uint32_t number);
bool rpc_programs_has_name(struct rpc_programs *p, const char *name);
/* Whose block of numbers it is in; NULL: nobody's. */
const char *rpc_programs_owner(const struct rpc_programs *p, uint32_t number);
/* The program whose own port this is; NULL: none's. */
const struct rpc_program *rpc_programs_at_port(struct rpc_programs *p, uint16_t port);
/* Is it one of the ports where the program usually is? */
bool rpc_program_lists_port(const struct rpc_program *p, uint16_t port);

#endif
