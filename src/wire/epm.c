/* epm.c owns the reading of the endpoint mapper's answers: NDR with pointers put off to the end, and towers of floors in it. */
#include "wire/epm.h"

#include "wire/put.h"
#include "wire/utf16.h"

#include <string.h>

enum { ANNOTATION_MOST = 64, TOWER_MOST = 1024, FLOORS_MOST = 8, TEXT_MOST = 255, NO_MORE = 0x16c9a0d6 };
/* the first byte of a floor says what it is */
enum {
    FLOOR_UUID = 0x0d,
    FLOOR_TCP = 0x07,
    FLOOR_UDP = 0x08,
    FLOOR_IP = 0x09,
    FLOOR_PIPE = 0x0f,
    FLOOR_LOCAL = 0x10,
    FLOOR_HOST = 0x11,
    FLOOR_HTTP = 0x1f
};

const struct dcerpc_interface epm_interface = {
    {0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}, 3, 0};
const struct dcerpc_interface epm_exporter = {
    {0xc4, 0xfe, 0xfc, 0x99, 0x60, 0x52, 0x1b, 0x10, 0xbb, 0xcb, 0x00, 0xaa, 0x00, 0x21, 0x34, 0x7a}, 0, 0};
const struct dcerpc_interface epm_management = {
    {0x80, 0xbd, 0xa8, 0xaf, 0x8a, 0x7d, 0xc9, 0x11, 0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}, 1, 0};

bool epm_write_lookup(struct buf *out, const uint8_t handle[EPM_HANDLE])
{
    enum { ALL_ENTRIES = 0, ALL_VERSIONS = 1 };
    return put_le32(out, ALL_ENTRIES) && put_le32(out, 0) && put_le32(out, 0) && put_le32(out, ALL_VERSIONS) &&
           buf_append(out, handle, EPM_HANDLE) && put_le32(out, EPM_ENTRIES);
}

/* ---- towers */

static const char *floor_text(struct arena *a, struct bytes raw)
{
    size_t n = 0;
    while (n < raw.len && n < TEXT_MOST && raw.at[n])
        n++;
    return n ? arena_strndup(a, raw.at, n) : NULL;
}

static void read_port(struct epm_entry *e, enum epm_transport t, struct bytes right)
{
    struct reader r = reader_of(right);
    e->transport = t;
    e->port = reader_be16(&r);
}

static void read_address(struct epm_entry *e, struct bytes right)
{
    struct reader r = reader_of(right);
    uint32_t address = reader_be32(&r);
    e->has_address = !r.bad && address;
    e->address = addr_from_v4(address);
}

static void read_interface(struct epm_entry *e, struct bytes left, struct bytes right)
{
    struct reader r = reader_of(left), rest = reader_of(right);
    uint8_t kind = reader_u8(&r);
    struct bytes uuid = reader_take(&r, DCERPC_UUID);
    if (r.bad || kind != FLOOR_UUID)
        return;
    memcpy(e->interface.uuid, uuid.at, DCERPC_UUID);
    e->interface.major = reader_le16(&r);
    e->interface.minor = reader_le16(&rest);
}

static void read_floor(struct arena *a, struct epm_entry *e, uint8_t kind, struct bytes right)
{
    switch (kind) {
    case FLOOR_TCP:
        read_port(e, EPM_TCP, right);
        break;
    case FLOOR_UDP:
        read_port(e, EPM_UDP, right);
        break;
    case FLOOR_HTTP:
        read_port(e, EPM_HTTP, right);
        break;
    case FLOOR_IP:
        read_address(e, right);
        break;
    case FLOOR_PIPE:
        e->transport = EPM_PIPE;
        e->pipe = floor_text(a, right);
        break;
    case FLOOR_LOCAL:
        e->transport = EPM_LOCAL;
        break;
    case FLOOR_HOST:
        e->host = floor_text(a, right);
        break;
    default:
        break;
    }
}

