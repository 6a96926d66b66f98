/*
 * msrpc_peer.h owns the answers of played name services, RPC servers and endpoint mappers (RFC 1002, C706, MS-RPCE, MS-DCOM), built by code that
 * has nothing in common with the readers.
 */
#ifndef DESCRY_TEST_MSRPC_PEER_H
#define DESCRY_TEST_MSRPC_PEER_H

#include "smb_peer.h"

static inline void peer_be16(struct buf *out, uint16_t value)
{
    buf_append_u8(out, (uint8_t)(value >> 8));
    buf_append_u8(out, (uint8_t)value);
}

/* ---- NetBIOS names */

static inline void peer_answer_head(struct buf *out, uint16_t id, uint16_t type, const char *encoded, uint16_t length)
{
    peer_be16(out, id);
    buf_append(out, "\x84\0\0\0\0\1\0\0\0\0\x20", 11);
    buf_append(out, encoded, 33);
    peer_be16(out, type);
    buf_append(out, "\0\1\0\0\0\0", 6);
    peer_be16(out, length);
}

static inline void peer_status(struct buf *out, uint16_t id)
{
    peer_answer_head(out, id, 0x21, "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1 + 4 * 18 + 46);
    buf_append(out, "\4PC1            \0\4\0WORKGROUP      \0\x84\0PC1             \4\0WORKGROUP      \x1e\x84\0", 1 + 4 * 18);
    buf_append(out, "\0\x1b\x21\xaa\xbb\xcc", 6);
    put_zeros(out, 40);
}

static inline void peer_addresses(struct buf *out, uint16_t id)
{
    peer_answer_head(out, id, 0x20, "FAEDDBCACACACACACACACACACACACACA", 12);
    buf_append(out, "\x60\0\xc0\0\2\x11\x60\0\x0a\0\0\7", 12);
}

/* ---- DCE/RPC */

static inline void peer_unit(struct buf *out, uint8_t type, uint8_t flags, uint32_t call, struct bytes body, struct bytes auth)
{
    buf_append(out, "\5\0", 2);
    buf_append_u8(out, type);
    buf_append_u8(out, flags);
    put_le32(out, 0x10);
    put_le16(out, (uint16_t)(16 + body.len + (auth.len ? 8 + auth.len : 0)));
    put_le16(out, (uint16_t)auth.len);
    put_le32(out, call);
    buf_append(out, body.at, body.len);
    if (auth.len)
        buf_append(out, "\x0a\2\0\0\0\0\0\0", 8);
    buf_append(out, auth.at, auth.len);
}

static inline void peer_ack(struct buf *out, const char *address, const bool *accepted, size_t count, struct bytes auth)
{
    struct buf b;
    buf_init(&b, 4096);
    put_le16(&b, 4280);
    put_le16(&b, 4280);
    put_le32(&b, 0x1234);
    put_le16(&b, (uint16_t)(strlen(address) + 1));
    buf_append(&b, address, strlen(address) + 1);
    put_zeros(&b, (4 - b.len % 4) % 4);
    put_le32(&b, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_le16(&b, accepted[i] ? 0 : 2);
        put_le16(&b, accepted[i] ? 0 : 1);
        buf_append(&b, "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\2\0\0\0", 20);
    }
    peer_unit(out, 12, 3, 1, buf_view(&b), auth);
    buf_free(&b);
}

static inline void peer_response(struct buf *out, uint8_t flags, uint32_t call, struct bytes piece)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    put_le32(&b, (uint32_t)piece.len);
    put_le32(&b, 0);
    buf_append(&b, piece.at, piece.len);
    peer_unit(out, 2, flags, call, buf_view(&b), bytes_of(NULL, 0));
    buf_free(&b);
}

/* ---- the directory */

struct rpc_peer_entry {
    const char *uuid; /* as on the wire */
    uint16_t version;
    const char *annotation;
    uint8_t floor; /* of the transport: 7 tcp, 8 udp, 0x1f http, 0x0f pipe, 0x10 local */
    uint16_t port;
    const char *text; /* pipe, or local name */
    const char *host; /* beside a pipe */
    const char *address; /* four bytes */
};

