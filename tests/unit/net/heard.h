/* heard.h owns a listener for tests: it opens a channel, sends a question, and writes down everything that it hears. */
#ifndef DESCRY_TEST_HEARD_H
#define DESCRY_TEST_HEARD_H

#include "net/dialer.h"

#include <stdio.h>
#include <string.h>

struct heard {
    struct loop *loop;
    struct channel *channel;
    const char *question;               /* sent when connected; NULL: nothing */
    int64_t patience;                   /* of each wait, in microseconds */
    int deadlines_left;                 /* after so many deadlines it stops waiting */
    bool stop_loop;                     /* ends a real loop when it stops waiting */
    int64_t began;
    char story[4096];                   /* "connected@20000 data(abc)@30000 closed(closed)@30000 " */
};

static inline void heard_say(struct heard *h, const char *format, const char *what, int length)
{
    size_t used = strlen(h->story);
    snprintf(h->story + used, sizeof h->story - used, format, length, what);
    used = strlen(h->story);
    if (!h->stop_loop)
        snprintf(h->story + used, sizeof h->story - used, "@%lld ", (long long)(loop_now(h->loop) - h->began));
}

static inline void heard_event(void *owner, struct channel *c, enum channel_event event)
{
    struct heard *h = owner;
    bool more = true;
    if (event == CHANNEL_CONNECTED) {
        heard_say(h, "%.*s", "connected", 20);
        if (h->question)
            channel_send(c, bytes_str(h->question));
    } else if (event == CHANNEL_DATA) {
        struct bytes d = channel_data(c);
        heard_say(h, "data(%.*s)", (const char *)d.at, d.len < 60 ? (int)d.len : 60);
    } else if (event == CHANNEL_CLOSED) {
        heard_say(h, "closed(%.*s)", channel_end_name(c->facts.end), 20);
        more = false;
    } else {
        heard_say(h, "%.*s", "deadline", 20);
        more = h->deadlines_left-- > 0;
    }
    if (more)
        channel_wait(c, h->patience);
    else if (h->stop_loop)
        loop_stop(h->loop);
}

static inline void heard_open(struct heard *h, struct loop *l, struct dialer *d, const char *address, uint16_t port, enum proto proto)
{
    struct endpoint peer = {.port = port, .proto = (uint8_t)proto};
    addr_parse(address, &peer.addr);
    h->loop = l;
    h->began = loop_now(l);
    h->channel = dial(d, &peer);
    channel_own(h->channel, heard_event, h);
    channel_open(h->channel, h->patience);
}

#endif
