/* dialogue.c owns the table of upgrades to TLS, and the reading of offers and answers. */
#include "stages/dialogue.h"

#include "base/text.h"

#include <string.h>

/* ---- the protocols without lines */

/* LDAP (RFC 4511): 30 len, message id, 78 len (ExtendedResponse), 0a 01 resultCode; lengths may be long ones. */
static size_t ber_head(struct reader *r, uint8_t tag)
{
    if (reader_u8(r) != tag)
        r->bad = true;
    size_t n = reader_u8(r);
    if (n < 0x80)
        return n;
    size_t length = 0;
    if (n < 0x81 || n > 0x84)
        r->bad = true;
    for (size_t i = 0x80; i < n && !r->bad; i++)
        length = length << 8 | reader_u8(r);
    return length;
}

static enum dialogue_answer read_ldap(struct bytes reply)
{
    struct reader r = reader_of(reply);
    if (reply.len < 14)
        return reply.len && reply.at[0] != 0x30 ? DIALOGUE_NO : DIALOGUE_MORE;
    ber_head(&r, 0x30);
    reader_skip(&r, ber_head(&r, 0x02));
    ber_head(&r, 0x78);
    size_t n = ber_head(&r, 0x0a);
    uint8_t code = reader_u8(&r);
    return !r.bad && n == 1 && code == 0 ? DIALOGUE_YES : DIALOGUE_NO;
}

/* PostgreSQL: one byte. Old servers answer with an error packet, 'E'. */
static enum dialogue_answer read_postgresql(struct bytes reply)
{
    return !reply.len ? DIALOGUE_MORE : reply.at[0] == 'S' ? DIALOGUE_YES : DIALOGUE_NO;
}

/* MySQL's greeting: packet head, 10, version, NUL, thread (4), salt (8), a zero, capabilities. */
enum { MYSQL_CLIENT_SSL = 0x0800 };

static enum dialogue_answer read_mysql(struct bytes reply)
{
    struct reader r = reader_of(reply);
    if (reply.len < 5)
        return DIALOGUE_MORE;
    uint32_t head = reader_le32(&r);
    if (head >> 24 || reader_u8(&r) != 10)
        return DIALOGUE_NO;
    return reply.len < 4 + (size_t)(head & 0xffffff) ? DIALOGUE_MORE : DIALOGUE_YES;
}

static bool offers_mysql(struct bytes reply)
{
    struct reader r = reader_of(reply);
    reader_skip(&r, 4);
    if (reader_u8(&r) != 10)
        return false;
    while (!r.bad && reader_u8(&r))
        continue;
    reader_skip(&r, 4 + 8 + 1);
    uint16_t flags = reader_le16(&r);
    return !r.bad && (flags & MYSQL_CLIENT_SSL);
}

/* ---- the table */

#define ASK(text)                                                                                                                          \
    {                                                                                                                                      \
        (const uint8_t *)(text), sizeof(text) - 1                                                                                          \
    }

#define LDAP_START_TLS "1.3.6.1.4.1.1466.20037"
#define EXTENDED_REQUEST "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" LDAP_START_TLS
#define SSL_REQUEST "\0\0\0\x08\x04\xd2\x16\x2f"
/* 32 bytes, number 1: protocol 4.1, TLS, secure connection, plug-in names; 16 MiB; UTF-8. */
#define MYSQL_SSL_REQUEST "\x20\0\0\x01\x01\x8a\x08\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define STREAM_OF(namespace)                                                                                                               \
    "<?xml version='1.0'?><stream:stream to='{name}' xmlns='" namespace "' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
