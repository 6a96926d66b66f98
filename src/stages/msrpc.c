/*
 * msrpc.c owns the conversation with an endpoint mapper, on one connection:
 *
 *   bind     - the mapper and the object exporter beside it are bound to
 *   exporter - if that was accepted: "are you alive?", answered with names and addresses
 *   mapper   - page after page of the directory
 */
#include "stages/msrpc.h"

#include "base/limits.h"
#include "base/text.h"
#include "stages/msrpc_label.h"
#include "wire/epm.h"

#include <stdlib.h>
#include <string.h>

enum { MAPPER, EXPORTER, INTERFACES };
enum step { STEP_BIND, STEP_EXPORTER, STEP_MAPPER };
enum { QUESTION_MAX = 1024, RESULTS_MAX = 64 * 1024, PAGES_MOST = 40, SERVICES_MOST = 1024, LINE_BYTES = 4096, LINES_SERVICES = 40 };
static const int64_t STEP_TIME = 5 * 1000 * 1000;

/* Interfaces with the same name at the same place are one service. */
struct service {
    struct service *next;
    const struct epm_entry *entry;
    const char *label;
};

struct mapping {
    struct lane *lane;
    enum step step;
    bool accepted[DCERPC_CONTEXTS];
    uint32_t call;
    unsigned pages;
    uint8_t handle[EPM_HANDLE];
    struct buf results; /* of the call, from all fragments so far */
    const char *bindings[EPM_BINDINGS]; /* names and addresses */
    size_t binding_count;
    const char *host;
    struct service *first, *last;
    size_t service_count;
};

/* ---- the report */

static bool is_same(const struct service *s, const struct epm_entry *e, const char *label)
{
    const char *a = s->entry->pipe, *b = e->pipe;
    return s->entry->transport == e->transport && s->entry->port == e->port && strcmp(s->label, label) == 0 &&
           (a == b || (a && b && text_equal_nocase(a, b)));
}

static const char *label_of(struct arena *a, const struct epm_entry *e)
{
    char text[DCERPC_UUID_TEXT];
    const char *name = epm_interface_name(e->interface.uuid);
    return e->annotation ? e->annotation : name ? name : arena_strdup(a, dcerpc_uuid_text(e->interface.uuid, text));
}

/* What is told of other ports labels them where nobody asks them. */
static void tell(struct task *t, const struct epm_entry *e, const char *label)
{
    bool tcp = e->transport == EPM_TCP || e->transport == EPM_HTTP;
    struct heard h = {.teller = MSRPC_TELLER,
        .proto = tcp ? PROTO_TCP : PROTO_UDP,
        .port = e->port,
        .service = e->transport == EPM_HTTP ? "ncacn_http" : "msrpc",
        .label = label};
    if (t->known.hearsay && e->port && (tcp || e->transport == EPM_UDP))
        hearsay_add(t->known.hearsay, &h);
}

static void take_entry(struct task *t, struct mapping *m, const struct epm_entry *e)
{
    struct arena *a = &t->arena;
    const char *label = label_of(a, e);
    if (e->host && !m->host)
        m->host = e->host + strspn(e->host, "\\");
    tell(t, e, label);
    for (const struct service *s = m->first; s; s = s->next)
        if (is_same(s, e, label))
            return;
    if (m->service_count == SERVICES_MOST || e->transport == EPM_OTHER)
        return;
    struct service *s = arena_alloc(a, sizeof *s);
    struct epm_entry *kept = arena_alloc(a, sizeof *kept);
    *kept = *e;
    *s = (struct service){.entry = kept, .label = label};
    *(m->last ? &m->last->next : &m->first) = s;
    m->last = s;
    m->service_count++;
}

static void service_value(struct arena *a, struct value *list, const struct service *s)
{
    const struct epm_entry *e = s->entry;
    char uuid[DCERPC_UUID_TEXT];
    struct value *one = value_table(a, list, NULL);
    value_text(a, one, "transport", epm_transport_name(e->transport));
    if (e->port)
        value_number(a, one, "port", e->port);
    value_text(a, one, "pipe", e->pipe);
    value_text(a, one, "uuid", dcerpc_uuid_text(e->interface.uuid, uuid));
    value_printf(a, one, "version", "%u.%u", e->interface.major, e->interface.minor);
    value_text(a, one, "interface", epm_interface_name(e->interface.uuid));
    value_text(a, one, "annotation", e->annotation);
}

static void names_line(struct arena *a, struct value *lines, const struct mapping *m)
{
    struct buf line;
    buf_init(&line, LINE_BYTES);
    if (m->host)
        buf_printf(&line, "computer %s", m->host);
    for (size_t i = 0; i < m->binding_count; i++)
        buf_printf(&line, "%s%s", i ? " " : line.len ? ", names and addresses " : "names and addresses ", m->bindings[i]);
    if (line.len)
        value_text(a, lines, NULL, buf_text(&line));
    buf_free(&line);
}

