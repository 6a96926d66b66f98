/* openssl.c owns the module openssl: digests, ciphers, random bytes (specs/script-host.md, 3.6). */
#include "script/openssl_inside.h"

#include "base/limits.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 64 * 1024 }; /* bytes of names of algorithms */

/* ---- the library */

/* A provider has a context of its own below ours: it must go first. */
struct library {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *ordinary, *old; /* NULL: not installed */
};

/* Scripts speak with servers that know nothing newer than MD4, RC4 or DES. */
OSSL_LIB_CTX *openssl_context(lua_State *L)
{
    struct scripts *s = scripts_of(L);
    struct library *l = s->openssl;
    if (!l) {
        OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
        if (!context)
            openssl_error(L);
        s->openssl = l = must_zalloc(sizeof *l);
        *l = (struct library){context, OSSL_PROVIDER_load(context, "default"), OSSL_PROVIDER_load(context, "legacy")};
        ERR_clear_error();
    }
    return l->context;
}

void openssl_close(struct scripts *s)
{
    struct library *l = s->openssl;
    if (!l)
        return;
    OSSL_PROVIDER_unload(l->old);
    OSSL_PROVIDER_unload(l->ordinary);
    OSSL_LIB_CTX_free(l->context);
    free(l);
    s->openssl = NULL;
}

int openssl_error(lua_State *L)
{
    char text[256] = "unknown";
    unsigned long code = ERR_peek_last_error();
    if (code)
        ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return luaL_error(L, "OpenSSL error: %s", text);
}

/* ---- digests */

static int digest_of(lua_State *L, const char *name, const char *text, size_t length)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    steps_spend(L, length * COST_OF_DIGEST);
    EVP_MD *md = EVP_MD_fetch(openssl_context(L), name, NULL);
    if (!md) {
        ERR_clear_error();
        return luaL_error(L, "Unknown digest algorithm: %s", name);
    }
    bool ok = EVP_Digest(text, length, out, &n, md, NULL) == 1;
    EVP_MD_free(md);
    if (!ok)
        return openssl_error(L);
    lua_pushlstring(L, (const char *)out, n);
    return 1;
}

static int named_digest(lua_State *L, const char *name)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    return digest_of(L, name, text, length);
}

static int md4(lua_State *L)
{
    return named_digest(L, "MD4");
}

static int md5(lua_State *L)
{
    return named_digest(L, "MD5");
}

static int sha1(lua_State *L)
{
    return named_digest(L, "SHA1");
}

static int ripemd160(lua_State *L)
{
    return named_digest(L, "RIPEMD160");
}

static int digest(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
    return digest_of(L, name, text, length);
}

static int hmac(lua_State *L)
{
    size_t key_length, length;
    const char *name = luaL_checkstring(L, 1), *key = luaL_checklstring(L, 2, &key_length), *text = luaL_checklstring(L, 3, &length);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    luaL_argcheck(L, key_length < LIMIT_SCRIPT_SEND, 2, "too long");
    steps_spend(L, (key_length + length) * COST_OF_DIGEST);
    EVP_MD *md = EVP_MD_fetch(openssl_context(L), name, NULL);
    if (!md) {
        ERR_clear_error();
        return luaL_error(L, "Unknown digest algorithm: %s", name);
    }
    bool ok = HMAC(md, key, (int)key_length, (const unsigned char *)text, length, out, &n) != NULL;
    EVP_MD_free(md);
    if (!ok)
        return openssl_error(L);
    lua_pushlstring(L, (const char *)out, n);
    return 1;
}

/* ---- ciphers */

void crypting_drop(struct crypting *c)
{
    EVP_CIPHER_CTX_free(c->context);
    EVP_CIPHER_free(c->cipher);
    free(c->out);
}

static bool set_key(struct crypting *c, bool encrypt, const char *key, size_t key_length, const char *iv)
{
    return EVP_CipherInit_ex(c->context, c->cipher, NULL, NULL, NULL, encrypt) == 1 &&
           EVP_CIPHER_CTX_set_key_length(c->context, (int)key_length) == 1 &&
           EVP_CipherInit_ex(c->context, NULL, NULL, (const unsigned char *)key, (const unsigned char *)iv, encrypt) == 1;
}

