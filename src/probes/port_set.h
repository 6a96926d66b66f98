/* port_set.h owns the reading of port lists in probe files. */
#ifndef DESCRY_PROBES_PORT_SET_H
#define DESCRY_PROBES_PORT_SET_H

#include "probes/rule.h"

/* "80,8000-8100": adds them to `s`, whose list lies in the arena. Nothing is added if something is wrong with the text. */
bool port_set_read(struct bytes text, struct arena *arena, struct port_set *s, struct fault *fault);

/*
 * The list of an Exclude directive: "T:9100-9107,U:53,80,-1023,60000-,[1-1024],*"; a part without T: or U: means both. S: is passed over.
 * Names of services cannot be looked up here: they are a fault, and so are wildcards other than "*"; brackets mean the plain range.
 */
bool port_set_read_excluded(struct bytes text, struct arena *arena, struct port_set *tcp, struct port_set *udp, struct fault *fault);

#endif
