/* smb_found.c owns the way from what a file server told to the port's facts: which system it is, lines and values of the detail "smb". */
#include "stages/smb_found.h"

#include "base/text.h"
#include "stages/moment.h"
#include "stages/naming.h"
#include "wire/filetime.h"
#include "wire/spnego.h"

#include <string.h>

enum { LINE_BYTES = 1024 };

/* ---- which system */

enum maker { MAKER_UNKNOWN, MAKER_WINDOWS, MAKER_SAMBA };

static struct bytes offer_of(const struct smb_found *f)
{
    return f->spoke2 && f->two.security.len ? f->two.security : f->one.security;
}

/* Other systems copy Windows' version, but not its mechanisms. */
static bool has_windows_mechs(const struct smb_found *f)
{
    struct spnego_offer o;
    bool all = true;
    if (!spnego_read_offer(offer_of(f), &o))
        return true; /* it makes no offer, or a bare one: nothing speaks against it */
    for (size_t i = 0; i < o.mech_count; i++) {
        if (spnego_is_negoex(o.mechs[i]))
            return true;
        all = all && spnego_is_windows_mech(o.mechs[i]);
    }
    return all;
}

static bool is_zero(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.at[i])
            return false;
    return true;
}

static const char SAMBA[] = "Samba ";

static enum maker maker_of(const struct smb_found *f)
{
    const char *manager = f->session.native_lanman, *os = f->session.native_os;
    if (manager)
        return text_starts(manager, SAMBA)                                             ? MAKER_SAMBA
               : text_starts(manager, "Windows ") && os && text_starts(os, "Windows ") ? MAKER_WINDOWS
                                                                                       : MAKER_UNKNOWN;
    if (f->challenged && naming_is_samba(&f->challenge))
        return MAKER_SAMBA;
    bool windows = f->challenged && naming_is_windows(&f->challenge) && has_windows_mechs(f) && !(f->spoke2 && is_zero(f->two.guid));
    return windows ? MAKER_WINDOWS : MAKER_UNKNOWN;
}

/* ---- the service */

static void be(struct service_record *s, const char *name, const char *product)
{
    s->name = name;
    s->product = product;
    s->version = s->info = NULL;
    s->cpe_count = 0;
    s->method = METHOD_PROBED;
    s->conf = CONF_PRODUCT;
    s->soft = false;
    s->note = NULL;
}

static const char *name_of(const struct smb_found *f)
{
    return f->netbios ? "netbios-ssn" : "microsoft-ds";
}

static void name_windows(struct task *t, const struct smb_found *f)
{
    struct service_record *s = &t->facts.service;
    const struct ntlm_challenge *c = &f->challenge;
    struct windows_name w;
    if (f->challenged && c->has_version)
        windows_name_of(&t->arena, c->major, c->minor, c->build, f->session.native_os, &w);
    else if (!windows_name_of_native(&t->arena, f->session.native_os, &w))
        return;
    be(s, name_of(f), w.product);
    if (w.build)
        s->info = arena_printf(&t->arena, "build %u", w.build);
    s->os = "Windows";
    naming_system_cpe(s, w.cpe);
}

/* "4.17.12" of "4.17.12-Debian": what a CPE may say. */
static const char *release_of(struct arena *a, const char *version)
{
    size_t n = 0;
    while (text_is_digit((uint8_t)version[n]) || (n && version[n] == '.' && text_is_digit((uint8_t)version[n + 1])))
        n++;
    return n ? arena_strndup(a, version, n) : NULL;
}

static const struct {
    const char *suffix, *os, *cpe;
} distributions[] = {
    {"-Debian", "Linux", "cpe:/o:debian:debian_linux"},
    {"-Ubuntu", "Linux", "cpe:/o:canonical:ubuntu_linux"},
};

static void name_distribution(struct service_record *s, const char *version)
{
    for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++)
        if (strstr(version, distributions[i].suffix)) {
            s->os = distributions[i].os;
            naming_system_cpe(s, distributions[i].cpe);
        }
}

static const char *workgroup_of(const struct smb_found *f)
{
    if (f->session.domain)
        return f->session.domain;
    if (f->one.domain)
        return f->one.domain;
    return f->challenged ? naming_domain(&f->challenge) : NULL;
}

static void name_samba(struct task *t, const struct smb_found *f)
{
    struct service_record *s = &t->facts.service;
    struct arena *a = &t->arena;
    const char *manager = f->session.native_lanman, *workgroup = workgroup_of(f);
    const char *version = manager ? manager + strlen(SAMBA) : NULL, *release = version ? release_of(a, version) : NULL;
    be(s, "netbios-ssn", "Samba smbd");
    s->os = NULL;
    if (release && strlen(version) <= LIMIT_FIELD_SHORT)
        s->version = version;
    s->cpe[s->cpe_count++] = s->version ? arena_printf(a, "cpe:/a:samba:samba:%s", release) : "cpe:/a:samba:samba";
    if (workgroup && strlen(workgroup) < LIMIT_FIELD_SHORT)
        s->info = arena_printf(a, "workgroup: %s", workgroup);
    if (s->version)
        name_distribution(s, version);
}

