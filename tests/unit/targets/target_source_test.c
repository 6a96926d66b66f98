/* target_source_test.c checks the walk over all targets: completeness, order, exclusions, names and files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "targets/targets.h"

static char *file_of(const char *text, size_t len)
{
    char *path = must_strdup("/tmp/descry-test-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
    return path;
}

/* Walks 10.0.0.0/20 and whatever is added; counts how often each of the 4,096 came. */
static size_t walk(struct target_source *s, uint8_t seen[4096], size_t *in_a_row)
{
    struct target t;
    size_t given = 0;
    uint32_t before = 0;

    memset(seen, 0, 4096);
    *in_a_row = 0;
    while (target_source_next(s, &t, NULL) == TARGET_GIVEN) {
        uint32_t a = addr_v4(&t.addr);
        assert_int_equal(a >> 12, 0x0a000000 >> 12);
        seen[a & 4095]++;
        *in_a_row += a == before + 1;
        before = a;
        given++;
    }
    return given;
}

static void permuted_space_is_complete(void **state)
{
    uint8_t seen[4096];
    size_t in_a_row;

    for (uint64_t seed = 0; seed < 20; seed++) {
        struct target_source *s = target_source_new(seed, false, NULL);
        bool more;
        assert_true(target_source_add(s, "10.0.0.0/21", NULL));
        assert_true(target_source_add(s, "10.0.8-15.*", NULL));
        assert_int_equal(target_source_known(s, &more), 4096);
        assert_false(more);
        assert_int_equal(walk(s, seen, &in_a_row), 4096);
        for (size_t i = 0; i < 4096; i++)
            assert_int_equal(seen[i], 1);
        assert_true(in_a_row < 40);
        target_source_free(s);
    }
}

static void in_order_ascends(void **state)
{
    struct target_source *s = target_source_new(1, true, NULL);
    uint8_t seen[4096];
    size_t in_a_row;

    assert_true(target_source_add(s, "10.0.0.0/20", NULL));
    assert_int_equal(walk(s, seen, &in_a_row), 4096);
    assert_int_equal(in_a_row, 4095);
    target_source_free(s);
}

static void exclusions_remove_exactly_those(void **state)
{
    struct exclusions *x = exclusions_new();
    struct target_source *s = target_source_new(5, false, x);
    uint8_t seen[4096];
    size_t in_a_row, left = 0;
    bool more;

    assert_true(exclusions_add(x, "--exclude", "10.0.0.0/24,10.0.4.7,10.0.5-6.1-9,10.0.15.240/28,10.0.16.0/24", NULL));
    assert_true(target_source_add(s, "10.0.0.0/20", NULL));
    size_t given = walk(s, seen, &in_a_row);
    for (uint32_t i = 0; i < 4096; i++) {
        struct addr a = addr_from_v4(0x0a000000 + i);
        assert_int_equal(seen[i], !exclusions_has(x, &a));
        left += seen[i];
    }
    assert_int_equal(left, 4096 - 256 - 1 - 18 - 16);
    assert_int_equal(given, left);
    assert_int_equal(target_source_known(s, &more), left);
    target_source_free(s);
    exclusions_free(x);
}

static void huge_spaces_start_at_once(void **state)
{
    struct target_source *s = target_source_new(9, false, NULL);
    struct target t;
    struct addr base;

    assert_true(addr_parse("2001:db8::", &base));
    assert_true(target_source_add(s, "2001:db8::/64", NULL));
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(target_source_next(s, &t, NULL), TARGET_GIVEN);
        assert_memory_equal(t.addr.octet, base.octet, 8);
    }
    target_source_free(s);
}

/* What stands for this machine is excluded with it. */
static void excluded_however_it_is_written(void **state)
{
    static const char *const excluded[] = {"127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "::ffff:0.0.0.0", "::1", "::"};
    struct exclusions *x = exclusions_new();
    struct addr a;

    assert_true(exclusions_add(x, "--exclude", "127.0.0.1,::1", NULL));
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded; i++) {
        assert_true(addr_parse(excluded[i], &a));
        assert_true(exclusions_has(x, &a));
    }
    assert_true(addr_parse("0.0.0.1", &a));
    assert_false(exclusions_has(x, &a));
    exclusions_free(x);
}

static void excluded_network_ends(void **state)
{
    struct exclusions *x = exclusions_new();
    struct target_source *s = target_source_new(9, false, x);
    struct target t;

    assert_true(exclusions_add(x, "--exclude", "2001:db8::/32", NULL));
    assert_true(target_source_add(s, "2001:db8::/64", NULL));
    assert_true(target_source_add(s, "10.0.0.1", NULL));
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_GIVEN);
    assert_int_equal(addr_v4(&t.addr), 0x0a000001);
    assert_int_equal(t.expr, 1);
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_NONE);
    target_source_free(s);
    exclusions_free(x);
}

static void names_are_asked_for(void **state)
{
    struct target_source *s = target_source_new(1, true, NULL);
    struct addr to = addr_from_v4(0xc0000205);
    struct target t;
    bool more;

    assert_true(target_source_add(s, "a.example/30", NULL));
    assert_true(target_source_add(s, "gone.example", NULL));
    assert_true(target_source_add(s, "10.0.0.1", NULL));
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_NEEDS_NAME);
    assert_int_equal(t.addr.family, 0);
    assert_string_equal(t.name, "a.example");
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_NEEDS_NAME);
    assert_string_equal(t.name, "gone.example");
    assert_int_equal(t.expr, 1);
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_GIVEN);
    assert_null(t.name);
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_NONE);
    target_source_resolved(s, 1, NULL);
    target_source_resolved(s, 0, &to);
    target_source_resolved(s, 99, &to);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(target_source_next(s, &t, NULL), TARGET_GIVEN);
        assert_int_equal(addr_v4(&t.addr), 0xc0000204 + i);
        assert_string_equal(t.name, "a.example");
        assert_int_equal(t.expr, 0);
    }
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_NONE);
    assert_int_equal(target_source_known(s, &more), 5);
    target_source_free(s);
}

