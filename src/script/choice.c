/*
 * choice.c owns which scripts are run: databases and directories on one side, rules on the other, and the order that dependencies ask
 * for.
 */
#include "script/inside.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "script/select.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUCKETS = 1024 };

/* A script that could be chosen. */
struct candidate {
    struct candidate *next;
    struct candidate *same_bucket;
    struct script_entry *entry;
    struct script *read; /* without a database: it was loaded to learn its categories */
    const char *path, *name;
    enum origin origin;
};

struct rule {
    struct bytes text;
    bool forced, implicit, used;
};

struct choosing {
    struct scripts *run;
    struct diags *diags;
    struct candidate *first, **last;
    struct candidate *buckets[BUCKETS]; /* by name */
    struct rule *rules;
    size_t rule_count;
};

static const char *name_of(struct arena *a, const char *path)
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *dot = strrchr(base, '.');
    return arena_strndup(a, base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

/* ---- candidates */

static size_t bucket_of(const char *name)
{
    return hash_bytes(bytes_str(name), 0) % BUCKETS;
}

static bool is_offered(const struct choosing *c, const char *name)
{
    for (const struct candidate *k = c->buckets[bucket_of(name)]; k; k = k->same_bucket)
        if (strcmp(k->name, name) == 0)
            return true;
    return false;
}

/* The first directory that has a name wins. */
static struct candidate *offer(struct choosing *c, const char *path, enum origin origin, struct script_entry *e)
{
    struct arena *a = &c->run->arena;
    const char *name = name_of(a, path);
    if (is_offered(c, name))
        return NULL;
    struct candidate *k = arena_alloc(a, sizeof *k), **bucket = &c->buckets[bucket_of(name)];
    *k = (struct candidate){.same_bucket = *bucket, .entry = e, .path = path, .name = name, .origin = origin};
    *bucket = k;
    *c->last = k;
    c->last = &k->next;
    return k;
}

static bool offer_database(struct choosing *c, const struct place *p, const char *directory)
{
    struct arena *a = &c->run->arena;
    const char *path = arena_printf(a, "%s/script.db", directory);
    struct buf text;
    buf_init(&text, LIMIT_SCRIPT_FILE);
    bool there = loader_read_file(path, &text);
    if (there)
        for (struct script_entry *e = script_db_read(buf_view(&text), path, a, c->diags); e; e = e->next)
            offer(c, arena_printf(a, "%s/%s", directory, e->file), p->origin, e);
    buf_free(&text);
    return there;
}

static int is_script_file(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".nse") == 0 && d->d_name[0] != '.';
}

static struct script *script_new(struct choosing *c, const char *path, enum origin origin)
{
    struct script *x = arena_alloc(&c->run->arena, sizeof *x);
    *x = (struct script){.path = arena_strdup(&c->run->arena, path), .origin = origin, .factory = LUA_NOREF};
    x->name = (char *)name_of(&c->run->arena, path);
    return x;
}

/* Loads what the database does not tell. False: the script does not load; a warning says so. */
static bool learn(struct choosing *c, struct script *x)
{
    struct buf why;
    if (x->loaded || x->failed)
        return x->loaded;
    buf_init(&why, 4096);
    bool ok = state_open(c->run) && loader_load(c->run, x, &why);
    if (!ok && (!x->quiet || c->run->settings.verbose))
        diags_add(c->diags, DIAG_WARNING, "scripts", 0, 0, "%s is left out: %s", x->name, buf_text(&why));
    buf_free(&why);
    return ok;
}

static bool has_category(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(list[i], name))
            return true;
    return false;
}

