/*
 * tls.h owns the tls channel: a filter that opens a TLS session over another channel (DTLS if that one is udp), and what a session tells about its
 * server. It is a scanner's client: it takes every protocol version and cipher that the library still has, verifies nothing, and reads no
 * configuration of the system's.
 */
#ifndef DESCRY_NET_TLS_H
#define DESCRY_NET_TLS_H

#include "base/limits.h"
#include "net/channel.h"

/* What all sessions of one loop share. The library is set up when the first session is opened, not before. */
struct tls_client;
struct tls_client *tls_client_new(void); /* NULL: this build has no TLS */
void tls_client_free(struct tls_client *c);

/*
 * What a session leaves behind for the next one to the same server, which is then resumed (RFC 8446, section 2.2): a port's sessions share one. It
 * outlives the channels that use it. NULL is fine everywhere: nothing is resumed.
 */
struct tls_memory;
struct tls_memory *tls_memory_new(void); /* NULL: this build has no TLS */
void tls_memory_free(struct tls_memory *m);
bool tls_memory_holds(const struct tls_memory *m); /* something to resume */
void tls_memory_forget(struct tls_memory *m);

struct tls_settings {
    const char *server_name;            /* the name asked for (SNI, RFC 6066 section 3); NULL or an address: none. Copied */
    const char *alpn;                   /* protocol names separated by commas (RFC 7301); NULL: none. Copied */
    struct tls_memory *memory;          /* borrowed; NULL: a session of its own */
    int64_t resend_us;                  /* DTLS: a flight without an answer is sent again after this, then after twice as long; 0: 1 s */
};

/* What a session tells. Texts and bytes live as long as the channel. */
struct tls_session {
    const char *protocol;               /* "TLSv1.3", "DTLSv1.2" */
    const char *cipher;                 /* the standard's name, "TLS_AES_256_GCM_SHA384" */
    const char *alpn;                   /* what the server chose, or NULL */
    struct bytes chain[LIMIT_CERTIFICATES]; /* DER as sent, the server's own first */
    size_t chain_length;
    bool wants_certificate;             /* the server asked for the client's */
    bool resumed;
};

/*
 * A channel whose conversation is what goes on inside a TLS session over `below`, which it owns from now on: not yet open, or connected with nothing
 * promised. CHANNEL_CONNECTED comes when the session is up. A handshake that fails ends with END_TLS if TLS was the reason (facts.detail: the alert's
 * name, or what was wrong), else with what ended the channel below (facts.detail says that it happened during the handshake).
 * Over udp one datagram inside is one CHANNEL_DATA, what is lost of a handshake is sent again, and a session that is up is always closed with a
 * word to the peer, who would not notice otherwise. NULL only when memory is short; then `below` is closed.
 */
struct channel *channel_tls(struct channel *below, struct tls_client *client, const struct tls_settings *settings);

/* Of a tls channel that is up; NULL for any other. */
const struct tls_session *channel_tls_session(const struct channel *c);
/* What the peer of a tls channel said, as it came, before a session was up (at most LIMIT_REPLY bytes): of a handshake that failed. Empty once the
 * session is up, and for any other channel. Valid until the channel's next event. */
struct bytes channel_tls_heard(const struct channel *c);

#endif
