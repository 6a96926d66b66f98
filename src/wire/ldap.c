/* ldap.c owns the bind. */
#include "wire/ldap.h"

#include "wire/der.h"

bool ldap_write_bind(struct buf *out, struct bytes ntlm)
{
    enum { SEQUENCE = 0x30, OCTETS = 0x04, BIND = 0x60, SASL = 0xa3 };
    static const char head[] = "\2\1\1", version_and_name[] = "\2\1\3\4\0", mechanism[] = "GSS-SPNEGO";
    size_t start = out->len;
    bool ok = buf_append(out, head, sizeof head - 1);
    size_t bind = out->len;
    ok = ok && buf_append(out, version_and_name, sizeof version_and_name - 1);
    size_t sasl = out->len;
    ok = ok && buf_append_str(out, mechanism) && der_wrap(out, sasl, OCTETS);
    size_t token = out->len;
    return ok && buf_append(out, ntlm.at, ntlm.len) && der_wrap(out, token, OCTETS) && der_wrap(out, sasl, SASL) &&
           der_wrap(out, bind, BIND) && der_wrap(out, start, SEQUENCE);
}
