/* target_expr.c owns reading one target expression, and its space of addresses. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "targets/targets.h"

/* What is being read, for complaints. */
struct parse {
    const char *what;
    const char *text;
    struct diags *diags;
};

static bool complain(const struct parse *p, const char *message)
{
    diags_add(p->diags, DIAG_ERROR, p->what, 0, 0, "%s: \"%.100s\"", message, p->text);
    return false;
}

/* ---- networks: an address and a prefix length */

static unsigned bits_of(const struct addr *a)
{
    return a->family == 4 ? 32 : 128;
}

static void set_network(struct target_expr *e, struct addr base, int prefix)
{
    unsigned bits = bits_of(&base);
    unsigned kept = prefix < 0 || (unsigned)prefix > bits ? bits : (unsigned)prefix;

    for (unsigned bit = kept; bit < bits; bit++)
        base.octet[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    e->kind = TARGET_ADDRESSES;
    e->octets = false;
    e->base = base;
    e->prefix = (int)kept;
    e->count = bits - kept >= 64 ? UINT64_MAX : 1ULL << (bits - kept);
}

/* ---- octet ranges */

static void allow(struct target_expr *e, unsigned octet, unsigned value)
{
    e->allowed[octet][value / 32] |= 1U << value % 32;
}

static bool allows(const struct target_expr *e, unsigned octet, unsigned value)
{
    return e->allowed[octet][value / 32] >> value % 32 & 1;
}

static unsigned allowed_count(const struct target_expr *e, unsigned octet)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 8; i++)
        n += (unsigned)__builtin_popcount(e->allowed[octet][i]);
    return n;
}

/* Digits up to 255; `open` when there are none. */
static bool read_value(const char **at, unsigned open, unsigned *out)
{
    unsigned value = 0;
    const char *start = *at;

    for (; text_is_digit((unsigned char)**at); (*at)++) {
        value = value * 10 + (unsigned)(**at - '0');
        if (value > 255)
            return false;
    }
    *out = *at == start ? open : value;
    return true;
}

/* "5" "1-3" "-3" "250-" "-" "*" and commas between them. */
static const char *read_octet(struct target_expr *e, unsigned octet, const char *at, const char **why)
{
    for (;;) {
        unsigned low = 0, high = 255;
        const char *start = at;
        *why = "octet is greater than 255";
        if (*at == '*') {
            at++;
        } else {
            if (!read_value(&at, 0, &low))
                return NULL;
            bool ranged = *at == '-';
            if (!ranged)
                high = low;
            else if (at++, !read_value(&at, 255, &high))
                return NULL;
        }
        *why = at == start ? "octet is missing" : "octet range runs backwards";
        if (at == start || low > high)
            return NULL;
        for (unsigned value = low; value <= high; value++)
            allow(e, octet, value);
        if (*at != ',')
            return at;
        at++;
    }
}

/* With a prefix the octets are those of networks: every value that agrees with an allowed one in the kept bits is allowed. */
static void widen(struct target_expr *e, unsigned prefix)
{
    for (unsigned octet = 0; octet < 4; octet++) {
        unsigned kept = prefix <= octet * 8 ? 0 : prefix - octet * 8;
        unsigned free_bits = kept >= 8 ? 0 : 0xffU >> kept;
        struct target_expr before = *e;
        for (unsigned value = 0; value < 256; value++)
            if (allows(&before, octet, value))
                for (unsigned low = 0; low <= free_bits; low++)
                    allow(e, octet, (value & ~free_bits) | low);
    }
}

static bool read_octets(const struct parse *p, const char *text, int prefix, struct target_expr *e)
{
    const char *at = text, *why;

    for (unsigned octet = 0; octet < 4; octet++) {
        at = read_octet(e, octet, at, &why);
        if (!at)
            return complain(p, why);
        if (*at != (octet < 3 ? '.' : 0))
            return complain(p, "an IPv4 address has four octets");
        at++;
    }
    if (prefix >= 0)
        widen(e, (unsigned)prefix);
    e->kind = TARGET_ADDRESSES;
    e->octets = true;
    e->base.family = 4;
    e->count = 1;
    for (unsigned octet = 0; octet < 4; octet++)
        e->count *= allowed_count(e, octet);
    return true;
}

