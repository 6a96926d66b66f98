/*
 * ntlm.h owns NTLM (MS-NLMP) as far as a stranger sees it: the first message, and the challenge that answers it. Nobody is logged in: the third message,
 * which would carry a name, is never sent, so no failure is counted against any account.
 */
#ifndef DESCRY_WIRE_NTLM_H
#define DESCRY_WIRE_NTLM_H

#include "base/arena.h"
#include "base/bytes.h"

enum { NTLM_TARGET_IS_DOMAIN = 0x00010000, NTLM_TARGET_IS_SERVER = 0x00020000 };

/* What a challenge tells (2.2.1.2, 2.2.2.1). Texts are UTF-8 in the arena; NULL: not told. */
struct ntlm_challenge {
    uint32_t flags;
    const char *target;                 /* the domain, or the server where there is none */
    const char *netbios_computer, *netbios_domain;
    const char *dns_computer, *dns_domain, *dns_forest;
    uint64_t time;                      /* FILETIME; 0: not told */
    bool has_version;
    uint8_t major, minor;
    uint16_t build;
    uint8_t revision;                   /* 15 with Windows */
};

/* The first message: asks for names and version. */
struct bytes ntlm_negotiate(void);
/* The same in base64, with its final NUL. */
const char *ntlm_negotiate_base64(void);

/* A challenge that begins here. What stands behind it does no harm. */
bool ntlm_read_challenge(struct bytes message, struct arena *a, struct ntlm_challenge *out);
/* The first challenge anywhere in a reply: as it is, or in base64. */
bool ntlm_find_challenge(struct bytes reply, struct arena *a, struct ntlm_challenge *out);

#endif