static void name_host(struct task *t, const struct smb_found *f)
{
    struct service_record *s = &t->facts.service;
    const char *host = f->challenged ? naming_host(&f->challenge) : f->one.server;
    if (host && strlen(host) <= LIMIT_FIELD_SHORT)
        s->hostname = host;
}

/* SMB it is, though identification did not get to hear it. */
static void name_at_least(struct task *t, const struct smb_found *f)
{
    struct service_record *s = &t->facts.service;
    if (s->name && !s->soft)
        return;
    be(s, s->name ? s->name : name_of(f), NULL);
    s->conf = CONF_GENERIC;
}

/* ---- lines */

static void add(struct buf *line, const char *text)
{
    if (text)
        buf_printf(line, "%s%s", line->len ? ", " : "", text);
}

static void end_line(struct arena *a, struct value *lines, struct buf *line)
{
    if (line->len)
        value_text(a, lines, NULL, buf_text(line));
    buf_clear(line);
}

static const char *dialect_of(struct arena *a, const struct smb_found *f)
{
    const char *name = smb2_dialect_name(f->two.dialect);
    return name ? name : arena_printf(a, "0x%04x", f->two.dialect);
}

static const char *signing_of(const struct smb_found *f)
{
    if (f->spoke2)
        return f->two.security_mode & SMB2_SIGNING_REQUIRED  ? "required"
               : f->two.security_mode & SMB2_SIGNING_ENABLED ? "enabled"
                                                             : "disabled";
    return f->one.security_mode & SMB1_SIGNING_REQUIRED ? "required" : f->one.security_mode & SMB1_SIGNING_ENABLED ? "enabled" : "disabled";
}

static const char *const one_words[] = {NULL, "SMB 1 not offered", "SMB 1 offered"};

typedef const char *name_fn(uint16_t id);

static void add_names(struct buf *line, const char *what, const struct smb2_algorithms *list, name_fn *name)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *text = name(list->ids[i]);
        if (text)
            buf_printf(line, "%s%s%s", line->len ? ", " : "", i ? "" : what, text);
    }
}

static int64_t clock_of(const struct smb_found *f)
{
    int64_t us;
    return filetime_to_us(f->spoke2 ? f->two.time : f->one.time, &us) ? us : 0;
}

/* Against the middle between question and answer. */
static int64_t skew_of(const struct smb_found *f)
{
    return clock_of(f) - (f->asked_at && f->asked_at < f->clock_at ? f->asked_at + (f->clock_at - f->asked_at) / 2 : f->clock_at);
}

static void clock_line(struct arena *a, struct buf *line, const struct smb_found *f)
{
    int64_t started;
    const char *clock = moment_text(a, clock_of(f));
    if (!clock)
        return;
    buf_printf(line, "clock %s, %s", clock, moment_skew(a, skew_of(f)));
    if (f->spoke2 && filetime_to_us(f->two.started, &started))
        buf_printf(line, ", up since %s", moment_text(a, started));
}

static void add_lines(struct arena *a, struct value *lines, const struct smb_found *f)
{
    struct buf line;
    buf_init(&line, LINE_BYTES);
    add(&line, f->spoke2 ? arena_printf(a, "SMB %s", dialect_of(a, f)) : NULL);
    add(&line, one_words[f->one_offered]);
    add(&line, arena_printf(a, "signing %s", signing_of(f)));
    add_names(&line, "encryption ", &f->two.ciphers, smb2_cipher_name);
    add_names(&line, "compression ", &f->two.compressions, smb2_compression_name);
    end_line(a, lines, &line);
    if (f->challenged)
        naming_lines(a, lines, &f->challenge);
    if (f->session.native_os)
        buf_printf(&line, "native OS %s", f->session.native_os);
    if (f->session.native_lanman)
        add(&line, arena_printf(a, "LAN manager %s", f->session.native_lanman));
    if (f->session.domain)
        add(&line, arena_printf(a, "workgroup or domain %s", f->session.domain));
    end_line(a, lines, &line);
    clock_line(a, &line, f);
    end_line(a, lines, &line);
    buf_free(&line);
}

/* ---- values */

