/* zlib.c owns the module zlib (specs/script-host.md, 3.8). What is unpacked is bounded, and input that ends early ends the call. */
#include "script/inside.h"

#include "base/limits.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { UNPACKED_MOST = 10 * 1024 * 1024, CHUNK = 16 * 1024 };
enum { COST_OF_PACKING = 8, COST_OF_UNPACKING = 2, COST_OF_CHECKSUM_8 = 2 }; /* steps a byte; a checksum: eight bytes */
static const char *const inflate_class = "descry.zlib.inflate", *const deflate_class = "descry.zlib.deflate";

/* ---- the library's own memory counts like Lua's */

struct block {
    size_t held;
    max_align_t at[];
};

static voidpf take_memory(voidpf L, uInt items, uInt size)
{
    size_t bytes = sizeof(struct block) + (size_t)items * size, held = 0;
    if (!state_hold(L, &held, bytes))
        return NULL;
    struct block *b = malloc(bytes);
    if (!b) {
        state_hold(L, &held, 0);
        return NULL;
    }
    b->held = held;
    return b->at;
}

static void give_memory(voidpf L, voidpf at)
{
    struct block *b = (struct block *)((char *)at - offsetof(struct block, at));
    state_hold(L, &b->held, 0);
    free(b);
}

/* The state that never goes away is the one to name: coroutines do. */
static z_stream new_stream(lua_State *L)
{
    return (z_stream){.zalloc = take_memory, .zfree = give_memory, .opaque = scripts_of(L)->L};
}

/* ---- whole texts */

static int version(lua_State *L)
{
    lua_pushstring(L, zlibVersion());
    return 1;
}

typedef uLong checksum_fn(uLong, const Bytef *, uInt);

static int checksum(lua_State *L, checksum_fn *fn)
{
    uLong start = fn(0, NULL, 0);
    size_t length;
    if (lua_gettop(L) > 0) {
        lua_Number n = luaL_checknumber(L, 1);
        uLong from = n >= 0 && n <= UINT32_MAX ? (uLong)n : 0;
        const char *text = luaL_checklstring(L, 2, &length);
        steps_spend(L, length / 8 * COST_OF_CHECKSUM_8);
        start = fn(from, (const Bytef *)text, (uInt)length);
    }
    lua_pushnumber(L, (lua_Number)start);
    return 1;
}

static int adler(lua_State *L)
{
    return checksum(L, adler32);
}

static int crc(lua_State *L)
{
    return checksum(L, crc32);
}

struct levels {
    int level, method, window, memory, strategy;
};

static struct levels read_levels(lua_State *L, int at)
{
    return (struct levels){(int)luaL_optinteger(L, at, Z_DEFAULT_COMPRESSION), (int)luaL_optinteger(L, at + 1, Z_DEFLATED),
        (int)luaL_optinteger(L, at + 2, 15), (int)luaL_optinteger(L, at + 3, 8), (int)luaL_optinteger(L, at + 4, Z_DEFAULT_STRATEGY)};
}

static int compress_text(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct levels v = read_levels(L, 2);
    luaL_argcheck(L, length <= LIMIT_SCRIPT_SEND, 1, "too long");
    steps_spend(L, length * COST_OF_PACKING);
    z_stream z = new_stream(L);
    int rc = deflateInit2(&z, v.level, v.method, v.window, v.memory, v.strategy);
    if (rc != Z_OK) {
        lua_pushnil(L);
        lua_pushnumber(L, rc);
        return 2;
    }
    struct buf out;
    unsigned char chunk[CHUNK];
    buf_init(&out, LIMIT_SCRIPT_MEMORY);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)length;
    do {
        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        rc = deflate(&z, Z_FINISH);
        buf_append(&out, chunk, sizeof chunk - z.avail_out);
    } while (rc == Z_OK);
    deflateEnd(&z);
    bool pushed = state_push_text(L, out.at, out.len);
    buf_free(&out);
    if (!pushed)
        return lua_error(L);
    lua_pushnumber(L, rc);
    return 2;
}

/* Unpacks until the end of the stream, of the input, or the limit. */
static int unpack_some(z_stream *z, struct buf *out)
{
    unsigned char chunk[CHUNK];
    int rc;
    do {
        uInt before = z->avail_in;
        z->next_out = chunk;
        z->avail_out = sizeof chunk;
        rc = inflate(z, Z_NO_FLUSH);
        size_t made = sizeof chunk - z->avail_out;
        if (!buf_append(out, chunk, made))
            return Z_MEM_ERROR;
        if (rc == Z_OK && made == 0 && z->avail_in == before)
            return Z_BUF_ERROR;
    } while (rc == Z_OK);
    return rc;
}

