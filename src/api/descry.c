/* descry.c owns the public interface: include/descry/descry.h carried out over the engine. */
#include "descry/descry.h"

#include "api/data_dir.h"
#include "api/host_sink.h"
#include "engine/engine.h"
#include "engine/match_lines.h"
#include "probes/audit.h"
#include "probes/listing.h"
#include "report/printable.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

enum {
    DESCRIPTORS_WANTED = 8192,
    DESCRIPTORS_LEAST = 16, /* ten are the loop's own */
    OUTPUTS = 24,
    MESSAGE_MAX = 4096
};

/* A file that this handle opened: it is asked for failures before it is closed. */
struct output_file {
    FILE *to;
    const char *path; /* the options' */
};

struct descry {
    struct options options;
    struct buf error;
    char *command;
    descry_message_fn *message;
    void *message_owner;
    struct sink *sinks[OUTPUTS + 2];
    size_t sink_count;
    struct sink *progress;
    struct output_file files[OUTPUTS];
    size_t file_count;
    struct engine *engine; /* while it runs */
    bool on_signals;
    struct probe_db *db; /* for descry_match */
    struct arena match_arena;
};

const char *descry_version(void)
{
    return DESCRY_VERSION;
}

descry *descry_new(void)
{
    descry *d = must_zalloc(sizeof *d);
    options_init(&d->options);
    buf_init(&d->error, 1024);
    arena_init(&d->match_arena);
    return d;
}

static void close_files(descry *d)
{
    for (size_t i = 0; i < d->file_count; i++)
        fclose(d->files[i].to);
}

void descry_free(descry *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->sink_count; i++)
        d->sinks[i]->ops->free(d->sinks[i]);
    close_files(d);
    probe_db_free(d->db);
    arena_free(&d->match_arena);
    options_free(&d->options);
    buf_free(&d->error);
    free(d->command);
    free(d);
}

const char *descry_error(const descry *d)
{
    return buf_text((struct buf *)&d->error);
}

/* ---- settings */

bool descry_option_at(size_t index, struct descry_option *out)
{
    if (index >= option_row_count)
        return false;
    const struct option_row *row = &option_rows[index];
    *out = (struct descry_option){row->name, row->argument, row->group, row->help};
    return true;
}

int descry_set(descry *d, const char *name, const char *value)
{
    buf_clear(&d->error);
    return options_set(&d->options, name, value, &d->error) ? DESCRY_OK : DESCRY_USAGE;
}

int descry_add_target(descry *d, const char *text)
{
    buf_clear(&d->error);
    options_add(&d->options, &d->options.targets, text);
    return DESCRY_OK;
}

void descry_set_command(descry *d, const char *line)
{
    free(d->command);
    d->command = must_strdup(line);
}

void descry_on_message(descry *d, descry_message_fn *fn, void *owner)
{
    d->message = fn;
    d->message_owner = owner;
}

/* A line for people must not be written into the progress line; and what it quotes of a peer must not steer a terminal. */
static void pass_message(void *owner, const char *text)
{
    descry *d = owner;
    struct buf line;
    if (d->progress)
        report_progress_hide(d->progress);
    if (!d->message)
        return;
    buf_init(&line, MESSAGE_MAX);
    printable_append(&line, text, MESSAGE_MAX - 1);
    d->message(d->message_owner, buf_text(&line));
    buf_free(&line);
}

/* ---- outputs */

static int add_sink(descry *d, struct sink *s)
{
    if (d->sink_count == OUTPUTS) {
        s->ops->free(s);
        buf_printf(&d->error, "too many outputs: at most %d", OUTPUTS);
        return DESCRY_USAGE;
    }
    d->sinks[d->sink_count++] = s;
    return DESCRY_OK;
}

static const struct report_format *format_named(const char *name)
{
    for (size_t i = 0; i < report_format_count; i++)
        if (strcmp(report_formats[i].name, name) == 0)
            return &report_formats[i];
    return NULL;
}

int descry_add_output(descry *d, const char *format, FILE *to, bool colour)
{
    buf_clear(&d->error);
    const struct report_format *f = format_named(format);
    if (!f) {
        buf_printf(&d->error, "there is no output format \"%.40s\"", format);
        return DESCRY_USAGE;
    }
    return add_sink(d, f->make(to, (struct report_style){.colour = colour}));
}

void descry_set_progress(descry *d, FILE *terminal)
{
    if (d->progress || d->sink_count == OUTPUTS)
        return;
    d->progress = report_progress(terminal);
    memmove(d->sinks + 1, d->sinks, d->sink_count * sizeof d->sinks[0]); /* first: it clears its line before others print */
    d->sinks[0] = d->progress;
    d->sink_count++;
}

void descry_on_host(descry *d, descry_host_fn *fn, void *owner)
{
    buf_clear(&d->error);
    add_sink(d, host_sink_new(fn, owner));
}

