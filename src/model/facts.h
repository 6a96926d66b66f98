/* facts.h owns what is known of one port while it is looked at: the growing counterpart of a service record. Texts live in the task's arena. */
#ifndef DESCRY_MODEL_FACTS_H
#define DESCRY_MODEL_FACTS_H

#include "model/record.h"

/* What identification found out about the port itself; the engine folds it into the port's state. */
enum facts_port { FACTS_PORT_AS_IT_WAS, FACTS_PORT_OPEN, FACTS_PORT_CLOSED };

enum { FACTS_REPLIES = 48 };            /* replies kept of one port */

struct facts {
    struct service_record service;      /* inside a tunnel: what is known of its inside */
    struct service_record outside;      /* inside a tunnel: what was known before it was entered */
    const char *tunnel;                 /* the one that was entered ("tls", "dtls"), or NULL */
    bool went_back;                     /* TLS was met, but no session came up: clear text is tried once more */
    unsigned hellos;                    /* of TLS that were said and refused so far */
    const char *tls_failure;            /* why the first of them was */
    unsigned tls_sessions;              /* entered so far */
    const char *alpn;                   /* what the server chose in TLS, or NULL */
    struct detail *details;             /* what stages tell of the port beyond its service; inside and outside together */
    const char *awaits;                 /* inside a tunnel: the service that is surely there and waits to be asked; NULL: not known */
    struct reply_record replies[FACTS_REPLIES];
    size_t reply_count;
    enum facts_port port;
    bool silent;                        /* the last search heard nothing at all, and was not ended by the peer */
    bool unfinished;                    /* stopped before the search had ended */
};

/* Keeps a copy of a reply (bounded); a second reply to the same probe in the same tunnel replaces the first if it is longer. */
void facts_add_reply(struct facts *f, struct arena *a, const char *probe, const char *tunnel, struct bytes reply);

/* A tunnel has been entered: what was known so far stands outside, the search begins again. */
void facts_enter(struct facts *f, const char *tunnel);
/* What was met as TLS cannot be entered: it stands outside, and the search in clear text goes on. */
void facts_go_back(struct facts *f);
/* Is it a name that says no more than that TLS or DTLS is spoken? */
bool facts_is_bare_tls(const char *service);
/* The search inside, or that in clear text, has ended: where it named nothing, what was known outside counts. */
void facts_leave(struct facts *f);

#endif