static int decompress_text(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer limit = luaL_optinteger(L, 3, UNPACKED_MOST);
    z_stream z = new_stream(L);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)length;
    if (inflateInit2(&z, (int)luaL_optinteger(L, 2, 15)) != Z_OK)
        return luaL_error(L, "failed to initialize zstream structures");
    struct buf out;
    buf_init(&out, limit > 0 && limit < LIMIT_SCRIPT_MEMORY ? (size_t)limit : UNPACKED_MOST);
    int rc = unpack_some(&z, &out);
    inflateEnd(&z);
    bool ok = rc == Z_STREAM_END || rc == Z_BUF_ERROR || rc == Z_OK;
    bool pushed = ok && state_push_text(L, out.at, out.len);
    uint64_t cost = (length - z.avail_in + out.len) * COST_OF_UNPACKING;
    buf_free(&out);
    steps_spend(L, cost);
    return pushed ? 1 : ok ? lua_error(L) : luaL_error(L, "failed to process zlib stream");
}

/* ---- streams to read from: the source is the first user value, the dictionary the second */

struct inflating {
    z_stream z;
    bool open, ended;
    struct buf out;
    size_t held; /* of `out` */
    size_t total;
};

static struct inflating *check_inflate(lua_State *L)
{
    return luaL_checkudata(L, 1, inflate_class);
}

/* Pushes the next piece of the source, nil at its end. */
static void push_piece(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
    if (lua_isstring(L, -1)) {
        lua_pushnil(L);
        lua_setiuservalue(L, 1, 1);
        return;
    }
    if (lua_isfunction(L, -1)) {
        lua_pushinteger(L, CHUNK);
        lua_call(L, 1, 1);
        return;
    }
    if (lua_isnil(L, -1))
        return;
    lua_getfield(L, -1, "read");
    lua_insert(L, -2);
    lua_pushinteger(L, CHUNK);
    lua_call(L, 2, 1);
}

static void drop_output(lua_State *L, struct inflating *s)
{
    buf_free(&s->out);
    buf_init(&s->out, 4 * (size_t)UNPACKED_MOST);
    state_hold(L, &s->held, 0);
}

/* A stream that was made with a dictionary says so when it is begun. */
static int unpack_piece(lua_State *L, struct inflating *s)
{
    size_t length;
    int rc = unpack_some(&s->z, &s->out);
    if (rc != Z_NEED_DICT)
        return rc;
    lua_getiuservalue(L, 1, 2);
    const char *words = lua_tolstring(L, -1, &length);
    lua_pop(L, 1);
    if (!words || inflateSetDictionary(&s->z, (const Bytef *)words, (uInt)length) != Z_OK)
        return Z_DATA_ERROR;
    return unpack_some(&s->z, &s->out);
}

static bool read_piece(lua_State *L, struct inflating *s)
{
    size_t length;
    push_piece(L);
    const char *piece = lua_tolstring(L, -1, &length);
    if (!piece || !length || s->ended) {
        lua_pop(L, 1);
        s->ended = true;
        return false;
    }
    s->z.next_in = (Bytef *)piece;
    s->z.avail_in = (uInt)length;
    size_t before = s->out.len;
    int rc = unpack_piece(L, s);
    lua_pop(L, 1);
    s->total += s->out.len - before;
    if (!state_hold(L, &s->held, s->out.cap)) {
        s->ended = true;
        drop_output(L, s);
        luaL_error(L, "not enough memory");
    }
    steps_spend(L, (length - s->z.avail_in + s->out.len - before) * COST_OF_UNPACKING);
    if (rc == Z_STREAM_END || s->total >= 4 * (size_t)UNPACKED_MOST)
        s->ended = true;
    else if (rc != Z_BUF_ERROR && rc != Z_OK)
        luaL_error(L, "failed to decompress [%d]", rc);
    return true;
}

static void take(lua_State *L, struct inflating *s, size_t n)
{
    lua_pushlstring(L, (const char *)s->out.at, n);
    buf_drop_front(&s->out, n);
}

/* Each of these pushes one result. */
static void read_all(lua_State *L, struct inflating *s)
{
    while (!s->ended && read_piece(L, s))
        ;
    take(L, s, s->out.len);
}

static void read_line(lua_State *L, struct inflating *s)
{
    for (size_t from = 0;;) {
        const uint8_t *end = s->out.len > from ? memchr(s->out.at + from, '\n', s->out.len - from) : NULL;
        if (end) {
            take(L, s, (size_t)(end - s->out.at));
            buf_drop_front(&s->out, 1);
            return;
        }
        from = s->out.len;
        if (s->ended || !read_piece(L, s))
            break;
    }
    if (s->out.len)
        take(L, s, s->out.len);
    else
        lua_pushnil(L);
}

