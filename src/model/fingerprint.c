/* fingerprint.c owns the writing of fingerprints. */
#include "model/fingerprint.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/text.h"

enum {
    EXCERPT = 900, /* bytes told of one reply */
    EXCERPT_MORE = 1300,
    LONG_ENOUGH = 2200, /* characters after which no further probe is told */
    LONG_ENOUGH_MORE = 10000,
    TEXT_MAX = 64 * 1024,
    LINE = 74
};

const char *fingerprint_platform(struct arena *a)
{
    struct utsname u;
    if (uname(&u) != 0)
        return "unknown";
    char *text = arena_printf(a, "%s-%s", u.machine, u.sysname);
    for (char *at = text; *at; at++)
        *at = (char)text_lower(*at);
    return text;
}

/* A NUL before a digit must not read as a longer number. */
static void put_byte(struct buf *out, uint8_t c, int next)
{
    if (text_is_alnum(c))
        buf_append_u8(out, c);
    else if (c == 0)
        buf_append_str(out, text_is_digit(next) ? "\\x00" : "\\0");
    else if (strchr("\\?\"[]().*+$^|", c))
        buf_printf(out, "\\%c", c);
    else if (c == '\r' || c == '\n' || c == '\t')
        buf_append_str(out, c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\t");
    else if (c > 0x20 && c < 0x7f)
        buf_append_u8(out, c);
    else
        buf_printf(out, "\\x%02x", c);
}

static void put_reply(struct buf *out, const struct reply_record *r, size_t excerpt)
{
    size_t kept = r->data.len < excerpt ? r->data.len : excerpt;
    buf_printf(out, "%%r(%s,%zX,\"", r->probe, r->length);
    for (size_t i = 0; i < kept; i++)
        put_byte(out, r->data.at[i], i + 1 < kept ? r->data.at[i + 1] : -1);
    buf_append_str(out, "\")");
}

static void put_head(struct buf *out, const struct fingerprint_of *what)
{
    struct tm day = {0};
    time_t when = (time_t)what->time;
    localtime_r(&when, &day);
    buf_printf(out, "SF-Port%u-%s:V=%s%s%%I=%d%%D=%d/%d%%Time=%llX%%P=%s", what->port, what->proto == PROTO_UDP ? "UDP" : "TCP",
        what->version, what->tunnel ? "%T=SSL" : "", what->intensity, day.tm_mon + 1, day.tm_mday, (unsigned long long)what->time,
        what->platform);
}

static bool told(const struct fingerprint_of *what, const struct reply_record *r)
{
    return r->probe && r->data.len > 0 && !r->tunnel == !what->tunnel;
}

char *fingerprint_text(struct arena *a, const struct fingerprint_of *what)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    put_head(&out, what);
    size_t head = out.len;
    for (size_t i = 0; i < what->reply_count && out.len <= (what->more ? LONG_ENOUGH_MORE : LONG_ENOUGH); i++)
        if (told(what, &what->replies[i]))
            put_reply(&out, &what->replies[i], what->more ? EXCERPT_MORE : EXCERPT);
    bool any = out.len > head;
    buf_append_str(&out, ";");
    char *text = any ? arena_strndup(a, out.at, out.len) : NULL;
    buf_free(&out);
    return text;
}

bool fingerprint_wrap(const char *text, struct buf *out)
{
    size_t left = strlen(text);
    bool first = true, fits = true;
    while (left > 0) {
        size_t room = first ? LINE : LINE - 3;
        size_t take = left < room || (left == room + 1 && text[room] == ';') ? left : room;
        if (take > left)
            take = left;
        fits &= buf_append_str(out, first ? "" : "SF:") && buf_append(out, text, take) && buf_append_str(out, "\n");
        text += take;
        left -= take;
        first = false;
    }
    return fits;
}
