/* tls_client.h owns the making of OpenSSL sessions for the tls channel; for this room's tls files only. */
#ifndef DESCRY_NET_TLS_CLIENT_H
#define DESCRY_NET_TLS_CLIENT_H

#include "net/tls.h"

#include <openssl/ssl.h>

enum { DTLS_MTU = 1400 };              /* what we send fits into every path that is worth scanning */

/* A client's session, of DTLS if `datagrams`, without its buffers. NULL when memory is short. */
SSL *tls_client_ssl(struct tls_client *c, const struct tls_settings *settings, bool datagrams);
/* Keeps a session (a reference of its own) in the place of an earlier one; NULL: none. */
void tls_memory_keep(struct tls_memory *m, SSL_SESSION *session);
/* Tries to resume what is kept, if anything is. */
void tls_memory_recall(struct tls_memory *m, SSL *ssl);
/* The peer gave something to resume the session with (tls.c; OpenSSL calls it). */
int tls_on_new_session(SSL *ssl, SSL_SESSION *session);
/* Reads a session that is up; what it gives lives as long as `ssl`, but the certificates, which tls_session_free frees. */
void tls_session_read(struct tls_session *s, SSL *ssl);
void tls_session_free(struct tls_session *s);

#endif
