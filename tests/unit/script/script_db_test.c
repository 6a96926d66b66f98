/* script_db_test.c owns the reading of script databases. */
#include "script/script_db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

struct reading {
    struct arena arena;
    struct diags diags;
    struct script_entry *first;
};

static struct reading read_text(const char *text)
{
    struct reading r;
    arena_init(&r.arena);
    diags_init(&r.diags);
    r.first = script_db_read(bytes_str(text), "script.db", &r.arena, &r.diags);
    return r;
}

static void drop(struct reading *r)
{
    diags_free(&r->diags);
    arena_free(&r->arena);
}

static void test_entries(void **state)
{
    struct reading r = read_text("-- made by a tool\nEntry { filename = \"a.nse\", categories = { \"default\", \"safe\", } }\n"
                                 "Entry { filename = 'b.nse', categories = {}, hints = { \"tcp/80\", \"http\" }, other = \"x\" };\n"
                                 "Entry({ categories = { \"x\" }, filename = \"c.nse\" })");
    const struct script_entry *e = r.first;
    assert_string_equal(e->file, "a.nse");
    assert_int_equal(e->category_count, 2);
    assert_string_equal(e->categories[1], "safe");
    e = e->next;
    assert_string_equal(e->file, "b.nse");
    assert_int_equal(e->hint_count, 2);
    assert_string_equal(e->hints[0], "tcp/80");
    e = e->next;
    assert_string_equal(e->file, "c.nse");
    assert_null(e->next);
    assert_int_equal(r.diags.warnings, 0);
    drop(&r);
}

/* What is not an entry costs its line, no more; a file name leads nowhere. */
static void test_faults(void **state)
{
    struct reading r =
        read_text("Entry { filename = \"../../etc/passwd\", categories = { } }\nos.execute(\"x\")\nEntry { filename = \"ok.nse\", "
                  "categories = { } }\nEntry { filename = \"unfinished.nse\"");
    assert_string_equal(r.first->file, "ok.nse");
    assert_null(r.first->next);
    assert_int_equal(r.diags.warnings, 3);
    drop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_entries), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