/* Two reports in one file are none. */
static bool is_named_twice(const descry *d, size_t i)
{
    const struct options_output *all = d->options.outputs;
    for (size_t k = 0; k < i; k++)
        if (strcmp(all[k].path, all[i].path) == 0)
            return true;
    return false;
}

static FILE *open_output(descry *d, const char *path)
{
    if (strcmp(path, "-") == 0)
        return stdout;
    FILE *to = fopen(path, "w");
    if (to)
        d->files[d->file_count++] = (struct output_file){to, path};
    return to;
}

/* Files named by -oX and the like are opened before anything is scanned. */
static int open_outputs(descry *d)
{
    for (size_t i = 0; i < d->options.output_count; i++)
        if (is_named_twice(d, i)) {
            buf_printf(&d->error, "%s: two outputs cannot go to one place", d->options.outputs[i].path);
            return DESCRY_USAGE;
        }
    for (size_t i = 0; i < d->options.output_count; i++) {
        const struct options_output *o = &d->options.outputs[i];
        FILE *to = open_output(d, o->path);
        if (!to) {
            buf_printf(&d->error, "%s: cannot be written: %m", o->path);
            return DESCRY_USAGE;
        }
        int rc = add_sink(d, format_named(o->format)->make(to, (struct report_style){0}));
        if (rc != DESCRY_OK)
            return rc;
    }
    return DESCRY_OK;
}

/* A report that a full disk has cut must not pass for a whole one. */
static int check_files(descry *d, int rc)
{
    for (size_t i = 0; i < d->file_count; i++)
        if ((fflush(d->files[i].to) != 0 || ferror(d->files[i].to)) && !d->error.len) {
            buf_printf(&d->error, "%s: not everything could be written", d->files[i].path);
            rc = DESCRY_FAILED;
        }
    return rc;
}

/* ---- running */

static void on_signal(void *owner)
{
    descry_stop(owner);
}

void descry_stop(descry *d)
{
    if (d->engine)
        engine_stop(d->engine);
}

void descry_stop_on_signals(descry *d)
{
    d->on_signals = true;
}

static int outcome_code(enum engine_outcome outcome)
{
    return outcome == ENGINE_DONE ? DESCRY_OK : DESCRY_INTERRUPTED;
}

