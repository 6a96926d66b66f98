/* resolve.c owns names that scripts look up: on the run's resolver, while the script waits. */
#include "script/inside.h"

#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS_MOST = 16 };

/* A look-up under way. Its thread may be gone when the answer comes. */
struct wish {
    struct wish *next;
    struct scripts *run;
    uint64_t serial;
};

static void on_answer(void *owner, const struct addr *addrs, size_t count, const char *why)
{
    struct wish *w = owner, **at = &w->run->wishes;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    struct thread *t = w->run->threads;
    while (t && t->serial != w->serial)
        t = t->next;
    free(w);
    if (!t)
        return;
    arena_free(&t->answer);
    arena_init(&t->answer);
    t->resolved = arena_alloc(&t->answer, count * sizeof *t->resolved);
    t->resolved_count = count;
    t->resolve_again = why == resolver_no_answer;
    for (size_t i = 0; i < count; i++) {
        char text[ADDR_TEXT_MAX];
        t->resolved[i] = arena_strdup(&t->answer, addr_format(&addrs[i], text, sizeof text));
    }
    thread_wake(t);
}

/* The resolver is asked no more: what is under way gets no answer. */
void resolve_forget(struct scripts *s)
{
    for (struct wish *w = s->wishes, *next; w; w = next) {
        next = w->next;
        free(w);
    }
    s->wishes = NULL;
}

void resolve_begin(lua_State *L, const char *name, int family)
{
    struct scripts *s = scripts_of(L);
    struct wish *w = must_zalloc(sizeof *w);
    *w = (struct wish){s->wishes, s, s->current->serial};
    s->wishes = w;
    s->current->resolved_count = 0;
    s->parts.resolver->forward(s->parts.resolver, name, family, on_answer, w);
}

static int answered(lua_State *L, int status, lua_KContext ctx)
{
    struct thread *t = thread_current(L);
    lua_pushboolean(L, t->resolved_count > 0);
    if (!t->resolved_count) {
        lua_pushliteral(L, "Failed to resolve");
        return 2;
    }
    lua_createtable(L, (int)t->resolved_count, 0);
    for (size_t i = 0; i < t->resolved_count; i++) {
        lua_pushstring(L, t->resolved[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 2;
}

int nmap_resolve(lua_State *L)
{
    static const char *const families[] = {"inet", "inet6", "unspec", NULL};
    static const int numbers[] = {4, 6, 0};
    const char *name = luaL_checkstring(L, 1);
    int family = numbers[luaL_checkoption(L, 2, scripts_of(L)->settings.ipv6 ? "inet6" : "inet", families)];
    struct addr a;
    if (addr_parse(name, &a)) {
        bool fits = !family || a.family == family;
        lua_pushboolean(L, fits);
        if (!fits) {
            lua_pushliteral(L, "Failed to resolve");
            return 2;
        }
        lua_createtable(L, 1, 0);
        lua_pushvalue(L, 1);
        lua_rawseti(L, -2, 1);
        return 2;
    }
    thread_check_wait(L);
    if (strlen(name) > LIMIT_HOST_NAME) {
        lua_pushboolean(L, false);
        lua_pushliteral(L, "Failed to resolve");
        return 2;
    }
    resolve_begin(L, name, family);
    return thread_wait(L, 0, answered);
}

int nmap_get_dns_servers(lua_State *L)
{
    FILE *in = fopen("/etc/resolv.conf", "r");
    char line[512], found[SERVERS_MOST][128];
    struct addr a;
    int n = 0;
    while (in && n < SERVERS_MOST && fgets(line, sizeof line, in))
        if (sscanf(line, "nameserver %127s", found[n]) == 1 && addr_parse(found[n], &a))
            n++;
    if (in)
        fclose(in);
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushstring(L, found[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}
