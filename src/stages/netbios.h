/*
 * netbios.h owns the stage that reads what the name service of NetBIOS (udp 137) told of its host when it was identified, and asks once more: which
 * addresses have the name? A host with several networks tells them all. The detail is "netbios".
 */
#ifndef DESCRY_STAGES_NETBIOS_H
#define DESCRY_STAGES_NETBIOS_H

#include "task/task.h"

extern const struct stage stage_netbios;

#endif
