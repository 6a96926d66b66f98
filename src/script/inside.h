/* inside.h owns what the files of this room share: the run with its one Lua state, scripts, threads, targets. */
#ifndef DESCRY_SCRIPT_INSIDE_H
#define DESCRY_SCRIPT_INSIDE_H

#include "model/value.h"
#include "script/pool.h"
#include "script/script_db.h"
#include "script/scripts.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { RULES = 4 };
enum script_rule { RULE_PRE, RULE_HOST, RULE_PORT, RULE_POST };

/* Where a file came from: descry's own scripts and libraries never meet those of another directory. */
enum origin { ORIGIN_OWN, ORIGIN_FOREIGN, ORIGINS };

/* One script that was chosen. */
struct script {
    struct script *next;
    char *path;
    char *name;                         /* without directory and ".nse" */
    enum origin origin;
    const char *const *categories;      /* as the database or the script itself says */
    size_t category_count;
    const char *const *hints;
    size_t hint_count;
    const char *const *dependencies;
    size_t dependency_count;
    const char *description;
    bool forced, by_name;
    bool shown;                         /* asked for, so that its text is printed */
    bool version;                       /* of category version */
    bool loaded, failed;
    bool told_kept_from;                /* that it wanted an address which is excluded: once is enough */
    bool quiet;                         /* failed by its own wish (stdnse.silent_require) */
    bool has[RULES];
    unsigned level;                     /* from 1; 0: not known */
    bool levelling;
    int factory;                        /* registry: function(_ENV) that gives the script's body */
};

struct script_target {
    struct scripts *run;
    struct script_target *next, *prev;
    const struct script_target_ops *ops;
    void *owner;
    struct admission_host *share;
    uint64_t serial;                    /* never given twice: what scripts have of it */
    int registry;                       /* Lua's registry: host.registry; LUA_NOREF: not made yet */
};

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_WAITING, THREAD_ENDED };

/* One base coroutine: a script on one host or port, or a worker that it started. */
struct thread {
    struct scripts *run;
    struct thread *next, *prev;
    struct thread *ready_next;
    struct thread *instance;            /* itself, or the one whose worker it is */
    unsigned workers, workers_ever;     /* of an instance: alive, and started in all */
    enum thread_state state;
    lua_State *L;
    int ref;                            /* registry: keeps L */
    int arguments;                      /* for its first resume */
    int worker_end;                     /* registry: a table for the error that ends a worker; LUA_NOREF */
    struct script *script;
    struct script_job *job;
    struct script_target *target;
    enum script_rule rule;
    bool has_port;
    uint16_t port;
    enum proto proto;
    int host_table, port_table;         /* registry, or LUA_NOREF */
    bool acting;                        /* the rule matched, the action has begun */
    int64_t started_at;
    struct timer deadline;
    struct timer sleep;
    uint64_t steps;                     /* since it last waited */
    uint64_t all_steps;                 /* of an instance with its workers, from its beginning */
    size_t memory;                      /* bytes that it brought into use, as far as can be told */
    uint64_t received;                  /* bytes, on all its sockets */
    bool out_of_steps, timed_out;
    size_t said;                        /* bytes of lines of its own */
    unsigned versions;                  /* times that it told one */
    uint64_t serial;                    /* never given twice: for answers that come after the thread's end */
    struct arena answer;                /* of the last look-up */
    const char **resolved;              /* in it */
    size_t resolved_count;
    bool resolve_again;                 /* no name server answered */
    bool has_slot;                      /* may own sockets */
    unsigned sockets;                   /* open */
    struct thread *slot_next;           /* in the queue for a slot */
    bool slot_queued;
    bool rests;                         /* it waits for others: its slot and its connections are not in use */
    /* what came of it */
    struct arena arena;
    struct value *values;
    const char *text;                   /* NULL: no result */
    size_t text_length;
};

struct mutex;
struct condvar;
struct sock;
struct wish;

/* A module directory. */
struct place {
    const char *path;
    enum origin origin;
};