#define XMPP_STEPS(namespace)                                                                                                              \
    {                                                                                                                                      \
        {ASK(STREAM_OF(namespace)), "</stream:features>", {"<stream:error", "</stream:stream>"}, NULL, true},                              \
        {                                                                                                                                  \
            ASK("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), "<proceed", {"<failure", "</stream:stream>"}, NULL, false          \
        }                                                                                                                                  \
    }

static const struct dialogue dialogues[] = {
    {"smtp", false, "250?STARTTLS", NULL, NULL,
        {{ASK(""), "220 ", {"### "}, NULL, false}, {ASK("EHLO descry.invalid\r\n"), "250 ", {"### "}, NULL, true},
            {ASK("STARTTLS\r\n"), "220 ", {"### "}, NULL, false}}},
    {"lmtp", false, "250?STARTTLS", NULL, NULL,
        {{ASK(""), "220 ", {"### "}, NULL, false}, {ASK("LHLO descry.invalid\r\n"), "250 ", {"### "}, NULL, true},
            {ASK("STARTTLS\r\n"), "220 ", {"### "}, NULL, false}}},
    {"imap", false, "* ", "STARTTLS", NULL,
        {{ASK(""), "* OK", {"* "}, NULL, false}, {ASK("a1 CAPABILITY\r\n"), "a1 OK", {"a1 ", "* BYE"}, NULL, true},
            {ASK("a2 STARTTLS\r\n"), "a2 OK", {"a2 ", "* BYE"}, NULL, false}}},
    {"pop3", false, "STLS", NULL, NULL,
        {{ASK(""), "+OK", {"-ERR"}, NULL, false}, {ASK("CAPA\r\n"), ".\r", {"-ERR"}, NULL, true},
            {ASK("STLS\r\n"), "+OK", {"-ERR"}, NULL, false}}},
    {"ftp", false, " AUTH", "TLS", NULL, {{ASK(""), "220 ", {"### "}, NULL, false}, {ASK("AUTH TLS\r\n"), "234 ", {"### "}, NULL, false}}},
    {"nntp", false, "STARTTLS", NULL, NULL,
        {{ASK(""), "20# ", {"### "}, NULL, false}, {ASK("STARTTLS\r\n"), "382 ", {"### "}, NULL, false}}},
    {"sieve", false, "\"STARTTLS\"", NULL, NULL,
        {{ASK(""), "OK", {"NO", "BYE"}, NULL, true}, {ASK("STARTTLS\r\n"), "OK", {"NO", "BYE"}, NULL, false}}},
    {"irc", false, NULL, NULL, NULL, {{ASK("STARTTLS\r\n"), ":~ 670 ", {":~ 691 ", ":~ 4## "}, NULL, false}}},
    {"xmpp", true, "<starttls", NULL, NULL, XMPP_STEPS("jabber:client")},
    {"xmpp-client", true, "<starttls", NULL, NULL, XMPP_STEPS("jabber:client")},
    {"xmpp-server", true, "<starttls", NULL, NULL, XMPP_STEPS("jabber:server")},
    {"ldap", true, LDAP_START_TLS, NULL, NULL, {{ASK(EXTENDED_REQUEST), NULL, {NULL}, read_ldap, false}}},
    {"postgresql", true, NULL, NULL, NULL, {{ASK(SSL_REQUEST), NULL, {NULL}, read_postgresql, false}}},
    {"mysql", true, NULL, NULL, offers_mysql,
        {{ASK(""), NULL, {NULL}, read_mysql, true}, {ASK(MYSQL_SSL_REQUEST), NULL, {NULL}, NULL, false}}},
};

const struct dialogue *dialogue_at(size_t i)
{
    return i < sizeof dialogues / sizeof *dialogues ? &dialogues[i] : NULL;
}

const struct dialogue *dialogue_of(const char *service)
{
    for (size_t i = 0; service && dialogue_at(i); i++)
        if (strcmp(dialogues[i].service, service) == 0)
            return &dialogues[i];
    return NULL;
}

size_t dialogue_length(const struct dialogue *d)
{
    size_t n = 0;
    while (n < DIALOGUE_STEPS && (d->steps[n].ask.len || d->steps[n].yes || d->steps[n].read))
        n++;
    return n;
}

/* ---- lines */

/* The next whole line without its end of line feed; false: there is none. */
static bool next_line(struct reader *r, struct bytes *line)
{
    const uint8_t *end = reader_left(r) ? memchr(r->at, '\n', reader_left(r)) : NULL;
    if (!end)
        return false;
    *line = reader_take(r, (size_t)(end - r->at));
    reader_skip(r, 1);
    return true;
}

static bool begins(struct bytes line, const char *pattern)
{
    struct reader r = reader_of(line);
    for (; pattern && *pattern; pattern++) {
        if (*pattern == '~') {
            while (reader_left(&r) && *r.at != ' ')
                reader_u8(&r);
            continue;
        }
        uint8_t c = reader_u8(&r);
        bool fits = *pattern == '?' || (*pattern == '#' ? text_is_digit(c) : text_lower(c) == text_lower((uint8_t)*pattern));
        if (r.bad || !fits)
            return false;
    }
    return pattern != NULL;
}

static bool is_of_word(uint8_t c)
{
    return text_is_digit(c) || (text_lower(c) >= 'a' && text_lower(c) <= 'z');
}

static bool has_word(struct bytes line, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= line.len; i++)
        if (begins(bytes_of(line.at + i, n), word) && (!i || !is_of_word(line.at[i - 1])) &&
            (i + n == line.len || !is_of_word(line.at[i + n])))
            return true;
    return false;
}

static bool has(struct bytes reply, const char *text)
{
    return text && bytes_find(reply, bytes_str(text));
}

bool dialogue_offers(const struct dialogue *d, struct bytes reply)
{
    struct reader r = reader_of(reply);
    struct bytes line;
    if (d->offers)
        return d->offers(reply);
    if (d->anywhere)
        return has(reply, d->offer);
    while (next_line(&r, &line))
        if (begins(line, d->offer) && (!d->word || has_word(line, d->word)))
            return true;
    return false;
}

static enum dialogue_answer read_anywhere(const struct dialogue_step *s, struct bytes reply)
{
    return has(reply, s->yes) ? DIALOGUE_YES : has(reply, s->no[0]) || has(reply, s->no[1]) ? DIALOGUE_NO : DIALOGUE_MORE;
}

static enum dialogue_answer read_line(const struct dialogue_step *s, struct bytes line)
{
    return begins(line, s->yes) ? DIALOGUE_YES : begins(line, s->no[0]) || begins(line, s->no[1]) ? DIALOGUE_NO : DIALOGUE_MORE;
}

enum dialogue_answer dialogue_read(const struct dialogue *d, const struct dialogue_step *s, struct bytes reply)
{
    struct reader r = reader_of(reply);
    struct bytes line;
    enum dialogue_answer answer = DIALOGUE_MORE;
    if (s->read)
        return s->read(reply);
    if (!s->yes)
        return DIALOGUE_YES;
    if (d->anywhere)
        return read_anywhere(s, reply);
    while (answer == DIALOGUE_MORE && next_line(&r, &line))
        answer = read_line(s, line);
    return answer;
}

struct bytes dialogue_refusal(const struct dialogue *d, struct bytes reply)
{
    struct reader r = reader_of(reply);
    struct bytes line = bytes_of(NULL, 0), last = line;
    while (!d->anywhere && next_line(&r, &line))
        last = line;
    if (last.len && last.at[last.len - 1] == '\r')
        last.len--;
    return last;
}
