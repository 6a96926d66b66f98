/* target_words.c owns reading files of targets word by word, in constant memory. */
#include "targets/target_words.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

bool target_words_open(struct target_words *w, const char *path, struct diags *d)
{
    bool from_stdin = strcmp(path, "-") == 0;
    int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat about = {0};
    int why = errno;

    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        if (!from_stdin)
            close(fd);
        fd = -1;
        why = EISDIR;
    }
    if (fd < 0) {
        diags_add(d, DIAG_ERROR, path, 0, 0, "cannot be read: %s", strerror(why));
        return false;
    }
    *w = (struct target_words){.fd = fd, .waits = !S_ISREG(about.st_mode), .next_line = 1, .next_column = 1};
    w->path = must_strdup(from_stdin ? "standard input" : path);
    return true;
}

bool target_words_must_wait(const struct target_words *w)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};

    return w->waits && !w->ended && w->at == w->filled && poll(&p, 1, 0) == 0;
}

/* False at the end and on an error. */
static bool fill(struct target_words *w)
{
    ssize_t n;

    do
        n = w->ended ? 0 : read(w->fd, w->bytes, sizeof w->bytes);
    while (n < 0 && errno == EINTR);
    w->error = n < 0 ? errno : w->error;
    w->ended = n <= 0;
    w->at = 0;
    w->filled = n > 0 ? (size_t)n : 0;
    return n > 0;
}

void target_words_close(struct target_words *w)
{
    if (w->fd > STDIN_FILENO)
        close(w->fd);
    free(w->path);
    *w = (struct target_words){0};
}

static int next_byte(struct target_words *w)
{
    if (w->at == w->filled && !fill(w))
        return EOF;
    int c = w->bytes[w->at++];

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
        w->at--;
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
    if (w->error)
        diags_add(d, DIAG_ERROR, w->path, w->line, 0, "cannot be read on: %s", strerror(w->error));
    return false;
}