enum { RPC_PEER_ENTRIES = 6 };
static const struct rpc_peer_entry rpc_peer_entries[RPC_PEER_ENTRIES] = {
    {"\x78\x57\x34\x12\x34\x12\xcd\xab\xef\x00\x01\x23\x45\x67\x89\xac", 1, "", 7, 49664, NULL, NULL, "\0\0\0\0"},
    {"\xf7\xaf\xbe\xf6\x19\x1e\xbb\x4f\x9f\x8f\xb8\x9e\x20\x18\x33\x7c", 1, "Windows Event Log", 7, 49665, NULL, NULL, "\xc0\0\2\x16"},
    {"\x78\x57\x34\x12\x34\x12\xcd\xab\xef\x00\x01\x23\x45\x67\x89\xab", 0, "", 0x0f, 0, "\\pipe\\lsass", "\\\\SRV22", NULL},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 1, "Unknown to us", 8, 51000, NULL, NULL, "\0\0\0\0"},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 1, "", 0x10, 0, "LRPC-1", NULL, NULL},
    {"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa", 3, "", 0x1f, 593, NULL, NULL, "\0\0\0\0"},
};

static inline void peer_floor(struct buf *out, struct bytes left, struct bytes right)
{
    put_le16(out, (uint16_t)left.len);
    buf_append(out, left.at, left.len);
    put_le16(out, (uint16_t)right.len);
    buf_append(out, right.at, right.len);
}

static inline void peer_tower(struct buf *out, const struct rpc_peer_entry *e)
{
    uint8_t left[19] = {0x0d}, port[2] = {(uint8_t)(e->port >> 8), (uint8_t)e->port};
    bool last = e->address || e->host;
    put_le16(out, last ? 5 : 4);
    memcpy(left + 1, e->uuid, 16);
    left[17] = (uint8_t)e->version;
    peer_floor(out, bytes_of(left, 19), bytes_of("\0\0", 2));
    memcpy(left + 1, "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60", 16);
    left[17] = 2;
    peer_floor(out, bytes_of(left, 19), bytes_of("\0\0", 2));
    peer_floor(out, bytes_of("\x0b", 1), bytes_of("\0\0", 2));
    peer_floor(out, bytes_of(&e->floor, 1), e->text ? bytes_of(e->text, strlen(e->text) + 1) : bytes_of(port, 2));
    if (e->host)
        peer_floor(out, bytes_of("\x11", 1), bytes_of(e->host, strlen(e->host) + 1));
    else if (e->address)
        peer_floor(out, bytes_of("\x09", 1), bytes_of(e->address, 4));
}

static inline void peer_align(struct buf *out)
{
    put_zeros(out, (4 - out->len % 4) % 4);
}

/* The results of a lookup; `out` is empty. */
static inline void peer_page(struct buf *out, const struct rpc_peer_entry *entries, size_t count, bool last)
{
    if (last)
        put_zeros(out, 20);
    else
        buf_append(out, "\0\0\0\0ABCDEFGHIJKLMNOP", 20);
    put_le32(out, (uint32_t)count);
    put_le32(out, 48);
    put_le32(out, 0);
    put_le32(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_zeros(out, 16);
        put_le32(out, (uint32_t)(i + 1));
        put_le32(out, 0);
        put_le32(out, (uint32_t)strlen(entries[i].annotation) + 1);
        buf_append(out, entries[i].annotation, strlen(entries[i].annotation) + 1);
        peer_align(out);
    }
    for (size_t i = 0; i < count; i++) {
        struct buf tower;
        buf_init(&tower, 4096);
        peer_tower(&tower, &entries[i]);
        put_le32(out, (uint32_t)tower.len);
        put_le32(out, (uint32_t)tower.len);
        buf_append(out, tower.at, tower.len);
        peer_align(out);
        buf_free(&tower);
    }
    put_le32(out, last ? 0x16c9a0d6 : 0);
}

/* The results of ServerAlive2. */
static inline void peer_bindings(struct buf *out)
{
    static const char *const texts[] = {"SRV22", "192.0.2.22", "2001:db8::22"};
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < 3; i++) {
        put_le16(&b, 7);
        peer_utf16(&b, texts[i]);
        put_le16(&b, 0);
    }
    put_le16(&b, 0);
    put_le32(out, 0x00070005);
    put_le32(out, 0x00020000);
    put_le32(out, (uint32_t)(b.len / 2 + 2));
    put_le16(out, (uint16_t)(b.len / 2 + 2));
    put_le16(out, (uint16_t)(b.len / 2));
    buf_append(out, b.at, b.len);
    put_zeros(out, 4);
    peer_align(out);
    put_zeros(out, 8);
    buf_free(&b);
}

#endif
