/*
 * smb_peer.h owns played Windows and Samba hosts for tests: a row says what a host is, and from it the answers are built that the specifications
 * (MS-SMB2, MS-SMB, MS-NLMP, RFC 1002) give it, byte by byte, by code that has nothing in common with the readers.
 */
#ifndef DESCRY_TEST_SMB_PEER_H
#define DESCRY_TEST_SMB_PEER_H

#include "base/bytes.h"
#include "net/mem.h"
#include "wire/put.h"

#include <string.h>

enum smb_peer_mech { MECH_NTLM = 1, MECH_NEGOEX = 2, MECH_KERBEROS = 4, MECH_PKU2U = 8 };

struct smb_peer {
    const char *what;
    /* NTLM */
    uint8_t major, minor, revision;
    uint16_t build;
    const char *computer, *domain, *dns_computer, *dns_domain, *forest;
    bool no_ntlm;                       /* SESSION_SETUP is refused */
    /* SMB 2: the highest dialect; 0: does not speak it */
    uint16_t dialect;
    uint16_t signing;                   /* bit 0 enabled, bit 1 required */
    unsigned mechs;
    const char *guid;                   /* 16 bytes, NULL: random ones */
    uint64_t time, started;
    /* SMB 1 */
    bool one, plain;                    /* `plain`: without extended security */
    bool one_says_no;                   /* answers that there is no dialect; else it hangs up */
    const char *native_os, *lanman, *workgroup;
    /* how */
    bool netbios;                       /* wants a session first */
    bool whole_refuses;                 /* hangs up on a negotiation in SMB 1 even if SMB 2 is among its dialects */
};

/* What a played server does with what came: sends `out`, or sends it and goes. */
enum peer_answer { PEER_MORE, PEER_SEND, PEER_CLOSE, PEER_RESET };
typedef enum peer_answer peer_answer_fn(void *owner, unsigned connection, struct bytes received, struct buf *out);

static inline void peer_say(struct mem_talk *talk, peer_answer_fn *answer, void *owner, struct bytes received)
{
    struct buf out;
    buf_init(&out, 1024 * 1024);
    enum peer_answer what = answer(owner, mem_talk_number(talk), received, &out);
    if (out.len)
        mem_say(talk, buf_view(&out), 0);
    if (what == PEER_CLOSE || what == PEER_RESET)
        mem_hang_up(talk, what == PEER_RESET, 0);
    buf_free(&out);
}

static const uint64_t SMB_PEER_TIME = 133452576000000000ULL; /* 2023-11-24 00:00:00 UTC */

/* ---- pieces */

static inline void peer_utf16(struct buf *out, const char *text)
{
    for (; text && *text; text++)
        put_le16(out, (uint8_t)*text);
}

static inline void peer_patch(struct buf *out, size_t at, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out->at[at + i] = (uint8_t)(value >> (8 * i));
}

static inline void peer_pair(struct buf *out, uint16_t id, const char *text)
{
    if (!text)
        return;
    put_le16(out, id);
    put_le16(out, (uint16_t)(2 * strlen(text)));
    peer_utf16(out, text);
}

/* MS-NLMP 2.2.1.2 */
static inline void peer_challenge(struct buf *out, const struct smb_peer *p)
{
    size_t start = out->len;
    const char *target = p->domain ? p->domain : p->computer;
    buf_append(out, "NTLMSSP\0\2\0\0\0", 12);
    put_le16(out, (uint16_t)(2 * strlen(target)));
    put_le16(out, (uint16_t)(2 * strlen(target)));
    put_le32(out, 56);
    put_le32(out, 0xe2890215 & ~(p->major ? 0 : 0x02000000u));
    buf_append(out, "\1\2\3\4\5\6\7\x08", 8);
    put_zeros(out, 8);
    put_zeros(out, 4);
    put_le32(out, (uint32_t)(56 + 2 * strlen(target)));
    buf_append_u8(out, p->major);
    buf_append_u8(out, p->minor);
    put_le16(out, p->build);
    put_zeros(out, 3);
    buf_append_u8(out, p->revision);
    peer_utf16(out, target);
    size_t info = out->len;
    peer_pair(out, 2, target);
    peer_pair(out, 1, p->computer);
    peer_pair(out, 4, p->dns_domain);
    peer_pair(out, 3, p->dns_computer);
    peer_pair(out, 5, p->forest);
    put_le16(out, 7);
    put_le16(out, 8);
    put_le(out, p->time ? p->time : SMB_PEER_TIME, 8);
    put_le32(out, 0);
    peer_patch(out, start + 40, (uint32_t)(out->len - info), 2);
    peer_patch(out, start + 42, (uint32_t)(out->len - info), 2);
}

