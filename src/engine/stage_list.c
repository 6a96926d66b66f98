/* stage_list.c owns which stages a port goes through, in which order, and their settings. */
#include "engine/inside.h"

#include <string.h>

static void configure(struct engine *e)
{
    const struct options *o = e->options;
    int intensity = (int)o->intensity;
    e->identify = (struct identify_config){.db = e->db, .gentle = e->gentle, .experience = e->experience, .intensity = intensity};
    e->enter_tls = (struct tls_config){.with_chain = o->certificates};
    e->starttls = (struct starttls_config){.upgrade = o->starttls, .with_chain = o->certificates};
    e->rpc_first = (struct rpc_config){.early = true, .every = o->rpc_only, .heard_only = o->sequential, .intensity = intensity};
    e->rpc = (struct rpc_config){.intensity = intensity};
    e->rpc_heard = (struct rpc_config){.early = true, .heard_only = true, .intensity = intensity};
    e->rpc_first.window = e->rpc.window = e->rpc_heard.window = e->timing.window_max;
    e->rpc_first.rate = e->rpc.rate = e->rpc_heard.rate = &e->fastest;
    e->ntlm = (struct ntlm_config){.ask = o->ntlm};
}

/* The order in which a port goes through its stages; inside a tunnel once more from the first one. */
static void list(struct engine *e)
{
    const struct stage_use stages[] = {
        {&stage_rpc, &e->rpc_first},
        {&stage_http2, &e->identify},
        {e->options->sequential ? &stage_identify_sequential : &stage_identify, &e->identify},
        {&stage_tls, &e->enter_tls},
        {&stage_starttls, &e->starttls},
        {&stage_rpc, &e->rpc},
        {&stage_smb, NULL},
        {&stage_msrpc, NULL},
        {&stage_netbios, NULL},
        {&stage_ntlm, &e->ntlm},
        {&stage_script, &e->script_stage},
    };
    _Static_assert(sizeof stages <= sizeof e->stages, "a stage without a place");
    memcpy(e->stages, stages, sizeof stages);
    e->stage_count = e->options->rpc_only ? 1 : sizeof stages / sizeof *stages;
    e->second_stages[0] = (struct stage_use){&stage_rpc, &e->rpc_heard};
}

void stage_list_make(struct engine *e)
{
    configure(e);
    list(e);
}
