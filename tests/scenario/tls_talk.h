/* tls_talk.h owns a TLS server on the network in memory (net/mem.h): a handshake over memory BIOs, then an echo inside. */
#ifndef DESCRY_TEST_TLS_TALK_H
#define DESCRY_TEST_TLS_TALK_H

#include "../unit/net/tls_peer.h"
#include "net/mem.h"

enum { TLS_TALKS = 8 };

struct tls_talk {
    SSL_CTX *ctx;
    const char *clear;                  /* a question in clear text that is answered before the session: STARTTLS; NULL: none */
    const char *go;                     /* by this */
    SSL *ssl[TLS_TALKS];                /* of each connection, by its number from 1 */
};

static inline void tls_talk_open(struct tls_talk *k)
{
    EVP_PKEY *key = tls_peer_key();
    X509 *certificate = tls_peer_certificate(key, "peer.example", -3600, 3600);
    k->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(k->ctx, certificate);
    SSL_CTX_use_PrivateKey(k->ctx, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static inline void tls_talk_close(struct tls_talk *k)
{
    for (int i = 0; i < TLS_TALKS; i++)
        SSL_free(k->ssl[i]);
    SSL_CTX_free(k->ctx);
}

static inline SSL *tls_talk_session(struct tls_talk *k, struct mem_talk *talk)
{
    SSL **slot = &k->ssl[mem_talk_number(talk) % TLS_TALKS];
    if (!*slot) {
        *slot = SSL_new(k->ctx);
        SSL_set_bio(*slot, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(*slot);
    }
    return *slot;
}

/* A mem_hears_fn whose owner is a struct tls_talk. */
static inline void tls_talk_hears(void *owner, struct mem_talk *talk, struct bytes data)
{
    struct tls_talk *k = owner;
    uint8_t text[4096], *out;
    if (k->clear && data.len == strlen(k->clear) && memcmp(data.at, k->clear, data.len) == 0) {
        mem_say(talk, bytes_str(k->go), 0);
        return;
    }
    SSL *ssl = tls_talk_session(k, talk);
    BIO_write(SSL_get_rbio(ssl), data.at, (int)data.len);
    for (int n; (n = SSL_read(ssl, text, sizeof text)) > 0;)
        SSL_write(ssl, text, n);
    bool broken = SSL_get_error(ssl, -1) == SSL_ERROR_SSL;
    long n = BIO_get_mem_data(SSL_get_wbio(ssl), (char **)&out);
    if (n > 0)
        mem_say(talk, bytes_of(out, (size_t)n), 0);
    (void)BIO_reset(SSL_get_wbio(ssl));
    if (broken)
        mem_hang_up(talk, false, 0);
    ERR_clear_error();
}

#endif
