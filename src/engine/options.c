/* options.c owns the table of options. A new option is a field and a row. */
#include "engine/options.h"

#include "base/text.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

void options_add(struct options *o, struct options_list *list, const char *text)
{
    if (list->count == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 8;
        list->items = must_realloc(list->items, list->cap * sizeof *list->items);
    }
    list->items[list->count++] = arena_strdup(&o->arena, text);
}

/* ---- kinds of rows */

static void *field_of(struct options *o, const struct option_row *row)
{
    return (char *)o + row->field;
}

static bool set_flag(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    *(bool *)field_of(o, row) = true;
    return true;
}

static bool set_constant(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    *(int64_t *)field_of(o, row) = row->low;
    return true;
}

static bool count_up(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    ++*(int64_t *)field_of(o, row);
    return true;
}

static bool set_text(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    *(const char **)field_of(o, row) = arena_strdup(&o->arena, value);
    return true;
}

static bool set_number(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    uint64_t n;
    if (!text_number(value, (uint64_t)row->high, &n) || (int64_t)n < row->low) {
        buf_printf(
            why, "%s: a number from %lld to %lld is expected, not \"%.60s\"", row->name, (long long)row->low, (long long)row->high, value);
        return false;
    }
    *(int64_t *)field_of(o, row) = (int64_t)n;
    return true;
}

static bool set_rate(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    char *end;
    double rate = strtod(value, &end);
    if (end == value || *end || !(rate > 0 && rate <= 1e9)) {
        buf_printf(why, "%s: a number of questions per second is expected, not \"%.60s\"", row->name, value);
        return false;
    }
    *(double *)field_of(o, row) = rate;
    return true;
}

static bool set_duration(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    if (text_duration(value, field_of(o, row)))
        return true;
    buf_printf(why, "%s: a time such as 30s, 500ms or 10m is expected, not \"%.60s\"", row->name, value);
    return false;
}

static bool add_to_list(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    options_add(o, field_of(o, row), value);
    return true;
}

/* ---- rows that are more than a field */

static bool set_syn(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    o->tcp = o->syn_asked = true;
    return true;
}

static bool set_all(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    o->identify_asked = true;
    o->starttls = o->ntlm = true;
    o->default_scripts = true;
    return true;
}

static bool set_script_help(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    o->script_help = true;
    return add_to_list(o, row, value, why);
}

static bool add_output(struct options *o, const char *format, const char *path, struct buf *why)
{
    if (o->output_count == sizeof o->outputs / sizeof o->outputs[0]) {
        buf_printf(why, "too many outputs: at most %zu", o->output_count);
        return false;
    }
    o->outputs[o->output_count++] = (struct options_output){format, arena_strdup(&o->arena, path)};
    return true;
}

static bool set_output(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    for (size_t i = 0; i < report_format_count; i++)
        if (report_formats[i].letter == row->name[2])
            return add_output(o, report_formats[i].name, value, why);
    return false;
}

static bool set_all_outputs(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    for (size_t i = 0; i < report_format_count; i++)
        if (!add_output(o, report_formats[i].name, arena_printf(&o->arena, "%s%s", value, report_formats[i].suffix), why))
            return false;
    return true;
}

static bool refuse(struct options *o, const struct option_row *row, const char *value, struct buf *why)
{
    buf_printf(why, "%s is not something that descry does (yet)", row->name);
    return false;
}

/* ---- the table */

#define AT(field) offsetof(struct options, field)
#define WHAT "What to scan"
#define PORTS "Which ports"
#define HOW "How"
#define IDENT "Identification"
#define SCRIPTS "Scripts"
#define OUT "Output"

