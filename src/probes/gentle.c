/* gentle.c owns the reading of data/gentle and the question whether a probe is forbidden. */
#include "probes/gentle.h"

#include "base/text.h"
#include "probes/gentle_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gentle_line {
    const char *probe; /* "*": every one; "!NAME,NAME": every one that has a payload, but for these; "~NAME": not as one of the first */
    const char *service; /* NULL: by port */
    enum proto proto;
    uint16_t first, last;
};

struct gentle {
    struct arena arena;
    struct gentle_line *lines;
    size_t count, cap;
};

static bool read_range(const char *text, struct gentle_line *line)
{
    char first[16], last[16];
    int n = sscanf(text, "%15[0-9]-%15[0-9]", first, last);
    uint64_t a, b;
    if (n < 1 || !text_number(first, 65535, &a))
        return false;
    b = a;
    if (n == 2 && (!text_number(last, 65535, &b) || b < a))
        return false;
    line->first = (uint16_t)a;
    line->last = (uint16_t)b;
    return true;
}

static bool read_line(struct gentle *g, const char *text, struct gentle_line *line)
{
    char probe[128], kind[16], what[64];
    if (sscanf(text, "%127s %15s %63s", probe, kind, what) != 3)
        return false;
    *line = (struct gentle_line){.probe = arena_strdup(&g->arena, probe)};
    if (strcmp(kind, "service") == 0) {
        line->service = arena_strdup(&g->arena, what);
        return true;
    }
    line->proto = strcmp(kind, "udp") == 0 ? PROTO_UDP : PROTO_TCP;
    return (line->proto == PROTO_UDP || strcmp(kind, "tcp") == 0) && read_range(what, line);
}

static void keep(struct gentle *g, const struct gentle_line *line)
{
    if (g->count == g->cap) {
        g->cap = g->cap ? 2 * g->cap : 16;
        g->lines = must_realloc(g->lines, g->cap * sizeof *g->lines);
    }
    g->lines[g->count++] = *line;
}

struct gentle *gentle_read(const char *file, struct bytes text, struct diags *d)
{
    struct gentle *g = must_zalloc(sizeof *g);
    arena_init(&g->arena);
    unsigned number = 0;
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        const uint8_t *stop = memchr(text.at + at, '\n', text.len - at);
        end = stop ? (size_t)(stop - text.at) : text.len;
        char *line = arena_strndup(&g->arena, text.at + at, end - at);
        struct gentle_line read;
        number++;
        if (line[0] == '#' || line[strspn(line, " \t\r")] == '\0')
            continue;
        if (read_line(g, line, &read))
            keep(g, &read);
        else
            diags_add(d, DIAG_ERROR, file, number, 1, "expected: PROBE tcp|udp PORT[-PORT], or PROBE service NAME");
    }
    return g;
}

struct gentle *gentle_builtin(void)
{
    return gentle_read("data/gentle", bytes_of(gentle_data, gentle_data_length), NULL);
}

void gentle_open_ports(struct gentle *g)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++)
        if (g->lines[i].service || strcmp(g->lines[i].probe, "*") != 0)
            g->lines[kept++] = g->lines[i];
    g->count = kept;
}

void gentle_free(struct gentle *g)
{
    if (!g)
        return;
    arena_free(&g->arena);
    free(g->lines);
    free(g);
}

static bool line_forbids(const struct gentle_line *l, enum proto proto, uint16_t port, const char *service)
{
    if (l->service)
        return service && strcmp(l->service, service) == 0;
    return l->proto == proto && l->first <= port && port <= l->last;
}

static bool in_list(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool names(const struct gentle_line *l, const char *probe)
{
    if (l->probe[0] == '~')
        return false;
    if (l->probe[0] == '!')
        return !in_list(l->probe + 1, probe) && strcmp(probe, "NULL") != 0;
    return strcmp(l->probe, "*") == 0 || strcmp(l->probe, probe) == 0;
}

bool gentle_forbids(const struct gentle *g, const char *probe, enum proto proto, uint16_t port, const char *service)
{
    for (size_t i = 0; g && i < g->count; i++) {
        const struct gentle_line *l = &g->lines[i];
        if (names(l, probe) && line_forbids(l, proto, port, service))
            return true;
    }
    return false;
}

bool gentle_delays(const struct gentle *g, const char *probe, enum proto proto, uint16_t port)
{
    for (size_t i = 0; g && i < g->count; i++) {
        const struct gentle_line *l = &g->lines[i];
        if (l->probe[0] == '~' && strcmp(l->probe + 1, probe) == 0 && line_forbids(l, proto, port, NULL))
            return true;
    }
    return false;
}
