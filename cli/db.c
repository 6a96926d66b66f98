/* db.c owns the words of `descry db`, and the printing of findings. */
#include "db.h"

#include "descry/descry.h"

#include <string.h>

static const char usage[] = "usage: descry db check [-v] FILE...\n"
                            "       descry db show [--probe-db FILE] [SERVICE]\n"
                            "       descry db export\n";
static const char help[] =
    "\ncheck   tells what is wrong with probe files, and runs their examples; -v: tells every rule without example, too\n"
    "show    the services that are known; or one's probes and rules\n"
    "export  the collection as one file in the plain format\n";

static int fail(int code, const char *text)
{
    fflush(stdout);
    fprintf(stderr, "descry: %s\n", text);
    return code;
}

static int wrong_word(const char *word)
{
    fprintf(stderr, "descry: db: \"%.60s\" is not understood (see descry db --help)\n", word);
    return DESCRY_USAGE;
}

/* ---- check */

static void print_finding(void *owner, const char *text)
{
    puts(text);
}

static int check_file(descry *d, const char *path, bool verbose)
{
    struct descry_db_counts n;
    int rc = descry_db_check(d, path, verbose, print_finding, NULL, &n);
    if (rc == DESCRY_USAGE)
        return fail(rc, descry_error(d));
    printf("%s: %zu probes, %zu rules, %zu examples: %zu errors, %zu warnings, %zu notes\n", path, n.probes, n.rules, n.examples, n.errors,
        n.warnings, n.notes);
    return rc;
}

static int check(descry *d, int argc, char **argv)
{
    bool verbose = false;
    int worst = 0;
    for (; argc && argv[0][0] == '-' && argv[0][1]; argc--, argv++) {
        bool last = strcmp(argv[0], "--") == 0;
        if (!last && strcmp(argv[0], "-v") != 0)
            return wrong_word(argv[0]);
        verbose |= !last;
        if (last) {
            argc--, argv++;
            break;
        }
    }
    if (!argc)
        return fail(DESCRY_USAGE, "db check: which file?");
    for (int i = 0; i < argc; i++) {
        int rc = check_file(d, argv[i], verbose);
        worst = rc > worst ? rc : worst;
    }
    return worst;
}

/* ---- show, export */

static int show(descry *d, int argc, char **argv)
{
    if (argc && strcmp(argv[0], "--probe-db") == 0) {
        if (argc == 1 || descry_set(d, "--probe-db", argv[1]) != DESCRY_OK)
            return fail(DESCRY_USAGE, "--probe-db needs a value");
        argc -= 2;
        argv += 2;
    }
    if (argc > 1 || (argc && argv[0][0] == '-'))
        return wrong_word(argv[argc > 1]);
    int rc = descry_db_show(d, argc ? argv[0] : NULL, stdout);
    return rc ? fail(rc, descry_error(d)) : 0;
}

static int export(descry *d, int argc, char **argv)
{
    if (argc)
        return wrong_word(argv[0]);
    int rc = descry_db_export(d, stdout);
    return rc ? fail(rc, descry_error(d)) : 0;
}

static const struct {
    const char *word;
    int (*run)(descry *d, int argc, char **argv);
} words[] = {{"check", check}, {"show", show}, {"export", export}};

static void print_message(void *owner, const char *text)
{
    fprintf(stderr, "descry: %s\n", text);
}

static int run_word(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(argv[0], words[i].word) != 0)
            continue;
        descry *d = descry_new();
        descry_on_message(d, print_message, NULL);
        int rc = words[i].run(d, argc - 1, argv + 1);
        descry_free(d);
        return rc;
    }
    return wrong_word(argv[0]);
}

int db_command(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            printf("%s%s", usage, help);
            return 0;
        }
    if (argc)
        return run_word(argc, argv);
    fputs(usage, stderr);
    return DESCRY_USAGE;
}
