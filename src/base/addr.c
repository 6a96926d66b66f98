/* addr.c owns reading, writing and comparing addresses. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static size_t octets_of(const struct addr *a)
{
    return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

static bool zone_parse(const char *text, uint32_t *zone)
{
    uint64_t number;

    *zone = text_number(text, UINT32_MAX, &number) ? (uint32_t)number : if_nametoindex(text);
    return *zone != 0;
}

bool addr_parse(const char *text, struct addr *out)
{
    struct addr a = {0};

    if (inet_pton(AF_INET, text, a.octet) == 1) {
        a.family = 4;
        *out = a;
        return true;
    }

    char numeric[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "%");
    if (len >= sizeof numeric)
        return false;
    memcpy(numeric, text, len);
    numeric[len] = 0;
    if (inet_pton(AF_INET6, numeric, a.octet) != 1)
        return false;
    if (text[len] == '%' && !zone_parse(text + len + 1, &a.zone))
        return false;
    a.family = 6;
    *out = a;
    return true;
}

char *addr_format(const struct addr *a, char *out, size_t size)
{
    char numeric[INET6_ADDRSTRLEN] = "";
    char zone[IF_NAMESIZE] = "";

    if (a->family)
        inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->octet, numeric, sizeof numeric);
    if (a->zone && !if_indextoname(a->zone, zone))
        snprintf(zone, sizeof zone, "%u", a->zone);
    if (size > 0)
        snprintf(out, size, "%s%s%s", numeric, zone[0] ? "%" : "", zone);
    return out;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return addr_compare(a, b) == 0;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    int order = memcmp(a->octet, b->octet, octets_of(a));
    if (order != 0)
        return order < 0 ? -1 : 1;
    return a->zone == b->zone ? 0 : a->zone < b->zone ? -1 : 1;
}

struct addr addr_from_v4(uint32_t host_order)
{
    return (struct addr){.family = 4, .octet = {host_order >> 24, host_order >> 16 & 255, host_order >> 8 & 255, host_order & 255}};
}

uint32_t addr_v4(const struct addr *a)
{
    return (uint32_t)a->octet[0] << 24 | (uint32_t)a->octet[1] << 16 | (uint32_t)a->octet[2] << 8 | a->octet[3];
}

bool addr_is_loopback(const struct addr *a)
{
    static const uint8_t one[16] = {[15] = 1};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (a->family == 4)
        return a->octet[0] == 127;
    if (a->family != 6)
        return false;
    return memcmp(a->octet, one, 16) == 0 || (memcmp(a->octet, mapped, 12) == 0 && a->octet[12] == 127);
}

const char *proto_name(enum proto p)
{
    return p == PROTO_UDP ? "udp" : "tcp";
}
