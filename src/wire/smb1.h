/*
 * smb1.h owns SMB 1 (MS-SMB, MS-CIFS) as far as a stranger sees it: what NEGOTIATE tells, and the challenge and the names in the answer to
 * SESSION_SETUP_ANDX. Messages are without their frame (wire/nbss.h).
 */
#ifndef DESCRY_WIRE_SMB1_H
#define DESCRY_WIRE_SMB1_H

#include "base/arena.h"
#include "base/bytes.h"

enum {
    SMB1_NO_DIALECT = 0xffff,
    SMB1_SIGNING_ENABLED = 4,
    SMB1_SIGNING_REQUIRED = 8,
};

/* What the server is like (MS-CIFS 2.2.4.52.2, MS-SMB 2.2.4.5.2). Bytes are views into the message, texts in the arena. */
struct smb1_negotiated {
    uint16_t dialect;                   /* 0: the one that was offered; SMB1_NO_DIALECT: none */
    uint8_t security_mode;
    uint32_t capabilities;
    uint64_t time;                      /* FILETIME */
    int16_t zone;                       /* minutes west of Greenwich */
    bool extended;                      /* a session may begin with a token; else the following two are known at once */
    struct bytes guid, security;
    const char *domain, *server;
};

struct smb1_session {
    uint32_t status;                    /* 0xc0000016: go on */
    struct bytes security;
    const char *native_os, *native_lanman, *domain;
};

bool smb1_is_message(struct bytes message);
/* Offers "NT LM 0.12" alone, with extended security. */
bool smb1_write_negotiate(struct buf *out);
bool smb1_write_session_setup(struct buf *out, struct bytes token);

enum decoded smb1_read_negotiated(struct bytes message, struct arena *a, struct smb1_negotiated *out);
enum decoded smb1_read_session(struct bytes message, struct arena *a, struct smb1_session *out);

#endif
