/* tls_peer.h owns a TLS or DTLS server for tests: a process of its own on a free port of 127.0.0.1, with a certificate made when it starts. */
#ifndef DESCRY_TEST_TLS_PEER_H
#define DESCRY_TEST_TLS_PEER_H

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* What is said to a question, whatever it is; may hold NULs. */
struct tls_peer_turn {
    const void *at;                     /* NULL: no more */
    size_t len;
};

/* What the server is like. Zeroed: takes every version, says nothing, stays open. */
struct tls_peer_kind {
    bool datagrams;                     /* DTLS, one session after the other */
    int drop_first;                     /* DTLS: so many datagrams get lost first */
    int least, most;                    /* protocol versions; 0: any */
    const char *alpn;                   /* demanded: no other session is let in */
    bool wants_certificate;
    const char *raw;                    /* answers the hello with these bytes instead, and closes */
    bool hangs_up;                      /* reads the hello and closes */
    const char *const *clear;           /* said in clear text before the session, each but the first after a question; ends with NULL */
    const struct tls_peer_turn *before, *inside; /* turns in clear text before the session (after `clear`), and in it; NULL: none */
    const char *greeting;               /* said as soon as the session is up */
    const char *question, *answer;      /* what it answers, and to what the text must begin with */
    bool leaves;                        /* closes after its greeting or its first answer */
    bool dies;                          /* resets instead of answering */
};

struct tls_peer {
    pid_t pid;
    uint16_t port;
};

static inline EVP_PKEY *tls_peer_key(void)
{
    return EVP_EC_gen("P-256");
}

static inline void tls_peer_name(X509 *x, const char *name)
{
    X509_NAME *n = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, n);
}

/* Self-signed, valid from `from` to `to` seconds from now. */
static inline X509 *tls_peer_certificate(EVP_PKEY *key, const char *name, long from, long to)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x4711);
    X509_gmtime_adj(X509_getm_notBefore(x), from);
    X509_gmtime_adj(X509_getm_notAfter(x), to);
    X509_set_pubkey(x, key);
    tls_peer_name(x, name);
    X509_sign(x, key, EVP_sha256());
    return x;
}

