/* complete.h owns the question whether a reply is whole by the rules of the protocol that it is evidently in. */
#ifndef DESCRY_STAGES_COMPLETE_H
#define DESCRY_STAGES_COMPLETE_H

#include "base/bytes.h"

enum completeness {
    COMPLETE_UNKNOWN,                   /* not a form that tells its end: wait for silence */
    COMPLETE_YES,                       /* nothing more is to come */
    COMPLETE_NO                         /* more is surely to come */
};
enum completeness reply_completeness(struct bytes reply);

#endif
