/* answer - what one node said to a command, and how it ended (pure)
 *
 * Live, each line is handed on as it comes; gathered, it is kept up to a ceiling.
 */
#ifndef CONTROLLER_ANSWER_H
#define CONTROLLER_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/screen/lines.h"
#include "controller/screen/text.h"
#include "controller/ssh/ssh.h"
#include "controller/tail.h"
#include "protocol/fail.h"

struct fleet_node;
struct json;

/* A node that says more is stopped (FAIL_FLOOD). */
#define ANSWER_MAX_KEPT_BYTES ((size_t)1 << 20)
#define ANSWER_MAX_LIVE_BYTES ((size_t)256 << 20)

struct answer {
    const struct fleet_node *node;
    struct lines lines[2]; /* live: by stream                                    */
    struct text kept[2];   /* gathered: all in [0]; apart: by stream              */
    struct tail err;       /* of its stderr */
    size_t heard_bytes;
    bool ran;        /* the command was started                                   */
    int status;      /* of the command; SSH_STATUS_UNKNOWN                        */
    struct fail why; /* FAIL_NONE: ended with status 0                            */
    uint64_t took_ms;
    const char *way; /* "libssh2" or "openssh", for who reads JSON; else NULL */
};

/* Count and keep what came; FAIL_FLOOD past the ceiling, with what fitted kept. */
int answer_keep(struct answer *a, enum ssh_stream stream, const char *bytes,
                size_t len_bytes, struct fail *why);

/* How lines are shown. */
enum answer_style {
    ANSWER_RAW = 1 << 0,  /* not escaped                */
    ANSWER_BARE = 1 << 1, /* without "NODE: " before it */
};

/* Live: what came, with what waited, as whole lines "NODE: LINE" into text; bytes NULL:
 * nothing comes any more, and the last line needs no end.  style: enum answer_style,
 * or'ed.
 */
void answer_cut(struct answer *a, enum ssh_stream stream, const char *bytes,
                size_t len_bytes, unsigned style, struct text *text);

/* One line that a node printed, without its end. */
void answer_put_line(const char *line, size_t len_bytes, bool raw, struct text *text);

/* Only count it, against the ceiling of live output. */
int answer_count(struct answer *a, size_t len_bytes, struct fail *why);

/* How the command ended; a status other than 0 becomes FAIL_COMMAND. */
void answer_end(struct answer *a, int status, const struct fail *why);

/* The word for it: "ok", "failed", "unreachable", and of those whom we ended "stopped"
 * when the command was running and "not-run" when it was not.
 */
const char *answer_state(const struct answer *a);

/* {name, state, code, reason, status, seconds, through, stdout, stderr}; NULL: no memory. */
struct json *answer_encode(const struct answer *a);

void answer_clear(struct answer *a);

#endif
