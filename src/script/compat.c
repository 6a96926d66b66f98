/*
 * compat.c owns what scripts of Lua 5.3 find changed in 5.4: bit operators on numeric texts, and string.unpack of a text that ends
 * without its NUL.
 */
#include "script/inside.h"

#include <string.h>

/* ---- bit operators on texts that are numbers */

static lua_Integer to_integer(lua_State *L, int index)
{
    int ok;
    lua_Integer n = lua_tointegerx(L, index, &ok);
    if (!ok && lua_isnumber(L, index))
        luaL_error(L, "number has no integer representation");
    if (!ok)
        luaL_error(L, "attempt to perform bitwise operation on a %s value", luaL_typename(L, index));
    return n;
}

static int bit_operator(lua_State *L)
{
    int op = (int)lua_tointeger(L, lua_upvalueindex(1));
    lua_pushinteger(L, to_integer(L, 1));
    if (op != LUA_OPBNOT)
        lua_pushinteger(L, to_integer(L, 2));
    lua_arith(L, op);
    return 1;
}

static void add_bit_operators(lua_State *L)
{
    static const struct {
        const char *name;
        int op;
    } operators[] = {{"__band", LUA_OPBAND}, {"__bor", LUA_OPBOR}, {"__bxor", LUA_OPBXOR}, {"__shl", LUA_OPSHL}, {"__shr", LUA_OPSHR},
        {"__bnot", LUA_OPBNOT}};
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        lua_pushinteger(L, operators[i].op);
        lua_pushcclosure(L, bit_operator, 1);
        lua_setfield(L, -2, operators[i].name);
    }
    lua_pop(L, 2);
}

/* ---- string.unpack: upvalue 1 is the original */

static int unpack(lua_State *L)
{
    int n = lua_gettop(L);
    lua_settop(L, n < 3 ? 3 : n);
    if (lua_isnil(L, 3)) {
        lua_pushinteger(L, 1);
        lua_replace(L, 3);
    }
    for (int round = 0;; round++) {
        lua_pushvalue(L, lua_upvalueindex(1));
        for (int i = 1; i <= 3; i++)
            lua_pushvalue(L, i);
        if (lua_pcall(L, 3, LUA_MULTRET, 0) == LUA_OK)
            return lua_gettop(L) - (n < 3 ? 3 : n);
        const char *why = lua_tostring(L, -1);
        if (round > 0 || !why || !strstr(why, "unfinished string") || !lua_isstring(L, 2)) {
            luaL_where(L, 1);
            luaL_gsub(L, why ? why : "not enough memory", "'?'", "'unpack'");
            lua_concat(L, 2);
            return lua_error(L);
        }
        lua_pop(L, 1);
        lua_pushvalue(L, 2);
        lua_pushlstring(L, "", 1);
        lua_concat(L, 2);
        lua_replace(L, 2);
    }
}

void compat_apply(lua_State *L)
{
    add_bit_operators(L);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "unpack");
    lua_pushcclosure(L, unpack, 1);
    lua_setfield(L, -2, "unpack");
    lua_pop(L, 1);
}
