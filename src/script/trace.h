/* trace.h owns --script-trace: a line for each thing that a script's socket does. Nothing is done without the option. */
#ifndef DESCRY_SCRIPT_TRACE_H
#define DESCRY_SCRIPT_TRACE_H

#include "net/channel.h"

struct scripts;
void script_trace_data(struct scripts *s, struct channel *c, bool sent, struct bytes data);
void script_trace_event(struct scripts *s, struct channel *c, const char *what);

#endif