/* --script-help: nothing is scanned. */
static int tell_scripts(struct engine *e)
{
    struct buf text;
    buf_init(&text, 16 * 1024 * 1024);
    engine_script_help(e, &text);
    bool ok = fwrite(text.at, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    buf_free(&text);
    return ok ? DESCRY_OK : DESCRY_FAILED;
}

/* Everything is read before an output file is touched; sinks are counted when they are all there. */
static int run_engine(descry *d, const struct engine_parts *parts)
{
    int rc = DESCRY_USAGE;
    d->engine = engine_new(&d->options, parts, &d->error);
    if (d->engine && d->options.script_help) {
        rc = tell_scripts(d->engine);
    } else if (d->engine && (rc = open_outputs(d)) == DESCRY_OK) {
        if (d->on_signals)
            loop_on_interrupt(parts->loop, on_signal, d);
        engine_take_sinks(d->engine, d->sinks, d->sink_count);
        rc = check_files(d, outcome_code(engine_run(d->engine)));
    }
    engine_free(d->engine);
    d->engine = NULL;
    return rc;
}

static int few_descriptors(descry *d)
{
    buf_printf(&d->error, "too few file descriptors: at least %d are needed (ulimit -n)", DESCRIPTORS_LEAST);
    return DESCRY_FAILED;
}

static int run_on(descry *d, struct loop *l)
{
    struct engine_parts parts = {
        .loop = l,
        .dialer = dialer_sockets(l),
        .resolver = resolver_system(l),
        .message = pass_message,
        .message_owner = d,
        .version = DESCRY_VERSION,
        .command = d->command ? d->command : "",
        .data = data_dir(&d->options.arena),
        .descriptors = sockets_raise_limit(DESCRIPTORS_WANTED),
    };
    bool enough = parts.dialer && parts.descriptors >= DESCRIPTORS_LEAST;
    int rc = enough ? run_engine(d, &parts) : few_descriptors(d);
    parts.resolver->free(parts.resolver);
    dialer_free(parts.dialer);
    return rc;
}

int descry_run(descry *d)
{
    buf_clear(&d->error);
    struct loop *l = loop_new();
    if (!l)
        return few_descriptors(d);
    int rc = run_on(d, l);
    loop_free(l);
    return rc;
}

/* ---- matching */

static void tell_diags(const struct diags *diags, descry_message_fn *tell, void *owner)
{
    for (size_t i = 0; i < diags->count; i++) {
        struct buf line;
        buf_init(&line, MESSAGE_MAX);
        diag_format(&diags->list[i], &line);
        tell(owner, buf_text(&line));
        buf_free(&line);
    }
}

static void keep_first(void *owner, const char *text)
{
    struct buf *error = owner;
    if (!error->len)
        buf_append_str(error, text);
}

static struct probe_db *db_of(descry *d)
{
    if (d->db)
        return d->db;
    struct diags diags;
    diags_init(&diags);
    d->db = d->options.probe_db ? probe_db_read_file(d->options.probe_db, PROBE_DB_USER, &diags) : probe_db_builtin();
    if (d->db)
        tell_diags(&diags, pass_message, d);
    else
        tell_diags(&diags, keep_first, &d->error);
    diags_free(&diags);
    return d->db;
}

bool descry_match(descry *d, const char *proto, const char *probe, const void *reply, size_t length, struct descry_service *out, bool *soft)
{
    struct match m;
    buf_clear(&d->error);
    struct probe_db *db = db_of(d);
    arena_free(&d->match_arena);
    arena_init(&d->match_arena);
    enum proto p = strcmp(proto, "udp") == 0 ? PROTO_UDP : PROTO_TCP;
    if (!db || !match_named(db, p, probe, bytes_of(reply, length), &d->match_arena, &m))
        return false;
    *out = (struct descry_service){.name = m.service,
        .product = m.product,
        .version = m.version,
        .info = m.info,
        .hostname = m.hostname,
        .os = m.os,
        .device = m.device,
        .rule = m.where,
        .probed = true};
    out->conf = m.soft ? CONF_SOFT : m.generic ? CONF_GENERIC : CONF_PRODUCT;
    for (size_t i = 0; i < m.cpe_count; i++) {
        out->cpe[i] = m.cpe[i];
        out->cpe23[i] = cpe_to_23(&d->match_arena, m.cpe[i]);
    }
    if (soft)
        *soft = m.soft;
    return true;
}

int descry_match_lines(descry *d, FILE *in, FILE *out)
{
    buf_clear(&d->error);
    struct probe_db *db = db_of(d);
    if (!db)
        return DESCRY_USAGE;
    if (match_lines(db, in, out, pass_message, d))
        return DESCRY_OK;
    buf_printf(&d->error, "the output cannot be written: %m");
    return DESCRY_FAILED;
}

/* ---- probe files */

/* Who is told of findings; what they quote of a file must not steer a terminal. */
struct told {
    descry_message_fn *tell;
    void *owner;
};

static void tell_printable(void *owner, const char *text)
{
    struct told *to = owner;
    struct buf line;
    buf_init(&line, MESSAGE_MAX);
    printable_append(&line, text, MESSAGE_MAX - 1);
    to->tell(to->owner, buf_text(&line));
    buf_free(&line);
}

static size_t count_notes(const struct diags *diags)
{
    size_t n = 0;
    for (size_t i = 0; i < diags->count; i++)
        n += diags->list[i].level == DIAG_NOTE;
    return n;
}

int descry_db_check(
    descry *d, const char *path, bool each_needs_example, descry_message_fn *tell, void *owner, struct descry_db_counts *counts)
{
    struct diags diags;
    struct told to = {tell, owner};
    buf_clear(&d->error);
    diags_init(&diags);
    *counts = (struct descry_db_counts){0};
    struct probe_db *db = probe_db_read_file(path, PROBE_DB_OURS, &diags);
    if (db) {
        counts->examples = audit_all(db, each_needs_example, &diags);
        counts->probes = probe_db_count(db);
        counts->rules = probe_db_rule_count(db);
        counts->errors = diags.errors;
        counts->warnings = diags.warnings;
        counts->notes = count_notes(&diags);
        diags_sort(&diags);
        tell_diags(&diags, tell_printable, &to);
    } else {
        tell_diags(&diags, keep_first, &d->error);
    }
    probe_db_free(db);
    diags_free(&diags);
    return !db ? DESCRY_USAGE : counts->errors || counts->warnings ? DESCRY_FAILED : DESCRY_OK;
}

static int write_all(descry *d, struct bytes text, FILE *out)
{
    if (fwrite(text.at, 1, text.len, out) == text.len && fflush(out) == 0)
        return DESCRY_OK;
    buf_printf(&d->error, "the output cannot be written: %m");
    return DESCRY_FAILED;
}

int descry_db_show(descry *d, const char *service, FILE *out)
{
    struct buf text;
    int rc = DESCRY_USAGE;
    buf_clear(&d->error);
    struct probe_db *db = db_of(d);
    if (!db)
        return DESCRY_USAGE;
    buf_init(&text, LIMIT_PROBE_FILE);
    if (!service)
        listing_services(db, &text);
    if (service && !listing_service(db, service, &text))
        buf_printf(&d->error, "no rule names the service %.60s", service);
    else
        rc = write_all(d, buf_view(&text), out);
    buf_free(&text);
    return rc;
}

int descry_db_export(descry *d, FILE *out)
{
    buf_clear(&d->error);
    return write_all(d, probe_db_builtin_text(), out);
}