struct scripts {
    struct script_settings settings;
    struct script_parts parts;
    struct arena arena;
    struct place *places;
    size_t place_count;
    struct script *scripts, *last_script;
    const struct value *args;
    bool any_version, asked;            /* something beyond the implicit version */
    struct script_target *targets;
    struct script_job *jobs;
    struct script_job *waiting, *last_waiting; /* for room among the threads, in the order of asking */
    /* Lua */
    lua_State *L;
    struct pool pool;
    size_t memory;
    int loaded[ORIGINS];                /* registry: module tables */
    struct thread *current;             /* what runs now */
    bool preempted;                     /* a yield that is under way was made by the count of steps */
    unsigned unyieldable;               /* coroutines that run inside a call-back of a library function */
    uint64_t load_steps;
    uint64_t stretch;                   /* steps since others could have had their turn */
    uint64_t owed;                      /* steps for memory that was filled, not charged yet */
    uint64_t unseen;                    /* steps of library functions since the last look */
    lua_State *running;                 /* the innermost coroutine of `current` */
    bool stopping;                      /* an error of the count of steps is under way */
    int64_t slice_began, looked_at, cpu_at; /* real clock, real clock, processor time */
    int64_t slice_most;                 /* what its deadline leaves of the slice */
    struct thread *threads;
    struct thread *ready, *last_ready;
    struct timer turn;
    unsigned alive;                     /* threads */
    struct mutex *mutexes;
    struct condvar *condvars;
    struct sock *socks;
    struct wish *wishes;                /* look-ups under way */
    struct admission_host anywhere;     /* of scripts that belong to no host */
    void *openssl;                      /* the library's context for scripts, NULL until it is used */
    unsigned slots;                     /* given */
    unsigned slots_resting;             /* of them */
    unsigned slots_waiting;
    uint64_t serials;
    struct thread *slot_first, *slot_last;
    uint64_t targets_added;
    unsigned files;                     /* that scripts have open */
    unsigned grinders;                  /* alive */
    int intensity_arg;                  /* script-intensity; -1: not read, -2: none */
};

