/* facts.c owns the keeping of replies, and of what is known on both sides of a tunnel. */
#include "model/facts.h"

#include <string.h>

static bool same_tunnel(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void facts_add_reply(struct facts *f, struct arena *a, const char *probe, const char *tunnel, struct bytes reply)
{
    struct reply_record *slot = NULL;
    for (size_t i = 0; i < f->reply_count && !slot; i++)
        if (strcmp(f->replies[i].probe, probe) == 0 && same_tunnel(f->replies[i].tunnel, tunnel))
            slot = &f->replies[i];
    if (slot && slot->length >= reply.len)
        return;
    if (!slot && f->reply_count == FACTS_REPLIES)
        return;
    if (!slot)
        slot = &f->replies[f->reply_count++];
    size_t kept = reply.len < LIMIT_REPLY ? reply.len : LIMIT_REPLY;
    *slot = (struct reply_record){.probe = probe, .tunnel = tunnel, .length = reply.len, .data = arena_bytes(a, bytes_of(reply.at, kept))};
    f->service.replies = f->replies;
    f->service.reply_count = f->reply_count;
}

void facts_enter(struct facts *f, const char *tunnel)
{
    f->outside = f->service;
    f->tunnel = tunnel;
    f->service = (struct service_record){.tunnel = tunnel, .replies = f->replies, .reply_count = f->reply_count};
}

void facts_go_back(struct facts *f)
{
    f->outside = f->service;
    f->went_back = true;
    f->service = (struct service_record){.replies = f->replies, .reply_count = f->reply_count};
}

bool facts_is_bare_tls(const char *service)
{
    return strcmp(service, "ssl") == 0 || strcmp(service, "dtls") == 0;
}

static bool names_inside(const struct service_record *s)
{
    return s->name && !facts_is_bare_tls(s->name);
}

/* A server that complained in clear text has named itself as well as one that was asked inside. */
void facts_leave(struct facts *f)
{
    struct service_record *in = &f->service, *out = &f->outside;
    bool keeps = f->tunnel ? (in->name && !in->soft) || !names_inside(out) : in->name && names_inside(in);
    if (keeps)
        return;
    if (f->tunnel)
        out->tunnel = in->tunnel;
    out->replies = in->replies;
    out->reply_count = in->reply_count;
    *in = *out;
}
