/*
 * smb2.h owns SMB 2 and 3 (MS-SMB2) as far as a stranger sees it: what NEGOTIATE tells, and the challenge in the answer to SESSION_SETUP. Messages are
 * without their frame (wire/nbss.h).
 */
#ifndef DESCRY_WIRE_SMB2_H
#define DESCRY_WIRE_SMB2_H

#include "base/bytes.h"

enum {
    SMB2_SIGNING_ENABLED = 1,
    SMB2_SIGNING_REQUIRED = 2,
    SMB2_DIALECT_ANY = 0x02ff,          /* answers a negotiation in SMB 1: "ask me again in SMB 2" */
    SMB2_ALGORITHMS = 8,
    SMB2_SALT = 32
};

struct smb2_algorithms {
    uint16_t ids[SMB2_ALGORITHMS];
    size_t count;
};

/* What the server chose and what it is like (2.2.4). Bytes are views into the message. */
struct smb2_negotiated {
    uint16_t security_mode;
    uint16_t dialect;
    struct bytes guid;                  /* 16 bytes */
    uint32_t capabilities;
    uint32_t max_transact, max_read, max_write;
    uint64_t time, started;             /* FILETIME; 0: not told */
    struct bytes security;              /* the SPNEGO offer */
    struct smb2_algorithms hashes, ciphers, compressions, signings; /* of dialect 3.1.1 */
    bool posix;                         /* the extensions for Unix */
};

bool smb2_is_message(struct bytes message);
/* All dialects from 2.0.2 to 3.1.1 with all their contexts. `message_id`: 0, or 1 after SMB2_DIALECT_ANY (3.2.5.2). */
bool smb2_write_negotiate(struct buf *out, uint64_t message_id, const uint8_t salt[SMB2_SALT]);
bool smb2_write_session_setup(struct buf *out, uint64_t message_id, struct bytes token);

/* BAD also if the server refuses. */
enum decoded smb2_read_negotiated(struct bytes message, struct smb2_negotiated *out);
/* `status` is the answer (0xc0000016: go on); `security` the token, empty where the server refused. */
enum decoded smb2_read_session(struct bytes message, uint32_t *status, struct bytes *security);

/* The field's names, "3.1.1", "AES-128-GCM"; NULL: unknown. */
const char *smb2_dialect_name(uint16_t dialect);
const char *smb2_cipher_name(uint16_t id);
const char *smb2_compression_name(uint16_t id);
const char *smb2_signing_name(uint16_t id);
/* Of one bit of the capabilities. */
const char *smb2_capability_name(uint32_t bit);

#endif
