/* fuzz_smb.c owns the fuzzing of all codecs of SMB, NTLM and what stands around them: each reads the same bytes. */
#include "wire/credssp.h"
#include "wire/der.h"
#include "wire/epm.h"
#include "wire/nbns.h"
#include "wire/nbss.h"
#include "wire/ntlm.h"
#include "wire/smb1.h"
#include "wire/smb2.h"
#include "wire/spnego.h"
#include "wire/tds.h"
#include "wire/utf16.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void check_text(const char *text)
{
    if (text && strlen(text) > 4 * UTF16_TEXT_MAX)
        abort();
}

static void check_view(struct bytes whole, struct bytes part)
{
    if (part.len && (part.at < whole.at || part.at + part.len > whole.at + whole.len))
        abort();
}

static void fuzz_frames(struct bytes b, struct arena *a)
{
    struct nbss_frame f;
    struct smb2_negotiated two;
    struct smb1_negotiated one;
    struct smb1_session session;
    struct spnego_offer offer;
    struct bytes security;
    uint32_t status;
    struct bytes message = nbss_read(b, &f) == DECODED_OK ? f.body : b;
    if (smb2_read_negotiated(message, &two) == DECODED_OK) {
        check_view(b, two.security);
        check_view(b, two.guid);
        spnego_read_offer(two.security, &offer);
    }
    if (smb2_read_session(message, &status, &security) == DECODED_OK)
        check_view(b, security);
    if (smb1_read_negotiated(message, a, &one) == DECODED_OK)
        check_view(b, one.security);
    if (smb1_read_session(message, a, &session) == DECODED_OK) {
        check_view(b, session.security);
        check_text(session.native_lanman);
    }
    if (spnego_read_offer(message, &offer))
        for (size_t i = 0; i < offer.mech_count; i++)
            check_view(b, offer.mechs[i]);
}

static void fuzz_rpc(struct bytes b, struct arena *a)
{
    static struct epm_page page;
    const char *bindings[EPM_BINDINGS];
    bool accepted[DCERPC_CONTEXTS];
    struct dcerpc_pdu pdu;
    struct bytes piece = b;
    if (dcerpc_read(b, &pdu) == DECODED_OK) {
        check_view(b, pdu.body);
        check_view(b, pdu.auth);
        dcerpc_read_ack(&pdu, accepted);
        dcerpc_read_response(&pdu, &piece);
    }
    epm_read_page(piece, a, &page);
    if (epm_read_bindings(piece, a, bindings) > EPM_BINDINGS)
        abort();
}

static void fuzz_rest(struct bytes b, struct arena *a)
{
    struct ntlm_challenge c;
    struct nbns_status s;
    uint8_t addresses[NBNS_ADDRESSES][4];
    size_t n;
    if (ntlm_find_challenge(b, a, &c)) {
        check_text(c.target);
        check_text(c.netbios_computer);
    }
    if (nbns_read_status(b, &s) == DECODED_OK && s.count > NBNS_NAMES)
        abort();
    nbns_read_addresses(b, 0x1234, addresses, &n);
    rdp_read_confirm(b);
    tds_read_prelogin(b);
    der_length(b, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct arena arena;
    struct bytes b = bytes_of(at, len);
    arena_init(&arena);
    fuzz_frames(b, &arena);
    fuzz_rpc(b, &arena);
    fuzz_rest(b, &arena);
    arena_free(&arena);
    return 0;
}
