/* windows_test.c owns the tests of the table of Windows' builds, of the words for clocks, and of an endpoint mapper's labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stages/moment.h"
#include "stages/msrpc_label.h"
#include "stages/naming.h"
#include "stages/windows.h"

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    arena_free(&arena);
    return 0;
}

#define ANY "cpe:/o:microsoft:windows"

static void builds_are_named(void **state)
{
    static const struct {
        uint8_t major, minor;
        uint16_t build;
        const char *native, *product, *cpe;
    } cases[] = {
        {10, 0, 17763, NULL, "Windows Server 2019 or Windows 10 1809", ANY},
        {10, 0, 17763, "Windows Server 2019 Standard 17763", "Windows Server 2019 Standard", ANY "_server_2019"},
        {10, 0, 17763, "Windows 10 Enterprise LTSC 2019 17763", "Windows 10 Enterprise LTSC 2019", ANY "_10"},
        {10, 0, 17763, "Windows Server 2016 Standard 14393", "Windows Server 2019 or Windows 10 1809", ANY}, /* the two disagree */
        {10, 0, 17763, "Unix", "Windows Server 2019 or Windows 10 1809", ANY},
        {10, 0, 20348, NULL, "Windows Server 2022", ANY "_server_2022"},
        {10, 0, 19045, NULL, "Windows Server 2004 - 20H2 or Windows 10 2004 - 22H2", ANY},
        {10, 0, 29999, NULL, "Windows", ANY},
        {6, 1, 0, NULL, "Windows", ANY}, /* nobody asks: that is Samba */
        {6, 0, 6003, NULL, "Windows Server 2008 SP2 or Windows Vista SP2", ANY},
        {6, 1, 7601, "Windows Storage Server 2008 R2 Essentials 7601 Service Pack 1", "Windows Storage Server 2008 R2 Essentials",
            ANY "_server_2008:r2:sp1"},
        {5, 0, 2195, NULL, "Windows 2000", ANY "_2000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct windows_name w;
        windows_name_of(&arena, cases[i].major, cases[i].minor, cases[i].build, cases[i].native, &w);
        assert_string_equal(w.product, cases[i].product);
        assert_string_equal(w.cpe, cases[i].cpe);
        assert_int_equal(w.build, cases[i].build);
        assert_true(strlen(w.product) <= LIMIT_FIELD_SHORT);
    }
}

static void texts_alone_name_old_ones(void **state)
{
    struct windows_name w;
    assert_true(windows_name_of_native(&arena, "Windows 5.1", &w));
    assert_string_equal(w.product, "Windows XP");
    assert_int_equal(w.build, 0);
    assert_true(windows_name_of_native(&arena, "Windows 5.0", &w));
    assert_string_equal(w.product, "Windows 2000");
    assert_true(windows_name_of_native(&arena, "Windows Server 2003 R2 3790 Service Pack 2", &w));
    assert_string_equal(w.product, "Windows Server 2003 R2");
    assert_false(windows_name_of_native(&arena, "Windows 6.1", &w)); /* as Samba calls itself */
    assert_false(windows_name_of_native(&arena, "Windows NT 4.0", &w));
    assert_false(windows_name_of_native(&arena, "Windows 99999999999999999999", &w));
    assert_false(windows_name_of_native(&arena, "Unix", &w));
    assert_false(windows_name_of_native(&arena, NULL, &w));
}