/* Arguments: algorithm, key, iv, data, padding. */
static int crypt_text(lua_State *L, bool encrypt)
{
    size_t key_length, iv_length, length;
    const char *name = luaL_checkstring(L, 1), *key = luaL_checklstring(L, 2, &key_length);
    const char *iv = luaL_optlstring(L, 3, "", &iv_length), *text = luaL_checklstring(L, 4, &length);
    bool padding = lua_toboolean(L, 5);
    luaL_argcheck(L, length < LIMIT_SCRIPT_SEND, 4, "too long");
    steps_spend(L, length * COST_OF_CIPHER);
    struct crypting c = {.cipher = EVP_CIPHER_fetch(openssl_context(L), name, NULL)};
    if (!c.cipher) {
        ERR_clear_error();
        return luaL_error(L, "Unknown cipher algorithm: %s", name);
    }
    if (!key_length && EVP_CIPHER_get_key_length(c.cipher)) { /* some of the library's ciphers would read it all the same */
        crypting_drop(&c);
        return luaL_argerror(L, 2, "a key is needed");
    }
    int wanted = EVP_CIPHER_get_iv_length(c.cipher);
    if (iv_length && (int)iv_length != wanted) {
        crypting_drop(&c);
        return luaL_error(L, "Length of iv is %d; should be %d", (int)iv_length, wanted);
    }
    static const char zeros[EVP_MAX_IV_LENGTH];
    int n = 0, last = 0;
    c.context = EVP_CIPHER_CTX_new();
    c.out = malloc(length + 2 * EVP_MAX_BLOCK_LENGTH);
    bool ok = c.context && c.out && set_key(&c, encrypt, key, key_length, iv_length ? iv : zeros) &&
              EVP_CIPHER_CTX_set_padding(c.context, padding) == 1 &&
              EVP_CipherUpdate(c.context, c.out, &n, (const unsigned char *)text, (int)length) == 1 &&
              EVP_CipherFinal_ex(c.context, c.out + n, &last) == 1;
    bool pushed = ok && state_push_text(L, c.out, (size_t)(n + last));
    crypting_drop(&c);
    return pushed ? 1 : ok ? lua_error(L) : openssl_error(L);
}

static int encrypt_text(lua_State *L)
{
    return crypt_text(L, true);
}

static int decrypt_text(lua_State *L)
{
    return crypt_text(L, false);
}

/* Seven bytes become eight: seven bits each, in the high ones. */
static int des_string_to_key(lua_State *L)
{
    size_t length;
    const unsigned char *in = (const unsigned char *)luaL_checklstring(L, 1, &length);
    char out[8];
    if (length != 7)
        return luaL_error(L, "String must have length of 7 bytes.");
    uint64_t bits = 0;
    for (int i = 0; i < 7; i++)
        bits = bits << 8 | in[i];
    for (int i = 0; i < 8; i++)
        out[i] = (char)(bits >> (49 - 7 * i) << 1 & 0xfe);
    lua_pushlstring(L, out, 8);
    return 1;
}

/* ---- random bytes, names */

static int rand_bytes(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    luaL_argcheck(L, n >= 0 && n <= LIMIT_SCRIPT_SEND, 1, "invalid length");
    steps_spend(L, (uint64_t)n);
    luaL_Buffer b;
    char *at = luaL_buffinitsize(L, &b, (size_t)n + 1);
    if (n && RAND_bytes((unsigned char *)at, (int)n) != 1)
        return openssl_error(L);
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

/* Each with its NUL. The library is in the middle of a walk: nothing may raise an error there. */
static void add_name(const char *name, void *owner)
{
    buf_append(owner, name, strlen(name) + 1);
}

static void add_digest(EVP_MD *md, void *owner)
{
    EVP_MD_names_do_all(md, add_name, owner);
}

static void add_cipher(EVP_CIPHER *cipher, void *owner)
{
    EVP_CIPHER_names_do_all(cipher, add_name, owner);
}

/* The names as a list in order; takes the buffer. */
static int push_names(lua_State *L, struct buf *names)
{
    size_t length;
    lua_Integer n = 0;
    bool pushed = state_push_text(L, names->at, names->len);
    buf_free(names);
    if (!pushed)
        return lua_error(L);
    const char *at = lua_tolstring(L, -1, &length), *end = at + length;
    stock_push(L, "sort");
    lua_newtable(L);
    for (; at < end; at += strlen(at) + 1) {
        lua_pushstring(L, at);
        lua_rawseti(L, -2, ++n);
    }
    lua_pushvalue(L, -1);
    lua_insert(L, -3);
    lua_call(L, 1, 0);
    return 1;
}

static int supported_digests(lua_State *L)
{
    struct buf names;
    OSSL_LIB_CTX *context = openssl_context(L);
    buf_init(&names, NAMES_MOST);
    EVP_MD_do_all_provided(context, add_digest, &names);
    return push_names(L, &names);
}

static int supported_ciphers(lua_State *L)
{
    struct buf names;
    OSSL_LIB_CTX *context = openssl_context(L);
    buf_init(&names, NAMES_MOST);
    EVP_CIPHER_do_all_provided(context, add_cipher, &names);
    return push_names(L, &names);
}

int open_openssl(lua_State *L)
{
    static const luaL_Reg functions[] = {{"md4", md4}, {"md5", md5}, {"sha1", sha1}, {"ripemd160", ripemd160}, {"digest", digest},
        {"hmac", hmac}, {"encrypt", encrypt_text}, {"decrypt", decrypt_text}, {"DES_string_to_key", des_string_to_key},
        {"rand_bytes", rand_bytes}, {"rand_pseudo_bytes", rand_bytes}, {"supported_digests", supported_digests},
        {"supported_ciphers", supported_ciphers}, {NULL, NULL}};
    luaL_newlib(L, functions);
    bignum_add_functions(L);
    modern_add_functions(L);
    certificate_make_class(L);
    return 1;
}