static inline int tls_peer_choose(SSL *ssl, const unsigned char **out, unsigned char *length, const unsigned char *in, unsigned n, void *owner)
{
    const struct tls_peer_kind *k = owner;
    size_t wanted = strlen(k->alpn);
    for (unsigned at = 0; at < n; at += 1u + in[at])
        if (in[at] == wanted && memcmp(in + at + 1, k->alpn, wanted) == 0) {
            *out = in + at + 1;
            *length = in[at];
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static inline int tls_peer_accept_any(int ok, X509_STORE_CTX *store)
{
    return 1;
}

static inline int tls_peer_cookie(SSL *ssl, unsigned char *cookie, unsigned *length)
{
    *length = 6;
    memcpy(cookie, "cookie", 6);
    return 1;
}

static inline int tls_peer_check_cookie(SSL *ssl, const unsigned char *cookie, unsigned length)
{
    return length == 6 && memcmp(cookie, "cookie", 6) == 0;
}

static inline SSL_CTX *tls_peer_context(const struct tls_peer_kind *k)
{
    SSL_CTX *ctx = SSL_CTX_new(k->datagrams ? DTLS_server_method() : TLS_server_method());
    EVP_PKEY *key = tls_peer_key();
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(ctx, k->least);
    SSL_CTX_set_max_proto_version(ctx, k->most);
    SSL_CTX_use_certificate(ctx, tls_peer_certificate(key, "peer.example", -3600, 3600));
    SSL_CTX_use_PrivateKey(ctx, key);
    if (k->alpn)
        SSL_CTX_set_alpn_select_cb(ctx, tls_peer_choose, (void *)(uintptr_t)k);
    if (k->wants_certificate)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, tls_peer_accept_any);
    SSL_CTX_set_cookie_generate_cb(ctx, tls_peer_cookie);
    SSL_CTX_set_cookie_verify_cb(ctx, tls_peer_check_cookie);
    return ctx;
}

static inline void tls_peer_talk(const struct tls_peer_kind *k, SSL *ssl, int fd)
{
    char got[4096];
    int n;
    for (const struct tls_peer_turn *t = k->inside; t && t->at && SSL_read(ssl, got, sizeof got) > 0; t++)
        SSL_write(ssl, t->at, (int)t->len);
    if (k->greeting)
        SSL_write(ssl, k->greeting, (int)strlen(k->greeting));
    while (!(k->leaves && k->greeting) && (n = SSL_read(ssl, got, sizeof got)) > 0) {
        struct linger at_once = {1, 0};
        if (k->dies) {
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            return;
        }
        bool asked = k->question && (size_t)n >= strlen(k->question) && memcmp(got, k->question, strlen(k->question)) == 0;
        if (asked)
            SSL_write(ssl, k->answer, (int)strlen(k->answer));
        if (asked && k->leaves)
            break;
    }
    SSL_shutdown(ssl);
}

static inline void tls_peer_serve(const struct tls_peer_kind *k, SSL_CTX *ctx, int fd)
{
    char hello[4096];
    alarm(60);
    if (k->raw || k->hangs_up) {
        if (read(fd, hello, sizeof hello) > 0 && k->raw && write(fd, k->raw, strlen(k->raw)) < 0)
            _exit(1);
        shutdown(fd, SHUT_WR);
        while (read(fd, hello, sizeof hello) > 0)
            ;
        _exit(0);
    }
    for (size_t i = 0; k->clear && k->clear[i]; i++)
        if ((i && read(fd, hello, sizeof hello) <= 0) || write(fd, k->clear[i], strlen(k->clear[i])) < 0)
            _exit(1);
    for (const struct tls_peer_turn *t = k->before; t && t->at; t++)
        if (read(fd, hello, sizeof hello) <= 0 || write(fd, t->at, t->len) < 0)
            _exit(1);
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1)
        tls_peer_talk(k, ssl, fd);
    else
        shutdown(fd, SHUT_WR);
    _exit(0);
}

static inline void tls_peer_serve_datagrams(const struct tls_peer_kind *k, SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    BIO *bio = BIO_new_dgram(fd, BIO_NOCLOSE);
    BIO_ADDR *client = BIO_ADDR_new();
    SSL_set_bio(ssl, bio, bio);
    while (DTLSv1_listen(ssl, client) <= 0)
        ;
    int rc;
    while ((rc = SSL_accept(ssl)) <= 0 && SSL_get_error(ssl, rc) == SSL_ERROR_WANT_READ)
        ;
    if (rc == 1)
        tls_peer_talk(k, ssl, fd);
    BIO_ADDR_free(client);
    SSL_free(ssl);
}

static inline void tls_peer_run(const struct tls_peer_kind *k, int server)
{
    char lost[4096];
    SSL_CTX *ctx = tls_peer_context(k);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    for (int i = 0; i < k->drop_first; i++)
        if (read(server, lost, sizeof lost) < 0)
            _exit(1);
    while (k->datagrams)
        tls_peer_serve_datagrams(k, ctx, server);
    for (;;) {
        int fd = accept(server, NULL, NULL);
        if (fd < 0)
            _exit(0);
        if (fork() == 0)
            tls_peer_serve(k, ctx, fd);
        close(fd);
    }
}

/* `k` must stay as it is while the peer runs. */
static inline struct tls_peer tls_peer_start(const struct tls_peer_kind *k)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    struct tls_peer p = {0};
    int server = socket(AF_INET, k->datagrams ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *)&at, sizeof at) == 0 && (k->datagrams || listen(server, 32) == 0))
        getsockname(server, (struct sockaddr *)&at, &length);
    p.port = ntohs(at.sin_port);
    p.pid = fork();
    if (p.pid == 0)
        tls_peer_run(k, server);
    close(server);
    return p;
}

static inline void tls_peer_stop(struct tls_peer *p)
{
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
}

#endif
