/* whole_file - all bytes of a file, up to a ceiling
 *
 *     if (whole_file_read(path, MAX_BYTES, &text, &len_bytes) < 0)
 *         return fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
 *
 * Also of what has no size, such as a pipe; then it waits for its end.
 */
#ifndef CONTROLLER_WHOLE_FILE_H
#define CONTROLLER_WHOLE_FILE_H

#include <stddef.h>

/* path NULL: standard input, from where it stands; opened anew by a name it would begin at
 * its start, and a socket or another user's terminal would not open at all.
 * *bytes is the caller's to free(); a NUL follows the *len_bytes bytes.  -1 and errno:
 * EFBIG when there are more than max_bytes, ENOMEM, or what open() and read() say.
 */
int whole_file_read(const char *path, size_t max_bytes, char **bytes, size_t *len_bytes);

#endif
