/*
 * openssl_modern.c owns what newer protocols need beyond the field's module openssl: X25519 (RFC 7748), ciphers with a tag (RFC 5116),
 * keyed digests.
 */
#include "script/openssl_inside.h"

#include "base/limits.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum { X25519_BYTES = 32, TAG_BYTES = 16, MAC_MOST = 64, COST_OF_X25519 = 40000 };

/* ---- X25519 */

static const unsigned char *check_key(lua_State *L, int index)
{
    size_t length;
    const char *text = luaL_checklstring(L, index, &length);
    luaL_argcheck(L, length == X25519_BYTES, index, "a key of 32 bytes expected");
    return (const unsigned char *)text;
}

static bool derive(EVP_PKEY *own, EVP_PKEY *theirs, unsigned char *out)
{
    size_t n = X25519_BYTES;
    EVP_PKEY_CTX *c = own && theirs ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    bool ok = c && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, theirs) == 1 && EVP_PKEY_derive(c, out, &n) == 1;
    EVP_PKEY_CTX_free(c);
    return ok;
}

/* The public key of a private one; with a peer's public key the shared secret. A peer's key of small order is an error. */
static int x25519(lua_State *L)
{
    unsigned char out[X25519_BYTES];
    size_t n = sizeof out;
    const unsigned char *private_key = check_key(L, 1), *peer = lua_isnoneornil(L, 2) ? NULL : check_key(L, 2);
    steps_spend(L, COST_OF_X25519);
    OSSL_LIB_CTX *context = openssl_context(L);
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key_ex(context, "X25519", NULL, private_key, X25519_BYTES);
    EVP_PKEY *theirs = peer ? EVP_PKEY_new_raw_public_key_ex(context, "X25519", NULL, peer, X25519_BYTES) : NULL;
    bool ok = own && (peer ? derive(own, theirs, out) : EVP_PKEY_get_raw_public_key(own, out, &n) == 1);
    EVP_PKEY_free(own);
    EVP_PKEY_free(theirs);
    if (!ok)
        return openssl_error(L);
    lua_pushlstring(L, (const char *)out, sizeof out);
    return 1;
}

/* ---- ciphers with a tag */

/* Arguments: algorithm, key, nonce. On an error everything is dropped. */
static void begin(lua_State *L, struct crypting *a, bool encrypt, size_t length)
{
    size_t key_length, nonce_length;
    const char *name = luaL_checkstring(L, 1), *key = luaL_checklstring(L, 2, &key_length), *nonce = luaL_checklstring(L, 3, &nonce_length);
    steps_spend(L, length * COST_OF_CIPHER);
    *a = (struct crypting){.cipher = EVP_CIPHER_fetch(openssl_context(L), name, NULL)};
    if (!a->cipher || EVP_CIPHER_get_mode(a->cipher) == EVP_CIPH_CCM_MODE ||
        !(EVP_CIPHER_get_flags(a->cipher) & EVP_CIPH_FLAG_AEAD_CIPHER)) {
        crypting_drop(a);
        luaL_error(L, "no cipher with a tag: %s", name);
    }
    if ((int)key_length != EVP_CIPHER_get_key_length(a->cipher) || (int)nonce_length != EVP_CIPHER_get_iv_length(a->cipher)) {
        crypting_drop(a);
        luaL_error(L, "key or nonce has a wrong length");
    }
    a->context = EVP_CIPHER_CTX_new();
    a->out = malloc(length + EVP_MAX_BLOCK_LENGTH + TAG_BYTES);
    if (!a->context || !a->out ||
        EVP_CipherInit_ex(a->context, a->cipher, NULL, (const unsigned char *)key, (const unsigned char *)nonce, encrypt) != 1) {
        crypting_drop(a);
        openssl_error(L);
    }
}

