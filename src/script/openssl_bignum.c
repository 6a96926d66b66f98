/* openssl_bignum.c owns the large numbers of the module openssl. */
#include "script/openssl_inside.h"

#include <string.h>

enum { BITS_MOST = 32 * 1024, EXPONENT_BITS_MOST = 8 * 1024 };
static const int64_t PRIME_TIME = 2000 * 1000; /* microseconds that a test may take; what a peer sends may be a large number */
static const char *const class_name = "descry.bignum";

struct number {
    BIGNUM *n;
    size_t held; /* memory that it grew by */
};

static BIGNUM *check(lua_State *L, int index)
{
    return ((struct number *)luaL_checkudata(L, index, class_name))->n;
}

/* As large as the number that it points to, so that Lua knows what there is to collect. */
static int new_slot(lua_State *L)
{
    struct number *slot = lua_newuserdatauv(L, sizeof *slot + (size_t)lua_tointeger(L, 1), 0);
    *slot = (struct number){0};
    luaL_setmetatable(L, class_name);
    return 1;
}

int bignum_push(lua_State *L, BIGNUM *n)
{
    if (!n || BN_num_bits(n) > BITS_MOST) {
        BN_free(n);
        return openssl_error(L);
    }
    lua_pushcfunction(L, new_slot);
    lua_pushinteger(L, BN_num_bytes(n));
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        BN_free(n);
        return lua_error(L);
    }
    ((struct number *)lua_touserdata(L, -1))->n = n;
    return 1;
}

/* ---- from and to texts */

static int bin2bn(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length <= BITS_MOST / 8, 1, "too long");
    return bignum_push(L, BN_bin2bn((const unsigned char *)text, (int)length, NULL));
}

static int read_text(lua_State *L, int (*read)(BIGNUM **, const char *))
{
    size_t length;
    BIGNUM *n = NULL;
    const char *text = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length <= BITS_MOST / 4, 1, "too long");
    if (!read(&n, text))
        return openssl_error(L);
    return bignum_push(L, n);
}

static int dec2bn(lua_State *L)
{
    return read_text(L, BN_dec2bn);
}

static int hex2bn(lua_State *L)
{
    return read_text(L, BN_hex2bn);
}

static int random_bn(lua_State *L)
{
    lua_Integer bits = luaL_checkinteger(L, 1);
    luaL_argcheck(L, bits >= 0 && bits <= BITS_MOST, 1, "out of range");
    BIGNUM *n = BN_new();
    if (!n || BN_rand(n, (int)bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1) {
        BN_free(n);
        return openssl_error(L);
    }
    return bignum_push(L, n);
}

static int bn2bin(lua_State *L)
{
    const BIGNUM *n = check(L, 1);
    luaL_Buffer b;
    size_t length = (size_t)BN_num_bytes(n);
    char *at = luaL_buffinitsize(L, &b, length + 1);
    BN_bn2bin(n, (unsigned char *)at);
    luaL_pushresultsize(&b, length);
    return 1;
}

static int bn2mpi(lua_State *L)
{
    const BIGNUM *n = check(L, 1);
    luaL_Buffer b;
    int length = BN_bn2mpi(n, NULL);
    char *at = luaL_buffinitsize(L, &b, (size_t)length + 1);
    BN_bn2mpi(n, (unsigned char *)at);
    luaL_pushresultsize(&b, (size_t)length);
    return 1;
}

static int write_text(lua_State *L, char *(*write)(const BIGNUM *))
{
    char *text = write(check(L, 1));
    if (!text)
        return openssl_error(L);
    bool pushed = state_push_text(L, text, strlen(text));
    OPENSSL_free(text);
    return pushed ? 1 : lua_error(L);
}

static int bn2dec(lua_State *L)
{
    return write_text(L, BN_bn2dec);
}

static int bn2hex(lua_State *L)
{
    return write_text(L, BN_bn2hex);
}

/* ---- arithmetic: each call has its own scratch */

static int add(lua_State *L)
{
    const BIGNUM *a = check(L, 1), *b = check(L, 2);
    BIGNUM *sum = BN_new();
    if (!sum || !BN_add(sum, a, b)) {
        BN_free(sum);
        return openssl_error(L);
    }
    return bignum_push(L, sum);
}

static int mod_exp(lua_State *L)
{
    const BIGNUM *a = check(L, 1), *p = check(L, 2), *m = check(L, 3);
    uint64_t words = (uint64_t)BN_num_bytes(m) / 8 + 1;
    luaL_argcheck(L, BN_num_bits(p) <= EXPONENT_BITS_MOST, 2, "too large");
    luaL_argcheck(L, BN_num_bits(m) <= EXPONENT_BITS_MOST, 3, "too large");
    steps_spend(L, words * words * (uint64_t)BN_num_bits(p) / 8);
    BN_CTX *scratch = BN_CTX_new();
    BIGNUM *result = BN_new();
    bool ok = scratch && result && BN_mod_exp(result, a, p, m, scratch);
    BN_CTX_free(scratch);
    if (!ok) {
        BN_free(result);
        return openssl_error(L);
    }
    return bignum_push(L, result);
}

static int push_number(lua_State *L)
{
    return bignum_push(L, lua_touserdata(L, 1));
}

static int divide(lua_State *L)
{
    const BIGNUM *a = check(L, 1), *d = check(L, 2);
    steps_spend(L, (uint64_t)BN_num_bytes(a) * 8);
    BN_CTX *scratch = BN_CTX_new();
    BIGNUM *quotient = BN_new(), *rest = BN_new();
    bool ok = scratch && quotient && rest && BN_div(quotient, rest, a, d, scratch);
    BN_CTX_free(scratch);
    if (!ok) {
        BN_free(quotient);
        BN_free(rest);
        return openssl_error(L);
    }
    lua_pushcfunction(L, push_number);
    lua_pushlightuserdata(L, quotient);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        BN_free(rest);
        return lua_error(L);
    }
    bignum_push(L, rest);
    return 2;
}