static void versions_tell_whose_they_are(void **state)
{
    static const struct {
        struct ntlm_challenge c;
        bool windows, samba;
    } cases[] = {
        {{.has_version = true, .major = 10, .build = 17763, .revision = 15}, true, false},
        {{.has_version = true, .major = 10, .build = 31000, .revision = 15}, true, false},
        {{.has_version = true, .major = 10, .build = 17763, .revision = 0}, false, false},
        {{.has_version = true, .major = 6, .minor = 1, .build = 0, .revision = 15}, false, true},
        {{.has_version = true, .major = 6, .minor = 1, .build = 7600, .revision = 15}, true, false},
        {{.has_version = true, .major = 0, .revision = 15}, false, false},
        {{.has_version = true, .major = 10, .build = 1, .revision = 15}, false, false},
        {{.has_version = false, .major = 10, .build = 17763, .revision = 15}, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(naming_is_windows(&cases[i].c), cases[i].windows);
        assert_int_equal(naming_is_samba(&cases[i].c), cases[i].samba);
    }
}

static void a_host_without_domain_tells_none(void **state)
{
    struct ntlm_challenge c = {.netbios_computer = "RLAB", .netbios_domain = "rlab"};
    assert_null(naming_domain(&c));
    c.netbios_domain = "CORP";
    assert_string_equal(naming_domain(&c), "CORP");
}

static void system_cpes_have_one_place(void **state)
{
    struct service_record s = {.cpe = {"cpe:/a:microsoft:iis", ANY}, .cpe_count = 2};
    naming_system_cpe(&s, ANY "_server_2022");
    assert_int_equal(s.cpe_count, 2);
    assert_string_equal(s.cpe[1], ANY "_server_2022");
    naming_system_cpe(&s, ANY); /* says less */
    assert_string_equal(s.cpe[1], ANY "_server_2022");
    naming_system_cpe(&s, "cpe:/o:linux:linux_kernel"); /* says something else */
    assert_string_equal(s.cpe[1], ANY "_server_2022");
}

static void clocks_are_told(void **state)
{
    const int64_t second = 1000 * 1000;
    assert_string_equal(moment_text(&arena, 1700784000 * second), "2023-11-24T00:00:00Z");
    assert_null(moment_text(&arena, 0));
    assert_null(moment_text(&arena, -second));
    assert_string_equal(moment_skew(&arena, second / 2), "as ours");
    assert_string_equal(moment_skew(&arena, -3 * second), "3 s behind ours");
    assert_string_equal(moment_skew(&arena, 600 * second), "10 min ahead of ours");
    assert_string_equal(moment_skew(&arena, 7200 * second), "2.0 h ahead of ours");
    assert_string_equal(moment_skew(&arena, -86400LL * 1000 * second), "1000 days behind ours");
}

/* ---- labels */

static void hear(struct hearsay *h, uint16_t port, const char *label)
{
    struct heard k = {.teller = MSRPC_TELLER, .proto = PROTO_TCP, .port = port, .service = "msrpc", .label = label};
    hearsay_add(h, &k);
}

static void ports_are_labelled(void **state)
{
    struct hearsay h;
    hearsay_init(&h);
    hear(&h, 49664, "mgmt");
    hear(&h, 49664, "samr");
    hear(&h, 49664, "lsarpc");
    hear(&h, 49664, "KeyIso");
    hear(&h, 49664, "netlogon");
    struct service_record unnamed = {0}, table = {.name = "unknown", .method = METHOD_TABLE},
                          rpc = {.name = "msrpc", .method = METHOD_PROBED, .conf = 7};
    struct service_record other = {.name = "http", .method = METHOD_PROBED}, elsewhere = {0};
    msrpc_label(&unnamed, &arena, &h, PROTO_TCP, 49664);
    assert_string_equal(unnamed.name, "msrpc");
    assert_string_equal(unnamed.info, "samr, lsarpc, KeyIso, ...");
    assert_int_equal(unnamed.conf, CONF_SOFT);
    assert_true(unnamed.soft);
    const struct detail *d = detail_find(unnamed.details, "msrpc");
    assert_int_equal(value_count(value_get(d->values, "mapped")), 5);
    assert_string_equal(d->verbose_lines->first->text, "the endpoint mapper says: samr, lsarpc, KeyIso, netlogon");
    msrpc_label(&table, &arena, &h, PROTO_TCP, 49664);
    assert_string_equal(table.name, "msrpc");
    msrpc_label(&rpc, &arena, &h, PROTO_TCP, 49664);
    assert_int_equal(rpc.conf, 7);
    assert_string_equal(rpc.info, "samr, lsarpc, KeyIso, ...");
    msrpc_label(&other, &arena, &h, PROTO_TCP, 49664);
    assert_null(other.info);
    assert_null(other.details);
    msrpc_label(&elsewhere, &arena, &h, PROTO_TCP, 49665);
    msrpc_label(&elsewhere, &arena, &h, PROTO_UDP, 49664);
    assert_null(elsewhere.name);
    hearsay_free(&h);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(builds_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_alone_name_old_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(versions_tell_whose_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_host_without_domain_tells_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(system_cpes_have_one_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clocks_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ports_are_labelled, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
