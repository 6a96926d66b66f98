/* check_examples.c owns the program that runs the examples of the whole collection; writers of rules run it by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "probes/audit.h"
#include "base/limits.h"

static const char usage[] =
    "usage: check_examples [--dir DIR] [FILE.probes ...]\n"
    "Merges DIR/*.probes (default " PROBES_DIR ") and reads every example line '#= q|reply| p/../ v/../' by all rules.\n"
    "Prints what is wrong as FILE:LINE: message. With FILEs, prints only what concerns these; their path does not matter.\n"
    "A note (an expression that is not anchored) counts as an error unless a comment stands right above the rule and says why.\n"
    "Ends with status 1 if it printed an error.\n";

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool wanted(const char *file, char **files, int count)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(base_name(files[i]), file))
            return true;
    return count == 0;
}

/* The merging stands in one place only, the script. */
static bool read_merged(const char *dir, struct buf *out)
{
    char command[4096], block[4096];
    size_t n;
    if (strchr(dir, '\'') || snprintf(command, sizeof command, "python3 '%s' --examples '%s'", BUNDLE_TOOL, dir) >= (int)sizeof command)
        return false;
    FILE *pipe = popen(command, "r");
    if (!pipe)
        return false;
    buf_init(out, LIMIT_PROBE_FILE);
    while ((n = fread(block, 1, sizeof block, pipe)))
        buf_append(out, block, n);
    return pclose(pipe) == 0;
}

/* Is the line above this one a comment (and no example)? */
static bool is_justified(const char *dir, const struct diag *d)
{
    char path[4096], line[64 * 1024];
    bool comment = false;
    snprintf(path, sizeof path, "%s/%s", dir, d->file);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    for (unsigned i = 1; i < d->line && fgets(line, sizeof line, f); i++)
        comment = line[0] == '#' && line[1] != '=';
    fclose(f);
    return comment;
}

static size_t print(const struct diags *d, const char *dir, char **files, int count)
{
    size_t errors = 0;
    for (size_t i = 0; i < d->count; i++) {
        struct buf line;
        bool note = d->list[i].level == DIAG_NOTE;
        if (!wanted(d->list[i].file, files, count) || (note && is_justified(dir, &d->list[i])))
            continue;
        buf_init(&line, 64 * 1024);
        diag_format(&d->list[i], &line);
        puts(buf_text(&line));
        buf_free(&line);
        errors++;
    }
    return errors;
}

int main(int argc, char **argv)
{
    const char *dir = PROBES_DIR;
    int first = 1;
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc > 2 && !strcmp(argv[1], "--dir")) {
        dir = argv[2];
        first = 3;
    }
    struct buf text;
    struct diags d;
    diags_init(&d);
    if (!read_merged(dir, &text)) {
        fprintf(stderr, "check_examples: cannot merge %s\n", dir);
        return 2;
    }
    struct probe_db *db = probe_db_read("collection", buf_view(&text), PROBE_DB_OURS, &d);
    size_t count = audit_all(db, true, &d);
    size_t errors = print(&d, dir, argv + first, argc - first);
    printf("%zu probes, %zu rules, %zu examples; %zu errors here, %zu in all\n", probe_db_count(db), probe_db_rule_count(db), count, errors,
        d.errors + d.warnings);
    probe_db_free(db);
    diags_free(&d);
    buf_free(&text);
    return errors != 0;
}
