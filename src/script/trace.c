/* trace.c owns the lines of --script-trace. */
#include "script/trace.h"

#include "base/text.h"
#include "script/inside.h"

#include <stdio.h>

enum { SHOWN = 512 }; /* bytes of one message */

static void ends(struct channel *c, char *out, size_t size, const char *arrow)
{
    struct endpoint own = {0};
    char us[ADDR_TEXT_MAX] = "?", them[ADDR_TEXT_MAX];
    if (channel_local(c, &own))
        addr_format(&own.addr, us, sizeof us);
    addr_format(&c->peer.addr, them, sizeof them);
    snprintf(out, size, "NSE: %s %s:%u %s %s:%u", c->peer.proto == PROTO_UDP ? "UDP" : "TCP", us, own.port, arrow, them, c->peer.port);
}

static bool is_text(struct bytes data)
{
    size_t printable = 0;
    for (size_t i = 0; i < data.len; i++)
        printable += text_is_printable(data.at[i]) || text_is_space(data.at[i]);
    return printable * 100 >= data.len * 95;
}

static void add_data(struct buf *line, struct bytes data)
{
    bool text = is_text(data);
    size_t n = data.len < SHOWN ? data.len : SHOWN;
    for (size_t i = 0; i < n; i++)
        if (text)
            buf_append_u8(line, data.at[i] == '\n' || data.at[i] == '\r' ? ' ' : data.at[i]);
        else
            buf_printf(line, "%02x%s", data.at[i], i + 1 < n ? " " : "");
    if (n < data.len)
        buf_printf(line, " ... (%zu bytes)", data.len);
}

void script_trace_data(struct scripts *s, struct channel *c, bool sent, struct bytes data)
{
    if (!s->settings.trace)
        return;
    char head[192];
    struct buf line;
    buf_init(&line, 4000);
    ends(c, head, sizeof head, sent ? ">" : "<");
    buf_printf(&line, "%s | ", head);
    add_data(&line, data);
    scripts_say(s, "%s", buf_text(&line));
    buf_free(&line);
}

void script_trace_event(struct scripts *s, struct channel *c, const char *what)
{
    char head[192];
    if (!s->settings.trace)
        return;
    ends(c, head, sizeof head, ">");
    scripts_say(s, "%s | %s", head, what);
}
