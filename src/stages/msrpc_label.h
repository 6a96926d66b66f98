/*
 * msrpc_label.h owns what is said of a port that the endpoint mapper of its host tells of: the labels of its interfaces, and its name where it has none
 * of its own. Without I/O and without a task.
 */
#ifndef DESCRY_STAGES_MSRPC_LABEL_H
#define DESCRY_STAGES_MSRPC_LABEL_H

#include "model/record.h"
#include "task/hearsay.h"

#define MSRPC_TELLER "epmapper"

/* A port that was recognised as something else is left as it is: what was told of it is stale. Everything new is in the arena. */
void msrpc_label(struct service_record *s, struct arena *a, const struct hearsay *h, enum proto proto, uint16_t port);

#endif
