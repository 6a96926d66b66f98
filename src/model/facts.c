/* facts.c owns the keeping of replies. */
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
