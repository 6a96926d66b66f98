/* nbns.h owns the name service of NetBIOS (RFC 1002, 4.2): the status of a node (its names, its unit), and the addresses of a name. */
#ifndef DESCRY_WIRE_NBNS_H
#define DESCRY_WIRE_NBNS_H

#include "base/bytes.h"

enum { NBNS_NAMES = 64, NBNS_NAME = 15, NBNS_ADDRESSES = 32 };

struct nbns_name {
    char text[NBNS_NAME + 1];           /* without the blanks at its end; a NUL inside ends it */
    uint8_t suffix;
    bool group;
};

struct nbns_status {
    struct nbns_name names[NBNS_NAMES];
    size_t count;
    uint8_t unit[6];                    /* the address of its network card; zeros: it has none to tell */
};

/* Any answer to a node status question. */
enum decoded nbns_read_status(struct bytes datagram, struct nbns_status *out);
/* What a suffix of a name stands for, "file server"; NULL: nothing that is known widely. */
const char *nbns_suffix_name(uint8_t suffix, bool group);

/* "Which addresses has this name?", asked of the node itself. */
bool nbns_write_query(struct buf *out, uint16_t id, const struct nbns_name *name);
/* Four bytes each. BAD: no answer to that question, or a negative one. */
enum decoded nbns_read_addresses(struct bytes datagram, uint16_t id, uint8_t out[NBNS_ADDRESSES][4], size_t *count);

#endif
