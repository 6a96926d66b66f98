/* rpc.h owns the messages of ONC RPC version 2 (RFC 5531): calls, replies, and the record marking that carries them over streams. No I/O. */
#ifndef DESCRY_WIRE_RPC_H
#define DESCRY_WIRE_RPC_H

#include "base/bytes.h"

enum { RPC_PORTMAPPER = 100000 };

/* Flavors of authentication (section 8.2; RFC 9289, section 4.1). */
enum { RPC_AUTH_NONE = 0, RPC_AUTH_TLS = 7 };

struct rpc_call {
    uint32_t xid, program, version, procedure;
    uint32_t flavor;                    /* of the credential, whose body is empty */
};

/* Appends a call without arguments (section 9); with `record`, as one record of one fragment (section 11). False: it did not fit, nothing was appended. */
bool rpc_write_call(struct buf *out, const struct rpc_call *call, bool record);

/* What a server makes of a call: accept_stat and reject_stat in one (section 9). */
enum rpc_answer {
    RPC_SUCCESS,
    RPC_PROG_UNAVAIL,
    RPC_PROG_MISMATCH,                  /* low and high are the program's versions */
    RPC_PROC_UNAVAIL,
    RPC_GARBAGE_ARGS,
    RPC_SYSTEM_ERR,
    RPC_MISMATCH,                       /* another version of RPC itself: low and high */
    RPC_AUTH_ERROR,                     /* auth_stat says which */
    RPC_ANSWERS
};

struct rpc_reply {
    uint32_t xid;
    enum rpc_answer answer;
    uint32_t low, high;
    uint32_t auth_stat;
    uint32_t verifier_flavor;
    struct bytes verifier;              /* a view into the message */
    struct bytes results;               /* RPC_SUCCESS: what follows */
};

/*
 * Reads one whole message. OK: *out holds it (trailing bytes are tolerated). MORE: as far as it goes it is a reply, but it is cut short. BAD: it is
 * something else. *out is written in full in any case.
 */
enum decoded rpc_read_reply(struct bytes message, struct rpc_reply *out);
/* Does the server offer RPC over TLS (RFC 9289, section 4.1)? */
bool rpc_offers_tls(const struct rpc_reply *reply);
/* Does the answer say that the program exists? An authentication error does not. */
bool rpc_answer_claims(enum rpc_answer a);

/*
 * Takes the next record off a stream. OK: *message is the record, in `stream` itself or, if it came in fragments, in `joined` (cleared first; valid until
 * the next call), and *used bytes belong to it. MORE: it is not all there. BAD: an empty fragment that is not the last, more than LIMIT_RPC_FRAGMENTS,
 * more than LIMIT_RPC_RECORD, or an empty record.
 */
enum decoded rpc_read_record(struct bytes stream, struct buf *joined, struct bytes *message, size_t *used);

/* The service that a reply shows whatever question drew it: does it have the whole shape of an RPC reply? `record`: in a stream's form. */
bool rpc_has_reply_shape(struct bytes reply, bool record);

#endif