/* The first floor names the interface, the second how it is spoken, the others where. */
static void read_tower(struct arena *a, struct epm_entry *e, struct bytes tower)
{
    struct reader r = reader_of(tower);
    size_t floors = reader_le16(&r);
    for (size_t i = 0; i < floors && i < FLOORS_MOST; i++) {
        struct bytes left = reader_take(&r, reader_le16(&r));
        struct bytes right = reader_take(&r, reader_le16(&r));
        if (r.bad)
            return;
        if (i == 0)
            read_interface(e, left, right);
        else if (i > 1 && left.len)
            read_floor(a, e, left.at[0], right);
    }
}

/* ---- the page */

/* Everything in the results begins at a multiple of four, counted from their start. */
static void align(struct reader *r, struct bytes whole)
{
    size_t at = (size_t)(r->at - whole.at), pad = (4 - at % 4) % 4;
    reader_skip(r, pad);
}

static const char *read_annotation(struct reader *r, struct arena *a)
{
    reader_skip(r, 4);
    size_t n = reader_le32(r);
    if (n > ANNOTATION_MOST)
        r->bad = true;
    return floor_text(a, reader_take(r, r->bad ? 0 : n));
}

static struct bytes read_twr(struct reader *r)
{
    reader_skip(r, 4);
    size_t n = reader_le32(r);
    if (n > TOWER_MOST)
        r->bad = true;
    return reader_take(r, r->bad ? 0 : n);
}

enum decoded epm_read_page(struct bytes results, struct arena *a, struct epm_page *out)
{
    static const uint8_t closed[EPM_HANDLE] = {0};
    bool has_tower[EPM_ENTRIES] = {false};
    struct reader r = reader_of(results);
    *out = (struct epm_page){.last = true};
    struct bytes handle = reader_take(&r, EPM_HANDLE);
    size_t count = reader_le32(&r);
    reader_skip(&r, 4 + 4);
    size_t actual = reader_le32(&r);
    if (r.bad || actual > EPM_ENTRIES || count > EPM_ENTRIES)
        return DECODED_BAD;
    memcpy(out->handle, handle.at, EPM_HANDLE);
    for (size_t i = 0; i < actual && !r.bad; i++) {
        reader_skip(&r, DCERPC_UUID);
        has_tower[i] = reader_le32(&r) != 0;
        out->entries[i].annotation = read_annotation(&r, a);
        align(&r, results);
    }
    for (size_t i = 0; i < actual && !r.bad; i++) {
        if (has_tower[i])
            read_tower(a, &out->entries[i], read_twr(&r));
        align(&r, results);
    }
    uint32_t status = reader_le32(&r);
    if (r.bad)
        return DECODED_BAD;
    out->count = actual;
    out->last = status || !actual || memcmp(out->handle, closed, EPM_HANDLE) == 0;
    return status && status != NO_MORE ? DECODED_BAD : DECODED_OK;
}

/* The version, a pointer, a count; then units of 16 bits: where security begins, and before it a number and a text for each binding. */
size_t epm_read_bindings(struct bytes results, struct arena *a, const char *out[EPM_BINDINGS])
{
    struct reader r = reader_of(results);
    size_t count = 0;
    reader_skip(&r, 4);
    uint32_t pointer = reader_le32(&r);
    reader_skip(&r, 4);
    size_t units = reader_le16(&r), security = reader_le16(&r);
    if (r.bad || !pointer || security > units)
        return 0;
    struct bytes list = reader_take(&r, 2 * security);
    if (r.bad)
        return 0;
    r = reader_of(list);
    while (count < EPM_BINDINGS && reader_left(&r) > 2 && reader_le16(&r)) {
        const char *text = utf16_take(a, &r);
        if (text)
            out[count++] = text;
    }
    return count;
}

/* ---- names */

const char *epm_transport_name(enum epm_transport t)
{
    static const char *const names[] = {"other", "ncacn_ip_tcp", "ncadg_ip_udp", "ncacn_http", "ncacn_np", "ncalrpc"};
    return names[t];
}

