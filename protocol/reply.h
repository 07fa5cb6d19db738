/* reply - an HTTP/1.1 answer, as far as it has come (pure)
 *
 * For asking one small service one thing over a connection that is closed afterwards:
 * Content-Length, chunks, or all until the end.  The whole answer is looked at again
 * each time more has come, so the caller keeps it in one buffer.
 *
 *     switch (reply_read(buffer, have_bytes, ended, &r)) {
 *     case REPLY_MORE:  read on, unless it has ended (then it is never said)
 *     case REPLY_WHOLE: r.status, r.body, r.body_bytes
 */
#ifndef PROTOCOL_REPLY_H
#define PROTOCOL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/* Of the head alone, and of all that comes with it. */
#define REPLY_MAX_HEAD  ((size_t)8 << 10)
#define REPLY_MAX_BYTES ((size_t)256 << 10)

enum reply_state {
    REPLY_MORE,      /* so far, so good                                          */
    REPLY_WHOLE,     /* and *r is filled                                         */
    REPLY_CUT,       /* it ended too early                                       */
    REPLY_GARBAGE,   /* this is no HTTP, or contradicts itself                   */
    REPLY_TOO_LARGE, /* more than the ceilings has come or is announced          */
};

struct reply {
    int status;        /* 200..599                                              */
    int retry_after_s; /* -1: it does not say                                   */
    const char *body;  /* borrowed from bytes, without the frames of chunks     */
    size_t body_bytes;
};

/* ended: nothing will come after these bytes.  *r is set for REPLY_WHOLE only; then the
 * bytes may have been moved (chunks become one piece) and must not be read again.
 */
enum reply_state reply_read(char *bytes, size_t len_bytes, bool ended, struct reply *r);

#endif
