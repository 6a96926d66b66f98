/* detail_report.c owns the way from details to lines, JSON and XML. */
#include "report/detail_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/printable.h"
#include "report/xml_writer.h"

/* ---- for people */

/* A line feed at the end of a script's text begins no line. */
static bool is_last(const struct value *line)
{
    return !line->next || (!line->next->next && !*line->next->text);
}

static const char *bar(const struct value *line)
{
    return is_last(line) ? "|_" : "| ";
}

/* As the field's tools have it: tabs stay, a carriage return is written out in capitals. */
static void script_line(struct buf *out, const char *text)
{
    size_t most = out->len + DETAIL_LINE;
    while (*text && out->len < most) {
        size_t n = strcspn(text, "\t\r");
        char piece[DETAIL_LINE];
        n = n < sizeof piece ? n : sizeof piece - 1;
        memcpy(piece, text, n);
        piece[n] = '\0';
        printable_append(out, piece, DETAIL_LINE);
        text += n;
        if (*text == '\t' || *text == '\r') {
            buf_append_str(out, *text == '\t' ? "\t" : "\\x0D");
            text++;
        }
    }
}

void detail_report_lines(struct buf *out, const struct detail *d, bool verbose)
{
    const struct value *lines = detail_lines(d, verbose);
    for (const struct value *v = lines ? lines->first : NULL; v; v = v->next) {
        bool first = v == lines->first;
        buf_append_str(out, first ? "" : "\n");
        buf_append_str(out, d->origin == DETAIL_SCRIPT ? bar(v) : "  ");
        if (d->origin == DETAIL_SCRIPT && first)
            buf_printf(out, "%s: ", d->id);
        if (d->origin == DETAIL_SCRIPT)
            script_line(out, v->text);
        else
            printable_append(out, v->text, DETAIL_LINE);
        if (d->origin == DETAIL_SCRIPT && is_last(v))
            break;
    }
}

/* ---- JSON */

static void value_json(struct json *j, const char *key, const struct value *v)
{
    switch (v->kind) {
    case VALUE_TEXT:
        json_text(j, key, v->text);
        break;
    case VALUE_NUMBER:
        json_number(j, key, v->number);
        break;
    case VALUE_FLAG:
        json_bool(j, key, v->number != 0);
        break;
    case VALUE_LIST:
        json_array(j, key);
        for (const struct value *at = v->first; at; at = at->next)
            value_json(j, NULL, at);
        json_array_end(j);
        break;
    case VALUE_TABLE:
        json_object(j, key);
        for (const struct value *at = v->first; at; at = at->next)
            value_json(j, at->key, at);
        json_object_end(j);
        break;
    }
}

static void joined_lines(struct buf *out, const struct detail *d)
{
    const struct value *lines = detail_lines(d, true);
    for (const struct value *v = lines ? lines->first : NULL; v; v = v->next) {
        buf_append_str(out, v == lines->first ? "" : "\n");
        buf_append_str(out, v->text);
    }
}

static void script_json(struct json *j, const struct detail *d)
{
    struct buf text;
    buf_init(&text, DETAIL_TEXT_MAX);
    joined_lines(&text, d);
    json_object(j, NULL);
    json_text(j, "id", d->id);
    json_bytes(j, "output", buf_view(&text));
    if (d->values)
        value_json(j, "data", d->values);
    json_object_end(j);
    buf_free(&text);
}

void detail_report_json(struct json *j, const struct detail *list)
{
    bool scripts = false;
    for (const struct detail *d = list; d; d = d->next) {
        scripts |= d->origin == DETAIL_SCRIPT;
        if (d->origin == DETAIL_STAGE && d->values)
            value_json(j, d->id, d->values);
    }
    if (!scripts)
        return;
    json_array(j, "scripts");
    for (const struct detail *d = list; d; d = d->next)
        if (d->origin == DETAIL_SCRIPT)
            script_json(j, d);
    json_array_end(j);
}

/* ---- XML */

static void members_xml(struct buf *out, const struct value *in, enum detail_origin origin);

static bool is_nested(const struct value *v)
{
    return v->kind == VALUE_LIST || v->kind == VALUE_TABLE;
}

/* What a script says is ASCII in XML, as in the field: other bytes stand as \xHH. */
static void text_xml(struct buf *out, const char *text, enum detail_origin origin)
{
    if (origin != DETAIL_SCRIPT) {
        xml_text(out, text);
        return;
    }
    struct buf ascii;
    buf_init(&ascii, 4 * strlen(text) + 1);
    for (; *text; text++)
        if ((unsigned char)*text < 0x80)
            buf_append_u8(&ascii, (uint8_t)*text);
        else
            buf_printf(&ascii, "\\x%02X", (unsigned char)*text);
    xml_text(out, buf_text(&ascii));
    buf_free(&ascii);
}

static void scalar_xml(struct buf *out, const struct value *v, enum detail_origin origin)
{
    if (v->kind == VALUE_TEXT)
        text_xml(out, v->text, origin);
    else if (v->kind == VALUE_FLAG)
        xml_text(out, v->number ? "true" : "false");
    else
        buf_printf(out, "%" PRId64, v->number);
}

static void key_xml(struct buf *out, const char *key, enum detail_origin origin)
{
    if (!key)
        return;
    buf_append_str(out, " key=\"");
    text_xml(out, key, origin);
    buf_append_str(out, "\"");
}

/* A line each: an element is followed by a line feed, and so is the beginning of a table. */
static void value_xml(struct buf *out, const struct value *v, enum detail_origin origin)
{
    const char *name = is_nested(v) ? "table" : "elem";
    xml_element(out, name);
    key_xml(out, v->key, origin);
    xml_enter(out);
    if (is_nested(v)) {
        buf_append_str(out, "\n");
        members_xml(out, v, origin);
    } else {
        scalar_xml(out, v, origin);
    }
    xml_leave(out, name);
    buf_append_str(out, "\n");
}

static void members_xml(struct buf *out, const struct value *in, enum detail_origin origin)
{
    for (const struct value *v = in->first; v; v = v->next)
        value_xml(out, v, origin);
}

static void one_xml(struct buf *out, const struct detail *d)
{
    struct buf text;
    buf_init(&text, DETAIL_TEXT_MAX);
    joined_lines(&text, d);
    xml_element(out, "script");
    xml_attribute(out, "id", d->id);
    xml_attribute(out, "output", buf_text(&text));
    buf_free(&text);
    if (!d->values) {
        xml_empty(out);
        return;
    }
    xml_enter(out);
    if (is_nested(d->values))
        members_xml(out, d->values, d->origin);
    else
        scalar_xml(out, d->values, d->origin);
    xml_leave(out, "script");
}

void detail_report_xml(struct buf *out, const struct detail *list)
{
    for (const struct detail *d = list; d; d = d->next)
        one_xml(out, d);
}
