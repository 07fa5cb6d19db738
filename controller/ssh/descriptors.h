/* descriptors - how many files this process may have open
 *
 * A session is an open file for as long as it lasts, and the usual soft limit is 1024.
 */
#ifndef CONTROLLER_DESCRIPTORS_H
#define CONTROLLER_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

/* Take all that the hard limit allows.  What cannot be had is told by who needs it. */
void descriptors_raise(void);

/* How many we may have open in all; never more than DESCRIPTORS_MOST. */
size_t descriptors_allowed(void);

/* How many of them are left.  It counts what is open, so it is not for every login. */
size_t descriptors_left(void);

/* For how many nodes at once so many open files are enough; has_children: some of the
 * nodes are reached through OpenSSH, whose process has three streams.
 */
size_t descriptors_room(size_t files, bool has_children);

/* Stands for "no limit". */
#define DESCRIPTORS_MOST ((size_t)1 << 30)

#endif
