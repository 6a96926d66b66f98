/* openssl_inside.h owns what the openssl files of this room share. */
#ifndef DESCRY_SCRIPT_OPENSSL_INSIDE_H
#define DESCRY_SCRIPT_OPENSSL_INSIDE_H

#include "script/inside.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

enum { COST_OF_DIGEST = 1, COST_OF_CIPHER = 4 }; /* steps a byte */

/* The library's context for scripts: with the old algorithms that they meet, apart from everybody else's. Raises if there is none. */
OSSL_LIB_CTX *openssl_context(lua_State *L);
int openssl_error(lua_State *L);        /* raises the library's last error */
/* One run of a cipher, and what it puts out; all of it is C's. */
struct crypting {
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
    unsigned char *out;
};
void crypting_drop(struct crypting *c);
/* Pushes a number, which belongs to Lua from now on; NULL raises the library's error. */
int bignum_push(lua_State *L, BIGNUM *n);
/* To the module's table on top. */
void bignum_add_functions(lua_State *L);
void modern_add_functions(lua_State *L);
void certificate_make_class(lua_State *L);

#endif
