/* rule_index.c owns the making of prefilters from rules, late. */
#include <stdlib.h>
#include "probes/rule_index.h"

static struct prefilter *make(struct probe_db *db, size_t first, size_t count)
{
    struct prefilter_builder *b = prefilter_begin();
    struct pattern_series *series = must_zalloc(sizeof *series);
    for (size_t i = first; i < first + count; i++) {
        pattern_read_next(series, db->rules[i]->pattern);
        prefilter_add(b, &series->seen);
    }
    free(series);
    return prefilter_finish(b, &db->arena);
}

struct prefilter *rule_index_of(struct probe_db *db, const struct probe *p)
{
    struct probe_block *b = db->blocks[p->index];
    if (!b->index)
        b->index = make(db, b->first_rule, p->rule_count);
    return b->index;
}

struct prefilter *rule_index_of_all(struct probe_db *db)
{
    if (!db->index_of_all)
        db->index_of_all = make(db, 0, db->rule_count);
    return db->index_of_all;
}
