/* target_words.h owns reading files of targets word by word: white space separates, '#' begins a comment to the end of the line. */
#ifndef DESCRY_TARGETS_TARGET_WORDS_H
#define DESCRY_TARGETS_TARGET_WORDS_H

#include "base/diag.h"
#include "base/limits.h"

struct target_words {
    int fd;
    bool waits;                         /* a pipe or terminal: reading may have to wait for whoever writes */
    bool ended;
    int error;                          /* errno of a failed read */
    unsigned char bytes[4096];          /* read, not yet looked at: from `at` to `filled` */
    size_t at, filled;
    char *path;                         /* for diagnostics */
    unsigned line;                      /* of the word that was read last */
    unsigned column;
    unsigned next_line, next_column;
    char word[LIMIT_TARGET_TEXT + 1];
};

/* A path, or "-" for the standard input. False with a diagnostic. */
bool target_words_open(struct target_words *w, const char *path, struct diags *d);
void target_words_close(struct target_words *w);
/* Would the next word have to be waited for? Never at the end, nor for a plain file. */
bool target_words_must_wait(const struct target_words *w);
/* The next word in w->word; false at the end. Words that are too long and read errors are diagnostics. */
bool target_words_next(struct target_words *w, struct diags *d);

#endif
