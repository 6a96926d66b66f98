/* template.c owns templates: $1, $P(1), $SUBST(1,"a","b"), $I(1,">"), and the finishing of the text. */
#include <string.h>
#include "probes/template.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/text.h"

enum { ARGUMENTS_MAX = 5, ARGUMENT_TEXT_MAX = 127, NUMBER_BYTES_MAX = 8 };

/* One $... piece, read. */
struct argument {
    bool is_text;
    unsigned number;
    size_t len;
    uint8_t text[ARGUMENT_TEXT_MAX];
};

struct piece {
    const struct helper *helper; /* NULL: a plain capture */
    struct argument arg[ARGUMENTS_MAX];
    size_t count;
};

struct helper {
    const char *name;
    const char *shape; /* a letter an argument: n number, s text */
    bool (*run)(const struct piece *p, struct bytes capture, struct buf *out);
};

static bool run_printable(const struct piece *p, struct bytes capture, struct buf *out)
{
    for (size_t i = 0; i < capture.len; i++)
        if (text_is_printable(capture.at[i]) && !buf_append_u8(out, capture.at[i]))
            return false;
    return true;
}

static bool run_replace(const struct piece *p, struct bytes capture, struct buf *out)
{
    struct bytes find = bytes_of(p->arg[1].text, p->arg[1].len), put = bytes_of(p->arg[2].text, p->arg[2].len);
    if (!find.len)
        return false;
    const uint8_t *hit;
    while ((hit = bytes_find(capture, find))) {
        size_t before = (size_t)(hit - capture.at);
        if (!buf_append(out, capture.at, before) || !buf_append(out, put.at, put.len))
            return false;
        capture = bytes_of(hit + find.len, capture.len - before - find.len);
    }
    return buf_append(out, capture.at, capture.len);
}

static bool run_integer(const struct piece *p, struct bytes capture, struct buf *out)
{
    const struct argument *order = &p->arg[1];
    if (!capture.len || capture.len > NUMBER_BYTES_MAX || order->len != 1 || (order->text[0] != '<' && order->text[0] != '>'))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < capture.len; i++)
        value = value << 8 | capture.at[order->text[0] == '>' ? i : capture.len - 1 - i];
    return buf_printf(out, "%llu", (unsigned long long)value);
}

static const struct helper helpers[] = {
    {"P", "n", run_printable},
    {"SUBST", "nss", run_replace},
    {"I", "ns", run_integer},
};

static const struct helper *helper_named(struct bytes name)
{
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
        if (bytes_equal(name, bytes_str(helpers[i].name)))
            return &helpers[i];
    return NULL;
}

static void skip_blanks(struct reader *r)
{
    while (reader_left(r) && r->at[0] == ' ')
        r->at++;
}

static const char *read_text(struct reader *r, struct argument *out)
{
    const uint8_t *end = reader_left(r) ? memchr(r->at, '"', reader_left(r)) : NULL;
    if (!end)
        return "the text in quotes is not closed";
    struct buf raw;
    buf_init(&raw, ARGUMENT_TEXT_MAX);
    bool fits = escape_read(bytes_of(r->at, (size_t)(end - r->at)), &raw, NULL);
    if (fits && raw.len)
        memcpy(out->text, raw.at, raw.len);
    out->is_text = true;
    out->len = raw.len;
    buf_free(&raw);
    r->at = end + 1;
    return fits ? NULL : "the text in quotes has a bad escape or is too long";
}

static const char *read_argument(struct reader *r, struct argument *out)
{
    skip_blanks(r);
    if (reader_left(r) && r->at[0] == '"') {
        r->at++;
        return read_text(r, out);
    }
    out->is_text = false;
    out->number = 0;
    const uint8_t *from = r->at;
    while (reader_left(r) && text_is_digit(r->at[0]) && out->number < 1000)
        out->number = out->number * 10 + (unsigned)(*r->at++ - '0');
    return r->at == from ? "an argument is a number or a text in quotes" : NULL;
}

static bool has_shape(const struct piece *p)
{
    if (p->count != strlen(p->helper->shape))
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (p->arg[i].is_text != (p->helper->shape[i] == 's'))
            return false;
    return true;
}

