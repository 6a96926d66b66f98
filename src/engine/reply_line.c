/* reply_line.c owns the meeting with the JSON library. */
#include "engine/reply_line.h"

#include "base/arena.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *read_fields(const json_t *root, struct reply_line *out)
{
    const char *proto = json_string_value(json_object_get(root, "proto"));
    const char *probe = json_string_value(json_object_get(root, "probe"));
    const char *response = json_string_value(json_object_get(root, "response"));
    json_t *id = json_object_get(root, "id");
    if (id) {
        free(out->id);
        out->id = json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
    }
    if (proto && strcmp(proto, "udp") != 0 && strcmp(proto, "tcp") != 0)
        return "\"proto\" is neither \"tcp\" nor \"udp\"";
    if (!response)
        return "\"response\" (base64) is missing";
    out->proto = proto && strcmp(proto, "udp") == 0 ? PROTO_UDP : PROTO_TCP;
    out->probe = probe ? must_strdup(probe) : NULL;
    out->response = must_strdup(response);
    return NULL;
}

const char *reply_line_read(struct bytes line, struct reply_line *out, char *why, size_t size)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)line.at, line.len, 0, &error);
    *out = (struct reply_line){.id = must_strdup("null")};
    const char *wrong = json_is_object(root) ? read_fields(root, out) : root ? "a JSON object is expected" : error.text;
    if (wrong)
        snprintf(why, size, "%s", wrong);
    json_decref(root);
    return wrong ? why : NULL;
}

void reply_line_free(struct reply_line *l)
{
    free(l->id);
    free(l->probe);
    free(l->response);
}
