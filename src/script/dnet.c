/*
 * dnet.c owns the place of raw packets (specs/script-host.md, 3.5): an object with all methods, of which those that would open something
 * say that it cannot be opened, as the field's host does without the privilege. Nothing here sends a raw packet.
 */
#include "script/inside.h"

static const char *const class_name = "descry.dnet";

static int ethernet_open(lua_State *L)
{
    luaL_checkudata(L, 1, class_name);
    return luaL_error(L, "unable to open dnet on ethernet interface %s", luaL_checkstring(L, 2));
}

static int ethernet_send(lua_State *L)
{
    luaL_checkudata(L, 1, class_name);
    luaL_checkstring(L, 2);
    return luaL_error(L, "dnet ethernet interface is not open");
}

static int ip_open(lua_State *L)
{
    luaL_checkudata(L, 1, class_name);
    return luaL_error(L, "failed to open raw socket: raw packets are not available");
}

static int ip_send(lua_State *L)
{
    luaL_checkudata(L, 1, class_name);
    luaL_checkstring(L, 2);
    return luaL_error(L, "raw socket not open to send");
}

/* Closing what was never opened is no fault. */
static int close_either(lua_State *L)
{
    luaL_checkudata(L, 1, class_name);
    lua_pushboolean(L, true);
    return 1;
}

static void make_class(lua_State *L)
{
    static const luaL_Reg methods[] = {{"ethernet_open", ethernet_open}, {"ethernet_send", ethernet_send}, {"ethernet_close", close_either},
        {"ip_open", ip_open}, {"ip_send", ip_send}, {"ip_close", close_either}, {NULL, NULL}};
    luaL_newmetatable(L, class_name);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_newtable(L);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

int dnet_new(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    luaL_setmetatable(L, class_name);
    return 1;
}

int open_dnet(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", dnet_new}, {"get_interface_info", nmap_get_interface_info}, {NULL, NULL}};
    make_class(L);
    luaL_newlib(L, functions);
    return 1;
}
