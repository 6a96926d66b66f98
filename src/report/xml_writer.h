/* xml_writer.h owns the writing of XML 1.0 (Fifth Edition) elements and attributes into a buffer; only legal characters leave it. */
#ifndef DESCRY_REPORT_XML_WRITER_H
#define DESCRY_REPORT_XML_WRITER_H

#include "base/bytes.h"

/* Element and attribute names are our own words. An element is begun, gets attributes, and then is closed as empty, or entered and left. */
void xml_element(struct buf *out, const char *name);
void xml_attribute(struct buf *out, const char *name, const char *text); /* NULL: writes nothing */
void xml_number(struct buf *out, const char *name, int64_t value);
void xml_seconds(struct buf *out, const char *name, int64_t microseconds); /* "0.05" */
void xml_empty(struct buf *out);        /* "/>" */
void xml_enter(struct buf *out);        /* ">" */
void xml_leave(struct buf *out, const char *name);

/*
 * Character data, an attribute's value or a comment: < > & " ' as entities; tab, line feed and carriage return as references so that attributes keep
 * them, and DEL, C1 controls and a hyphen that follows a hyphen too; code points that XML forbids (section 2.2) and bytes that are no UTF-8 as the text
 * \xHH for each byte.
 */
void xml_text(struct buf *out, const char *text);

#endif
