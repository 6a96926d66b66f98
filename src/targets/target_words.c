/* target_words.c owns reading files of targets word by word, in constant memory. */
#include "targets/target_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

bool target_words_open(struct target_words *w, const char *path, struct diags *d)
{
    bool from_stdin = strcmp(path, "-") == 0;
    FILE *file = from_stdin ? stdin : fopen(path, "re");
    struct stat about;
    int why = errno;

    if (file && fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode)) {
        fclose(file);
        file = NULL;
        why = EISDIR;
    }
    if (!file) {
        diags_add(d, DIAG_ERROR, path, 0, 0, "cannot be read: %s", strerror(why));
        return false;
    }
    *w = (struct target_words){.file = file, .path = must_strdup(from_stdin ? "standard input" : path), .next_line = 1, .next_column = 1};
    return true;
}

void target_words_close(struct target_words *w)
{
    if (w->file && w->file != stdin)
        fclose(w->file);
    free(w->path);
    *w = (struct target_words){0};
}

static int next_byte(struct target_words *w)
{
    int c = getc_unlocked(w->file);

    if (c == '\n') {
        w->next_line++;
        w->next_column = 1;
    } else {
        w->next_column++;
    }
    return c;
}

static int skip_to_word(struct target_words *w)
{
    bool comment = false;

    for (;;) {
        w->line = w->next_line;
        w->column = w->next_column;
        int c = next_byte(w);
        if (c == '#')
            comment = true;
        if (c == '\n')
            comment = false;
        if (c == EOF || (!comment && !text_is_space(c)))
            return c;
    }
}

/* Reads on to the end of the word that begins with c; gives its whole length, of which w->word holds what fits. */
static size_t read_word(struct target_words *w, int c)
{
    size_t len = 0;

    for (; c != EOF && c != '#' && !text_is_space(c); c = next_byte(w)) {
        /* A NUL would end the text early; the question mark is refused by the parser as any other special character. */
        if (len < LIMIT_TARGET_TEXT)
            w->word[len] = c ? (char)c : '?';
        len++;
    }
    if (c == '#') {
        ungetc(c, w->file);
        w->next_column--;
    }
    w->word[len < LIMIT_TARGET_TEXT ? len : LIMIT_TARGET_TEXT] = 0;
    return len;
}

bool target_words_next(struct target_words *w, struct diags *d)
{
    for (;;) {
        int c = skip_to_word(w);
        if (c == EOF)
            break;
        if (read_word(w, c) <= LIMIT_TARGET_TEXT)
            return true;
        diags_add(d, DIAG_ERROR, w->path, w->line, w->column, "target is longer than %d bytes", LIMIT_TARGET_TEXT);
    }
    if (ferror(w->file))
        diags_add(d, DIAG_ERROR, w->path, w->line, 0, "cannot be read on: %s", strerror(errno));
    return false;
}
