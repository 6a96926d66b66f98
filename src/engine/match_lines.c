/* match_lines.c owns the reading of JSON lines with replies and the writing of what they tell. */
#include "engine/match_lines.h"

#include "base/base64.h"
#include "base/json.h"
#include "engine/reply_line.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4 * 1024 * 1024 };

struct line_reader {
    struct probe_db *db;
    FILE *out;
    void (*message)(void *owner, const char *text);
    void *owner;
    unsigned long number;
    struct buf reply;
    struct buf text;
};

static void complain(struct line_reader *r, const char *what)
{
    char text[256];
    snprintf(text, sizeof text, "line %lu: %s", r->number, what);
    if (r->message)
        r->message(r->owner, text);
}

static void write_cpe(struct json *j, const struct match *m, struct arena *a)
{
    if (!m->cpe_count)
        return;
    json_array(j, "cpe");
    for (size_t i = 0; i < m->cpe_count; i++)
        json_text(j, NULL, m->cpe[i]);
    json_array_end(j);
    json_array(j, "cpe23");
    for (size_t i = 0; i < m->cpe_count; i++)
        json_text(j, NULL, cpe_to_23(a, m->cpe[i]));
    json_array_end(j);
}

static void write_match(struct line_reader *r, const struct match *m, struct arena *a)
{
    struct json j = json_into(&r->text);
    j.comma = true; /* the id stands there already */
    json_text(&j, "service", m->service);
    json_text(&j, "product", m->product);
    json_text(&j, "version", m->version);
    json_text(&j, "info", m->info);
    json_text(&j, "hostname", m->hostname);
    json_text(&j, "os", m->os);
    json_text(&j, "device", m->device);
    write_cpe(&j, m, a);
    json_bool(&j, "soft", m->soft);
    json_text(&j, "rule", m->where);
}

static const char *read_reply(struct line_reader *r, struct bytes line, struct reply_line *q, char *why, size_t size)
{
    const char *wrong = reply_line_read(line, q, why, size);
    buf_clear(&r->reply);
    if (!wrong && !base64_read(bytes_str(q->response), &r->reply))
        wrong = "\"response\" is not base64";
    return wrong;
}

static bool answer(struct line_reader *r, struct bytes line)
{
    struct reply_line q;
    struct match m;
    char why[200];
    struct arena arena;
    arena_init(&arena);
    const char *wrong = read_reply(r, line, &q, why, sizeof why);
    buf_clear(&r->text);
    buf_append_str(&r->text, "{\"id\":");
    buf_append_str(&r->text, q.id);
    if (wrong) {
        complain(r, wrong);
        buf_append_str(&r->text, ",\"error\":\"not readable\"");
    } else if (match_named(r->db, q.proto, q.probe, buf_view(&r->reply), &arena, &m)) {
        write_match(r, &m, &arena);
    }
    buf_append_str(&r->text, "}\n");
    reply_line_free(&q);
    arena_free(&arena);
    return fwrite(r->text.at, 1, r->text.len, r->out) == r->text.len;
}

bool match_named(struct probe_db *db, enum proto proto, const char *probe, struct bytes reply, struct arena *arena, struct match *out)
{
    const struct probe *p = NULL;
    if (probe && strcmp(probe, "NULL") == 0)
        p = probe_db_null(db);
    else if (probe)
        p = probe_db_named(db, proto, probe);
    return p ? match_reply(db, p, reply, arena, out) : match_any(db, proto, reply, arena, out);
}

static bool is_blank(const char *line, size_t length)
{
    return strspn(line, " \t\r\n") >= length;
}

bool match_lines(struct probe_db *db, FILE *in, FILE *out, void (*message)(void *owner, const char *text), void *owner)
{
    struct line_reader r = {.db = db, .out = out, .message = message, .owner = owner};
    char *line = NULL;
    size_t cap = 0;
    ssize_t length;
    bool ok = true;
    buf_init(&r.reply, LINE_MAX_BYTES);
    buf_init(&r.text, LINE_MAX_BYTES);
    while (ok && (length = getline(&line, &cap, in)) >= 0) {
        r.number++;
        if (!is_blank(line, (size_t)length))
            ok = answer(&r, bytes_of(line, (size_t)length));
    }
    free(line);
    buf_free(&r.reply);
    buf_free(&r.text);
    return fflush(out) == 0 && ok;
}