/* Short elements of DER only. */
static inline void peer_element(struct buf *out, uint8_t tag, struct bytes inside)
{
    buf_append_u8(out, tag);
    if (inside.len >= 0x80) {
        buf_append_u8(out, 0x82);
        buf_append_u8(out, (uint8_t)(inside.len >> 8));
    }
    buf_append_u8(out, (uint8_t)inside.len);
    buf_append(out, inside.at, inside.len);
}

static inline void peer_nest(struct buf *b, uint8_t tag)
{
    struct buf outer;
    buf_init(&outer, 4096);
    peer_element(&outer, tag, buf_view(b));
    buf_clear(b);
    buf_append(b, outer.at, outer.len);
    buf_free(&outer);
}

/* NegTokenInit2 (MS-SPNG 2.2.1) */
static inline void peer_offer(struct buf *out, unsigned mechs)
{
    static const struct {
        unsigned bit;
        const char *oid;
    } list[] = {{MECH_NEGOEX, "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e"}, {MECH_KERBEROS, "\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"},
        {MECH_KERBEROS, "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"}, {MECH_PKU2U, "\x06\x06\x2b\x06\x01\x05\x02\x07"},
        {MECH_NTLM, "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"}};
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (mechs & list[i].bit)
            buf_append_str(&b, list[i].oid);
    peer_nest(&b, 0x30);
    peer_nest(&b, 0xa0);
    buf_append(&b, "\xa3\x2a\x30\x28\xa0\x26\x1b\x24not_defined_in_RFC4178@please_ignore", 44);
    peer_nest(&b, 0x30);
    peer_nest(&b, 0xa0);
    struct buf whole;
    buf_init(&whole, 4096);
    buf_append(&whole, "\x06\x06\x2b\x06\x01\x05\x05\x02", 8);
    buf_append(&whole, b.at, b.len);
    peer_nest(&whole, 0x60);
    buf_append(out, whole.at, whole.len);
    buf_free(&whole);
    buf_free(&b);
}

/* NegTokenResp with the challenge */
static inline void peer_answer_token(struct buf *out, const struct smb_peer *p)
{
    struct buf b, head;
    buf_init(&b, 4096);
    buf_init(&head, 4096);
    peer_challenge(&b, p);
    peer_nest(&b, 0x04);
    peer_nest(&b, 0xa2);
    buf_append(&head, "\xa0\x03\x0a\x01\x01\xa1\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a", 19);
    buf_append(&head, b.at, b.len);
    peer_nest(&head, 0x30);
    peer_nest(&head, 0xa1);
    buf_append(out, head.at, head.len);
    buf_free(&head);
    buf_free(&b);
}

static inline size_t peer_frame(struct buf *out)
{
    put_zeros(out, 4);
    return out->len - 4;
}

static inline void peer_frame_end(struct buf *out, size_t at)
{
    size_t n = out->len - at - 4;
    out->at[at + 2] = (uint8_t)(n >> 8);
    out->at[at + 3] = (uint8_t)n;
}

/* ---- SMB 2 */

static inline void peer_header2(struct buf *out, uint16_t command, uint32_t status, uint64_t id)
{
    buf_append_str(out, "\xfeSMB");
    put_le16(out, 64);
    put_le16(out, 0);
    put_le32(out, status);
    put_le16(out, command);
    put_le16(out, 1);
    put_le32(out, 1);
    put_le32(out, 0);
    put_le(out, id, 8);
    put_zeros(out, 8 + 8 + 16);
}