/* A directory without a database: its scripts are read. */
static bool offer_files(struct choosing *c, const struct place *p, const char *directory)
{
    struct arena *a = &c->run->arena;
    struct dirent **list;
    int n = scandir(directory, &list, is_script_file, alphasort);
    for (int i = 0; i < n; i++) {
        const char *path = arena_printf(a, "%s/%s", directory, list[i]->d_name);
        struct script *x = script_new(c, path, p->origin);
        struct candidate *k = is_offered(c, x->name) || !learn(c, x) ? NULL : offer(c, path, p->origin, NULL);
        if (k)
            k->read = x;
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return n > 0;
}

static void gather(struct choosing *c)
{
    struct arena *a = &c->run->arena;
    for (size_t i = 0; i < c->run->place_count; i++) {
        const struct place *p = &c->run->places[i];
        const char *below = arena_printf(a, "%s/scripts", p->path);
        if (!offer_database(c, p, below) && !offer_files(c, p, below) && !offer_database(c, p, p->path))
            offer_files(c, p, p->path);
    }
}

/* ---- rules */

static void add_rule(struct choosing *c, struct bytes text, bool forced, bool implicit)
{
    struct rule *grown = arena_alloc(&c->run->arena, (c->rule_count + 1) * sizeof *grown);
    if (c->rule_count)
        memcpy(grown, c->rules, c->rule_count * sizeof *grown);
    grown[c->rule_count++] = (struct rule){.text = text, .forced = forced, .implicit = implicit};
    c->rules = grown;
}

static void read_rules(struct choosing *c)
{
    const struct script_settings *s = &c->run->settings;
    for (size_t i = 0; i < s->rule_count; i++) {
        struct bytes list = bytes_str(s->rules[i]), rule;
        bool forced;
        while (select_next(&list, &rule, &forced))
            add_rule(c, rule, forced, false);
    }
    if (s->defaults)
        add_rule(c, bytes_str("default"), false, false);
    c->run->asked = c->rule_count > 0;
    if (s->version)
        add_rule(c, bytes_str("version"), false, true);
}

static void take(struct choosing *c, struct script *x)
{
    struct scripts *s = c->run;
    *(s->last_script ? &s->last_script->next : &s->scripts) = x;
    s->last_script = x;
    x->version = has_category(x->categories, x->category_count, "version");
    s->any_version = s->any_version || x->version;
}

static void choose(struct choosing *c, struct candidate *k)
{
    struct select_entry e = {.name = k->name};
    struct script *x = k->read;
    bool chosen = false, forced = false, by_name = false, shown = false;
    e.categories = x ? x->categories : k->entry->categories;
    e.category_count = x ? x->category_count : k->entry->category_count;
    for (size_t i = 0; i < c->rule_count; i++) {
        struct rule *r = &c->rules[i];
        enum select_answer answer = select_match(r->text, &e);
        if (answer == SELECT_NO)
            continue;
        r->used = true;
        forced = chosen ? forced : r->forced;
        chosen = true;
        by_name = by_name || answer == SELECT_BY_NAME;
        shown = shown || !r->implicit;
    }
    if (!chosen)
        return;
    if (!x) {
        x = script_new(c, k->path, k->origin);
        x->categories = e.categories;
        x->category_count = e.category_count;
        x->hints = k->entry->hints;
        x->hint_count = k->entry->hint_count;
    }
    x->forced = forced;
    x->by_name = by_name;
    x->shown = shown;
    take(c, x);
}

/* ---- rules that are names of files */

static bool is_chosen(const struct scripts *s, const char *name)
{
    for (const struct script *x = s->scripts; x; x = x->next)
        if (strcmp(x->name, name) == 0)
            return true;
    return false;
}

static bool take_file(struct choosing *c, const char *path, const struct rule *r, bool by_name)
{
    struct script *x = script_new(c, path, ORIGIN_FOREIGN);
    if (is_chosen(c->run, x->name)) {
        diags_add(c->diags, DIAG_ERROR, "--script", 0, 0, "duplicate script ID: '%s'", x->name);
        return false;
    }
    x->forced = r->forced;
    x->by_name = by_name;
    x->shown = true;
    struct buf why;
    buf_init(&why, 4096);
    bool ok = state_open(c->run) && loader_load(c->run, x, &why);
    if (ok)
        take(c, x);
    else if (x->quiet)
        diags_add(c->diags, DIAG_WARNING, "--script", 0, 0, "%s is left out: %s", x->name, buf_text(&why));
    else
        diags_add(c->diags, DIAG_ERROR, "--script", 0, 0, "could not load script %s: %s", x->name,
            why.len ? buf_text(&why) : "no memory for Lua");
    bool dropped = x->quiet;
    buf_free(&why);
    return ok || dropped;
}

static bool take_directory(struct choosing *c, const char *path, const struct rule *r)
{
    struct dirent **list;
    int n = scandir(path, &list, is_script_file, alphasort);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        ok = ok && take_file(c, arena_printf(&c->run->arena, "%s/%s", path, list[i]->d_name), r, false);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return ok;
}

static bool try_path(struct choosing *c, const char *path, const struct rule *r, bool *found)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return true;
    *found = true;
    if (S_ISREG(st.st_mode))
        return take_file(c, path, r, true);
    if (r->text.at[r->text.len - 1] == '/')
        return take_directory(c, path, r);
    diags_add(c->diags, DIAG_ERROR, "--script", 0, 0, "directory '%s' found, but will not match without '/'", path);
    return false;
}