static void read_bytes(lua_State *L, struct inflating *s, size_t n)
{
    while (s->out.len < n && !s->ended && read_piece(L, s))
        ;
    if (!s->out.len && n)
        lua_pushnil(L);
    else
        take(L, s, n < s->out.len ? n : s->out.len);
}

static void read_format(lua_State *L, struct inflating *s, int index)
{
    if (lua_isnumber(L, index)) {
        lua_Integer n = luaL_checkinteger(L, index);
        luaL_argcheck(L, n >= 0, index, "invalid format");
        read_bytes(L, s, (size_t)n);
        return;
    }
    const char *format = luaL_checkstring(L, index);
    format += *format == '*';
    luaL_argcheck(L, *format == 'a' || *format == 'l', index, "invalid format");
    if (*format == 'a')
        read_all(L, s);
    else
        read_line(L, s);
}

/* As with files: one result for each format, up to the first that is not there. */
static int inflate_read(lua_State *L)
{
    struct inflating *s = check_inflate(L);
    int last = lua_gettop(L);
    if (last == 1)
        return read_line(L, s), 1;
    luaL_checkstack(L, last + 8, "too many formats");
    for (int i = 2; i <= last; i++) {
        read_format(L, s, i);
        if (lua_isnil(L, -1))
            break;
    }
    return lua_gettop(L) - last;
}

static int lines_next(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    read_line(L, check_inflate(L));
    return 1;
}

static int inflate_lines(lua_State *L)
{
    check_inflate(L);
    lua_settop(L, 1);
    lua_pushcclosure(L, lines_next, 1);
    return 1;
}

static int inflate_close(lua_State *L)
{
    struct inflating *s = check_inflate(L);
    if (s->open)
        inflateEnd(&s->z);
    s->open = false;
    s->ended = true;
    drop_output(L, s);
    return 0;
}

static int inflate_adler(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)check_inflate(L)->z.adler);
    return 1;
}

static int inflate_text(lua_State *L)
{
    lua_pushfstring(L, "zlib.inflate (%s)", check_inflate(L)->open ? "open" : "closed");
    return 1;
}

static int inflate_new(lua_State *L)
{
    luaL_checkany(L, 1);
    int window = (int)luaL_optinteger(L, 2, 15);
    size_t length = 0;
    const char *words = luaL_optlstring(L, 3, NULL, &length);
    struct inflating *s = lua_newuserdatauv(L, sizeof *s, 2);
    memset(s, 0, sizeof *s);
    s->z = new_stream(L);
    buf_init(&s->out, 4 * (size_t)UNPACKED_MOST);
    luaL_setmetatable(L, inflate_class);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    if (words) {
        lua_pushvalue(L, 3);
        lua_setiuservalue(L, -2, 2);
    }
    if (inflateInit2(&s->z, window > 0 && window <= 15 ? window + 32 : window) != Z_OK)
        return luaL_error(L, "failed to initialize zstream structures");
    s->open = true;
    if (words && window < 0 && inflateSetDictionary(&s->z, (const Bytef *)words, (uInt)length) != Z_OK)
        return luaL_error(L, "the dictionary does not fit"); /* without a head it is not asked for later */
    return 1;
}

/* ---- streams to write to: the sink is the user value */

struct deflating {
    z_stream z;
    bool open;
};

static struct deflating *check_deflate(lua_State *L)
{
    struct deflating *s = luaL_checkudata(L, 1, deflate_class);
    luaL_argcheck(L, s->open, 1, "the stream is closed");
    return s;
}

static void pass_on(lua_State *L, const unsigned char *at, size_t n)
{
    if (!n)
        return;
    lua_getiuservalue(L, 1, 1);
    if (lua_isfunction(L, -1)) {
        lua_pushlstring(L, (const char *)at, n);
        lua_call(L, 1, 0);
        return;
    }
    lua_getfield(L, -1, "write");
    lua_insert(L, -2);
    lua_pushlstring(L, (const char *)at, n);
    lua_call(L, 2, 0);
}

static void pack(lua_State *L, struct deflating *s, const char *text, size_t length, int flush)
{
    unsigned char chunk[CHUNK];
    s->z.next_in = (Bytef *)text;
    s->z.avail_in = (uInt)length;
    do {
        s->z.next_out = chunk;
        s->z.avail_out = sizeof chunk;
        deflate(&s->z, flush);
        pass_on(L, chunk, sizeof chunk - s->z.avail_out);
    } while (s->z.avail_out == 0);
}

