/* replay_main.c owns running a fuzz target over files, or over all files of folders, without a fuzzer: the corpus as an ordinary test. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20 };

/* In memory of its own length, so that a sanitizer sees one byte too many. */
static void replay_copy(const uint8_t *all, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);

    if (!exact)
        exit(1);
    memcpy(exact, all, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

/* The input, and its beginnings (some 256 of a long one). */
static unsigned replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *all = malloc(INPUT_MAX);

    if (!file || !all) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    size_t len = fread(all, 1, INPUT_MAX, file);
    fclose(file);
    for (size_t cut = 0; cut < len; cut += len / 256 + 1)
        replay_copy(all, cut);
    replay_copy(all, len);
    free(all);
    return 1;
}

static unsigned replay(const char *path)
{
    struct stat about;
    unsigned files = 0;

    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return replay_file(path);
    DIR *folder = opendir(path);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        char inside[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        files += replay_file(inside);
    }
    if (folder)
        closedir(folder);
    return files;
}

int main(int argc, char **argv)
{
    unsigned files = 0;

    for (int i = 1; i < argc; i++)
        files += replay(argv[i]);
    printf("%u inputs replayed\n", files);
    return files > 0 ? 0 : 1;
}