/* From Microsoft's Open Specifications: each document's "Standards Assignments". */
static const struct {
    const char *uuid, *name;
} interfaces[] = {
    {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper"},
    {"afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt"},
    {"99fcfec4-5260-101b-bbcb-00aa0021347a", "IObjectExporter"},
    {"4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", "IActivation"},
    {"000001a0-0000-0000-c000-000000000046", "IRemoteSCMActivator"},
    {"12345778-1234-abcd-ef00-0123456789ab", "lsarpc"},
    {"12345778-1234-abcd-ef00-0123456789ac", "samr"},
    {"12345678-1234-abcd-ef00-01234567cffb", "netlogon"},
    {"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi"},
    {"3919286a-b10c-11d0-9ba8-00c04fd92ef5", "dssetup"},
    {"4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc"},
    {"6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc"},
    {"6bffd098-a112-3610-9833-012892020162", "browser"},
    {"338cd001-2244-31f1-aaaa-900038001003", "winreg"},
    {"367abb81-9844-35f1-ad32-98f038001003", "svcctl"},
    {"82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog"},
    {"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "eventlog6"},
    {"1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc"},
    {"378e52b0-c0a9-11cf-822d-00aa0051e40f", "sasec"},
    {"86d35949-83c9-4044-b424-db363231fd0c", "ITaskSchedulerService"},
    {"12345678-1234-abcd-ef00-0123456789ab", "spoolss"},
    {"76f03f96-cdfd-44fc-a22c-64950a001209", "IRemoteWinspool"},
    {"50abc2a4-574d-40b3-9d66-ee4fd5fba076", "dnsserver"},
    {"4fc742e0-4a10-11cf-8273-00aa004ae673", "netdfs"},
    {"897e2e5f-93f3-4376-9c9c-fd2277495c27", "FrsTransport"},
    {"f5cc59b4-4264-101a-8c59-08002b2f8426", "frsrpc"},
    {"d049b186-814f-11d1-9a3c-00c04fc9b232", "NtFrsApi"},
    {"91ae6020-9e3c-11cf-8d7c-00aa00c091be", "ICertPassage"},
    {"c681d488-d850-11d0-8c52-00c04fd90f7e", "efsrpc"},
    {"df1941c5-fe89-4e79-bf10-463657acf44d", "efsrpc"},
    {"906b0ce0-c70b-1067-b317-00dd010662da", "IXnRemote"},
    {"5b821720-f63b-11d0-aad2-00c04fc324db", "dhcpsrv2"},
    {"45f52c28-7f9f-101a-b52b-08002b2efabe", "winsif"},
    {"894de0c0-0d55-11d3-a322-00c04fa321a1", "InitShutdown"},
    {"d95afe70-a6d5-4259-822e-2c84da1ddb0d", "WindowsShutdown"},
    {"5ca4a760-ebb1-11cf-8611-00a0245420ed", "winstation"},
    {"fdb3a030-065f-11d1-bb9b-00a024ea5525", "qmcomm"},
    {"f5cc5a18-4264-101a-8c59-08002b2f8426", "nspi"},
    {"1544f5e0-613c-11d1-93df-00c04fd7bd09", "rfri"},
    {"a4f1db00-ca47-1067-b31f-00dd010662da", "emsmdb"},
    {"2f5f6520-ca46-1067-b319-00dd010662da", "tapsrv"},
    {"8fb6d884-2388-11d0-8c35-00c04fda2795", "w32time"},
    {"6b5bdd1e-528c-422c-af8c-a4079be4fe48", "RemoteFW"},
};

const char *epm_interface_name(const uint8_t uuid[DCERPC_UUID])
{
    char text[DCERPC_UUID_TEXT];
    dcerpc_uuid_text(uuid, text);
    for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++)
        if (strcmp(interfaces[i].uuid, text) == 0)
            return interfaces[i].name;
    return NULL;
}
