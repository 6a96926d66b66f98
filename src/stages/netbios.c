/* netbios.c owns the reading of a node's status, and the question for its addresses. */
#include "stages/netbios.h"

#include "base/hash.h"
#include "wire/nbns.h"

#include <stdio.h>
#include <string.h>

enum { QUESTION_MAX = 128, SUFFIX_WORKSTATION = 0x00, SUFFIX_SERVER = 0x20, SUFFIX_CONTROLLERS = 0x1c, TRIES = 2, LINE_BYTES = 2048 };
static const int64_t WAIT_LEAST = 300 * 1000, WAIT_MOST = 2 * 1000 * 1000;

struct node {
    struct nbns_status status;
    uint16_t id;
    unsigned tries;
    uint8_t addresses[NBNS_ADDRESSES][4];
    size_t address_count;
};

static bool read_status(const struct task *t, struct nbns_status *out)
{
    const struct facts *f = &t->facts;
    for (size_t i = 0; i < f->reply_count; i++)
        if (nbns_read_status(f->replies[i].data, out) == DECODED_OK && out->count)
            return true;
    return false;
}

static const struct nbns_name *find(const struct nbns_status *s, uint8_t suffix, bool group)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->names[i].suffix == suffix && s->names[i].group == group && s->names[i].text[0])
            return &s->names[i];
    return NULL;
}

static const struct nbns_name *own_name(const struct nbns_status *s)
{
    const struct nbns_name *name = find(s, SUFFIX_SERVER, false);
    return name ? name : find(s, SUFFIX_WORKSTATION, false);
}

/* ---- the report */

static bool has_unit(const struct nbns_status *s)
{
    static const uint8_t none[sizeof s->unit] = {0};
    return memcmp(s->unit, none, sizeof none) != 0;
}

static const char *unit_text(struct arena *a, const uint8_t *u)
{
    return arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", u[0], u[1], u[2], u[3], u[4], u[5]);
}

static void names_value(struct arena *a, struct value *table, const struct nbns_status *s)
{
    struct value *list = value_list(a, table, "names");
    for (size_t i = 0; i < s->count; i++) {
        const struct nbns_name *n = &s->names[i];
        struct value *one = value_table(a, list, NULL);
        value_text(a, one, "name", n->text);
        value_printf(a, one, "suffix", "%02x", n->suffix);
        value_text(a, one, "kind", n->group ? "group" : "unique");
        value_text(a, one, "use", nbns_suffix_name(n->suffix, n->group));
    }
}

static void addresses_value(struct arena *a, struct value *table, const struct node *n)
{
    struct value *list = n->address_count ? value_list(a, table, "addresses") : NULL;
    for (size_t i = 0; i < n->address_count; i++)
        value_printf(a, list, NULL, "%u.%u.%u.%u", n->addresses[i][0], n->addresses[i][1], n->addresses[i][2], n->addresses[i][3]);
}

static void head_line(struct arena *a, struct value *lines, const struct node *n)
{
    const struct nbns_name *name = own_name(&n->status), *group = find(&n->status, SUFFIX_WORKSTATION, true);
    struct buf line;
    buf_init(&line, LINE_BYTES);
    if (name)
        buf_printf(&line, "computer %s", name->text);
    if (group)
        buf_printf(&line, "%sworkgroup or domain %s", line.len ? ", " : "", group->text);
    if (find(&n->status, SUFFIX_CONTROLLERS, true))
        buf_printf(&line, "%sdomain controller", line.len ? ", " : "");
    if (has_unit(&n->status))
        buf_printf(&line, "%sunit %s", line.len ? ", " : "", unit_text(a, n->status.unit));
    for (size_t i = 0; i < n->address_count; i++)
        buf_printf(&line, "%s%u.%u.%u.%u",
            i          ? " "
            : line.len ? ", addresses "
                       : "addresses ",
            n->addresses[i][0], n->addresses[i][1], n->addresses[i][2], n->addresses[i][3]);
    if (line.len)
        value_text(a, lines, NULL, buf_text(&line));
    buf_free(&line);
}

static void names_line(struct arena *a, struct value *lines, const struct nbns_status *s)
{
    struct buf line;
    buf_init(&line, LINE_BYTES);
    for (size_t i = 0; i < s->count; i++)
        buf_printf(&line, "%s%s<%02x>%s", i ? " " : "names ", s->names[i].text, s->names[i].suffix, s->names[i].group ? "*" : "");
    value_text(a, lines, NULL, buf_text(&line));
    buf_free(&line);
}

static enum verdict conclude(struct task *t)
{
    struct arena *a = &t->arena;
    const struct node *n = t->stage_state;
    const struct nbns_name *name = own_name(&n->status), *group = find(&n->status, SUFFIX_WORKSTATION, true);
    struct detail *d = detail_add(&t->facts.details, a, "netbios", DETAIL_STAGE);
    struct value *lines = value_list(a, NULL, NULL), *values = value_table(a, NULL, NULL);
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
    head_line(a, lines, n);
    names_line(a, lines, &n->status);
    value_text(a, values, "computer", name ? name->text : NULL);
    value_text(a, values, "workgroup", group ? group->text : NULL);
    if (has_unit(&n->status))
        value_text(a, values, "unit", unit_text(a, n->status.unit));
    names_value(a, values, &n->status);
    addresses_value(a, values, n);
    d->verbose_lines = lines;
    d->values = values;
    if (name && !t->facts.service.hostname)
        t->facts.service.hostname = arena_strdup(a, name->text);
    return VERDICT_DONE;
}

/* ---- the question */

static enum verdict ask(struct task *t, struct node *n, struct lane *l)
{
    struct buf out;
    int64_t wait = 3 * t->rtt;
    buf_init(&out, QUESTION_MAX);
    n->tries++;
    bool sent = nbns_write_query(&out, n->id, own_name(&n->status)) && lane_send(l, buf_view(&out));
    buf_free(&out);
    if (!sent)
        return conclude(t);
    lane_listen(l, task_now(t) + (wait < WAIT_LEAST ? WAIT_LEAST : wait > WAIT_MOST ? WAIT_MOST : wait));
    return VERDICT_WAIT;
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct node *n = t->stage_state;
    if (event == LANE_CONNECTED || (event == LANE_DEADLINE && n->tries < TRIES))
        return ask(t, n, l);
    if (event == LANE_DATA)
        nbns_read_addresses(buf_view(&l->reply), n->id, n->addresses, &n->address_count);
    return conclude(t);
}

static bool wants(const struct task *t, const void *config)
{
    struct nbns_status s;
    return t->known.peer.proto == PROTO_UDP && !t->tunnel && read_status(t, &s);
}

static enum verdict start(struct task *t, const void *config)
{
    struct node *n = arena_alloc(&t->arena, sizeof *n);
    t->stage_state = n;
    read_status(t, &n->status);
    n->id = (uint16_t)random_u64();
    for (unsigned i = 0; i < LIMIT_LANES; i++)
        lane_close(&t->lanes[i]);
    if (!own_name(&n->status) || t->connections >= LIMIT_CONNECTIONS_PER_PORT)
        return conclude(t);
    lane_open(&t->lanes[0], WAIT_MOST);
    return VERDICT_WAIT;
}

static enum verdict on_tick(struct task *t)
{
    return VERDICT_WAIT;
}

static void stop(struct task *t)
{
    conclude(t);
}

const struct stage stage_netbios = {"netbios", wants, start, on_lane, on_tick, stop};
