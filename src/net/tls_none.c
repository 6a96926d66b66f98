/* tls_none.c owns the answers of a build without OpenSSL: there is no TLS client, so nobody asks for a channel. */
#include "net/tls.h"

struct tls_client *tls_client_new(void)
{
    return NULL;
}

void tls_client_free(struct tls_client *c)
{
    (void)c;
}

struct channel *channel_tls(struct channel *below, struct tls_client *client, const struct tls_settings *settings)
{
    channel_close(below, CLOSE_RESET);
    return NULL;
}

const struct tls_session *channel_tls_session(const struct channel *c)
{
    return NULL;
}

struct bytes channel_tls_heard(const struct channel *c)
{
    return bytes_of(NULL, 0);
}

struct tls_memory *tls_memory_new(void)
{
    return NULL;
}

void tls_memory_free(struct tls_memory *m)
{
    (void)m;
}

bool tls_memory_holds(const struct tls_memory *m)
{
    return false;
}

void tls_memory_forget(struct tls_memory *m)
{
    (void)m;
}
