/* smb_found.h owns what the conversations of one SMB port have told, and the way from there to the port's facts. For this room only. */
#ifndef DESCRY_STAGES_SMB_FOUND_H
#define DESCRY_STAGES_SMB_FOUND_H

#include "task/task.h"
#include "wire/ntlm.h"
#include "wire/smb1.h"
#include "wire/smb2.h"

enum smb1_offered { SMB1_NOT_KNOWN, SMB1_NOT_OFFERED, SMB1_OFFERED };

struct smb_found {
    bool spoke2;                        /* `two` holds */
    struct smb2_negotiated two;         /* its bytes are in the task's arena */
    enum smb1_offered one_offered;
    struct smb1_negotiated one;         /* if offered */
    struct smb1_session session;
    bool challenged;                    /* `challenge` holds */
    struct ntlm_challenge challenge;
    bool netbios;                       /* a session of NetBIOS was needed */
    uint32_t status;                    /* SESSION_SETUP was refused with it, by SMB 2 */
    int64_t asked_at, clock_at;         /* wall clock: when the time was asked for, when it came */
};

void smb_found_report(struct task *t, const struct smb_found *f);

#endif