/* ---- bits */

static int num_bits(lua_State *L)
{
    lua_pushinteger(L, BN_num_bits(check(L, 1)));
    return 1;
}

static int num_bytes(lua_State *L)
{
    lua_pushinteger(L, BN_num_bytes(check(L, 1)));
    return 1;
}

static int check_bit(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_argcheck(L, n >= 0 && n < BITS_MOST, 2, "out of range");
    return (int)n;
}

static int set_bit(lua_State *L)
{
    struct number *slot = luaL_checkudata(L, 1, class_name);
    int bit = check_bit(L);
    size_t grown = (size_t)bit / 8 + 1;
    if (bit >= BN_num_bits(slot->n) && grown > slot->held && !state_hold(L, &slot->held, grown))
        return luaL_error(L, "not enough memory");
    BN_set_bit(slot->n, bit);
    return 0;
}

static int clear_bit(lua_State *L)
{
    BN_clear_bit(check(L, 1), check_bit(L));
    return 0;
}

static int is_bit_set(lua_State *L)
{
    lua_pushboolean(L, BN_is_bit_set(check(L, 1), check_bit(L)));
    return 1;
}

/* ---- primes */

/* Between two rounds of a test: zero ends it. */
static int has_time(int round, int of, BN_GENCB *cb)
{
    const int64_t *until = BN_GENCB_get_arg(cb);
    return steps_now() < *until;
}

static bool is_prime_number(lua_State *L, const BIGNUM *n)
{
    int64_t until = steps_now() + PRIME_TIME;
    luaL_argcheck(L, BN_num_bits(n) <= EXPONENT_BITS_MOST, 1, "too large");
    BN_CTX *scratch = BN_CTX_new();
    BN_GENCB *cb = BN_GENCB_new();
    int prime = -1;
    if (scratch && cb) {
        BN_GENCB_set(cb, has_time, &until);
        prime = BN_check_prime(n, scratch, cb);
    }
    BN_GENCB_free(cb);
    BN_CTX_free(scratch);
    steps_spend(L, (uint64_t)(PRIME_TIME - (until - steps_now())) * 25);
    if (prime < 0)
        luaL_error(L, "whether the number is a prime takes too long to find out");
    return prime == 1;
}

static int is_prime(lua_State *L)
{
    lua_pushboolean(L, is_prime_number(L, check(L, 1)));
    return 1;
}

static int is_safe_prime(lua_State *L)
{
    const BIGNUM *n = check(L, 1);
    bool prime = is_prime_number(L, n), safe = false;
    if (prime) {
        bignum_push(L, BN_dup(n));
        BIGNUM *half = check(L, -1);
        safe = BN_rshift1(half, half) && is_prime_number(L, half);
    }
    lua_pushboolean(L, safe);
    lua_pushboolean(L, prime);
    return 2;
}

/* ---- the class */

static int collect(lua_State *L)
{
    struct number *slot = lua_touserdata(L, 1);
    BN_free(slot->n);
    slot->n = NULL;
    state_hold(L, &slot->held, 0);
    return 0;
}

static void make_class(lua_State *L)
{
    static const luaL_Reg methods[] = {{"num_bits", num_bits}, {"num_bytes", num_bytes}, {"tobin", bn2bin}, {"todec", bn2dec},
        {"tohex", bn2hex}, {"tompi", bn2mpi}, {"set_bit", set_bit}, {"clear_bit", clear_bit}, {"is_bit_set", is_bit_set},
        {"is_prime", is_prime}, {"is_safe_prime", is_safe_prime}, {NULL, NULL}};
    luaL_newmetatable(L, class_name);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, bn2hex);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void bignum_add_functions(lua_State *L)
{
    static const luaL_Reg functions[] = {{"bignum_bin2bn", bin2bn}, {"bignum_dec2bn", dec2bn}, {"bignum_hex2bn", hex2bn},
        {"bignum_rand", random_bn}, {"bignum_pseudo_rand", random_bn}, {"bignum_bn2bin", bn2bin}, {"bignum_bn2dec", bn2dec},
        {"bignum_bn2hex", bn2hex}, {"bignum_bn2mpi", bn2mpi}, {"bignum_add", add}, {"bignum_mod_exp", mod_exp}, {"bignum_div", divide},
        {"bignum_num_bits", num_bits}, {"bignum_num_bytes", num_bytes}, {"bignum_set_bit", set_bit}, {"bignum_clear_bit", clear_bit},
        {"bignum_is_bit_set", is_bit_set}, {"bignum_is_prime", is_prime}, {"bignum_is_safe_prime", is_safe_prime}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    make_class(L);
}
