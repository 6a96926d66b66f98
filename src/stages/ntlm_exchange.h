/*
 * ntlm_exchange.h owns the table of the protocols that carry NTLM: how each offers it, and what is said until the challenge comes. The steps are
 * those of stages/dialogue.h; some are written by a codec instead of standing in the table as text.
 */
#ifndef DESCRY_STAGES_NTLM_EXCHANGE_H
#define DESCRY_STAGES_NTLM_EXCHANGE_H

#include "stages/dialogue.h"

struct ntlm_step {
    struct dialogue_step say;           /* in its text "{ntlm}" stands for the first message in base64, "{name}" for the server's name */
    bool (*write)(struct buf *out);     /* instead of the text */
    bool secure;                        /* after the answer a TLS session is put over the connection */
};

enum { NTLM_STEPS = 6 };

struct ntlm_exchange {
    struct dialogue offer;              /* the service, and how NTLM is offered: in the answer to a step that lists, or ... */
    bool in_replies;                    /* ... in a reply that came anyway: without it nothing is asked */
    bool through_starttls;              /* a second try in clear text, after the first came to nothing */
    const char *farewell;               /* said after the challenge: the exchange is given up; NULL: nothing */
    struct ntlm_step steps[NTLM_STEPS];
};

/* The rows of a service one after the other: the first one after `after` (NULL: of all). NULL: there is none. */
const struct ntlm_exchange *ntlm_exchange_of(const char *service, const struct ntlm_exchange *after);
const struct ntlm_exchange *ntlm_exchange_at(size_t i); /* the table's rows, NULL behind the last one */
size_t ntlm_exchange_length(const struct ntlm_exchange *x);

#endif
