/*
 * openssl_certificate.c owns certificates as scripts see them (specs/script-host.md, 3.4). What a stranger sent is read by OpenSSL,
 * nothing is verified.
 */
#include "script/openssl_inside.h"

#include "base/limits.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { PARSED_SIZE = 8 }; /* times the certificate's, about: so that Lua knows what there is to collect */
static const char *const class_name = "descry.certificate";

/* What was printed becomes a field of the table on top; the printer goes in any case. */
static void set_printed(lua_State *L, const char *field, BIO *bio)
{
    char *at;
    long n = BIO_get_mem_data(bio, &at);
    bool pushed = state_push_text(L, at, n > 0 ? (size_t)n : 0);
    BIO_free(bio);
    if (!pushed)
        lua_error(L);
    lua_setfield(L, -2, field);
}

/* ---- names */

/* The key: the long name, or an array of the arcs of an object that the library does not know. */
static void push_attribute(lua_State *L, const ASN1_OBJECT *object)
{
    int nid = OBJ_obj2nid(object);
    char text[256];
    if (nid != NID_undef) {
        lua_pushstring(L, OBJ_nid2ln(nid));
        return;
    }
    lua_newtable(L);
    lua_Integer n = 0;
    int length = OBJ_obj2txt(text, sizeof text, object, 1);
    if (length <= 0 || (size_t)length >= sizeof text)
        return;
    for (char *rest = text, *arc = strsep(&rest, "."); arc; arc = strsep(&rest, ".")) {
        lua_pushstring(L, arc);
        lua_rawseti(L, -2, ++n);
    }
}

static void push_name(lua_State *L, X509_NAME *name)
{
    lua_newtable(L);
    for (int i = 0; name && i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(e);
        push_attribute(L, X509_NAME_ENTRY_get_object(e));
        lua_pushlstring(L, (const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
        lua_rawset(L, -3);
    }
}

/* ---- validity */

static void push_time(lua_State *L, const ASN1_TIME *time)
{
    struct tm tm;
    if (!time || !ASN1_TIME_to_tm(time, &tm)) {
        ERR_clear_error();
        lua_pushlstring(L, time ? (const char *)ASN1_STRING_get0_data(time) : "", time ? (size_t)ASN1_STRING_length(time) : 0);
        return;
    }
    lua_createtable(L, 0, 6);
    tables_set_integer(L, "year", tm.tm_year + 1900);
    tables_set_integer(L, "month", tm.tm_mon + 1);
    tables_set_integer(L, "day", tm.tm_mday);
    tables_set_integer(L, "hour", tm.tm_hour);
    tables_set_integer(L, "min", tm.tm_min);
    tables_set_integer(L, "sec", tm.tm_sec);
}

/* ---- the key */

static const char *key_type(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return "rsa";
    case EVP_PKEY_DSA:
        return "dsa";
    case EVP_PKEY_DH:
        return "dh";
    case EVP_PKEY_EC:
        return "ec";
    default:
        return "unknown";
    }
}

static void set_number_of(lua_State *L, EVP_PKEY *key, const char *parameter, const char *field)
{
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(key, parameter, &n) != 1) {
        ERR_clear_error();
        return;
    }
    bignum_push(L, n);
    lua_setfield(L, -2, field);
}

static void set_curve(lua_State *L, EVP_PKEY *key)
{
    char name[80] = "";
    size_t length;
    bool named = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, &length) == 1;
    if (!named)
        ERR_clear_error();
    lua_newtable(L);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, named ? "namedcurve" : "UNKNOWN");
    lua_setfield(L, -2, "ec_curve_type");
    if (named) {
        lua_pushstring(L, name);
        lua_setfield(L, -2, "curve");
    }
    lua_setfield(L, -2, "curve_params");
    lua_setfield(L, -2, "ecdhparams");
}

static void push_key(lua_State *L, EVP_PKEY *key)
{
    lua_createtable(L, 0, 4);
    const char *type = key_type(key);
    lua_pushstring(L, type);
    lua_setfield(L, -2, "type");
    tables_set_integer(L, "bits", EVP_PKEY_get_bits(key));
    if (strcmp(type, "rsa") == 0) {
        set_number_of(L, key, OSSL_PKEY_PARAM_RSA_E, "exponent");
        set_number_of(L, key, OSSL_PKEY_PARAM_RSA_N, "modulus");
    }
    if (strcmp(type, "ec") == 0)
        set_curve(L, key);
}