/* scripts.c */
void scripts_say(struct scripts *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* state.c: the Lua state */
bool state_open(struct scripts *s);     /* once; false: no memory, or a library is missing */
void state_close(struct scripts *s);
struct scripts *scripts_of(lua_State *L);
/* Calls `fn` with a light userdata, protected; false with the reason said. */
bool state_call(struct scripts *s, lua_CFunction fn, void *with);
void state_unref(struct scripts *s, int *ref);
/* Memory outside Lua that a script's object holds, in place of `*held`: counted like Lua's. False: too much, and nothing is counted. */
bool state_hold(lua_State *L, size_t *held, size_t now);
bool state_hold_for(struct scripts *s, struct thread *instance, size_t *held, size_t now); /* the same outside Lua; NULL: nobody's */
bool state_push_text(lua_State *L, const void *at, size_t length); /* false: an error is on top, to be raised when all is put away */
void state_push_copy(lua_State *L);     /* of the table on top: its entries, without a metatable */
int state_traceback(lua_State *L);      /* a message handler */

/* sandbox.c: what is taken from the standard libraries */
void sandbox_apply(lua_State *L, bool unsafe);
void sandbox_apply_lpeg(lua_State *L);

/* stock.c: the standard functions as they were before scripts ran */
void stock_keep_called(lua_State *L);   /* when the standard libraries are open */
void stock_push(lua_State *L, const char *name); /* "pairs", "sort": for the host */
void stock_keep_shared(lua_State *L);   /* when all is in place */
void stock_put_back(struct scripts *s, const struct script *by); /* after a script has run */

/* compat.c: Lua 5.3 in 5.4 */
void compat_apply(lua_State *L);

/* coroutines.c: coroutine.resume and wrap that pass the host's own yields on */
void coroutines_apply(lua_State *L);
void coroutines_keep(lua_State *L);     /* the one on top is the host's: no script resumes or closes it */

/* loader.c: directories, modules, script files */
void loader_apply(lua_State *L);
const char *loader_find(struct scripts *s, enum origin origin, struct arena *a, const char *name); /* a readable regular file; NULL */
const char *loader_module_file(struct scripts *s, enum origin origin, struct arena *a, const char *module);
void loader_push_loaded(lua_State *L, enum origin origin);
enum origin loader_caller(lua_State *L); /* of the nearest Lua function */
bool loader_load(struct scripts *s, struct script *x, struct buf *why); /* compiles, runs once, reads rules; else says why */
void loader_push_metatable(lua_State *L); /* of environments */
void loader_push_silent_require(lua_State *L);
bool loader_read_file(const char *path, struct buf *out);
bool loader_may_read(const struct scripts *s, const char *path); /* a regular file below one of the data directories */
bool loader_is_inside(const struct scripts *s, const char *path); /* below one of the data directories */

/* choice.c: which scripts */
bool choice_make(struct scripts *s, struct diags *d);
bool choice_levels(struct scripts *s, struct diags *d);
bool choice_can_match(
    const struct scripts *s, const struct script *x, enum proto proto, uint16_t port, const struct service_record *service);

/* thread.c: the scheduler */
struct thread *thread_start(struct scripts *s, const struct thread *like);
struct thread *thread_start_worker(lua_State *L, struct thread *parent); /* function and arguments are on the stack of L from index 1 */
void thread_end(struct thread *t);      /* whatever it does */
struct thread *thread_current(lua_State *L);
void threads_init(struct scripts *s);
void thread_check_wait(lua_State *L);   /* raises where nothing may wait: before something is begun that would be waited for */
int thread_wait(lua_State *L, lua_KContext ctx, lua_KFunction k); /* `return thread_wait(...)`: k goes on when it is woken */
int thread_wait_for_others(lua_State *L, lua_KContext ctx, lua_KFunction k); /* the same, where it depends on what other threads do */
void thread_wake(struct thread *t);
bool thread_is_host_yield(lua_State *co, int results); /* of a coroutine that has just yielded */
int thread_yield_on(lua_State *L, lua_KFunction k); /* passes a host yield or a preemption on to the outside */
void threads_end_of(struct scripts *s, const struct script_target *t, const struct script_job *j);
void thread_says(lua_State *L, const char *text); /* a line of the script's own */
const char *thread_label(const struct thread *t, struct arena *a);

/* steps.c: the count of what scripts cost the processor */
void steps_slice(struct scripts *s, struct thread *t); /* it runs now */
void steps_hook(lua_State *L);          /* counts the instructions of a coroutine */
void steps_spend(lua_State *L, uint64_t steps); /* work of a library function, in the time of instructions; raises when it is too much */
void steps_owe(struct scripts *s, size_t bytes); /* memory that is filled; raises nothing */
bool steps_stopping(lua_State *L);      /* an error that means the end is under way: no handler of a script's own may hold it up */
int64_t steps_now(void);                /* real microseconds */

/* job.c */
void job_instance_ended(struct thread *t);
void jobs_have_room(struct scripts *s); /* a thread has ended */
void jobs_forget(struct scripts *s, const struct script_target *t);

/* instance.c: a script's run inside its coroutine */
int instance_main(lua_State *L);
void instance_push_tables(lua_State *L, struct thread *t);

/* outcome.c: from what an action returns to text and values */
void outcome_take(lua_State *L, struct thread *t, int first);

/* tables.c: hosts and ports as Lua sees them */
void tables_push_host(lua_State *L, struct script_target *t);
void tables_push_port(lua_State *L, struct scripts *s, const struct script_port *p);
struct script_target *tables_check_host(lua_State *L, int index);
/* A field of the table on top; no text: no field. */
void tables_set_text(lua_State *L, const char *key, const char *text);
void tables_set_integer(lua_State *L, const char *key, lua_Integer n);
bool tables_check_port(lua_State *L, int index, uint16_t *number, enum proto *proto); /* false: no scan asks such a port */

/* nmap_module.c, nmap_version.c, sync.c, socket.c, stdnse_hooks.c and the modules */
int open_nmap(lua_State *L);
int nmap_set_port_version(lua_State *L);
void sync_apply(lua_State *L);          /* the classes */
int sync_mutex(lua_State *L);
int sync_condvar(lua_State *L);
void sync_thread_ended(struct thread *t);
int open_socket(lua_State *L);          /* the table nmap.socket */
int socket_new(lua_State *L);
void socket_thread_rests(struct thread *t, bool rests);
void socket_thread_ended(struct thread *t);
void socket_close_all(struct scripts *s);
/* resolve.c: begins a look-up for the current thread; its `resolved` has the answer when it is woken. `family` 0, 4, 6. */
void resolve_begin(lua_State *L, const char *name, int family);
void resolve_forget(struct scripts *s);
int nmap_resolve(lua_State *L);
int nmap_get_dns_servers(lua_State *L);
int open_dnet(lua_State *L);            /* dnet.c: the table nmap.dnet */
int dnet_new(lua_State *L);
int nmap_list_interfaces(lua_State *L); /* interfaces.c */
int nmap_get_interface_info(lua_State *L);
void interfaces_set_source(lua_State *L, const struct addr *to); /* bin_ip_src and interface, into the table on top */
void stdnse_inject(lua_State *L, int index); /* into the table of the module stdnse */
int open_openssl(lua_State *L);
void openssl_close(struct scripts *s);
int open_zlib(lua_State *L);
int open_lfs(lua_State *L);
int open_grinder(lua_State *L);
int luaopen_lpeg(lua_State *L);
int certificate_push(lua_State *L, struct bytes der); /* openssl_certificate.c; nil if it cannot be read */

#endif