/* `bound` is bound to the text without being part of it. Gives the length, or -1. */
static int crypt_all(struct crypting *a, struct bytes text, struct bytes bound)
{
    int n = 0, last = 0;
    if (bound.len && EVP_CipherUpdate(a->context, NULL, &n, bound.at, (int)bound.len) != 1)
        return -1;
    n = 0;
    if (text.len && EVP_CipherUpdate(a->context, a->out, &n, text.at, (int)text.len) != 1)
        return -1;
    return EVP_CipherFinal_ex(a->context, a->out + n, &last) == 1 ? n + last : -1;
}

static struct bytes check_text(lua_State *L, int index)
{
    size_t length;
    const char *text = luaL_optlstring(L, index, "", &length);
    luaL_argcheck(L, length < LIMIT_SCRIPT_SEND, index, "too long");
    return bytes_of(text, length);
}

/* (algorithm, key, nonce, text, bound): the text encrypted, with its tag behind it. */
static int seal(lua_State *L)
{
    struct crypting a;
    struct bytes text = check_text(L, 4), bound = check_text(L, 5);
    begin(L, &a, true, text.len);
    int n = crypt_all(&a, text, bound);
    bool ok = n >= 0 && EVP_CIPHER_CTX_ctrl(a.context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, a.out + n) == 1;
    bool pushed = ok && state_push_text(L, a.out, (size_t)n + TAG_BYTES);
    crypting_drop(&a);
    return pushed ? 1 : ok ? lua_error(L) : openssl_error(L);
}

/* (algorithm, key, nonce, sealed, bound): the text; nil if it is not what was sealed. */
static int unseal(lua_State *L)
{
    struct crypting a;
    unsigned char tag[TAG_BYTES];
    struct bytes sealed = check_text(L, 4), bound = check_text(L, 5);
    if (sealed.len < TAG_BYTES)
        return lua_pushnil(L), 1;
    sealed.len -= TAG_BYTES;
    memcpy(tag, sealed.at + sealed.len, TAG_BYTES);
    begin(L, &a, false, sealed.len);
    bool ok = EVP_CIPHER_CTX_ctrl(a.context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1;
    int n = ok ? crypt_all(&a, sealed, bound) : -1;
    bool pushed = n >= 0 && state_push_text(L, a.out, (size_t)n);
    crypting_drop(&a);
    if (n < 0)
        lua_pushnil(L);
    else if (!pushed)
        lua_error(L);
    return 1;
}

/* ---- keyed digests */

/* (algorithm, key, text, length): "BLAKE2SMAC" and its like; `length` bytes, or as many as is usual. */
static int mac(lua_State *L)
{
    unsigned char out[MAC_MOST];
    size_t key_length, n = 0, wanted = (size_t)luaL_optinteger(L, 4, 0);
    const char *name = luaL_checkstring(L, 1), *key = luaL_checklstring(L, 2, &key_length);
    struct bytes text = check_text(L, 3);
    luaL_argcheck(L, wanted <= MAC_MOST, 4, "out of range");
    steps_spend(L, (key_length + text.len) * COST_OF_DIGEST);
    EVP_MAC *kind = EVP_MAC_fetch(openssl_context(L), name, NULL);
    EVP_MAC_CTX *c = kind ? EVP_MAC_CTX_new(kind) : NULL;
    OSSL_PARAM size[] = {
        wanted ? OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &wanted) : OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
    bool ok = c && EVP_MAC_init(c, (const unsigned char *)key, key_length, size) == 1 && EVP_MAC_update(c, text.at, text.len) == 1 &&
              EVP_MAC_final(c, out, &n, sizeof out) == 1;
    EVP_MAC_CTX_free(c);
    EVP_MAC_free(kind);
    if (!ok)
        return openssl_error(L);
    lua_pushlstring(L, (const char *)out, n);
    return 1;
}

void modern_add_functions(lua_State *L)
{
    static const luaL_Reg functions[] = {{"x25519", x25519}, {"seal", seal}, {"unseal", unseal}, {"mac", mac}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
