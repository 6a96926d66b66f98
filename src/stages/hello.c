/* hello.c owns the table of hellos. */
#include "stages/hello.h"

#include <string.h>

#define SECOND (1000 * 1000LL)
#define EVERY_PROTOCOL "h2,imap,pop3,smtp,managesieve,xmpp-client,xmpp-server,mqtt,dot,ftp,irc,nntp,postgresql,tds/8.0"

/* http/1.1 alone first: a server that is offered h2 chooses it, and then our questions mean nothing to it. */
static const struct hello {
    enum proto proto;
    const char *alpn;
    bool named; /* with the server's name */
} hellos[] = {
    {PROTO_TCP, "http/1.1", true},
    {PROTO_TCP, NULL, true},
    {PROTO_TCP, EVERY_PROTOCOL, true},
    {PROTO_TCP, NULL, false},
    {PROTO_UDP, NULL, true},
    {PROTO_UDP, "co,coap,stun.turn,stun.nat-discovery,webrtc,c-webrtc", true},
    {PROTO_UDP, NULL, false},
};
enum { HELLOS = sizeof hellos / sizeof *hellos };

const char *hello_name(const struct task *t)
{
    return t->env->server_name ? t->env->server_name : t->known.host_name;
}

/* A flight of DTLS counts as lost after three round trips. */
static int64_t resend_of(const struct task *t)
{
    int64_t wait = 3 * t->rtt;
    return !t->rtt || wait > SECOND ? SECOND : wait < SECOND / 5 ? SECOND / 5 : wait;
}

static struct tls_settings *settings(struct task *t, const char *alpn, const char *name)
{
    struct tls_settings *s = arena_alloc(&t->arena, sizeof *s);
    if (!t->tls_memory)
        t->tls_memory = tls_memory_new();
    *s = (struct tls_settings){.alpn = alpn, .server_name = name, .memory = t->tls_memory, .resend_us = resend_of(t)};
    return s;
}

struct tls_settings *hello_settings(struct task *t, unsigned attempt)
{
    const char *name = hello_name(t);
    for (size_t i = 0; i < HELLOS; i++)
        if (hellos[i].proto == t->known.peer.proto && (hellos[i].named || name) && attempt-- == 0)
            return settings(t, hellos[i].alpn, hellos[i].named ? name : NULL);
    return NULL;
}

struct tls_settings *hello_of_all_protocols(struct task *t)
{
    return settings(t, EVERY_PROTOCOL, hello_name(t));
}

struct tls_settings *hello_with_name(struct task *t, const char *name)
{
    return settings(t, hellos[0].alpn, name);
}

/* ---- signs */

bool hello_has_tls_shape(struct bytes reply, enum proto proto)
{
    if (reply.len < 6 || (reply.at[0] != 0x15 && reply.at[0] != 0x16))
        return false;
    return proto == PROTO_UDP ? reply.at[1] == 0xfe && reply.at[2] >= 0xfd && reply.at[3] == 0 && reply.at[4] == 0
                              : reply.at[1] == 3 && reply.at[2] <= 4;
}

bool hello_complains(struct bytes reply)
{
    static const char *const words[] = {"The plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port", "Client sent an HTTP request to an HTTPS server",
        "combination of host and port requires TLS"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_starts(reply, bytes_str("HTTP/1.")) && bytes_find(reply, bytes_str(words[i])))
            return true;
    return false;
}

bool hello_met_tls(const struct facts *f, enum proto proto)
{
    const struct service_record *s = &f->service;
    if (s->tunnel || (s->name && facts_is_bare_tls(s->name)))
        return true;
    for (size_t i = 0; i < f->reply_count; i++)
        if (hello_complains(f->replies[i].data) || (!s->name && hello_has_tls_shape(f->replies[i].data, proto)))
            return true;
    return false;
}