const struct option_row option_rows[] = {
    {"-iL", "FILE", WHAT, "targets from a file, read as a stream; - is standard input", add_to_list, AT(target_files)},
    {"--exclude", "LIST", WHAT, "targets to leave out, separated by commas", set_text, AT(exclude)},
    {"--excludefile", "FILE", WHAT, "the same from a file", set_text, AT(exclude_file)},
    {"-6", NULL, WHAT, "names mean their IPv6 addresses", set_flag, AT(ipv6)},
    {"-n", NULL, WHAT, "do not ask for the names of addresses", set_flag, AT(no_reverse)},
    {"-R", NULL, WHAT, "ask for the names of addresses that are down, too", set_flag, AT(always_reverse)},
    {"-p", "PORTS", PORTS, "22,80-90,T:1-1024,U:53,http*,[1-1024]; - is all", set_text, AT(ports)},
    {"-F", NULL, PORTS, "the 100 likeliest ports", set_flag, AT(fast)},
    {"--top-ports", "N", PORTS, "the N likeliest ports (default: 1000)", set_number, AT(top_ports), 1, 65535},
    {"--exclude-ports", "PORTS", PORTS, "ports to leave out", set_text, AT(exclude_ports)},
    {"-r", NULL, PORTS, "in ascending order instead of a mixed one", set_flag, AT(in_order)},
    {"-sT", NULL, HOW, "connect scan of tcp ports (default)", set_flag, AT(tcp)},
    {"-sU", NULL, HOW, "scan of udp ports", set_flag, AT(udp)},
    {"-sS", NULL, HOW, "read as -sT", set_syn, 0},
    {"-sn", NULL, HOW, "only find out which hosts are up", set_flag, AT(ping_only)},
    {"-Pn", NULL, HOW, "take every host to be up", set_flag, AT(skip_discovery)},
    {"-T0", NULL, HOW, "slowest ...", set_constant, AT(timing), 0},
    {"-T1", NULL, HOW, NULL, set_constant, AT(timing), 1},
    {"-T2", NULL, HOW, NULL, set_constant, AT(timing), 2},
    {"-T3", NULL, HOW, NULL, set_constant, AT(timing), 3},
    {"-T4", NULL, HOW, NULL, set_constant, AT(timing), 4},
    {"-T5", NULL, HOW, "... to fastest (default: -T3)", set_constant, AT(timing), 5},
    {"--max-rate", "N", HOW, "at most N questions a second", set_rate, AT(max_rate)},
    {"--min-rate", "N", HOW, "at least N questions a second", set_rate, AT(min_rate)},
    {"--max-retries", "N", HOW, "ask a silent port at most N times more", set_number, AT(max_retries), 0, 50},
    {"--host-timeout", "TIME", HOW, "report what is known of a host after this time", set_duration, AT(host_timeout)},
    {"--scan-delay", "TIME", HOW, "wait between two questions to one host", set_duration, AT(scan_delay)},
    {"--max-rtt-timeout", "TIME", HOW, "longest wait for a port's answer", set_duration, AT(max_rtt)},
    {"--initial-rtt-timeout", "TIME", HOW, "wait for an answer before anything was measured", set_duration, AT(initial_rtt)},
    {"--max-parallelism", "N", HOW, "at most N questions in flight", set_number, AT(max_parallel), 1, 100000},
    {"--min-parallelism", "N", HOW, "begin with N questions in flight", set_number, AT(min_parallel), 1, 100000},
    {"--seed", "N", HOW, "mix the order by this number, to repeat a run", set_number, AT(seed), 0, INT64_MAX},
    {"-sV", NULL, IDENT, "identify services (default)", set_flag, AT(identify_asked)},
    {"-sR", NULL, IDENT, NULL, set_flag, AT(identify_asked)},
    {"--no-identify", NULL, IDENT, "only tell which ports are open", set_flag, AT(no_identify)},
    {"--version-intensity", "N", IDENT, "0 (few questions) to 9 (all); default 7", set_number, AT(intensity), 0, 9},
    {"--version-light", NULL, IDENT, "the same as --version-intensity 2", set_constant, AT(intensity), 2},
    {"--version-all", NULL, IDENT, "the same as --version-intensity 9", set_constant, AT(intensity), 9},
    {"--allports", NULL, IDENT, "identify ports that the collection excludes, too", set_flag, AT(all_ports)},
    {"--version-trace", NULL, IDENT, "tell each question and match", set_flag, AT(version_trace)},
    {"--sequential", NULL, IDENT, "one question after another, with the file's waits", set_flag, AT(sequential)},
    {"--probe-db", "FILE", IDENT, "probes and rules from this file instead of the collection", set_text, AT(probe_db)},
    {"--versiondb", "FILE", IDENT, NULL, set_text, AT(probe_db)},
    {"--rpc-db", "FILE", IDENT, "more ONC RPC programs, in the form of /etc/rpc", set_text, AT(rpc_db)},
    {"--rpc-only", NULL, IDENT, NULL, set_flag, AT(rpc_only)},
    {"--sni", "NAME", IDENT, "the name to ask for in TLS, instead of the target's", set_text, AT(server_name)},
    {"--certs", NULL, IDENT, "certificates as they were sent, in JSON", set_flag, AT(certificates)},
    {"--starttls", NULL, IDENT, "take offers of TLS in clear text, for the certificate", set_flag, AT(starttls)},
    {"--ntlm", NULL, IDENT, "ask for the names and build that NTLM tells, without a login", set_flag, AT(ntlm)},
    {"-A", NULL, IDENT, "the same as -sV -sC --starttls --ntlm", set_all, 0},
    {"-sC", NULL, SCRIPTS, "the same as --script default", set_flag, AT(default_scripts)},
    {"--script", "RULES", SCRIPTS, "run scripts: names, patterns, categories, files, 'A and not B'", add_to_list, AT(scripts)},
    {"--script-args", "ARGS", SCRIPTS, "name=value,name={list}: arguments for scripts", set_text, AT(script_args)},
    {"--script-args-file", "FILE", SCRIPTS, "the same from a file", set_text, AT(script_args_file)},
    {"--script-path", "DIR", SCRIPTS, "scripts and libraries of this directory, too", add_to_list, AT(script_paths)},
    {"--datadir", "DIR", SCRIPTS, NULL, add_to_list, AT(script_paths)},
    {"--script-timeout", "TIME", SCRIPTS, "end a script that takes longer on a port or host", set_duration, AT(script_timeout)},
    {"--script-help", "RULES", SCRIPTS, "tell what these scripts do, and end", set_script_help, AT(scripts)},
    {"--script-trace", NULL, SCRIPTS, "tell all that scripts send and receive", set_flag, AT(script_trace)},
    {"--script-unsafe", NULL, SCRIPTS, "do not keep scripts from files and processes", set_flag, AT(script_unsafe)},
    {"-oN", "FILE", OUT, "normal output; - is standard output", set_output, 0},
    {"-oX", "FILE", OUT, "XML", set_output, 0},
    {"-oJ", "FILE", OUT, "JSON: an object a line and host", set_output, 0},
    {"-oG", "FILE", OUT, "grepable", set_output, 0},
    {"-oA", "BASE", OUT, "all of them: BASE.txt .xml .jsonl .gnmap", set_all_outputs, 0},
    {"-v", NULL, OUT, "tell more; twice: still more", count_up, AT(verbose)},
    {"-d", NULL, OUT, "tell what is needed to find a fault", count_up, AT(debug)},
    {"--reason", NULL, OUT, "why each port is taken to be in its state", set_flag, AT(reason)},
    {"--open", NULL, OUT, "show only ports that are open", set_flag, AT(open_only)},
    {"--fingerprints", NULL, OUT, "print replies that nothing recognised, for submission", set_flag, AT(fingerprints)},
    {"-sY", NULL, HOW, NULL, refuse, 0},
    {"-sO", NULL, HOW, NULL, refuse, 0},
    {"-O", NULL, HOW, NULL, refuse, 0},
};
const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];

