/* probe_db.c owns the life of a probe database and the questions about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include "probes/probe_db.h"
#include "probes/inside.h"
#include "probes/probe_file.h"

static struct probe_db *begin(void)
{
    struct probe_db *db = must_zalloc(sizeof *db);
    arena_init(&db->arena);
    return db;
}

struct probe_db *probe_db_read(const char *file, struct bytes text, enum probe_db_origin origin, struct diags *d)
{
    if (text.len > LIMIT_PROBE_FILE) {
        diags_add(d, DIAG_ERROR, file, 0, 0, "the file is larger than %d bytes", LIMIT_PROBE_FILE);
        return NULL;
    }
    struct probe_db *db = begin();
    probe_file_read(db, file, arena_bytes(&db->arena, text), origin, d);
    db->space = regex_space_new();
    db->folded = must_alloc(LIMIT_REPLY);
    db->candidates = must_zalloc((db->rule_count / 64 + 1) * sizeof *db->candidates);
    return db;
}

static bool read_whole(const char *path, struct buf *out, struct diags *d)
{
    uint8_t block[64 * 1024];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) {
        diags_add(d, DIAG_ERROR, path, 0, 0, "cannot be opened: %s", strerror(errno));
        return false;
    }
    bool fits = true;
    errno = 0;
    while (fits && (n = fread(block, 1, sizeof block, f)))
        fits = buf_append(out, block, n);
    bool failed = ferror(f);
    if (failed)
        diags_add(d, DIAG_ERROR, path, 0, 0, "cannot be read: %s", strerror(errno));
    else if (!fits)
        diags_add(d, DIAG_ERROR, path, 0, 0, "the file is larger than %d bytes", LIMIT_PROBE_FILE);
    fclose(f);
    return fits && !failed;
}

struct probe_db *probe_db_read_file(const char *path, enum probe_db_origin origin, struct diags *d)
{
    struct buf text;
    buf_init(&text, LIMIT_PROBE_FILE);
    struct probe_db *db = read_whole(path, &text, d) ? probe_db_read(path, buf_view(&text), origin, d) : NULL;
    buf_free(&text);
    return db;
}

void probe_db_free(struct probe_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < db->rule_count; i++)
        regex_free(db->rules[i]->regex);
    regex_space_free(db->space);
    free(db->rules);
    free(db->blocks);
    free(db->examples);
    free(db->folded);
    free(db->candidates);
    arena_free(&db->arena);
    free(db);
}

size_t probe_db_count(const struct probe_db *db)
{
    return db->block_count;
}

const struct probe *probe_db_at(const struct probe_db *db, size_t i)
{
    return i < db->block_count ? &db->blocks[i]->probe : NULL;
}

const struct probe *probe_db_null(const struct probe_db *db)
{
    return db->null_probe;
}

const struct probe *probe_db_named(const struct probe_db *db, enum proto proto, const char *name)
{
    for (size_t i = 0; i < db->block_count; i++)
        if (db->blocks[i]->probe.proto == proto && !strcmp(db->blocks[i]->probe.name, name))
            return &db->blocks[i]->probe;
    return NULL;
}

size_t probe_db_rule_count(const struct probe_db *db)
{
    return db->rule_count;
}

bool probe_db_excludes(const struct probe_db *db, enum proto proto, uint16_t port)
{
    return port_set_has(db->excluded[proto], port);
}

bool probe_names_service(const struct probe *p, const char *service)
{
    for (size_t i = 0; i < p->rule_count; i++)
        if (!strcmp(p->rules[i]->service, service))
            return true;
    return false;
}

struct rule_view rule_look(const struct rule *r)
{
    return (struct rule_view){r->service, r->file, r->line, r->soft, r->generic};
}