/* ---- extensions */

static void push_extension(lua_State *L, X509_EXTENSION *e)
{
    lua_createtable(L, 0, 3);
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio)
        return;
    i2a_ASN1_OBJECT(bio, X509_EXTENSION_get_object(e));
    set_printed(L, "name", bio);
    bio = BIO_new(BIO_s_mem());
    if (bio && X509V3_EXT_print(bio, e, 0, 0) == 1) {
        set_printed(L, "value", bio);
    } else {
        BIO_free(bio);
        ERR_clear_error();
        lua_pushboolean(L, true);
        lua_setfield(L, -2, "error");
    }
    if (X509_EXTENSION_get_critical(e)) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, "critical");
    }
}

static void push_extensions(lua_State *L, X509 *x)
{
    int count = X509_get_ext_count(x);
    if (count <= 0) {
        lua_pushnil(L);
        return;
    }
    lua_newtable(L);
    for (int i = 0; i < count && i < 256; i++) {
        push_extension(L, X509_get_ext(x, i));
        lua_rawseti(L, -2, i + 1);
    }
}

/* ---- the object: its fields stand in a table, the user value; the certificate stays for its digests */

static int digest(lua_State *L)
{
    X509 *x = *(X509 **)luaL_checkudata(L, 1, class_name);
    const char *name = luaL_checkstring(L, 2);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    EVP_MD *md = EVP_MD_fetch(openssl_context(L), name, NULL);
    bool ok = md && X509_digest(x, md, out, &n) == 1;
    EVP_MD_free(md);
    if (!ok) {
        ERR_clear_error();
        return 0;
    }
    lua_pushlstring(L, (const char *)out, n);
    return 1;
}

static int index_field(lua_State *L)
{
    luaL_checkudata(L, 1, class_name);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    return 1;
}

static int collect(lua_State *L)
{
    X509 **slot = lua_touserdata(L, 1);
    X509_free(*slot);
    *slot = NULL;
    return 0;
}

static void push_class(lua_State *L)
{
    if (!luaL_newmetatable(L, class_name))
        return;
    lua_pushcfunction(L, index_field);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
}

void certificate_make_class(lua_State *L)
{
    push_class(L);
    lua_pop(L, 1);
}

static void fill_fields(lua_State *L, X509 *x, EVP_PKEY *key)
{
    push_name(L, X509_get_subject_name(x));
    lua_setfield(L, -2, "subject");
    push_name(L, X509_get_issuer_name(x));
    lua_setfield(L, -2, "issuer");
    int nid = X509_get_signature_nid(x);
    if (nid != NID_undef) {
        lua_pushstring(L, OBJ_nid2ln(nid));
        lua_setfield(L, -2, "sig_algorithm");
    }
    lua_createtable(L, 0, 2);
    push_time(L, X509_get0_notBefore(x));
    lua_setfield(L, -2, "notBefore");
    push_time(L, X509_get0_notAfter(x));
    lua_setfield(L, -2, "notAfter");
    lua_setfield(L, -2, "validity");
    push_key(L, key);
    lua_setfield(L, -2, "pubkey");
    push_extensions(L, x);
    lua_setfield(L, -2, "extensions");
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && PEM_write_bio_X509(bio, x))
        set_printed(L, "pem", bio);
    else
        BIO_free(bio);
    lua_pushcfunction(L, digest);
    lua_setfield(L, -2, "digest");
}

int certificate_push(lua_State *L, struct bytes der)
{
    const unsigned char *at = der.at;
    bool fits = der.len && der.len <= LIMIT_CERTIFICATE;
    X509 **slot = lua_newuserdatauv(L, sizeof *slot + (fits ? PARSED_SIZE * der.len : 0), 1);
    *slot = NULL;
    push_class(L);
    lua_setmetatable(L, -2);
    X509 *x = *slot = fits ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    if (!x) {
        ERR_clear_error();
        lua_pushnil(L);
        return 1;
    }
    EVP_PKEY *key = X509_get0_pubkey(x);
    if (!key) {
        ERR_clear_error();
        lua_pushnil(L);
        lua_pushliteral(L, "Error parsing cert: the public key cannot be read");
        return 2;
    }
    lua_newtable(L);
    fill_fields(L, x, key);
    lua_setiuservalue(L, -2, 1);
    return 1;
}
