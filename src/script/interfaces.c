/* interfaces.c owns what scripts are told of our own network interfaces. */
#include "script/inside.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int prefix_length(const struct sockaddr *mask)
{
    const uint8_t *at = mask->sa_family == AF_INET ? (const uint8_t *)&((const struct sockaddr_in *)mask)->sin_addr
                                                   : (const uint8_t *)&((const struct sockaddr_in6 *)mask)->sin6_addr;
    int n = 0;
    for (int i = 0; i < (mask->sa_family == AF_INET ? 4 : 16); i++)
        n += __builtin_popcount(at[i]);
    return n;
}

static void set_address(lua_State *L, const char *key, const struct sockaddr *a)
{
    char text[INET6_ADDRSTRLEN];
    const void *at = a->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
                                             : (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr;
    tables_set_text(L, key, inet_ntop(a->sa_family, at, text, sizeof text));
}

static const struct sockaddr_ll *hardware_of(const struct ifaddrs *all, const char *name)
{
    for (; all; all = all->ifa_next)
        if (all->ifa_addr && all->ifa_addr->sa_family == AF_PACKET && strcmp(all->ifa_name, name) == 0)
            return (const struct sockaddr_ll *)all->ifa_addr;
    return NULL;
}

static int mtu_of(const char *name)
{
    struct ifreq r = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
    strncpy(r.ifr_name, name, sizeof r.ifr_name - 1);
    if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &r) == 0)
        mtu = r.ifr_mtu;
    if (fd >= 0)
        close(fd);
    return mtu;
}

static const char *link_name(const struct ifaddrs *i, const struct sockaddr_ll *hardware)
{
    if (i->ifa_flags & IFF_LOOPBACK)
        return "loopback";
    if (hardware && hardware->sll_hatype == ARPHRD_ETHER)
        return "ethernet";
    return i->ifa_flags & IFF_POINTOPOINT ? "p2p" : "other";
}

static void push_interface(lua_State *L, const struct ifaddrs *all, const struct ifaddrs *i)
{
    const struct sockaddr_ll *hardware = hardware_of(all, i->ifa_name);
    const char *link = link_name(i, hardware);
    lua_createtable(L, 0, 9);
    tables_set_text(L, "device", i->ifa_name);
    tables_set_text(L, "shortname", i->ifa_name);
    set_address(L, "address", i->ifa_addr);
    lua_pushinteger(L, i->ifa_netmask ? prefix_length(i->ifa_netmask) : 0);
    lua_setfield(L, -2, "netmask");
    tables_set_text(L, "link", link);
    if (hardware && strcmp(link, "ethernet") == 0) {
        lua_pushlstring(L, (const char *)hardware->sll_addr, 6);
        lua_setfield(L, -2, "mac");
        if (i->ifa_addr->sa_family == AF_INET && i->ifa_broadaddr)
            set_address(L, "broadcast", i->ifa_broadaddr);
    }
    tables_set_text(L, "up", i->ifa_flags & IFF_UP ? "up" : "down");
    lua_pushinteger(L, mtu_of(i->ifa_name));
    lua_setfield(L, -2, "mtu");
}

static bool has_family(const struct ifaddrs *i, int family)
{
    int is = i->ifa_addr ? i->ifa_addr->sa_family : 0;
    return family ? is == family : is == AF_INET || is == AF_INET6;
}

/* What the system told is freed, whatever happens on the way to Lua. */
struct pushing {
    struct ifaddrs *all;
    const struct ifaddrs *one;
};

static int push_one(lua_State *L)
{
    const struct pushing *p = lua_touserdata(L, 1);
    push_interface(L, p->all, p->one);
    return 1;
}

static int push_all(lua_State *L)
{
    const struct pushing *p = lua_touserdata(L, 1);
    lua_Integer n = 0;
    lua_newtable(L);
    for (const struct ifaddrs *i = p->all; i; i = i->ifa_next)
        if (has_family(i, 0)) {
            push_interface(L, p->all, i);
            lua_rawseti(L, -2, ++n);
        }
    return 1;
}

static int push_and_free(lua_State *L, lua_CFunction push, struct pushing *p)
{
    lua_pushcfunction(L, push);
    lua_pushlightuserdata(L, p);
    bool pushed = lua_pcall(L, 1, 1, 0) == LUA_OK;
    freeifaddrs(p->all);
    return pushed ? 1 : lua_error(L);
}

int nmap_list_interfaces(lua_State *L)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0) {
        lua_pushboolean(L, false);
        lua_pushliteral(L, "the interfaces cannot be read");
        return 2;
    }
    return push_and_free(L, push_all, &(struct pushing){all, all});
}

int nmap_get_interface_info(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct ifaddrs *all;
    int family = scripts_of(L)->settings.ipv6 ? AF_INET6 : AF_INET;
    if (getifaddrs(&all) == 0) {
        for (const struct ifaddrs *i = all; i; i = i->ifa_next)
            if (has_family(i, family) && strcmp(i->ifa_name, name) == 0)
                return push_and_free(L, push_one, &(struct pushing){all, i});
        freeifaddrs(all);
    }
    lua_pushboolean(L, false);
    lua_pushliteral(L, "failed to find interface");
    return 2;
}

/* The address that the kernel would send from: a datagram socket is asked, nothing is sent. */
static bool source_of(const struct addr *to, struct sockaddr_storage *own)
{
    struct sockaddr_storage peer = {0};
    socklen_t length = to->family == 4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6), own_length = sizeof *own;
    if (to->family == 4) {
        struct sockaddr_in *sin = (struct sockaddr_in *)&peer;
        sin->sin_family = AF_INET;
        sin->sin_port = htons(9);
        memcpy(&sin->sin_addr, to->octet, 4);
    } else {
        struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&peer;
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(9);
        sin6->sin6_scope_id = to->zone;
        memcpy(&sin6->sin6_addr, to->octet, 16);
    }
    int fd = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&peer, length) == 0 && getsockname(fd, (struct sockaddr *)own, &own_length) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool same_address(const struct sockaddr *a, const struct sockaddr_storage *b)
{
    if (!a || a->sa_family != b->ss_family)
        return false;
    if (a->sa_family == AF_INET)
        return memcmp(&((const struct sockaddr_in *)a)->sin_addr, &((const struct sockaddr_in *)b)->sin_addr, 4) == 0;
    return a->sa_family == AF_INET6 &&
           memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
}

void interfaces_set_source(lua_State *L, const struct addr *to)
{
    struct sockaddr_storage own = {0};
    struct ifaddrs *all;
    if (!source_of(to, &own))
        return;
    if (own.ss_family == AF_INET)
        lua_pushlstring(L, (const char *)&((const struct sockaddr_in *)&own)->sin_addr, 4);
    else
        lua_pushlstring(L, (const char *)&((const struct sockaddr_in6 *)&own)->sin6_addr, 16);
    lua_setfield(L, -2, "bin_ip_src");
    if (getifaddrs(&all) != 0)
        return;
    char device[IF_NAMESIZE] = "";
    for (const struct ifaddrs *i = all; i && !*device; i = i->ifa_next)
        if (same_address(i->ifa_addr, &own))
            snprintf(device, sizeof device, "%s", i->ifa_name);
    freeifaddrs(all);
    if (!*device)
        return;
    tables_set_text(L, "interface", device);
    lua_pushinteger(L, mtu_of(device));
    lua_setfield(L, -2, "interface_mtu");
}
