/* arena_test.c checks that pieces are zeroed, aligned and apart. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <stdlib.h>

#include "base/arena.h"

static void pieces_are_apart(void **state)
{
    struct arena a;
    uint8_t *piece[500];
    size_t total = 0;

    arena_init(&a);
    for (size_t i = 0; i < 500; i++) {
        size_t size = i * 7;
        piece[i] = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(piece[i][k], 0);
        memset(piece[i], (int)(i & 255), size);
        total += size;
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t k = 0; k < i * 7; k++)
            assert_int_equal(piece[i][k], i & 255);
    assert_int_equal(a.used, total);
    arena_free(&a);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 1));
    arena_free(&a);
}

static void copies(void **state)
{
    struct arena a;
    static const uint8_t raw[] = {1, 0, 2};

    arena_init(&a);
    assert_null(arena_strdup(&a, NULL));
    assert_string_equal(arena_strdup(&a, "text"), "text");
    assert_string_equal(arena_strndup(&a, "text", 2), "te");
    assert_string_equal(arena_strndup(&a, NULL, 0), "");
    assert_true(bytes_equal(arena_bytes(&a, bytes_of(raw, 3)), bytes_of(raw, 3)));
    assert_int_equal(arena_bytes(&a, bytes_of(NULL, 0)).len, 0);
    assert_string_equal(arena_printf(&a, "%s-%d", "a", 7), "a-7");
    assert_int_equal(strlen(arena_printf(&a, "%5000d", 1)), 5000);
    arena_free(&a);
}

static void must_have(void **state)
{
    char *text = must_strdup("x");
    uint8_t *zero = must_zalloc(9);

    assert_int_equal(zero[8], 0);
    zero = must_realloc(zero, 0);
    assert_non_null(zero);
    free(zero);
    free(text);
    text = must_alloc(0);
    assert_non_null(text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_are_apart), cmocka_unit_test(copies), cmocka_unit_test(must_have)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
