/* tls_client.c owns the setting up of OpenSSL for a scanner: as many servers as possible, nothing of the system's configuration. */
#include "net/tls_client.h"

#include "base/arena.h"

#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

enum { ALPN_MAX = 255 };

struct tls_client {
    SSL_CTX *ctx[2]; /* of TLS, of DTLS; NULL until the first session */
};

struct tls_client *tls_client_new(void)
{
    return must_zalloc(sizeof(struct tls_client));
}

void tls_client_free(struct tls_client *c)
{
    if (!c)
        return;
    SSL_CTX_free(c->ctx[0]);
    SSL_CTX_free(c->ctx[1]);
    free(c);
}

/* Level 0: old servers sign with SHA-1 and have short keys; they are to be named, not trusted. */
static SSL_CTX *context_new(bool datagrams)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    SSL_CTX *ctx = SSL_CTX_new(datagrams ? DTLS_client_method() : TLS_client_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, datagrams ? DTLS1_VERSION : TLS1_VERSION);
    SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_max_cert_list(ctx, LIMIT_CHAIN);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, tls_on_new_session);
    if (datagrams)
        SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
    else
        SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

/* From "a,b" to the wire's form: each name after its length (RFC 7301, section 3.1). Gives the length; 0: none, or too long. */
static unsigned alpn_wire(const char *names, uint8_t out[ALPN_MAX])
{
    unsigned n = 0;
    while (names && *names) {
        size_t length = strcspn(names, ",");
        if (!length || n + 1 + length > ALPN_MAX)
            return 0;
        out[n++] = (uint8_t)length;
        memcpy(out + n, names, length);
        n += (unsigned)length;
        names += length + (names[length] == ',');
    }
    return n;
}

static bool is_host_name(const char *name)
{
    struct addr a;
    return name && *name && strlen(name) <= LIMIT_HOST_NAME && !addr_parse(name, &a);
}

SSL *tls_client_ssl(struct tls_client *c, const struct tls_settings *settings, bool datagrams)
{
    uint8_t alpn[ALPN_MAX];
    SSL_CTX **ctx = &c->ctx[datagrams];
    if (!*ctx)
        *ctx = context_new(datagrams);
    SSL *ssl = *ctx ? SSL_new(*ctx) : NULL;
    if (!ssl)
        return NULL;
    unsigned alpn_length = alpn_wire(settings->alpn, alpn);
    if (alpn_length)
        SSL_set_alpn_protos(ssl, alpn, alpn_length);
    if (is_host_name(settings->server_name))
        SSL_set_tlsext_host_name(ssl, settings->server_name);
    if (datagrams)
        DTLS_set_link_mtu(ssl, DTLS_MTU);
    SSL_set_connect_state(ssl);
    return ssl;
}

/* ---- resumption */

struct tls_memory {
    SSL_SESSION *session;
};

struct tls_memory *tls_memory_new(void)
{
    return must_zalloc(sizeof(struct tls_memory));
}

void tls_memory_free(struct tls_memory *m)
{
    if (!m)
        return;
    SSL_SESSION_free(m->session);
    free(m);
}

void tls_memory_keep(struct tls_memory *m, SSL_SESSION *session)
{
    if (!m)
        return;
    SSL_SESSION_free(m->session);
    m->session = session && SSL_SESSION_up_ref(session) ? session : NULL;
}

bool tls_memory_holds(const struct tls_memory *m)
{
    return m && m->session;
}

void tls_memory_forget(struct tls_memory *m)
{
    tls_memory_keep(m, NULL);
}

void tls_memory_recall(struct tls_memory *m, SSL *ssl)
{
    if (m && m->session && SSL_SESSION_is_resumable(m->session))
        SSL_set_session(ssl, m->session);
}

/* ---- what a session tells */

static void read_alpn(struct tls_session *s, SSL *ssl)
{
    const unsigned char *name;
    unsigned length;
    SSL_get0_alpn_selected(ssl, &name, &length);
    if (!length || memchr(name, 0, length))
        return;
    char *copy = must_alloc(length + 1);
    memcpy(copy, name, length);
    copy[length] = 0;
    s->alpn = copy;
}

static void read_chain(struct tls_session *s, SSL *ssl)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; i < sk_X509_num(chain) && s->chain_length < LIMIT_CERTIFICATES; i++) {
        unsigned char *der = NULL;
        int n = i2d_X509(sk_X509_value(chain, i), &der);
        if (n > 0)
            s->chain[s->chain_length++] = bytes_of(der, (size_t)n);
    }
}

void tls_session_read(struct tls_session *s, SSL *ssl)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    s->protocol = SSL_get_version(ssl);
    s->cipher = cipher ? SSL_CIPHER_standard_name(cipher) : NULL;
    s->resumed = SSL_session_reused(ssl) != 0;
    read_alpn(s, ssl);
    read_chain(s, ssl);
}

void tls_session_free(struct tls_session *s)
{
    for (size_t i = 0; i < s->chain_length; i++)
        OPENSSL_free((void *)(uintptr_t)s->chain[i].at);
    free((void *)(uintptr_t)s->alpn);
}
