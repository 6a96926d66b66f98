/* data_dir.c owns where descry's own scripts are: beside the program, where it was installed, or where a variable says. */
#include "api/data_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_scripts(const char *directory)
{
    char path[4096];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/scripts/lib", directory);
    return n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Of the program that runs: installed (bin beside share), or built (below the sources). */
static char *beside_program(struct arena *a)
{
    static const char *const places[] = {"../share/descry", ".."};
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0)
        return NULL;
    program[n] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *found, *path = arena_printf(a, "%s/%s", program, places[i]);
        if (has_scripts(path) && (found = realpath(path, NULL))) {
            path = arena_strdup(a, found);
            free(found);
            return path;
        }
    }
    return NULL;
}

const char *data_dir(struct arena *a)
{
    const char *named = getenv("DESCRY_DATA");
    if (named && has_scripts(named))
        return arena_strdup(a, named);
    char *beside = beside_program(a);
    return beside ? beside : has_scripts(DESCRY_DATADIR) ? DESCRY_DATADIR : NULL;
}
