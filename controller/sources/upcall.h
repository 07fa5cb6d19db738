/* upcall - run a shell line and take what it prints, within a deadline
 *
 * For what groups.conf calls an upcall: the line is the administrator's, so it is a shell
 * that reads it.  It waits, as nothing else is under way while hosts are being chosen.
 *
 *     if (upcall_run(&(struct upcall){.line = "sinfo -h -o %N"}, &text, why) < 0)
 *         return fail_prefix(why, "group source %s", name);
 */
#ifndef CONTROLLER_UPCALL_H
#define CONTROLLER_UPCALL_H

#include <stddef.h>

struct fail;

#define UPCALL_MAX_BYTES ((size_t)16 << 20) /* of output */
#define UPCALL_MAX_MS    30000

struct upcall {
    const char *line;
    const char *folder;  /* where it is run; NULL: where we are */
    unsigned timeout_ms; /* 0: UPCALL_MAX_MS */
};

/* Standard output of the line into *text, malloc'ed, without the white space at its
 * end; standard input is empty.  -1: FAIL_GROUP_SOURCE when it ended with another status than 0 (with the first
 * line of its standard error), printed more than UPCALL_MAX_BYTES or a NUL, or took
 * longer: then it and all that it has started are killed.  Or FAIL_MEMORY.
 */
int upcall_run(const struct upcall *upcall, char **text, struct fail *why);

#endif
