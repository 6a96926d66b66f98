/*
 * http2.h owns the stage that asks a server which chose HTTP/2 (ALPN "h2"): one question over the session that is up. It stands before identification,
 * whose questions such a server does not understand.
 */
#ifndef DESCRY_STAGES_HTTP2_H
#define DESCRY_STAGES_HTTP2_H

#include "stages/identify.h"

extern const struct stage stage_http2; /* its config is a struct identify_config */

#endif