/* ---- names */

/* RFC 1123, section 2.1; the underscore is not of it but is in use. */
static bool is_host_name(const char *text)
{
    size_t len = strlen(text), label = 0;

    if (len == 0 || len > LIMIT_HOST_NAME || text[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dot = text[i] == '.';
        if (dot ? label == 0 : !text_is_alnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
        label = dot ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return true;
}

static bool read_name(const struct parse *p, const char *text, int prefix, struct target_expr *e)
{
    if (!is_host_name(text))
        return complain(p, "neither an address nor a host name");
    e->kind = TARGET_NAME;
    e->name = must_strdup(text);
    e->prefix = prefix;
    e->count = 1;
    return true;
}

/* ---- the expression */

/* Cuts "/24" off; -1 when there is none. */
static bool cut_prefix(const struct parse *p, char *text, int *prefix)
{
    char *slash = strchr(text, '/');
    uint64_t length;

    *prefix = -1;
    if (!slash)
        return true;
    *slash = 0;
    uint64_t max = strchr(text, ':') ? 128 : text[strspn(text, "0123456789.-,*")] ? 128 : 32;
    if (!text_number(slash + 1, max, &length))
        return complain(p, max == 32 ? "prefix length must be 0 to 32" : "prefix length must be 0 to 128");
    *prefix = (int)length;
    return true;
}

/* "[::1]" is "::1". */
static bool cut_brackets(const struct parse *p, char *text)
{
    size_t len = strlen(text);

    if (text[0] != '[')
        return true;
    if (text[len - 1] != ']' || !memchr(text, ':', len))
        return complain(p, "brackets must hold an IPv6 address");
    memmove(text, text + 1, len - 2);
    text[len - 2] = 0;
    return true;
}

static bool check_bytes(const struct parse *p)
{
    size_t len = strlen(p->text);

    if (len == 0)
        return complain(p, "target is empty");
    if (len > LIMIT_TARGET_TEXT)
        return complain(p, "target is too long");
    for (size_t i = 0; i < len; i++)
        if (!text_is_printable((unsigned char)p->text[i]) || p->text[i] == ' ')
            return complain(p, "white space or a special character in a target");
    return true;
}

bool target_expr_parse(const char *what, const char *text, struct target_expr *out, struct diags *d)
{
    struct parse p = {what, text, d};
    struct target_expr e = {.prefix = -1};
    char copy[LIMIT_TARGET_TEXT + 1];
    struct addr address;
    int prefix;

    if (!check_bytes(&p))
        return false;
    memcpy(copy, text, strlen(text) + 1);
    if (!cut_prefix(&p, copy, &prefix) || !cut_brackets(&p, copy))
        return false;

    bool ok = true;
    if (addr_parse(copy, &address))
        set_network(&e, address, prefix);
    else if (strchr(copy, ':'))
        ok = complain(&p, "not an IPv6 address");
    else if (copy[0] && !copy[strspn(copy, "0123456789.-,*")])
        ok = read_octets(&p, copy, prefix, &e);
    else
        ok = read_name(&p, copy, prefix, &e);
    if (ok)
        *out = e;
    return ok;
}

void target_expr_free(struct target_expr *e)
{
    free(e->name);
    *e = (struct target_expr){0};
}

/* The n-th allowed value of an octet. */
static uint8_t nth_allowed(const struct target_expr *e, unsigned octet, unsigned n)
{
    unsigned value = 0;

    while (!allows(e, octet, value) || n-- > 0)
        value++;
    return (uint8_t)value;
}

struct addr target_expr_at(const struct target_expr *e, uint64_t index)
{
    struct addr a = e->base;

    if (e->octets) {
        for (unsigned octet = 4; octet-- > 0;) {
            unsigned n = allowed_count(e, octet);
            a.octet[octet] = nth_allowed(e, octet, (unsigned)(index % n));
            index /= n;
        }
        return a;
    }
    /* The network's host bits are zero, so that there is nothing to carry. */
    for (unsigned octet = bits_of(&a) / 8; octet-- > 0 && index > 0; index >>= 8)
        a.octet[octet] |= (uint8_t)index;
    return a;
}

void target_expr_resolve(struct target_expr *e, const struct addr *to)
{
    set_network(e, *to, e->prefix);
}
