/* json.h owns the writing of JSON (RFC 8259) into a buffer: punctuation, escapes, and the repair of text that is not UTF-8. */
#ifndef DESCRY_BASE_JSON_H
#define DESCRY_BASE_JSON_H

#include "base/bytes.h"

/*
 * Inside arrays and at the top the key is NULL. In keys and texts valid UTF-8 is kept; control characters (C0, DEL, C1) become \u escapes,
 * each byte that is not UTF-8 becomes \ufffd.
 */
struct json {
    struct buf *out;                    /* borrowed */
    bool comma;                         /* a value stands before the next one */
    bool failed;                        /* something did not fit into `out`: what stands there is not JSON */
};

struct json json_into(struct buf *out);
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_line_end(struct json *j);     /* a newline after a whole value; the next one needs no comma */

void json_text(struct json *j, const char *key, const char *text); /* NULL: writes nothing */
void json_bytes(struct json *j, const char *key, struct bytes text);
void json_base64(struct json *j, const char *key, struct bytes raw);
void json_number(struct json *j, const char *key, int64_t value);
void json_unsigned(struct json *j, const char *key, uint64_t value);
void json_millis(struct json *j, const char *key, int64_t microseconds); /* milliseconds, with a fraction if there is one: 1500 -> 1.5 */
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