static int deflate_write(lua_State *L)
{
    struct deflating *s = check_deflate(L);
    int n = lua_gettop(L);
    for (int i = 2; i <= n; i++) {
        size_t length;
        const char *text = luaL_checklstring(L, i, &length);
        luaL_argcheck(L, length <= LIMIT_SCRIPT_SEND, i, "too long");
        steps_spend(L, length * COST_OF_PACKING);
        pack(L, s, text, length, Z_NO_FLUSH);
    }
    return lua_pushboolean(L, true), 1;
}

static int deflate_flush(lua_State *L)
{
    static const char *const names[] = {"sync", "full", "finish", NULL};
    static const int flushes[] = {Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH};
    struct deflating *s = check_deflate(L);
    pack(L, s, NULL, 0, flushes[luaL_checkoption(L, 2, "sync", names)]);
    return lua_pushboolean(L, true), 1;
}

static int deflate_close(lua_State *L)
{
    struct deflating *s = check_deflate(L);
    pack(L, s, NULL, 0, Z_FINISH);
    deflateEnd(&s->z);
    s->open = false;
    return lua_pushboolean(L, true), 1;
}

static int deflate_text(lua_State *L)
{
    struct deflating *s = luaL_checkudata(L, 1, deflate_class);
    lua_pushfstring(L, "zlib.deflate (%s)", s->open ? "open" : "closed");
    return 1;
}

static int deflate_gc(lua_State *L)
{
    struct deflating *s = lua_touserdata(L, 1);
    if (s->open)
        deflateEnd(&s->z);
    s->open = false;
    return 0;
}

static int deflate_new(lua_State *L)
{
    luaL_checkany(L, 1);
    struct levels v = read_levels(L, 2);
    size_t length;
    const char *words = luaL_optlstring(L, 7, NULL, &length);
    struct deflating *s = lua_newuserdatauv(L, sizeof *s, 1);
    memset(s, 0, sizeof *s);
    s->z = new_stream(L);
    luaL_setmetatable(L, deflate_class);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    if (deflateInit2(&s->z, v.level, v.method, v.window, v.memory, v.strategy) != Z_OK)
        return luaL_error(L, "failed to initialize zstream structures");
    s->open = true;
    if (words && deflateSetDictionary(&s->z, (const Bytef *)words, (uInt)length) != Z_OK)
        return luaL_error(L, "the dictionary does not fit");
    return 1;
}

/* ---- the module */

static void make_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction gc, lua_CFunction text)
{
    luaL_newmetatable(L, name);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, text);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

int open_zlib(lua_State *L)
{
    static const luaL_Reg inflating[] = {
        {"read", inflate_read}, {"lines", inflate_lines}, {"close", inflate_close}, {"adler", inflate_adler}, {NULL, NULL}};
    static const luaL_Reg deflating[] = {{"write", deflate_write}, {"flush", deflate_flush}, {"close", deflate_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"version", version}, {"adler32", adler}, {"crc32", crc}, {"compress", compress_text},
        {"decompress", decompress_text}, {"inflate", inflate_new}, {"deflate", deflate_new}, {NULL, NULL}};
    static const struct {
        const char *name;
        int value;
    } constants[] = {{"NO_COMPRESSION", Z_NO_COMPRESSION}, {"BEST_SPEED", Z_BEST_SPEED}, {"BEST_COMPRESSION", Z_BEST_COMPRESSION},
        {"DEFAULT_COMPRESSION", Z_DEFAULT_COMPRESSION}, {"FILTERED", Z_FILTERED}, {"HUFFMAN_ONLY", Z_HUFFMAN_ONLY}, {"RLE", Z_RLE},
        {"FIXED", Z_FIXED}, {"DEFAULT_STRATEGY", Z_DEFAULT_STRATEGY}, {"DEFAULT_WINDOWBITS", 15}, {"GZIP_WINDOWBITS", 16},
        {"RAW_WINDOWBITS", -1}, {"DEFAULT_MEMLEVEL", 8}, {"MINIMUM_MEMLEVEL", 1}, {"MAXIMUM_MEMLEVEL", 9}, {"MINIMUM_WINDOWBITS", 8},
        {"MAXIMUM_WINDOWBITS", 15}};
    make_class(L, inflate_class, inflating, inflate_close, inflate_text);
    make_class(L, deflate_class, deflating, deflate_gc, deflate_text);
    luaL_newlib(L, functions);
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        lua_pushinteger(L, constants[i].value);
        lua_setfield(L, -2, constants[i].name);
    }
    return 1;
}
