/* service_line.h owns the "Service Info:" line: what the services of a host say about the host itself. */
#ifndef DESCRY_REPORT_SERVICE_LINE_H
#define DESCRY_REPORT_SERVICE_LINE_H

#include "model/record.h"

/* "Service Info: Host: mail; OSs: Linux, Unix; CPE: cpe:/o:linux:linux_kernel" and a newline; nothing if nothing is said. Open ports
 * only, at most five different ones of each kind in the ports' order, no host name that the address already has. */
void service_line(struct buf *out, const struct host_record *host);

#endif
