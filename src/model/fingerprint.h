/* fingerprint.h owns the text form of replies that nothing recognised (the field's "SF" block; specs/engine-behaviour.md, 3.6). */
#ifndef DESCRY_MODEL_FINGERPRINT_H
#define DESCRY_MODEL_FINGERPRINT_H

#include "model/record.h"

struct fingerprint_of {
    uint16_t port;
    enum proto proto;
    const char *tunnel;                 /* the service's; if not NULL, what came through it is told, and nothing else */
    const char *version;                /* descry's */
    const char *platform;               /* fingerprint_platform() */
    int intensity;
    int64_t time;                       /* seconds since 1970 */
    bool more;                          /* -d: longer excerpts */
    const struct reply_record *replies;
    size_t reply_count;
};

/* One line without wraps: "SF-Port80-TCP:V=0.1.0...%r(NULL,5,\"hello\");". NULL if there is no reply to tell. */
char *fingerprint_text(struct arena *a, const struct fingerprint_of *what);

/* "x86_64-linux": machine and system this program runs on. */
const char *fingerprint_platform(struct arena *a);

/* The block as it is printed: lines of 74 characters, each after the first beginning with "SF:"; the final ";" is never alone on a line.
 * Ends with a newline. To undo: delete every newline followed by "SF:". */
bool fingerprint_wrap(const char *text, struct buf *out);

#endif
