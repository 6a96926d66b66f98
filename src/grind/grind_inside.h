/*
 * grind_inside.h owns what the files of the grinder share: grind_calls.c knows what is asked, grind.c sends and hears, grind_time.c waits. For these only.
 */
#ifndef DESCRY_GRIND_GRIND_INSIDE_H
#define DESCRY_GRIND_GRIND_INSIDE_H

#include "grind/grind.h"

#define MS 1000LL
#define SECOND (1000 * MS)

enum {
    GRIND_LEAST_WINDOW = 4,
    GRIND_FEW_SILENT = 64,
    GRIND_CLAIMS_ASKED = 24             /* for versions: who claims more is no honest server */
};

/* ---- grind_calls.c */

void grind_put_last(struct grind *g, struct grind_list *l, int32_t at);
void grind_put_first(struct grind *g, struct grind_list *l, int32_t at);
void grind_take(struct grind *g, struct grind_list *l, int32_t at);
int32_t grind_index(const struct grind *g, const struct grind_item *i);
/* At the end of `waiting` (programs, canaries), or in front of all others. Nothing if there are too many. */
void grind_add(struct grind *g, enum grind_purpose purpose, uint32_t program, uint32_t version, uint8_t procedure);
/* Is it an answer that tells the lowest and the highest version? */
bool grind_tells_range(const struct grind_item *i);
void grind_ask_versions(struct grind *g, const struct grind_item *i);
void grind_ask_portmapper(struct grind *g, const struct grind_item *i);
void grind_ask_for_tls(struct grind *g);

/* ---- grind.c */

unsigned grind_calls_out(const struct grind *g);
unsigned grind_window(const struct grind *g);
/* A call that is out goes back to the front of those that wait. */
void grind_take_back(struct grind *g, struct grind_item *i);

/* ---- grind_time.c */

/* After each call that was answered or given up: a window's worth of them decides on the next window. */
void grind_adapt(struct grind *g);
/* A call that is out was not answered: once more, or it is silent. */
void grind_not_answered(struct grind *g, struct grind_item *i, unsigned tries_most);

#endif
