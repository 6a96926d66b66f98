/* service_table.c owns looking up ports' names and likelihood in the compiled-in table. */
#include "targets/service_table.h"

#include "targets/ports.h"

enum { PORTS = 65535 };

const char *service_table_name(const struct service_table *t, size_t i)
{
    return t->name_at[i] ? t->names + t->name_at[i] : NULL;
}

/* How many known ports are less than `port`. */
static size_t rank_of(const struct service_table *t, uint32_t port)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->ports[middle] < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *service_name(enum proto proto, uint16_t port)
{
    const struct service_table *t = &service_tables[proto];
    size_t i = rank_of(t, port);

    return i < t->count && t->ports[i] == port ? service_table_name(t, i) : NULL;
}

/* The i-th port that the table does not know: the least p with i + 1 unknown ports in 1..p. */
static uint16_t unknown_port(const struct service_table *t, size_t i)
{
    uint32_t low = 1, high = PORTS;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (middle - rank_of(t, middle + 1) > i)
            high = middle;
        else
            low = middle + 1;
    }
    return (uint16_t)low;
}

bool service_likeliest(enum proto proto, size_t i, uint16_t *port)
{
    const struct service_table *t = &service_tables[proto];

    if (i >= PORTS)
        return false;
    *port = i < t->count ? t->order[i] : unknown_port(t, i - t->count);
    return true;
}