/* "tcp 49664: samr, lsarpc": one line for each port, at the first of its services. */
static void port_line(struct arena *a, struct value *lines, const struct service *first)
{
    const struct epm_entry *e = first->entry;
    struct buf line;
    buf_init(&line, LINE_BYTES);
    buf_printf(&line, "%s %u: ", e->transport == EPM_UDP ? "udp" : e->transport == EPM_HTTP ? "http" : "tcp", e->port);
    for (const struct service *s = first; s; s = s->next)
        if (s->entry->transport == e->transport && s->entry->port == e->port)
            buf_printf(&line, "%s%s", s == first ? "" : ", ", s->label);
    value_text(a, lines, NULL, buf_text(&line));
    buf_free(&line);
}

static bool is_first_of_its_port(const struct mapping *m, const struct service *s)
{
    const struct service *at = m->first;
    while (at->entry->transport != s->entry->transport || at->entry->port != s->entry->port)
        at = at->next;
    return at == s;
}

static void port_lines(struct arena *a, struct value *lines, const struct mapping *m)
{
    size_t shown = 0;
    for (const struct service *s = m->first; s && shown < LINES_SERVICES; s = s->next)
        if (s->entry->port && is_first_of_its_port(m, s)) {
            port_line(a, lines, s);
            shown++;
        }
}

/* A name among the bindings: no address. */
static const char *name_among(const struct mapping *m)
{
    struct addr address;
    for (size_t i = 0; i < m->binding_count; i++)
        if (!addr_parse(m->bindings[i], &address))
            return m->bindings[i];
    return NULL;
}

static enum verdict conclude(struct task *t)
{
    struct mapping *m = t->stage_state;
    struct arena *a = &t->arena;
    if (m->lane)
        lane_leave(m->lane);
    m->lane = NULL;
    buf_free(&m->results);
    if (!m->service_count && !m->binding_count)
        return VERDICT_DONE;
    struct detail *d = detail_add(&t->facts.details, a, "msrpc", DETAIL_STAGE);
    struct value *lines = value_list(a, NULL, NULL), *values = value_table(a, NULL, NULL);
    const char *host = m->host ? m->host : name_among(m);
    names_line(a, lines, m);
    port_lines(a, lines, m);
    value_text(a, values, "computer", host);
    struct value *bindings = m->binding_count ? value_list(a, values, "names_and_addresses") : NULL;
    for (size_t i = 0; i < m->binding_count; i++)
        value_text(a, bindings, NULL, m->bindings[i]);
    struct value *services = m->service_count ? value_list(a, values, "services") : NULL;
    for (const struct service *s = m->first; s; s = s->next)
        service_value(a, services, s);
    d->verbose_lines = lines;
    d->values = values;
    if (host && strlen(host) <= LIMIT_FIELD_SHORT && !t->facts.service.hostname)
        t->facts.service.hostname = host;
    return VERDICT_DONE;
}

/* ---- the conversation */

static enum verdict send(struct task *t, struct mapping *m, const struct buf *what, bool written)
{
    buf_clear(&m->results);
    if (!written || !lane_send(m->lane, buf_view(what)))
        return conclude(t);
    lane_listen(m->lane, task_now(t) + STEP_TIME);
    return VERDICT_WAIT;
}

static enum verdict ask_bind(struct task *t, struct mapping *m)
{
    const struct dcerpc_interface interfaces[INTERFACES] = {[MAPPER] = epm_interface, [EXPORTER] = epm_exporter};
    struct buf out;
    buf_init(&out, QUESTION_MAX);
    m->step = STEP_BIND;
    enum verdict v = send(t, m, &out, dcerpc_write_bind(&out, interfaces, INTERFACES, bytes_of(NULL, 0)));
    buf_free(&out);
    return v;
}

static enum verdict ask_exporter(struct task *t, struct mapping *m)
{
    struct buf out;
    buf_init(&out, QUESTION_MAX);
    m->step = STEP_EXPORTER;
    enum verdict v = send(t, m, &out, dcerpc_write_request(&out, ++m->call, EXPORTER, EPM_ALIVE, bytes_of(NULL, 0)));
    buf_free(&out);
    return v;
}

