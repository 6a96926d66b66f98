/* openssl_none.c owns the place of the openssl module in a build without it: `require` fails, and certificates are not read. */
#include "script/inside.h"

int certificate_push(lua_State *L, struct bytes der)
{
    lua_pushnil(L);
    return 1;
}

void openssl_close(struct scripts *s)
{
}
