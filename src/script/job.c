/* job.c owns one phase of scripts on one host or port: which instances there are, level by level, and where their results go. */
#include "script/inside.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* An instance that is to be started. */
struct subject {
    struct script *script;
    enum script_rule rule;
    bool has_port;
    uint16_t port;
    enum proto proto;
};

struct script_job {
    struct scripts *run;
    struct script_job *next, *prev;
    struct script_job *waiting_next;
    bool waits;
    struct script_job_of of;
    script_done_fn *done;
    void *owner;
    struct timer turn;
    unsigned level, highest;
    struct subject *subjects;
    size_t count, cap, at;
    unsigned live;
};

/* ---- which scripts take part */

static bool takes_part(const struct scripts *s, const struct script *x, enum script_phase phase)
{
    if (x->failed || !x->loaded)
        return false;
    switch (phase) {
    case SCRIPT_PRE:
        return x->shown && x->has[RULE_PRE];
    case SCRIPT_POST:
        return x->shown && x->has[RULE_POST];
    case SCRIPT_PORT:
        return x->version && x->has[RULE_PORT];
    default:
        return x->has[RULE_HOST] || (x->has[RULE_PORT] && (!(x->version && s->settings.version) || (x->shown && !s->settings.silent)));
    }
}

static bool port_of_job(const struct script_job_of *of, struct script_port *p)
{
    return of->target->ops->port(of->target->owner, of->port, of->proto, p);
}

bool scripts_want(struct scripts *s, const struct script_job_of *what)
{
    struct script_port p;
    if (what->phase != SCRIPT_PORT)
        return s->asked;
    if (!s->any_version || !port_of_job(what, &p))
        return false;
    for (const struct script *x = s->scripts; x; x = x->next)
        if (x->version && !x->failed && choice_can_match(s, x, p.proto, p.number, p.service))
            return true;
    return false;
}

/* Scripts that nobody named are read when the first port comes that could be theirs. */
static void load_needed(struct script_job *j)
{
    struct scripts *s = j->run;
    struct script_port p = {0};
    if (j->of.phase == SCRIPT_PORT && !port_of_job(&j->of, &p))
        return;
    for (struct script *x = s->scripts; x; x = x->next) {
        struct buf why;
        if (x->loaded || x->failed || (j->of.phase == SCRIPT_PORT && !choice_can_match(s, x, p.proto, p.number, p.service)))
            continue;
        buf_init(&why, 4096);
        if (!loader_load(s, x, &why) && (!x->quiet || s->settings.verbose))
            scripts_say(s, "NSE: %s is left out: %s", x->name, buf_text(&why));
        buf_free(&why);
    }
    choice_levels(s, NULL);
}

/* ---- the instances of a level */

static void add(struct script_job *j, const struct subject *what)
{
    if (j->count == j->cap) {
        j->cap = j->cap ? 2 * j->cap : 32;
        j->subjects = must_realloc(j->subjects, j->cap * sizeof *j->subjects);
    }
    j->subjects[j->count++] = *what;
}

static bool is_scriptable(const struct script_port *p)
{
    return p->state == PORT_OPEN || p->state == PORT_OPEN_FILTERED;
}

/* A version script that was asked for runs here on the udp ports that were silent to the scan, if those are not identified. */
static bool had_its_turn(const struct scripts *s, const struct script *x, const struct script_port *p)
{
    return x->version && s->settings.version && (p->state == PORT_OPEN || s->settings.silent);
}

static void add_ports(struct script_job *j, struct script *x)
{
    struct script_target *t = j->of.target;
    struct script_port p;
    for (bool more = t->ops->next(t->owner, NULL, &p); more; more = t->ops->next(t->owner, &p, &p))
        if (is_scriptable(&p) && !had_its_turn(j->run, x, &p))
            add(j, &(struct subject){x, RULE_PORT, true, p.number, p.proto});
}

static void add_script(struct script_job *j, struct script *x)
{
    switch (j->of.phase) {
    case SCRIPT_PRE:
        add(j, &(struct subject){.script = x, .rule = RULE_PRE});
        break;
    case SCRIPT_POST:
        add(j, &(struct subject){.script = x, .rule = RULE_POST});
        break;
    case SCRIPT_PORT:
        add(j, &(struct subject){x, RULE_PORT, true, j->of.port, j->of.proto});
        break;
    default:
        if (x->has[RULE_HOST])
            add(j, &(struct subject){.script = x, .rule = RULE_HOST});
        if (x->has[RULE_PORT])
            add_ports(j, x);
    }
}

static void fill_level(struct script_job *j)
{
    struct script_port p = {0};
    bool one_port = j->of.phase == SCRIPT_PORT && port_of_job(&j->of, &p);
    j->count = j->at = 0;
    for (struct script *x = j->run->scripts; x; x = x->next) {
        if (x->level > j->highest && takes_part(j->run, x, j->of.phase))
            j->highest = x->level;
        if (x->level == j->level && takes_part(j->run, x, j->of.phase) &&
            (!one_port || choice_can_match(j->run, x, p.proto, p.number, p.service)))
            add_script(j, x);
    }
}

/* ---- those that wait for room */

