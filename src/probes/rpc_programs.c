/* rpc_programs.c owns the reading of data/rpc, and the order of programs. */
#include "probes/rpc_programs.h"

#include "base/limits.h"
#include "base/text.h"
#include "probes/rpc_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 * 1024 * 1024, BLOCKS_MAX = 4096, ASKED_OF_BLOCK = 256 };

struct block {
    uint32_t low, high;
    const char *owner;
};

struct rpc_programs {
    struct arena arena;
    struct rpc_program **programs; /* by number */
    struct rpc_program **order; /* by tier, then as they were read; made when it is asked for */
    size_t count, cap;
    size_t of_tier[RPC_TIERS + 1]; /* programs up to that tier */
    bool ordered, full;
    struct block *blocks;
    size_t block_count, block_cap;
};

/* One file that is being read. */
struct reading {
    struct rpc_programs *into;
    const char *file;
    unsigned line;
    uint8_t tier;
    struct diags *diags;
};

/* `word` may be NULL: the line ended too early. */
static void complain(struct reading *r, const char *what, const char *word)
{
    diags_add(r->diags, DIAG_WARNING, r->file, r->line, 0, "%s \"%.40s\"", what, word ? word : "");
}

/* ---- keeping */

/* The place of a number, or where it belongs. */
static size_t place_of(const struct rpc_programs *p, uint32_t number)
{
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (p->programs[mid]->number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct rpc_program *rpc_programs_of(struct rpc_programs *p, uint32_t number)
{
    size_t at = place_of(p, number);
    return at < p->count && p->programs[at]->number == number ? p->programs[at] : NULL;
}

static void grow(struct rpc_programs *p)
{
    if (p->count < p->cap)
        return;
    p->cap = p->cap ? 2 * p->cap : 4096;
    p->programs = must_realloc(p->programs, p->cap * sizeof *p->programs);
    p->order = must_realloc(p->order, p->cap * sizeof *p->order);
}

/* What a second line about a number leaves out, the first one told. */
static void replace(struct rpc_program *known, const struct rpc_program *now)
{
    struct rpc_program was = *known;
    *known = *now;
    if (!now->range_count) {
        known->range_count = was.range_count;
        memcpy(known->versions, was.versions, sizeof was.versions);
    }
    if (!now->port_count) {
        known->port_count = was.port_count;
        memcpy(known->ports, was.ports, sizeof was.ports);
    }
    if (was.tier < known->tier)
        known->tier = was.tier;
}

static void keep(struct reading *r, const struct rpc_program *program)
{
    struct rpc_programs *p = r->into;
    size_t at = place_of(p, program->number);
    p->ordered = false;
    if (at < p->count && p->programs[at]->number == program->number) {
        if (program->name)
            replace(p->programs[at], program);
        return;
    }
    if (p->count == LIMIT_RPC_PROGRAMS) {
        if (!p->full)
            complain(r, "too many programs; left out from here on:", program->name);
        p->full = true;
        return;
    }
    grow(p);
    struct rpc_program *kept = arena_alloc(&p->arena, sizeof *kept);
    *kept = *program;
    memmove(p->programs + at + 1, p->programs + at, (p->count - at) * sizeof *p->programs);
    p->programs[at] = kept;
    p->order[p->count++] = kept;
}

/* ---- lines */

/* The next word of a line, in the arena; NULL: none. A '#' ends the line unless it begins our own part, which is a word "#:". */
static char *next_word(struct reading *r, const char **at)
{
    const char *start = *at + strspn(*at, " \t\r");
    size_t n = strcspn(start, " \t\r");
    if (!n || (*start == '#' && strncmp(start, "#:", 2) != 0))
        return NULL;
    if (*start == '#')
        n = 2;
    *at = start + n;
    return arena_strndup(&r->into->arena, start, n);
}

static bool read_number(const char *text, uint32_t *out)
{
    uint64_t n;
    if (!text_number(text, UINT32_MAX, &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

/* "2-4", "3" */
static bool read_range(const char *text, struct rpc_range *out)
{
    char low[16], high[16], more;
    int n = sscanf(text, "%15[0-9]-%15[0-9]%c", low, high, &more);
    if (n < 1 || n > 2 || !read_number(low, &out->low) || !read_number(n == 2 ? high : low, &out->high))
        return false;
    return out->low <= out->high && (n == 2 || strlen(low) == strlen(text));
}

/* Cuts the first item off a list at its comma. */
static char *next_item(char **list)
{
    char *item = *list;
    *list = item ? strchr(item, ',') : NULL;
    if (*list)
        *(*list)++ = '\0';
    return item;
}

static bool read_versions(struct rpc_program *program, char *list)
{
    for (char *item; (item = next_item(&list)) && program->range_count < RPC_PROGRAM_RANGES; program->range_count++)
        if (!read_range(item, &program->versions[program->range_count]))
            return false;
    return true;
}

static bool read_ports(struct rpc_program *program, char *list)
{
    for (char *item; (item = next_item(&list)) && program->port_count < RPC_PROGRAM_PORTS; program->port_count++) {
        uint64_t port;
        if (!text_number(item, 65535, &port))
            return false;
        program->ports[program->port_count] = (uint16_t)port;
    }
    return true;
}

/* Behind "#:": "versions 2-4; port 111". What is not known is left to later versions of descry. */
static void read_own_part(struct reading *r, const char *at, struct rpc_program *program)
{
    static const struct {
        const char *word;
        bool (*read)(struct rpc_program *program, char *list);
    } clauses[] = {{"versions", read_versions}, {"port", read_ports}};
    for (char *word; (word = next_word(r, &at));) {
        char *value = next_word(r, &at);
        if (value && *value && value[strlen(value) - 1] == ';')
            value[strlen(value) - 1] = '\0';
        bool right = value != NULL;
        for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
            if (value && strcmp(word, clauses[i].word) == 0)
                right = clauses[i].read(program, value);
        if (!right)
            complain(r, "versions LIST or port LIST is expected, separated by semicolons, at", word);
    }
}

static void read_program(struct reading *r, const char *name, const char *at)
{
    struct rpc_program program = {.name = name, .tier = r->tier};
    const char *number = next_word(r, &at);
    if (!number || !read_number(number, &program.number)) {
        complain(r, "a name and a number from 0 to 4294967295 are expected, not", number ? number : name);
        return;
    }
    for (const char *word; (word = next_word(r, &at));)
        if (strcmp(word, "#:") == 0) {
            read_own_part(r, at, &program);
            break;
        }
    keep(r, &program);
}

static void keep_block(struct rpc_programs *p, const struct rpc_range *range, const char *owner)
{
    if (p->block_count == p->block_cap) {
        p->block_cap = p->block_cap ? 2 * p->block_cap : 256;
        p->blocks = must_realloc(p->blocks, p->block_cap * sizeof *p->blocks);
    }
    p->blocks[p->block_count++] = (struct block){range->low, range->high, owner};
}

/* "block 100202-100207 ask Netapp" */
static void read_block(struct reading *r, const char *at)
{
    struct rpc_range range;
    const char *numbers = next_word(r, &at), *rest = at, *word = next_word(r, &rest);
    bool ask = word && strcmp(word, "ask") == 0;
    const char *owner = ask ? rest : at;
    owner += strspn(owner, " \t");
    if (!numbers || !read_range(numbers, &range) || !*owner || r->into->block_count == BLOCKS_MAX) {
        complain(r, "block LOW-HIGH [ask] OWNER is expected, not block", numbers);
        return;
    }
    keep_block(r->into, &range, arena_strndup(&r->into->arena, owner, strcspn(owner, "\r")));
    for (uint32_t i = 0; ask && i <= range.high - range.low && i < ASKED_OF_BLOCK; i++)
        keep(r, &(struct rpc_program){.number = range.low + i, .tier = RPC_TIERS});
}

static void read_tier(struct reading *r, const char *at)
{
    uint64_t tier;
    const char *word = next_word(r, &at);
    if (word && text_number(word, RPC_TIERS, &tier) && tier)
        r->tier = (uint8_t)tier;
    else
        complain(r, "a tier is 1, 2 or 3, not", word);
}

static void read_line(struct reading *r, const char *line)
{
    const char *at = line;
    char *word = next_word(r, &at);
    if (!word)
        return;
    if (strcmp(word, "#:") != 0) {
        read_program(r, word, at);
        return;
    }
    word = next_word(r, &at);
    if (word && strcmp(word, "tier") == 0)
        read_tier(r, at);
    else if (word && strcmp(word, "block") == 0)
        read_block(r, at);
    else
        complain(r, "behind #: tier or block is expected, not", word);
}

void rpc_programs_add(struct rpc_programs *p, const char *file, struct bytes text, struct diags *d)
{
    struct reading r = {.into = p, .file = file, .tier = 1, .diags = d};
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        const uint8_t *stop = memchr(text.at + at, '\n', text.len - at);
        end = stop ? (size_t)(stop - text.at) : text.len;
        r.line++;
        read_line(&r, arena_strndup(&p->arena, text.at + at, end - at));
    }
}

bool rpc_programs_add_file(struct rpc_programs *p, const char *path, struct diags *d)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? must_alloc(FILE_MAX) : NULL;
    size_t n = f ? fread(text, 1, FILE_MAX, f) : 0;
    bool whole = f && !ferror(f) && n < FILE_MAX;
    if (whole)
        rpc_programs_add(p, path, bytes_of(text, n), d);
    else
        diags_add(d, DIAG_ERROR, path, 0, 0, f ? "cannot be read, or is longer than four megabytes" : "cannot be opened: %m");
    if (f)
        fclose(f);
    free(text);
    return whole;
}

/* ---- life */

struct rpc_programs *rpc_programs_new(void)
{
    struct rpc_programs *p = must_zalloc(sizeof *p);
    arena_init(&p->arena);
    return p;
}

struct rpc_programs *rpc_programs_builtin(void)
{
    struct rpc_programs *p = rpc_programs_new();
    rpc_programs_add(p, "data/rpc", bytes_of(rpc_data, rpc_data_length), NULL);
    return p;
}

void rpc_programs_free(struct rpc_programs *p)
{
    if (!p)
        return;
    free(p->programs);
    free(p->order);
    free(p->blocks);
    arena_free(&p->arena);
    free(p);
}

/* ---- asking */

/* Stable: within a tier the order of reading stays. */
static void put_in_order(struct rpc_programs *p)
{
    struct rpc_program **by_tier = must_alloc((p->count + 1) * sizeof *by_tier);
    size_t n = 0;
    if (!p->ordered)
        for (unsigned tier = 1; tier <= RPC_TIERS; tier++) {
            for (size_t i = 0; i < p->count; i++)
                if (p->order[i]->tier == tier)
                    by_tier[n++] = p->order[i];
            p->of_tier[tier] = n;
        }
    if (n)
        memcpy(p->order, by_tier, n * sizeof *by_tier);
    p->ordered = true;
    free(by_tier);
}

size_t rpc_programs_count(struct rpc_programs *p, unsigned tier)
{
    if (!p->ordered)
        put_in_order(p);
    return p->of_tier[tier < RPC_TIERS ? tier : RPC_TIERS];
}

const struct rpc_program *rpc_programs_at(struct rpc_programs *p, size_t i)
{
    if (!p->ordered)
        put_in_order(p);
    return i < p->count ? p->order[i] : NULL;
}

bool rpc_programs_has_name(struct rpc_programs *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->programs[i]->name && strcmp(p->programs[i]->name, name) == 0)
            return true;
    return false;
}

const char *rpc_programs_owner(const struct rpc_programs *p, uint32_t number)
{
    for (size_t i = 0; i < p->block_count; i++)
        if (p->blocks[i].low <= number && number <= p->blocks[i].high)
            return p->blocks[i].owner;
    return NULL;
}

const struct rpc_program *rpc_programs_at_port(struct rpc_programs *p, uint16_t port)
{
    for (size_t i = 0; i < rpc_programs_count(p, 1); i++)
        if (p->order[i]->port_count && p->order[i]->ports[0] == port)
            return p->order[i];
    return NULL;
}

bool rpc_program_lists_port(const struct rpc_program *p, uint16_t port)
{
    for (size_t i = 0; i < p->port_count; i++)
        if (p->ports[i] == port)
            return true;
    return false;
}