static bool take_named(struct choosing *c, const struct rule *r)
{
    struct arena *a = &c->run->arena;
    const char *text = arena_strndup(a, r->text.at, r->text.len);
    bool found = false, ok = true;
    for (int with = 0; with < 2 && !found; with++) {
        const char *end = with ? ".nse" : "";
        for (size_t i = 0; i < c->run->place_count && !found && *text != '/'; i++)
            ok = try_path(c, arena_printf(a, "%s/scripts/%s%s", c->run->places[i].path, text, end), r, &found);
        if (!found)
            ok = try_path(c, arena_printf(a, "%s%s", text, end), r, &found);
    }
    if (!found)
        diags_add(c->diags, DIAG_ERROR, "--script", 0, 0, "'%s' did not match a category, filename, or directory", text);
    return found && ok;
}

/* ---- all of it */

bool choice_make(struct scripts *s, struct diags *d)
{
    struct choosing c = {.run = s, .diags = d};
    c.last = &c.first;
    read_rules(&c);
    if (!c.rule_count)
        return true;
    gather(&c);
    for (struct candidate *k = c.first; k; k = k->next)
        choose(&c, k);
    for (size_t i = 0; i < c.rule_count; i++)
        if (!c.rules[i].used && !c.rules[i].implicit && !take_named(&c, &c.rules[i]))
            return false;
    if (!s->asked)
        return true;
    for (struct script *x = s->scripts; x; x = x->next)
        learn(&c, x); /* what does not load is left out with a warning */
    return choice_levels(s, d);
}

static bool find_level(struct scripts *s, struct script *x, struct diags *d)
{
    if (x->level)
        return true;
    if (x->levelling) {
        diags_add(d, DIAG_ERROR, "scripts", 0, 0, "circular dependency in chain `%s`", x->name);
        return false;
    }
    unsigned level = 1;
    x->levelling = true;
    for (size_t i = 0; i < x->dependency_count; i++)
        for (struct script *other = s->scripts; other; other = other->next) {
            if (strcmp(other->name, x->dependencies[i]) != 0)
                continue;
            if (!find_level(s, other, d))
                return false;
            level = level > other->level ? level : other->level + 1;
        }
    x->levelling = false;
    x->level = level;
    return true;
}

bool choice_levels(struct scripts *s, struct diags *d)
{
    for (struct script *x = s->scripts; x; x = x->next)
        if (x->loaded && !find_level(s, x, d))
            return false;
    return true;
}

/* ---- hints: what the port rule of a script can match at all */

static bool hint_fits(const char *hint, enum proto proto, uint16_t port, const char *name)
{
    const char *slash = strchr(hint, '/');
    if (slash) {
        uint64_t number;
        return strncmp(hint, proto_name(proto), (size_t)(slash - hint)) == 0 && text_number(slash + 1, 65535, &number) && number == port;
    }
    return name && strcmp(hint, name) == 0;
}

static bool is_known(const struct service_record *v)
{
    return v && v->method == METHOD_PROBED && v->product && *v->product && v->version && *v->version;
}

/* Replies came, and no rule read them. */
static bool is_unread(const struct service_record *v)
{
    return v && v->fingerprint && !(v->product && *v->product);
}

bool choice_can_match(
    const struct scripts *s, const struct script *x, enum proto proto, uint16_t port, const struct service_record *service)
{
    const char *name = service && service->name ? service->name : s->parts.service_name ? s->parts.service_name(proto, port) : NULL;
    bool fits = false;
    for (size_t i = 0; i < x->hint_count; i++)
        if (strcmp(x->hints[i], "unread") == 0)
            fits = fits || is_unread(service);
        else if (strcmp(x->hints[i], "unless-known") == 0 || (strcmp(x->hints[i], "unless-known-or-shown") == 0 && !x->shown))
            fits = fits && (x->forced || !is_known(service));
        else
            fits = fits || hint_fits(x->hints[i], proto, port, name);
    return fits || !x->hint_count || x->forced;
}