static const char *read_call(struct reader *r, struct piece *out)
{
    const uint8_t *name = r->at;
    while (reader_left(r) && text_is_alpha(r->at[0]))
        r->at++;
    out->helper = helper_named(bytes_of(name, (size_t)(r->at - name)));
    if (!out->helper)
        return "'$' is followed by neither 1-9 nor P, SUBST or I";
    if (reader_u8(r) != '(')
        return "'(' is missing";
    for (out->count = 0; out->count < ARGUMENTS_MAX;) {
        const char *why = read_argument(r, &out->arg[out->count++]);
        if (why)
            return why;
        skip_blanks(r);
        uint8_t c = reader_u8(r);
        if (c == ')')
            return has_shape(out) ? NULL : "wrong arguments";
        if (c != ',')
            return "',' or ')' is missing";
    }
    return "too many arguments";
}

/* After the '$'. NULL, or why not. */
static const char *read_piece(struct reader *r, struct piece *out)
{
    if (!reader_left(r) || r->at[0] < '1' || r->at[0] > '9')
        return read_call(r, out);
    out->helper = NULL;
    out->count = 1;
    out->arg[0].is_text = false;
    out->arg[0].number = (unsigned)(reader_u8(r) - '0');
    return NULL;
}

const char *template_check(struct bytes text, size_t *at)
{
    struct reader r = reader_of(text);
    struct piece p;
    const uint8_t *dollar;
    while (reader_left(&r) && (dollar = memchr(r.at, '$', reader_left(&r)))) {
        *at = (size_t)(dollar - text.at);
        r.at = dollar + 1;
        const char *why = read_piece(&r, &p);
        if (why)
            return why;
    }
    return NULL;
}

static bool fill_piece(const struct piece *p, const struct captures *captured, struct buf *out)
{
    struct bytes capture;
    if (!capture_get(captured, p->arg[0].number, &capture))
        return false;
    return p->helper ? p->helper->run(p, capture, out) : buf_append(out, capture.at, capture.len);
}

/* CPE 2.2: lower case, '_' for white space, punctuation of meaning as %XX. */
static bool append_cpe(struct bytes raw, struct buf *out)
{
    for (size_t i = 0; i < raw.len; i++) {
        int c = text_lower(raw.at[i]);
        bool fits;
        if (text_is_space(c))
            fits = buf_append_u8(out, '_');
        else if (text_is_printable(c) && !text_is_alnum(c) && !strchr("-._", c))
            fits = buf_printf(out, "%%%02X", (unsigned)c);
        else
            fits = buf_append_u8(out, (uint8_t)c);
        if (!fits)
            return false;
    }
    return true;
}

static bool fill_pieces(bool cpe, struct bytes text, const struct captures *captured, struct buf *piece, struct buf *out)
{
    struct reader r = reader_of(text);
    struct piece p;
    bool ends_in_piece = false;
    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        ends_in_piece = c == '$';
        if (!ends_in_piece) {
            if (!buf_append_u8(out, c))
                return false;
            continue;
        }
        buf_clear(piece);
        if (read_piece(&r, &p) || !fill_piece(&p, captured, piece))
            return false;
        if (!(cpe ? append_cpe(buf_view(piece), out) : buf_append(out, piece->at, piece->len)))
            return false;
    }
    return !ends_in_piece || out->len < out->max; /* the reference's limit is one less there; the same file must read the same */
}

/* How many bytes at the front make one printable character; 0: the byte must not stand. */
static size_t printable_length(struct bytes at)
{
    if (text_is_printable(at.at[0]))
        return 1;
    size_t n = text_utf8_length(at);
    bool is_control = n == 2 && at.at[0] == 0xc2 && at.at[1] < 0xa0; /* U+0080..U+009F */
    return n > 1 && !is_control ? n : 0;
}

static char *finish(struct arena *arena, bool cpe, struct bytes raw)
{
    while (raw.len && (text_is_space(raw.at[raw.len - 1]) || raw.at[raw.len - 1] == ','))
        raw.len--;
    if (!raw.len)
        return NULL;
    char *out = arena_strndup(arena, raw.at, raw.len);
    for (size_t i = 0; i < raw.len;) {
        size_t n = printable_length(bytes_of(raw.at + i, raw.len - i));
        if (!n || (cpe && n > 1))
            out[i] = '.';
        i += n && !(cpe && n > 1) ? n : 1;
    }
    return out;
}

char *template_fill(struct arena *arena, enum field_kind kind, struct bytes text, const struct captures *captured)
{
    bool cpe = kind == FIELD_CPE;
    struct buf piece, whole;
    buf_init(&piece, field_kinds[kind].max);
    buf_init(&whole, field_kinds[kind].max);
    char *out = NULL;
    if ((!cpe || buf_append_str(&whole, "cpe:/")) && fill_pieces(cpe, text, captured, &piece, &whole))
        out = finish(arena, cpe, buf_view(&whole));
    buf_free(&piece);
    buf_free(&whole);
    return out;
}
