/* cpe_test.c owns the tests of CPE names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "probes/cpe.h"
#include "probes/match.h"

static const struct row {
    const char *uri, *formatted; /* NULL: not a CPE */
} rows[] = {
    {"cpe:/a:openbsd:openssh:9.2p1", "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*"},
    {"cpe:/o:linux:linux_kernel", "cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*"},
    {"cpe:/h:HP:LaserJet_4", "cpe:2.3:h:hp:laserjet_4:*:*:*:*:*:*:*:*"},
    {"cpe:/a:microsoft:internet_explorer:8.0.6001:beta", "cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*"},
    {"cpe:/a:microsoft:internet_explorer:8.%02:sp%01", "cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*"},
    {"cpe:/a:hp:insight_diagnostics:7.4.0.1570::~~online~win2003~x64~",
        "cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:*:*:*:online:win2003:x64:*"},
    {"cpe:/a:foo%5cbar:big%24money_2010%07:::~~special~ipod_touch~80gb~", NULL},
    {"cpe:/a:foo~bar:big%7emoney_2010", "cpe:2.3:a:foo\\~bar:big\\~money_2010:*:*:*:*:*:*:*:*"},
    {"cpe:/a:v:p:1%2B2%2Fx", "cpe:2.3:a:v:p:1\\+2\\/x:*:*:*:*:*:*:*"},
    {"cpe:/o:v:p:-", "cpe:2.3:o:v:p:-:*:*:*:*:*:*:*"},
    {"cpe:/a", "cpe:2.3:a:*:*:*:*:*:*:*:*:*:*"},
    {"cpe:/a:v:p:%2", NULL},
    {"cpe:/a:v:p:%zz", NULL},
    {"cpe:/a:1:2:3:4:5:6:7", NULL},
    {"cpe:/x:v:p", NULL},
    {"cpe:/", NULL},
    {"cpe:/ab:v", NULL},
    {"http://x", NULL},
    {"", NULL},
};

static void formatted(void **state)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = cpe_to_23(&arena, rows[i].uri);
        if (!rows[i].formatted)
            assert_null(got);
        else
            assert_string_equal(got, rows[i].formatted);
    }
    arena_free(&arena);
}

static void parts(void **state)
{
    assert_int_equal(cpe_part("cpe:/a:v"), 0);
    assert_int_equal(cpe_part("cpe:/h:v"), 1);
    assert_int_equal(cpe_part("cpe:/o"), 2);
    assert_int_equal(cpe_part("cpe:/:v"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(formatted), cmocka_unit_test(parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
