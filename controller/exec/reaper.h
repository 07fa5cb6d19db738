/* reaper - ends on a node what a command has left running there (pure)
 *
 * Closing an SSH channel ends nothing: a process that ignores SIGHUP or SIGPIPE, or that
 * writes nothing, goes on.  The reaper is a second command over the same connection.
 * sshd gives all commands of a connection the same SSH_CONNECTION, and no other
 * connection has it; so the processes that were started with it, and all that descend
 * from them, are the command's.  It tells them to terminate, kills those that have not
 * done so a second later, and says whether any are left.
 *
 * Where a session carries one command only (OpenSSH as our child), the reaper logs in a
 * second time, and a mark of ours in the environment of both stands for SSH_CONNECTION.
 * A server that does not take it (AcceptEnv) is found out by the reaper's own: then it
 * does nothing and says nothing.
 *
 * What the login shell may not look at (root's, after a sudo of the command's own) is
 * found by its parents and told as left, since it may not be ended either.  What has both
 * thrown its environment away and left its parent is not found, and not told.
 *
 *     ssh_instead(session, reaper_command(REAPER_BY_CONNECTION, sudo), why);
 *     reaper_hear(&reaper, bytes, n);  as it comes; then
 *     reaper_tell(&reaper, why);       what became of them, in words
 */
#ifndef CONTROLLER_REAPER_H
#define CONTROLLER_REAPER_H

#include <stdbool.h>
#include <stddef.h>

struct fail;

/* It ends within three seconds by itself; a node that is slow gets this long. */
#define REAPER_MS 8000

/* A node that answers with more does not run what it is told. */
#define REAPER_MAX_BYTES ((size_t)16 << 10)

enum reaper_result {
    REAPER_UNKNOWN, /* it could not be run, or has not said anything */
    REAPER_ENDED,
    REAPER_LEFT, /* some could not be ended */
};

/* Starts as all zero. */
struct reaper {
    enum reaper_result result;
    size_t matched_ended, matched_left; /* of the words it is to say */
    size_t heard_bytes;
};

enum reaper_mark {
    REAPER_BY_CONNECTION, /* over the same connection          */
    REAPER_BY_MARK,       /* another login, with the same mark */
};

/* For the login shell; sudo: as root, for what runs as root. */
const char *reaper_command(enum reaper_mark mark, bool sudo);

/* False: there is no use in hearing more. */
bool reaper_hear(struct reaper *r, const char *bytes, size_t len_bytes);

/* What became of the command is added to why it was ended. */
void reaper_tell(const struct reaper *r, struct fail *why);

#endif