static void wait_for_room(struct script_job *j)
{
    struct scripts *s = j->run;
    if (j->waits)
        return;
    j->waits = true;
    j->waiting_next = NULL;
    *(s->last_waiting ? &s->last_waiting->waiting_next : &s->waiting) = j;
    s->last_waiting = j;
}

static void wait_no_more(struct script_job *j)
{
    struct scripts *s = j->run;
    struct script_job *before = NULL, *at = s->waiting;
    if (!j->waits)
        return;
    for (; at != j; at = at->waiting_next)
        before = at;
    *(before ? &before->waiting_next : &s->waiting) = j->waiting_next;
    if (s->last_waiting == j)
        s->last_waiting = before;
    j->waits = false;
}

static void take_turn(struct script_job *j)
{
    if (!timer_running(&j->turn))
        timer_start(&j->turn, 0);
}

void jobs_have_room(struct scripts *s)
{
    if (s->waiting && s->alive < LIMIT_SCRIPT_THREADS)
        take_turn(s->waiting);
}

/* ---- the walk */

static void unlink_job(struct script_job *j)
{
    *(j->prev ? &j->prev->next : &j->run->jobs) = j->next;
    if (j->next)
        j->next->prev = j->prev;
}

static void free_job(struct script_job *j)
{
    timer_stop(&j->turn);
    wait_no_more(j);
    jobs_have_room(j->run);
    unlink_job(j);
    free(j->subjects);
    free(j);
}

static void finish(struct script_job *j)
{
    script_done_fn *done = j->done;
    void *owner = j->owner;
    free_job(j);
    done(owner);
}

static void start_some(struct script_job *j)
{
    while (j->at < j->count && j->run->alive < LIMIT_SCRIPT_THREADS) {
        const struct subject *x = &j->subjects[j->at++];
        struct thread like = {.script = x->script,
            .job = j,
            .target = j->of.target,
            .rule = x->rule,
            .has_port = x->has_port,
            .port = x->port,
            .proto = x->proto};
        j->live++;
        thread_start(j->run, &like);
    }
    if (j->at < j->count)
        wait_for_room(j);
}

static void on_turn(struct timer *timer)
{
    struct script_job *j = timer->owner;
    wait_no_more(j);
    if (!j->level)
        load_needed(j);
    while (j->at == j->count && !j->live) {
        if (j->level && j->level >= j->highest) {
            finish(j);
            return;
        }
        j->level++;
        fill_level(j);
        if (!j->highest) {
            finish(j);
            return;
        }
        start_some(j);
    }
    start_some(j);
    jobs_have_room(j->run);
}

struct script_job *script_job_start(struct scripts *s, const struct script_job_of *what, script_done_fn *done, void *owner)
{
    struct script_job *j = must_zalloc(sizeof *j);
    *j = (struct script_job){.run = s, .of = *what, .done = done, .owner = owner, .next = s->jobs};
    if (j->next)
        j->next->prev = j;
    s->jobs = j;
    timer_init(&j->turn, s->parts.loop, on_turn, j);
    if (state_open(s))
        timer_start(&j->turn, 0);
    else
        timer_start(&j->turn, 0), j->level = j->highest = 1;
    return j;
}

void script_job_stop(struct script_job *j)
{
    threads_end_of(j->run, NULL, j);
    free_job(j);
}

/* ---- results */

static struct value *lines_of(struct arena *a, const char *text, size_t length)
{
    struct value *lines = value_list(a, NULL, NULL);
    for (const char *at = text, *end = text + length; at <= end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        value_text(a, lines, NULL, arena_strndup(a, at, (size_t)(stop - at)));
        at = stop + 1;
    }
    return lines;
}

static struct detail **details_of(struct thread *t, struct arena **a)
{
    const struct script_job_of *of = &t->job->of;
    if (t->has_port)
        return t->target->ops->port_details(t->target->owner, t->port, t->proto, a);
    if (t->target)
        return t->target->ops->host_details(t->target->owner, a);
    *a = of->arena;
    return of->details;
}

/* Results of scripts stand in the order of their ids, behind those of stages: which script ends first is chance. */
static void put_in_order(struct detail **list, struct detail *d)
{
    struct detail **at = list;
    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    for (at = list; *at && ((*at)->origin != DETAIL_SCRIPT || strcmp((*at)->id, d->id) < 0); at = &(*at)->next)
        ;
    d->next = *at;
    *at = d;
}

static void deliver(struct thread *t)
{
    struct arena *a = NULL;
    struct detail **list = t->text || t->values ? details_of(t, &a) : NULL;
    if (!list || (!t->script->shown && !t->values))
        return;
    struct detail *d = detail_add(list, a, arena_strdup(a, t->script->name), DETAIL_SCRIPT);
    d->lines = t->script->shown && t->text_length ? lines_of(a, t->text, t->text_length) : NULL;
    d->values = value_copy(a, t->values);
    put_in_order(list, d);
}

void job_instance_ended(struct thread *t)
{
    struct script_job *j = t->job;
    if (!j)
        return;
    deliver(t);
    j->live--;
    take_turn(j);
}

void jobs_forget(struct scripts *s, const struct script_target *t)
{
    for (struct script_job *j = s->jobs, *next; j; j = next) {
        next = j->next;
        if (j->of.target == t)
            free_job(j);
    }
}