static void guid_value(struct arena *a, struct value *table, struct bytes guid)
{
    struct reader r = reader_of(guid);
    if (guid.len != 16 || is_zero(guid))
        return;
    uint32_t first = reader_le32(&r);
    uint16_t second = reader_le16(&r), third = reader_le16(&r), fourth = reader_be16(&r);
    uint64_t rest = (uint64_t)reader_be16(&r) << 32;
    rest |= reader_be32(&r);
    value_printf(a, table, "server_guid", "%08x-%04x-%04x-%04x-%012llx", first, second, third, fourth, (unsigned long long)rest);
}

static void names_value(struct arena *a, struct value *table, const char *key, const struct smb2_algorithms *list, name_fn *name)
{
    struct value *names = list->count ? value_list(a, table, key) : NULL;
    for (size_t i = 0; i < list->count; i++) {
        const char *text = name(list->ids[i]);
        if (text)
            value_text(a, names, NULL, text);
        else
            value_printf(a, names, NULL, "%u", list->ids[i]);
    }
}

static void oid_text(struct buf *out, struct bytes oid)
{
    uint32_t part = 0;
    for (size_t i = 0; i < oid.len; i++) {
        part = part << 7 | (oid.at[i] & 0x7f);
        if (oid.at[i] & 0x80)
            continue;
        if (!out->len)
            buf_printf(out, "%u.%u", part / 40, part % 40);
        else
            buf_printf(out, ".%u", part);
        part = 0;
    }
}

static void mechs_value(struct arena *a, struct value *table, const struct smb_found *f)
{
    struct spnego_offer o;
    if (!spnego_read_offer(offer_of(f), &o))
        return;
    struct value *names = value_list(a, table, "mechanisms");
    for (size_t i = 0; i < o.mech_count; i++) {
        struct buf text;
        buf_init(&text, LINE_BYTES);
        oid_text(&text, o.mechs[i]);
        const char *name = spnego_mech_name(o.mechs[i]);
        value_text(a, names, NULL, name ? name : buf_text(&text));
        buf_free(&text);
    }
}

static void smb2_values(struct arena *a, struct value *table, const struct smb_found *f)
{
    const struct smb2_negotiated *n = &f->two;
    int64_t started;
    value_text(a, table, "dialect", dialect_of(a, f));
    guid_value(a, table, n->guid);
    struct value *capabilities = value_list(a, table, "capabilities");
    for (uint32_t bit = 1; bit; bit <<= 1)
        if (n->capabilities & bit && smb2_capability_name(bit))
            value_text(a, capabilities, NULL, smb2_capability_name(bit));
    value_number(a, table, "max_transact", n->max_transact);
    value_number(a, table, "max_read", n->max_read);
    value_number(a, table, "max_write", n->max_write);
    names_value(a, table, "ciphers", &n->ciphers, smb2_cipher_name);
    names_value(a, table, "compression", &n->compressions, smb2_compression_name);
    names_value(a, table, "signing_algorithms", &n->signings, smb2_signing_name);
    if (n->posix)
        value_flag(a, table, "posix", true);
    if (filetime_to_us(n->started, &started))
        value_text(a, table, "started", moment_text(a, started));
}

static void add_values(struct arena *a, struct value *table, const struct smb_found *f)
{
    if (f->spoke2)
        smb2_values(a, table, f);
    if (f->one_offered != SMB1_NOT_KNOWN)
        value_flag(a, table, "smb1", f->one_offered == SMB1_OFFERED);
    value_text(a, table, "signing", signing_of(f));
    if (clock_of(f)) {
        value_text(a, table, "time", moment_text(a, clock_of(f)));
        value_number(a, table, "clock_skew_ms", skew_of(f) / 1000);
    }
    if (!f->spoke2)
        guid_value(a, table, f->one.guid);
    mechs_value(a, table, f);
    if (f->challenged)
        naming_values(a, value_table(a, table, "ntlm"), &f->challenge);
    else if (f->status)
        value_printf(a, table, "session_status", "0x%08x", f->status);
    value_text(a, table, "native_os", f->session.native_os);
    value_text(a, table, "native_lan_manager", f->session.native_lanman);
    value_text(a, table, "workgroup", workgroup_of(f));
    value_text(a, table, "smb1_server", f->one.server);
}

void smb_found_report(struct task *t, const struct smb_found *f)
{
    struct arena *a = &t->arena;
    if (!f->spoke2 && f->one_offered != SMB1_OFFERED)
        return;
    name_at_least(t, f);
    enum maker maker = maker_of(f);
    if (maker == MAKER_WINDOWS)
        name_windows(t, f);
    else if (maker == MAKER_SAMBA)
        name_samba(t, f);
    name_host(t, f);
    struct detail *d = detail_add(&t->facts.details, a, "smb", DETAIL_STAGE);
    struct value *lines = value_list(a, NULL, NULL), *values = value_table(a, NULL, NULL);
    add_lines(a, lines, f);
    add_values(a, values, f);
    d->verbose_lines = lines;
    d->values = values;
}
