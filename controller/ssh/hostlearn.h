/* hostlearn - writing new lines into a known_hosts file
 *
 * Appended at once, one write for a line; on disk when it is closed.
 */
#ifndef CONTROLLER_HOSTLEARN_H
#define CONTROLLER_HOSTLEARN_H

struct fail;

/* The owner names the file (borrowed) and begins with fd -1. */
struct hostlearn {
    const char *path;
    int fd;
};

/* Make the file and its folder if they are not there, and append a line (with its
 * newline).  FAIL_STATE.
 */
int hostlearn_append(struct hostlearn *l, const char *line, struct fail *why);

void hostlearn_close(struct hostlearn *l);

#endif
