/* program_file - is it a program that we may run? asked before anything has changed
 *
 *     if (program_file_find("hooks/before", folder, FAIL_FLEET_FILE, &path, why) < 0)
 *         return fail_prefix(why, "before_node");
 */
#ifndef CONTROLLER_PROGRAM_FILE_H
#define CONTROLLER_PROGRAM_FILE_H

#include "protocol/fail.h"

/* The absolute path of what an administrator has written, the caller's to free: with a
 * slash in it a path, from folder (NULL: where we are) when it is relative; without one it
 * is looked for in $PATH.  Links stay as they are, since a program may look at its own name.
 *
 * -1 with this code: it is empty, not there, no file, not executable for us, or everybody
 * may write to it, and so run what he likes as who we are.  FAIL_MEMORY.
 */
int program_file_find(const char *word, const char *folder, enum fail_code code,
                      char **path, struct fail *why);

#endif
