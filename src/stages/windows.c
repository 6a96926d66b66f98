/* windows.c owns the table of Windows' builds. */
#include "stages/windows.h"

#include "base/limits.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ANY "cpe:/o:microsoft:windows"
#define CPE(rest) ANY "_" rest

struct release {
    uint8_t major, minor;
    uint16_t first, last; /* builds */
    const char *client, *client_cpe;
    const char *server, *server_cpe;
};

static const struct release releases[] = {
    {5, 0, 2195, 2195, "Windows 2000", CPE("2000"), NULL, NULL},
    {5, 1, 2600, 2600, "Windows XP", CPE("xp"), NULL, NULL},
    {5, 2, 3790, 3790, "Windows XP x64", CPE("xp"), "Windows Server 2003", CPE("server_2003")},
    {6, 0, 6000, 6000, "Windows Vista", CPE("vista"), NULL, NULL},
    {6, 0, 6001, 6001, "Windows Vista SP1", CPE("vista::sp1"), "Windows Server 2008", CPE("server_2008")},
    {6, 0, 6002, 6003, "Windows Vista SP2", CPE("vista::sp2"), "Windows Server 2008 SP2", CPE("server_2008::sp2")},
    {6, 1, 7600, 7600, "Windows 7", CPE("7"), "Windows Server 2008 R2", CPE("server_2008:r2")},
    {6, 1, 7601, 7601, "Windows 7 SP1", CPE("7::sp1"), "Windows Server 2008 R2 SP1", CPE("server_2008:r2:sp1")},
    {6, 2, 9200, 9200, "Windows 8", CPE("8"), "Windows Server 2012", CPE("server_2012")},
    {6, 3, 9600, 9600, "Windows 8.1", CPE("8.1"), "Windows Server 2012 R2", CPE("server_2012:r2")},
    {10, 0, 10240, 10240, "Windows 10 1507", CPE("10"), NULL, NULL},
    {10, 0, 10586, 10586, "Windows 10 1511", CPE("10"), NULL, NULL},
    {10, 0, 14393, 14393, "Windows 10 1607", CPE("10"), "Windows Server 2016", CPE("server_2016")},
    {10, 0, 15063, 15063, "Windows 10 1703", CPE("10"), NULL, NULL},
    {10, 0, 16299, 16299, "Windows 10 1709", CPE("10"), "Windows Server 1709", CPE("server")},
    {10, 0, 17134, 17134, "Windows 10 1803", CPE("10"), "Windows Server 1803", CPE("server")},
    {10, 0, 17763, 17763, "Windows 10 1809", CPE("10"), "Windows Server 2019", CPE("server_2019")},
    {10, 0, 18362, 18363, "Windows 10 1903 - 1909", CPE("10"), "Windows Server 1903 - 1909", CPE("server")},
    {10, 0, 19041, 19045, "Windows 10 2004 - 22H2", CPE("10"), "Windows Server 2004 - 20H2", CPE("server")},
    {10, 0, 20348, 20348, NULL, NULL, "Windows Server 2022", CPE("server_2022")},
    {10, 0, 22000, 22000, "Windows 11 21H2", CPE("11"), NULL, NULL},
    {10, 0, 22621, 22631, "Windows 11 22H2 - 23H2", CPE("11"), NULL, NULL},
    {10, 0, 25398, 25398, NULL, NULL, "Windows Server 23H2", CPE("server")},
    {10, 0, 26100, 26100, "Windows 11 24H2 - 25H2", CPE("11"), "Windows Server 2025", CPE("server_2025")},
    {10, 0, 26200, 26200, "Windows 11 25H2", CPE("11"), NULL, NULL},
    {10, 0, 28000, 28000, "Windows 11 26H1", CPE("11"), NULL, NULL},
};
enum { RELEASES = sizeof releases / sizeof *releases };

static const struct release *find(uint8_t major, uint8_t minor, uint16_t build)
{
    for (size_t i = 0; i < RELEASES; i++) {
        const struct release *r = &releases[i];
        if (r->major == major && r->minor == minor && build >= r->first && build <= r->last)
            return r;
    }
    return NULL;
}

bool windows_knows(uint8_t major, uint8_t minor, uint16_t build)
{
    return find(major, minor, build) != NULL;
}

/* ---- the text of SMB 1 */

static bool says_windows(const char *native_os)
{
    return native_os && text_starts(native_os, "Windows ");
}

/* "Windows Server 2012 R2 Standard 9600", "Windows Server (R) 2008 Standard 6002 Service Pack 2": servers' names say so. */
static bool says_server(const char *native_os)
{
    return strstr(native_os, "Server") != NULL || strstr(native_os, "Storage") != NULL;
}

/* The build is a number of four or five digits that stands for itself and is not a year; 0: none does. */
static uint16_t build_in(const char *text)
{
    for (const char *at = text; *at; at++) {
        size_t n = 0;
        while (n < 6 && text_is_digit((uint8_t)at[n]))
            n++;
        bool alone = (at == text || at[-1] == ' ') && (at[n] == ' ' || !at[n]);
        if (alone && (n == 4 || n == 5) && atoi(at) > 2100 && atoi(at) <= UINT16_MAX)
            return (uint16_t)atoi(at);
        at += n ? n - 1 : 0;
    }
    return 0;
}

/* "Windows Server 2016 Standard 14393" without the build and what stands behind it. */
static const char *edition_in(struct arena *a, const char *native_os, uint16_t build)
{
    const char *number = arena_printf(a, " %u", build), *at = strstr(native_os, number);
    size_t n = at ? (size_t)(at - native_os) : 0;
    return n && n <= LIMIT_FIELD_SHORT ? arena_strndup(a, native_os, n) : NULL;
}

/* ---- names */

static void name_both(struct arena *a, const struct release *r, struct windows_name *out)
{
    bool both = r->client && r->server;
    out->product = both ? arena_printf(a, "%s or %s", r->server, r->client) : r->client ? r->client : r->server;
    out->cpe = both ? ANY : r->client ? r->client_cpe : r->server_cpe;
}

static void name_one(struct arena *a, const struct release *r, const char *native_os, struct windows_name *out)
{
    const char *edition = edition_in(a, native_os, out->build);
    bool server = says_server(native_os) && r->server;
    if (!edition || (!server && !r->client)) {
        name_both(a, r, out);
        return;
    }
    out->product = edition;
    out->cpe = server ? r->server_cpe : r->client_cpe;
}

void windows_name_of(struct arena *a, uint8_t major, uint8_t minor, uint16_t build, const char *native_os, struct windows_name *out)
{
    const struct release *r = find(major, minor, build);
    *out = (struct windows_name){.product = "Windows", .cpe = ANY, .build = build};
    if (r && says_windows(native_os) && build_in(native_os) == build)
        name_one(a, r, native_os, out);
    else if (r)
        name_both(a, r, out);
}

bool windows_name_of_native(struct arena *a, const char *native_os, struct windows_name *out)
{
    if (!says_windows(native_os))
        return false;
    if (strcmp(native_os, "Windows 5.0") == 0 || strcmp(native_os, "Windows 5.1") == 0) {
        const struct release *r = &releases[native_os[10] == '1'];
        *out = (struct windows_name){.product = r->client, .cpe = r->client_cpe};
        return true;
    }
    uint16_t build = build_in(native_os);
    for (size_t i = 0; i < RELEASES && build; i++)
        if (build >= releases[i].first && build <= releases[i].last) {
            windows_name_of(a, releases[i].major, releases[i].minor, build, native_os, out);
            return true;
        }
    return false;
}
