/* out_file - a result into a file that is whole or not there, or to standard output
 *
 * It is written beside its place and put there in one step, so that who reads it meanwhile
 * has the old one or the new one, and a full disk leaves the old one.
 */
#ifndef CONTROLLER_OUT_FILE_H
#define CONTROLLER_OUT_FILE_H

#include <stddef.h>

struct fail;
struct text;

/* path "-": standard output.  A file that is there is replaced, and its mode stays as the
 * umask has it; what is no plain file (a folder, a device, a symbolic link) is refused.
 * FAIL_USAGE: that; FAIL_STATE: it cannot be written.
 */
int out_file_write(const char *path, const struct text *text, struct fail *why);

#endif
