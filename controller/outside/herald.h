/* herald - notices to the system's log: journald when its socket is there, else syslog
 *
 *     if (herald_open(&(struct herald_options){0}, &h, why) < 0)
 *         return -1;
 *     herald_tell(h, &notice);
 *     herald_close(h);
 *
 * It never waits: a log that takes nothing now loses what it is told, which is counted, and
 * told with the next notice that gets through.  A log that was started anew is found again.
 * No loop and no handles.
 */
#ifndef CONTROLLER_HERALD_H
#define CONTROLLER_HERALD_H

#include <stdbool.h>

struct fail;
struct herald;
struct notice;

#define HERALD_JOURNAL "/run/systemd/journal/socket"
#define HERALD_SYSLOG  "/dev/log"

struct herald_options {
    const char *journal, *syslog; /* NULL: as above */
    bool is_asked_for;            /* so that none is a failure */
};

/* Neither is there: a herald that says nothing to nobody, or FAIL_PREFLIGHT when it was asked for.
 * FAIL_MEMORY.
 */
int herald_open(const struct herald_options *options, struct herald **h,
                struct fail *why);

/* False: it is lost, as far as we know now. */
bool herald_tell(struct herald *h, const struct notice *n);

/* NULL is allowed. */
void herald_close(struct herald *h);

#endif
