/* steplog - what the programs of a step said: kept in a file, and read for its sense
 *
 * Every line goes to logs/RUN.STEP.ATTEMPT.log in the state folder, where whoever
 * follows the step finds it.  On the way known complaints are noted, and the line
 * that tells best why something failed.
 */
#ifndef NODE_AGENT_INSTALL_STEPLOG_H
#define NODE_AGENT_INSTALL_STEPLOG_H

#include <stdbool.h>

#include "node-agent/home.h"

struct fail;
struct steplog;

/* The file is cut here; lines are still read for their sense. */
#define STEPLOG_MAX_BYTES ((long)8 << 20)

enum steplog_sign {
    STEPLOG_DISK_FULL = 1,
    STEPLOG_LOCKED = 2,     /* another package manager is at work          */
    STEPLOG_UNKNOWN = 4,    /* a package that the lists do not have        */
    STEPLOG_UNFINISHED = 8, /* an earlier dpkg was interrupted             */
    STEPLOG_REBOOT = 16,    /* it asks for a reboot                        */
    STEPLOG_DKMS = 32,      /* DKMS did not build a module                 */
    STEPLOG_UNFETCHED = 64, /* a repository did not give what it has       */
};

int steplog_path(const struct home *h, const char *run, const char *step, int attempt,
                 char path[HOME_PATH_MAX_BYTES], struct fail *why);

/* The caller closes *log.  A full disk is no reason to fail: then without a file. */
int steplog_open(const char *path, struct steplog **log, struct fail *why);
void steplog_close(struct steplog *log); /* NULL is allowed */

/* Fits exec's on_line. */
void steplog_line(void *log, const char *line);

/* Forget the signs and the telling line: a new program starts. */
void steplog_begin(struct steplog *log);

bool steplog_saw(const struct steplog *log, enum steplog_sign sign);

/* The first complaint, else the last line, else "". Borrowed. */
const char *steplog_telling(const struct steplog *log);

#endif
