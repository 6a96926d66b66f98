/* tls_report.h owns a port's TLS session as each format tells it. */
#ifndef DESCRY_REPORT_TLS_REPORT_H
#define DESCRY_REPORT_TLS_REPORT_H

#include "base/json.h"
#include "model/record.h"

/* For people: verbose: the session and the certificate; else only what is wrong with the certificate, or nothing. Without a newline. */
void tls_report_line(struct buf *out, const struct tls_record *tls, bool verbose);
/* The member "tls". The chain is written if the record has one. */
void tls_report_json(struct json *j, const struct tls_record *tls);
/* An element <script id="tls">. */
void tls_report_xml(struct buf *out, const struct tls_record *tls);

#endif
