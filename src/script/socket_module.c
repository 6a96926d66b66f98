/* socket_module.c owns the functions of nmap.socket that are no methods of a socket. */
#include "script/socket_inside.h"

#include <math.h>

static void on_slept(struct timer *timer)
{
    thread_wake(timer->owner);
}

static int slept(lua_State *L, int status, lua_KContext ctx)
{
    return 0;
}

static int sleep_seconds(lua_State *L)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    if (seconds < 0)
        return luaL_error(L, "argument to sleep (%f) must not be negative\n", seconds);
    thread_check_wait(L);
    struct thread *t = thread_current(L);
    t->sleep.fn = on_slept;
    timer_start(&t->sleep, seconds < 86400 ? (int64_t)round(seconds * 1000) * 1000 : SOCK_NO_LIMIT);
    return thread_wait(L, 0, slept);
}

static int get_stats(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, scripts_of(L)->slots_waiting);
    lua_setfield(L, -2, "connect_waiting");
    return 1;
}

static int parse_ssl_certificate(lua_State *L)
{
    size_t length;
    const char *der = luaL_checklstring(L, 1, &length);
    return certificate_push(L, bytes_of(der, length));
}

static int loop(lua_State *L)
{
    return 0;
}

int open_socket(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", socket_new}, {"sleep", sleep_seconds}, {"get_stats", get_stats},
        {"parse_ssl_certificate", parse_ssl_certificate}, {"loop", loop}, {NULL, NULL}};
    sock_make_class(L);
    luaL_newlib(L, functions);
    return 1;
}
