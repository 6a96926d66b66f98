/*
 * nbss.h owns the framing of SMB over tcp: four bytes before each message, the same at port 445 (MS-SMB2 2.1) and at 139, where a session of NetBIOS
 * (RFC 1002, 4.3) is asked for first.
 */
#ifndef DESCRY_WIRE_NBSS_H
#define DESCRY_WIRE_NBSS_H

#include "base/bytes.h"

enum nbss_type {
    NBSS_MESSAGE = 0x00,
    NBSS_REQUEST = 0x81,
    NBSS_ACCEPTED = 0x82,
    NBSS_REFUSED = 0x83,                /* one byte: why */
    NBSS_ELSEWHERE = 0x84,
    NBSS_KEEP_ALIVE = 0x85
};

struct nbss_frame {
    uint8_t type;
    struct bytes body;
    size_t size;                        /* with its head */
};

/* The frame that begins here. BAD: no such type, or longer than a reply is kept. */
enum decoded nbss_read(struct bytes stream, struct nbss_frame *out);

/* A session with whatever server is there ("*SMBSERVER"), asked for by nobody in particular. */
bool nbss_write_request(struct buf *out);
/* A message's head; what is appended then is the message; its length is filled in at the end. */
bool nbss_begin(struct buf *out, size_t *start);
bool nbss_end(struct buf *out, size_t start);

#endif