static inline void peer_context(struct buf *out, size_t message, uint16_t type, const char *inside, uint16_t n)
{
    put_zeros(out, (8 - (out->len - message) % 8) % 8);
    put_le16(out, type);
    put_le16(out, n);
    put_le32(out, 0);
    buf_append(out, inside, n);
}

static inline void peer_negotiated2(struct buf *out, const struct smb_peer *p, uint16_t dialect, uint64_t id)
{
    static const char hashes[38] = "\1\0\x20\0\1\0";
    size_t frame = peer_frame(out), message = out->len;
    struct buf offer;
    buf_init(&offer, 4096);
    peer_offer(&offer, p->mechs);
    peer_header2(out, 0, 0, id);
    put_le16(out, 65);
    put_le16(out, p->signing);
    put_le16(out, dialect);
    put_le16(out, dialect == 0x0311 ? 4 : 0);
    buf_append(out, p->guid ? p->guid : "\x8a\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
    put_le32(out, 0x2f);
    put_le32(out, 8388608);
    put_le32(out, 8388608);
    put_le32(out, 8388608);
    put_le(out, p->time ? p->time : SMB_PEER_TIME, 8);
    put_le(out, p->started, 8);
    put_le16(out, 128);
    put_le16(out, (uint16_t)offer.len);
    size_t contexts = out->len;
    put_le32(out, 0);
    buf_append(out, offer.at, offer.len);
    if (dialect == 0x0311) {
        put_zeros(out, (8 - (out->len - message) % 8) % 8);
        peer_patch(out, contexts, (uint32_t)(out->len - message), 4);
        peer_context(out, message, 1, hashes, sizeof hashes);
        peer_context(out, message, 2, "\1\0\2\0", 4);
        peer_context(out, message, 3, "\1\0\0\0\0\0\0\0\2\0", 10);
        peer_context(out, message, 8, "\1\0\2\0", 4);
    }
    peer_frame_end(out, frame);
    buf_free(&offer);
}

static inline void peer_session2(struct buf *out, const struct smb_peer *p, uint64_t id)
{
    size_t frame = peer_frame(out);
    struct buf token;
    buf_init(&token, 4096);
    peer_answer_token(&token, p);
    peer_header2(out, 1, p->no_ntlm ? 0xc00000bb : 0xc0000016, id);
    if (p->no_ntlm) {
        put_le16(out, 9);
        put_zeros(out, 7);
    } else {
        put_le16(out, 9);
        put_le16(out, 0);
        put_le16(out, 72);
        put_le16(out, (uint16_t)token.len);
        buf_append(out, token.at, token.len);
    }
    peer_frame_end(out, frame);
    buf_free(&token);
}

/* ---- SMB 1 */

static inline void peer_header1(struct buf *out, uint8_t command, uint32_t status)
{
    buf_append_str(out, "\xffSMB");
    buf_append_u8(out, command);
    put_le32(out, status);
    buf_append_u8(out, 0x98);
    put_le16(out, 0xc853);
    put_zeros(out, 12 + 8);
}

static inline void peer_negotiated1(struct buf *out, const struct smb_peer *p)
{
    size_t frame = peer_frame(out);
    peer_header1(out, 0x72, 0);
    if (!p->one) {
        buf_append(out, "\1\xff\xff\0\0", 5);
        peer_frame_end(out, frame);
        return;
    }
    buf_append_u8(out, 17);
    put_le16(out, 0);
    buf_append_u8(out, (uint8_t)(3 | (p->signing & 1) << 2 | (p->signing & 2) << 2));
    put_le16(out, 50);
    put_le16(out, 1);
    put_le32(out, 16644);
    put_le32(out, 65536);
    put_le32(out, 0);
    put_le32(out, p->plain ? 0x0001e3fd : 0x8001e3fd);
    put_le(out, p->time ? p->time : SMB_PEER_TIME, 8);
    put_le16(out, (uint16_t)-60);
    buf_append_u8(out, p->plain ? 8 : 0);
    size_t count = out->len;
    put_le16(out, 0);
    if (p->plain) {
        buf_append(out, "12345678", 8);
        peer_utf16(out, p->workgroup);
        put_le16(out, 0);
        peer_utf16(out, p->computer);
        put_le16(out, 0);
    } else {
        buf_append(out, "\x8a\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
        peer_offer(out, p->mechs);
    }
    peer_patch(out, count, (uint32_t)(out->len - count - 2), 2);
    peer_frame_end(out, frame);
}

static inline void peer_session1(struct buf *out, const struct smb_peer *p)
{
    size_t frame = peer_frame(out), message = out->len;
    struct buf token;
    buf_init(&token, 4096);
    peer_answer_token(&token, p);
    peer_header1(out, 0x73, 0xc0000016);
    buf_append(out, "\4\xff\0\0\0\0\0", 7);
    put_le16(out, (uint16_t)token.len);
    size_t count = out->len;
    put_le16(out, 0);
    buf_append(out, token.at, token.len);
    put_zeros(out, (out->len - message) % 2);
    const char *texts[] = {p->native_os, p->lanman, p->workgroup};
    for (size_t i = 0; i < 3; i++) {
        peer_utf16(out, texts[i]);
        put_le16(out, 0);
    }
    peer_patch(out, count, (uint32_t)(out->len - count - 2), 2);
    peer_frame_end(out, frame);
    buf_free(&token);
}

/* ---- the host */

enum { PEER_CONNECTIONS = 16 };
struct smb_peer_state {
    const struct smb_peer *peer;
    bool session[PEER_CONNECTIONS];     /* of NetBIOS, by connection */
    uint64_t next_id[PEER_CONNECTIONS]; /* SMB 2: what the window allows */
    unsigned faults;                    /* what a server would take ill: pipelined or out of the window */
};

static inline bool peer_has(struct bytes b, const char *text, size_t n)
{
    return bytes_find(b, bytes_of(text, n)) != NULL;
}

/* Speaks the newest that is offered; a message is one frame. */
static inline enum peer_answer smb_peer_answer(void *owner, unsigned connection, struct bytes got, struct buf *out)
{
    struct smb_peer_state *s = owner;
    const struct smb_peer *p = s->peer;
    unsigned c = connection % PEER_CONNECTIONS;
    if (got.len < 4 || got.len < 4u + (size_t)(got.at[2] << 8 | got.at[3]))
        return PEER_MORE;
    s->faults += got.len != 4u + (size_t)(got.at[2] << 8 | got.at[3]);
    if (got.at[0] == 0x81) {
        s->session[c] = true;
        buf_append(out, "\x82\0\0\0", 4);
        return PEER_SEND;
    }
    if (p->netbios && !s->session[c]) {
        buf_append(out, "\x83\0\0\1\x8f", 5);
        return PEER_CLOSE;
    }
    if (got.len > 80 && got.at[4] == 0xfe) {
        uint64_t id = got.at[4 + 24];
        s->faults += id != s->next_id[c]++;
        if (!p->dialect)
            return PEER_CLOSE;
        if (got.at[4 + 12] == 0)
            peer_negotiated2(out, p, p->dialect, id);
        else
            peer_session2(out, p, id);
        return PEER_SEND;
    }
    if (got.len > 36 && got.at[8] == 0x73) {
        peer_session1(out, p);
        return PEER_SEND;
    }
    bool offers2 = peer_has(got, "SMB 2.???", 10);
    if (offers2 && p->whole_refuses)
        return PEER_RESET;
    if (offers2 && p->dialect) {
        s->next_id[c] = 1;
        peer_negotiated2(out, p, p->dialect == 0x0202 ? 0x0202 : 0x02ff, 0);
        return PEER_SEND;
    }
    if (!p->one && !p->one_says_no)
        return PEER_RESET;
    peer_negotiated1(out, p);
    return PEER_SEND;
}

static inline void smb_peer_hears(void *owner, struct mem_talk *talk, struct bytes received)
{
    peer_say(talk, smb_peer_answer, owner, received);
}

#endif
