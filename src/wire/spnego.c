/* spnego.c owns the tokens of SPNEGO. */
#include "wire/spnego.h"

#include "wire/der.h"

enum { APPLICATION = 0x60, OID = 0x06, SEQUENCE = 0x30, OCTETS = 0x04, GENERAL_STRING = 0x1b, FIELD_0 = 0xa0 };

#define OID_OF(text)                                                                                                                       \
    {                                                                                                                                      \
        (const uint8_t *)(text), sizeof(text) - 1                                                                                          \
    }

static const struct bytes SPNEGO = OID_OF("\x2b\x06\x01\x05\x05\x02"); /* 1.3.6.1.5.5.2 */
static const struct bytes NTLMSSP = OID_OF("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a");
static const struct bytes NEGOEX = OID_OF("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e");

static const struct {
    struct bytes oid;
    const char *name;
    bool windows;
} mechs[] = {
    {OID_OF("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"), "NTLMSSP", true},
    {OID_OF("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e"), "NEGOEX", true},
    {OID_OF("\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"), "MS-KRB5", true}, /* 1.2.840.48018.1.2.2: with a bit lost */
    {OID_OF("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"), "KRB5", true},
    {OID_OF("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03"), "KRB5 user to user", true},
    {OID_OF("\x2b\x06\x01\x05\x02\x05"), "IAKERB", false}, /* Apple; Windows too some day, beside NEGOEX */
    {OID_OF("\x2b\x06\x01\x05\x02\x07"), "PKU2U", false}, /* Apple's local key distribution */
    {OID_OF("\x2a\x85\x70\x2b\x0e\x02"), "SCRAM", false},
};
enum { MECHS = sizeof mechs / sizeof *mechs };

static size_t find(struct bytes oid)
{
    size_t i = 0;
    while (i < MECHS && !bytes_equal(mechs[i].oid, oid))
        i++;
    return i;
}

const char *spnego_mech_name(struct bytes oid)
{
    size_t i = find(oid);
    return i < MECHS ? mechs[i].name : NULL;
}

bool spnego_is_windows_mech(struct bytes oid)
{
    size_t i = find(oid);
    return i < MECHS && mechs[i].windows;
}

bool spnego_is_negoex(struct bytes oid)
{
    return bytes_equal(oid, NEGOEX);
}

/* [0] { SEQUENCE { OID ... } } */
static void read_mechs(struct bytes field, struct spnego_offer *o)
{
    struct reader r = reader_of(field);
    struct bytes list = {0}, oid;
    der_take(&r, SEQUENCE, &list);
    r = reader_of(list);
    while (reader_left(&r) && o->mech_count < SPNEGO_MECHS && der_take(&r, OID, &oid))
        o->mechs[o->mech_count++] = oid;
}

/* [3] { SEQUENCE { [0] { GeneralString } } }. Elsewhere (RFC 4178) the third field is a checksum: then there is no hint. */
static void read_hint(struct bytes field, struct spnego_offer *o)
{
    struct reader r = reader_of(field);
    struct bytes list, name;
    if (!der_take(&r, SEQUENCE, &list))
        return;
    r = reader_of(list);
    if (!der_take(&r, FIELD_0, &name))
        return;
    r = reader_of(name);
    if (!der_take(&r, GENERAL_STRING, &o->hint))
        o->hint = bytes_of(NULL, 0);
}

bool spnego_read_offer(struct bytes token, struct spnego_offer *out)
{
    struct reader r = reader_of(token);
    struct bytes inside = {0}, oid = {0}, choice = {0}, list = {0}, field;
    uint8_t tag;
    *out = (struct spnego_offer){0};
    der_take(&r, APPLICATION, &inside);
    r = reader_of(inside);
    if (!der_take(&r, OID, &oid) || !bytes_equal(oid, SPNEGO) || !der_take(&r, FIELD_0, &choice))
        return false;
    r = reader_of(choice);
    if (!der_take(&r, SEQUENCE, &list))
        return false;
    r = reader_of(list);
    while (reader_left(&r) && der_next(&r, &tag, &field)) {
        if (tag == FIELD_0)
            read_mechs(field, out);
        else if (tag == FIELD_0 + 3)
            read_hint(field, out);
    }
    return out->mech_count > 0;
}

bool spnego_write_init(struct buf *out, struct bytes ntlm)
{
    size_t start = out->len;
    bool ok = buf_append(out, SPNEGO.at, SPNEGO.len) && der_wrap(out, start, OID);
    size_t choice = out->len;
    ok = ok && buf_append(out, NTLMSSP.at, NTLMSSP.len) && der_wrap(out, choice, OID) && der_wrap(out, choice, SEQUENCE) &&
         der_wrap(out, choice, FIELD_0);
    size_t token = out->len;
    ok = ok && buf_append(out, ntlm.at, ntlm.len) && der_wrap(out, token, OCTETS) && der_wrap(out, token, FIELD_0 + 2);
    return ok && der_wrap(out, choice, SEQUENCE) && der_wrap(out, choice, FIELD_0) && der_wrap(out, start, APPLICATION);
}