static void unanswered_names_are_freed(void **state)
{
    struct target_source *s = target_source_new(1, false, NULL);
    struct target t;

    assert_true(target_source_add(s, "a.example", NULL));
    assert_true(target_source_add(s, "b.example", NULL));
    assert_int_equal(target_source_next(s, &t, NULL), TARGET_NEEDS_NAME);
    assert_true(target_source_add(s, "c.example", NULL));
    target_source_free(s);
}

static void files_are_read(void **state)
{
    static const char text[] = "10.0.0.1\t10.0.0.2 # comment 10.9.9.9\n#10.9.9.8\n\nbad..name 10.0.0.\0"
                               "3\r\n10.0.0.4";
    char *path = file_of(text, sizeof text - 1);
    struct target_source *s = target_source_new(1, true, NULL);
    static const uint32_t wanted[] = {0x0a000009, 0x0a000001, 0x0a000002, 0x0a000004};
    struct target t;
    struct diags d;
    bool more;

    diags_init(&d);
    assert_true(target_source_add_file(s, path, &d));
    assert_true(target_source_add(s, "10.0.0.9", &d));
    assert_int_equal(target_source_known(s, &more), 1);
    assert_true(more);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(target_source_next(s, &t, &d), TARGET_GIVEN);
        assert_int_equal(addr_v4(&t.addr), wanted[i]);
        assert_int_equal(t.expr, i);
    }
    assert_int_equal(target_source_next(s, &t, &d), TARGET_NONE);
    assert_int_equal(target_source_known(s, &more), 4);
    assert_false(more);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.list[0].line, 4);
    assert_int_equal(d.list[1].column, 11);
    assert_string_equal(d.list[0].file, path);
    target_source_free(s);
    diags_free(&d);
    unlink(path);
    free(path);
}

/* More expressions than a block holds, and one word that is too long. */
static void long_files_are_streams(void **state)
{
    struct buf text;
    struct diags d;
    struct target t;
    size_t given = 0;
    static uint8_t seen[10000];

    memset(seen, 0, sizeof seen);
    buf_init(&text, 1 << 20);
    for (unsigned i = 0; i < 10000; i++)
        buf_printf(&text, "10.1.%u.%u\n", i >> 8, i & 255);
    for (unsigned i = 0; i < 2000; i++)
        buf_append_u8(&text, 'x');
    char *path = file_of(buf_text(&text), text.len);
    struct target_source *s = target_source_new(3, false, NULL);
    diags_init(&d);
    assert_true(target_source_add_file(s, path, &d));
    while (target_source_next(s, &t, &d) == TARGET_GIVEN) {
        seen[addr_v4(&t.addr) & 0xffff]++;
        given++;
    }
    assert_int_equal(given, 10000);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.list[0].line, 10001);
    target_source_free(s);
    diags_free(&d);
    unlink(path);
    free(path);
    buf_free(&text);
}

static void unreadable_files_are_errors(void **state)
{
    struct target_source *s = target_source_new(3, false, NULL);
    struct diags d;

    diags_init(&d);
    assert_false(target_source_add_file(s, "/no/such/file", &d));
    assert_false(target_source_add_file(s, "/", &d));
    assert_false(target_source_add(s, "10.0.0.0/99", &d));
    assert_int_equal(d.errors, 3);
    target_source_free(s);
    diags_free(&d);
}

static void a_stream_is_walked_as_it_comes(void **state)
{
    struct diags d;
    struct target t;
    char path[32];
    int ends[2];

    (void)state;
    diags_init(&d);
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    struct target_source *s = target_source_new(1, false, NULL);
    assert_true(target_source_add_file(s, path, &d));
    assert_int_equal(target_source_next(s, &t, &d), TARGET_LATER);
    assert_int_equal(write(ends[1], "192.0.2.1\n", 10), 10);
    assert_int_equal(target_source_next(s, &t, &d), TARGET_GIVEN);
    assert_int_equal(target_source_next(s, &t, &d), TARGET_LATER);
    assert_int_equal(write(ends[1], "192.0.2.2", 9), 9);
    close(ends[1]);
    assert_int_equal(target_source_next(s, &t, &d), TARGET_GIVEN);
    assert_int_equal(target_source_next(s, &t, &d), TARGET_NONE);
    target_source_free(s);
    close(ends[0]);
    diags_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permuted_space_is_complete),
        cmocka_unit_test(in_order_ascends),
        cmocka_unit_test(exclusions_remove_exactly_those),
        cmocka_unit_test(huge_spaces_start_at_once),
        cmocka_unit_test(excluded_however_it_is_written),
        cmocka_unit_test(excluded_network_ends),
        cmocka_unit_test(names_are_asked_for),
        cmocka_unit_test(unanswered_names_are_freed),
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(long_files_are_streams),
        cmocka_unit_test(unreadable_files_are_errors),
        cmocka_unit_test(a_stream_is_walked_as_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
