/* scripts.c owns the life of a run's scripts, and the hosts that they are told of. */
#include "script/inside.h"

#include "base/limits.h"
#include "script/arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool scripts_built_in(void)
{
    return true;
}

void scripts_say(struct scripts *s, const char *format, ...)
{
    char text[4096];
    va_list args;
    if (!s->parts.message)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    s->parts.message(s->parts.owner, text);
}

/* ---- settings */

static void set_places(struct scripts *s)
{
    const struct script_settings *from = &s->settings;
    s->places = arena_alloc(&s->arena, (from->foreign_count + 1) * sizeof *s->places);
    for (size_t i = 0; i < from->foreign_count; i++)
        s->places[s->place_count++] = (struct place){from->foreign[i], ORIGIN_FOREIGN};
    if (from->own)
        s->places[s->place_count++] = (struct place){from->own, ORIGIN_OWN};
}

/* The file's text, then the option's: what stands later counts. */
static bool read_arguments(struct scripts *s, struct diags *d)
{
    const struct script_settings *from = &s->settings;
    struct buf text;
    size_t at;
    bool ok = true;
    buf_init(&text, LIMIT_SCRIPT_FILE);
    if (from->args_file && !loader_read_file(from->args_file, &text)) {
        diags_add(d, DIAG_ERROR, "--script-args-file", 0, 0, "%s: cannot be read: %s", from->args_file, strerror(errno));
        ok = false;
    }
    while (text.len && strchr(", \t\r\n", text.at[text.len - 1]))
        text.len--;
    if (from->args) {
        if (text.len)
            buf_append_str(&text, ",");
        buf_append_str(&text, from->args);
    }
    s->args = ok ? arguments_read(buf_view(&text), &s->arena, &at) : NULL;
    if (ok && !s->args)
        diags_add(d, DIAG_ERROR, "--script-args", 0, 0, "arguments did not parse! (at character %zu)", at + 1);
    buf_free(&text);
    return s->args != NULL;
}

struct scripts *scripts_new(const struct script_settings *settings, const struct script_parts *parts, struct diags *d)
{
    struct scripts *s = must_zalloc(sizeof *s);
    s->settings = *settings;
    s->parts = *parts;
    s->intensity_arg = -1;
    s->anywhere.max = parts->connections ? parts->connections : LIMIT_SCRIPT_SOCKETS;
    arena_init(&s->arena);
    threads_init(s);
    set_places(s);
    if (read_arguments(s, d) && choice_make(s, d))
        return s;
    scripts_free(s);
    return NULL;
}

void scripts_free(struct scripts *s)
{
    if (!s)
        return;
    threads_end_of(s, NULL, NULL);
    while (s->jobs)
        script_job_stop(s->jobs);
    socket_close_all(s);
    resolve_forget(s);
    timer_stop(&s->turn);
    state_close(s);
    openssl_close(s);
    arena_free(&s->arena);
    free(s);
}

/* ---- help */

static void add_description(struct buf *out, const char *text)
{
    for (const char *line = text; line && *line;) {
        size_t n = strcspn(line, "\n");
        buf_printf(out, "%s%.*s\n", n ? "  " : "", (int)(n < 1000 ? n : 1000), line);
        line += n + (line[n] == '\n');
    }
}

void scripts_help(struct scripts *s, struct buf *out)
{
    for (const struct script *x = s->scripts; x; x = x->next) {
        if (!x->shown || x->failed)
            continue;
        buf_printf(out, "\n%s\nCategories:", x->name);
        for (size_t i = 0; i < x->category_count; i++)
            buf_printf(out, " %s", x->categories[i]);
        buf_append_str(out, "\n");
        add_description(out, x->description);
    }
}

/* ---- hosts */

struct script_target *script_target_new(struct scripts *s, const struct script_target_ops *ops, void *owner, struct admission_host *share)
{
    struct script_target *t = must_zalloc(sizeof *t);
    *t = (struct script_target){
        .run = s, .ops = ops, .owner = owner, .share = share, .serial = ++s->serials, .registry = LUA_NOREF, .next = s->targets};
    if (t->next)
        t->next->prev = t;
    s->targets = t;
    return t;
}

void script_target_free(struct script_target *t)
{
    if (!t)
        return;
    struct scripts *s = t->run;
    threads_end_of(s, t, NULL);
    jobs_forget(s, t);
    state_unref(s, &t->registry);
    *(t->prev ? &t->prev->next : &s->targets) = t->next;
    if (t->next)
        t->next->prev = t->prev;
    free(t);
}
