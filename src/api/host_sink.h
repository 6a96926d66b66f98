/* host_sink.h owns the sink that hands records to the library's caller. */
#ifndef DESCRY_API_HOST_SINK_H
#define DESCRY_API_HOST_SINK_H

#include "descry/descry.h"
#include "model/sink.h"

struct sink *host_sink_new(descry_host_fn *fn, void *owner);

#endif
