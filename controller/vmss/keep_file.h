/* keep_file - a small file of the state folder, whole or as it was
 */
#ifndef CONTROLLER_KEEP_FILE_H
#define CONTROLLER_KEEP_FILE_H

#include <stddef.h>

struct fail;

/* Put these bytes in the place of what path has; its folder, not those above, is made
 * (0700) when there is none.  On the disk when it returns, and never half: also when the power fails, or
 * another process does the same.  FAIL_STATE names the file, and it is as it was.
 */
int keep_file(const char *path, const char *bytes, size_t len_bytes, struct fail *why);

/* Gone, from the disk too; one that is not there is no failure.  FAIL_STATE names it. */
int keep_file_remove(const char *path, struct fail *why);

#endif
