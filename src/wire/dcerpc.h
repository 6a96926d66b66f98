/*
 * dcerpc.h owns DCE/RPC over connections (C706 chapter 12, MS-RPCE) as far as a stranger needs it: a bind, calls without arguments worth the name,
 * the fragments of an answer. Numbers are little endian: servers answer in the order of who asks.
 */
#ifndef DESCRY_WIRE_DCERPC_H
#define DESCRY_WIRE_DCERPC_H

#include "base/bytes.h"

enum dcerpc_type {
    DCERPC_REQUEST = 0,
    DCERPC_RESPONSE = 2,
    DCERPC_FAULT = 3,
    DCERPC_BIND = 11,
    DCERPC_BIND_ACK = 12,
    DCERPC_BIND_NAK = 13
};
enum { DCERPC_FIRST = 1, DCERPC_LAST = 2, DCERPC_UUID = 16, DCERPC_CONTEXTS = 8, DCERPC_UUID_TEXT = 37, DCERPC_FRAGMENT = 4280 };

struct dcerpc_pdu {
    uint8_t type, flags;
    uint32_t call;
    struct bytes body;                  /* behind the common head, without what follows */
    struct bytes auth;                  /* the token at its end, or empty */
    size_t size;
};

/* The unit that begins here. BAD: another protocol, big endian, or longer than a reply is kept. */
enum decoded dcerpc_read(struct bytes stream, struct dcerpc_pdu *out);

struct dcerpc_interface {
    uint8_t uuid[DCERPC_UUID];          /* as on the wire */
    uint16_t major, minor;
};

/* Context i is interfaces[i]. `ntlm`: a first token of NTLM; empty: nobody in particular. */
bool dcerpc_write_bind(struct buf *out, const struct dcerpc_interface *interfaces, size_t count, struct bytes ntlm);
/* Which contexts were accepted. False: that is no answer to a bind. */
bool dcerpc_read_ack(const struct dcerpc_pdu *pdu, bool accepted[DCERPC_CONTEXTS]);

bool dcerpc_write_request(struct buf *out, uint32_t call, uint16_t context, uint16_t operation, struct bytes arguments);
/* The piece of the results that a response carries. */
bool dcerpc_read_response(const struct dcerpc_pdu *pdu, struct bytes *piece);

/* "e1af8308-5d1f-11c9-91a4-08002b14a0fa" */
const char *dcerpc_uuid_text(const uint8_t uuid[DCERPC_UUID], char out[DCERPC_UUID_TEXT]);

#endif
