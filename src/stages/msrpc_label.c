/* msrpc_label.c owns the labelling of ports after what the endpoint mapper tells. */
#include "stages/msrpc_label.h"

#include <string.h>

enum { SHOWN = 3, LINE_BYTES = 4096 }; /* labels behind the name; all are in the detail */

static const struct heard *next_of(const struct hearsay *h, enum proto proto, uint16_t port, const struct heard *after)
{
    return hearsay_about(h, proto, port, MSRPC_TELLER, after);
}

static bool is_management(const struct heard *k)
{
    return strcmp(k->label, "mgmt") == 0; /* every server has it */
}

/* "samr, lsarpc, netlogon, ..." */
static const char *labels(struct arena *a, const struct hearsay *h, enum proto proto, uint16_t port, size_t most)
{
    struct buf line;
    size_t count = 0;
    buf_init(&line, LINE_BYTES);
    for (const struct heard *k = NULL; (k = next_of(h, proto, port, k));)
        if (!is_management(k) && ++count <= most)
            buf_printf(&line, "%s%s", line.len ? ", " : "", k->label);
    if (count > most)
        buf_append_str(&line, ", ...");
    const char *text = line.len && (most > SHOWN || line.len <= LIMIT_FIELD_INFO) ? arena_strdup(a, buf_text(&line)) : NULL;
    buf_free(&line);
    return text;
}

static void tell(struct service_record *s, struct arena *a, const struct hearsay *h, enum proto proto, uint16_t port)
{
    struct detail *details = detail_copy(a, s->details);
    struct detail *d = detail_add(&details, a, "msrpc", DETAIL_STAGE);
    struct value *lines = value_list(a, NULL, NULL), *values = value_table(a, NULL, NULL);
    const char *all = labels(a, h, proto, port, SIZE_MAX);
    if (all)
        value_printf(a, lines, NULL, "the endpoint mapper says: %s", all);
    struct value *list = value_list(a, values, "mapped");
    for (const struct heard *k = NULL; (k = next_of(h, proto, port, k));)
        value_text(a, list, NULL, k->label);
    d->verbose_lines = lines;
    d->values = values;
    s->details = details;
}

void msrpc_label(struct service_record *s, struct arena *a, const struct hearsay *h, enum proto proto, uint16_t port)
{
    const struct heard *first = next_of(h, proto, port, NULL);
    if (!first || detail_find(s->details, "msrpc"))
        return;
    bool own = s->name && s->method == METHOD_PROBED;
    if (own && strcmp(s->name, first->service) != 0)
        return;
    if (!own) {
        s->name = first->service;
        s->method = METHOD_PROBED;
        s->conf = CONF_SOFT;
        s->soft = true;
        s->note = NULL;
    }
    if (!s->info)
        s->info = labels(a, h, proto, port, SHOWN);
    tell(s, a, h, proto, port);
}
