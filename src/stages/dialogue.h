/*
 * dialogue.h owns the table of the clear-text protocols that can be upgraded to TLS (STARTTLS): how each offers it, what is said until the handshake
 * may begin, and the reading of the answers.
 */
#ifndef DESCRY_STAGES_DIALOGUE_H
#define DESCRY_STAGES_DIALOGUE_H

#include "base/bytes.h"

enum dialogue_answer {
    DIALOGUE_MORE,                      /* not whole yet */
    DIALOGUE_YES,
    DIALOGUE_NO
};

struct dialogue_step {
    struct bytes ask;                   /* what is sent; empty: the server speaks first. "{name}" stands for the server's name */
    /* Answers: how the deciding line begins ('#': a digit, '?': any byte, '~': anything up to a space). NULL, and no `read` either: none is waited for. */
    const char *yes;
    const char *no[2];
    enum dialogue_answer (*read)(struct bytes reply); /* instead, where the protocol has no lines */
    bool lists;                         /* the answer says whether TLS is offered */
};

enum { DIALOGUE_STEPS = 3 };

struct dialogue {
    const char *service;
    bool anywhere;                      /* texts are looked for in the whole reply, not at the beginning of lines */
    const char *offer;                  /* how the line begins that offers TLS ... */
    const char *word;                   /* ... and the word that stands in it; NULL: none */
    bool (*offers)(struct bytes reply); /* instead */
    struct dialogue_step steps[DIALOGUE_STEPS];
};

const struct dialogue *dialogue_of(const char *service); /* NULL: it cannot be upgraded */
const struct dialogue *dialogue_at(size_t i);   /* the table's rows, NULL behind the last one */
size_t dialogue_length(const struct dialogue *d); /* its steps */
bool dialogue_offers(const struct dialogue *d, struct bytes reply);
enum dialogue_answer dialogue_read(const struct dialogue *d, const struct dialogue_step *s, struct bytes reply);
/* The line of an answer that refused, for people; empty for protocols without lines. */
struct bytes dialogue_refusal(const struct dialogue *d, struct bytes reply);

#endif
