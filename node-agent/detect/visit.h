/* visit - one HTTP GET over a plain socket, with a deadline
 *
 * For the service beside this machine only: an IPv4 address, no name to look up, never
 * through a proxy, no second request on the same connection.  It blocks in poll() until
 * there is an answer or the deadline has passed; the caller runs in a child that may.
 */
#ifndef NODE_AGENT_DETECT_VISIT_H
#define NODE_AGENT_DETECT_VISIT_H

#include <stdint.h>

struct reply;

enum visit_end {
    VISIT_ANSWERED,  /* and *r is filled, whatever its status                     */
    VISIT_ABSENT,    /* no way leads there                                        */
    VISIT_REFUSED,   /* nobody listens there                                      */
    VISIT_SILENT,    /* no connection in time                                     */
    VISIT_SLOW,      /* a connection, but no whole answer in time                 */
    VISIT_CUT,       /* it hung up too early                                      */
    VISIT_GARBAGE,   /* what came is no HTTP                                      */
    VISIT_TOO_LARGE, /* more than REPLY_MAX_BYTES                                 */
};

struct visit {
    uint32_t address; /* host byte order */
    uint16_t port;
    const char *host;         /* for the header of that name */
    const char *path;         /* with the query              */
    int64_t connect_until_ms; /* deadlines by clock_ms()     */
    int64_t until_ms;
};

/* buffer has room for REPLY_MAX_BYTES; r->body points into it. */
enum visit_end visit_get(const struct visit *v, char *buffer, struct reply *r);

#endif
