/* fuzz_port_list.c owns fuzzing port lists: what is accepted must read the same after it was written. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "targets/ports.h"

static void check_written(const uint16_t *ports, size_t count)
{
    char *text = port_list_format(ports, count);
    struct port_list again = {0};

    if (!text)
        return;
    if (!port_list_parse("again", text, (struct port_scope){.tcp = true}, &again, NULL) || again.tcp_count != count)
        abort();
    if (memcmp(again.tcp, ports, count * sizeof *ports) != 0)
        abort();
    port_list_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    char *text = must_alloc(len + 1);
    struct port_list l = {0};
    struct diags d;

    if (len > 0)
        memcpy(text, at, len);
    text[len] = 0;
    diags_init(&d);
    bool ok = port_list_parse("fuzz", text, (struct port_scope){.tcp = true, .udp = len % 2}, &l, &d);
    if (ok != (d.errors == 0))
        abort();
    for (size_t i = 0; i < d.count; i++)
        if (d.list[i].column < 1 || d.list[i].column > strlen(text) + 1)
            abort();
    check_written(l.tcp, l.tcp_count);
    check_written(l.udp, l.udp_count);
    port_list_free(&l);
    diags_free(&d);
    free(text);
    return 0;
}
