/* consignment - how a copy went with one node, and with all, in words and JSON (pure) */
#ifndef CONTROLLER_CONSIGNMENT_H
#define CONTROLLER_CONSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol/fail.h"

struct fleet_node;
struct giver;
struct taker;
struct json;
struct text;

#define CONSIGNMENT_SCHEMA       "ibfleet.copy/1"
#define CONSIGNMENT_EVENT_SCHEMA "ibfleet.copy-event/1"

struct consignment {
    const struct fleet_node *node;
    struct giver *giver; /* one of both: to the node */
    struct taker *taker; /* or from it               */
    char *folder;        /* ours, for what comes from it */
    bool ran;
    uint64_t took_ms;
    struct fail why; /* FAIL_NONE: all is there */

    uint64_t seen_moves; /* of the giver, at the last look */
    unsigned still_s;    /* so long it has not moved       */
    bool over;
};

/* Those of the giver or the taker. */
int consignment_hear(struct consignment *n, const char *bytes, size_t len_bytes,
                     struct fail *why);
void consignment_hear_err(struct consignment *n, const char *bytes, size_t len_bytes);
ssize_t consignment_next(struct consignment *n, char *bytes, size_t size_bytes,
                         struct fail *why);

void consignment_clear(struct consignment *n);

/* The node's command has ended: status when by itself, else why. */
void consignment_end(struct consignment *n, int status, const struct fail *why);

/* To be asked once a second; true when it has not moved for so long. */
bool consignment_is_stalled(struct consignment *n, unsigned patience_s);

/* Of files, so far. */
uint64_t consignment_bytes(const struct consignment *n);

/* {name, state, code, reason, seconds, files_sent, files_same, bytes_sent}; the caller's.
 * NULL: no memory.  place: the path on the nodes.
 */
struct json *consignment_encode(const struct consignment *n);
struct json *consignments_encode(const struct consignment *nodes, size_t count,
                                 const char *place);

/* "3 nodes ib[1-3]: 2 files sent, 1 as it was, 12 bytes".  FAIL_MEMORY. */
int consignments_render(const struct consignment *nodes, size_t count, struct text *text,
                        struct fail *why);
int consignments_render_trouble(const struct consignment *nodes, size_t count, bool color,
                                struct text *text, struct fail *why);

#endif