static enum verdict ask_page(struct task *t, struct mapping *m)
{
    struct buf out, arguments;
    if (!m->accepted[MAPPER] || m->pages++ == PAGES_MOST)
        return conclude(t);
    buf_init(&out, QUESTION_MAX);
    buf_init(&arguments, QUESTION_MAX);
    m->step = STEP_MAPPER;
    bool ok = epm_write_lookup(&arguments, m->handle) && dcerpc_write_request(&out, ++m->call, MAPPER, EPM_LOOKUP, buf_view(&arguments));
    enum verdict v = send(t, m, &out, ok);
    buf_free(&arguments);
    buf_free(&out);
    return v;
}

static enum verdict bound(struct task *t, struct mapping *m, const struct dcerpc_pdu *pdu)
{
    if (!dcerpc_read_ack(pdu, m->accepted))
        return conclude(t);
    m->call = 1;
    return m->accepted[EXPORTER] ? ask_exporter(t, m) : ask_page(t, m);
}

static enum verdict page_came(struct task *t, struct mapping *m)
{
    struct epm_page *page = must_alloc(sizeof *page);
    enum decoded d = epm_read_page(buf_view(&m->results), &t->arena, page);
    for (size_t i = 0; d == DECODED_OK && i < page->count; i++)
        take_entry(t, m, &page->entries[i]);
    bool more = d == DECODED_OK && !page->last;
    memcpy(m->handle, page->handle, sizeof m->handle);
    free(page);
    return more ? ask_page(t, m) : conclude(t);
}

/* A fragment of an answer; the last one completes it. A fault ends a question, not the conversation. */
static enum verdict came(struct task *t, struct mapping *m, const struct dcerpc_pdu *pdu)
{
    struct bytes piece;
    if (m->step == STEP_BIND)
        return bound(t, m, pdu);
    bool good = pdu->call == m->call && dcerpc_read_response(pdu, &piece) && buf_append(&m->results, piece.at, piece.len);
    if (good && !(pdu->flags & DCERPC_LAST))
        return VERDICT_WAIT;
    if (m->step == STEP_MAPPER)
        return good ? page_came(t, m) : conclude(t);
    if (good)
        m->binding_count = epm_read_bindings(buf_view(&m->results), &t->arena, m->bindings);
    return ask_page(t, m);
}

static enum verdict read_units(struct task *t, struct mapping *m)
{
    struct dcerpc_pdu pdu;
    enum verdict v = VERDICT_WAIT;
    enum decoded d = DECODED_MORE;
    while (v == VERDICT_WAIT && m->lane && (d = dcerpc_read(buf_view(&m->lane->reply), &pdu)) == DECODED_OK) {
        v = came(t, m, &pdu);
        if (m->lane)
            buf_drop_front(&m->lane->reply, pdu.size);
    }
    return v == VERDICT_WAIT && d == DECODED_BAD ? conclude(t) : v;
}

static enum verdict on_lane(struct task *t, struct lane *l, enum lane_event event)
{
    struct mapping *m = t->stage_state;
    if (l != m->lane)
        return VERDICT_WAIT;
    return event == LANE_CONNECTED ? ask_bind(t, m) : event == LANE_DATA ? read_units(t, m) : conclude(t);
}

/* ---- the stage */

/* Identification has bound to the mapper alone, as its first interface. */
static bool is_mapper(const struct facts *f)
{
    bool accepted[DCERPC_CONTEXTS];
    struct dcerpc_pdu pdu;
    for (size_t i = 0; i < f->reply_count; i++)
        if (dcerpc_read(f->replies[i].data, &pdu) == DECODED_OK && dcerpc_read_ack(&pdu, accepted) && accepted[MAPPER])
            return true;
    return false;
}

static bool wants(const struct task *t, const void *config)
{
    const char *name = t->facts.service.name;
    return t->known.peer.proto == PROTO_TCP && name && strcmp(name, "msrpc") == 0 && is_mapper(&t->facts);
}

/* In clear text a lane with a session of TLS is of no use. */
static bool is_unused(const struct task *t, const struct lane *l)
{
    return l->state == LANE_OPEN && !l->received && !l->channel->facts.sent && (t->tunnel || !lane_session(l));
}

static enum verdict start(struct task *t, const void *config)
{
    struct mapping *m = arena_alloc(&t->arena, sizeof *m);
    t->stage_state = m;
    buf_init(&m->results, RESULTS_MAX);
    for (unsigned i = 0; i < LIMIT_LANES; i++) {
        if (!m->lane && is_unused(t, &t->lanes[i]))
            m->lane = &t->lanes[i];
        else
            lane_close(&t->lanes[i]);
    }
    if (m->lane)
        return ask_bind(t, m);
    m->lane = t->connections < LIMIT_CONNECTIONS_PER_PORT ? task_free_lane(t) : NULL;
    if (!m->lane)
        return conclude(t);
    lane_open(m->lane, STEP_TIME);
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

const struct stage stage_msrpc = {"msrpc", wants, start, on_lane, on_tick, stop};