void options_init(struct options *o)
{
    *o = (struct options){.seed = -1, .timing = 3, .max_retries = -1, .intensity = 7};
    o->host_timeout = o->scan_delay = o->max_rtt = o->initial_rtt = -1;
    arena_init(&o->arena);
}

void options_free(struct options *o)
{
    free(o->targets.items);
    free(o->target_files.items);
    free(o->scripts.items);
    free(o->script_paths.items);
    arena_free(&o->arena);
}

bool options_set(struct options *o, const char *name, const char *value, struct buf *why)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (strcmp(row->name, name) != 0)
            continue;
        if (row->argument && !value) {
            buf_printf(why, "%s needs a value: %s %s", name, name, row->argument);
            return false;
        }
        return row->set(o, row, value, why);
    }
    buf_printf(why, "there is no option %.60s (see descry --help)", name);
    return false;
}

static int64_t chosen(int64_t set, int64_t preset)
{
    return set >= 0 ? set : preset;
}

struct scan_timing options_timing(const struct options *o)
{
    struct scan_timing t = scan_timing_preset((int)o->timing);
    t.rate_max = o->max_rate > 0 ? o->max_rate : t.rate_max;
    t.rate_min = o->min_rate > 0 ? o->min_rate : t.rate_min;
    t.retries_max = (unsigned)chosen(o->max_retries, t.retries_max);
    t.host_timeout = chosen(o->host_timeout, t.host_timeout);
    t.scan_delay = chosen(o->scan_delay, t.scan_delay);
    t.rtt_max = chosen(o->max_rtt, t.rtt_max);
    t.rtt_first = chosen(o->initial_rtt, t.rtt_first < t.rtt_max ? t.rtt_first : t.rtt_max);
    if (o->max_parallel) {
        t.window_max = (unsigned)o->max_parallel;
        t.host_window_max = t.host_window_max < t.window_max ? t.host_window_max : t.window_max;
        t.window_first = t.window_first < t.window_max ? t.window_first : t.window_max;
    }
    if (o->min_parallel && t.window_first < o->min_parallel)
        t.window_first = (unsigned)o->min_parallel;
    return t;
}
