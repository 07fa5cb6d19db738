/* outfiles - what each node says, in files of its own
 *
 *     DIR/ib001.out    its stdout, byte by byte
 *     DIR/ib001.err    its stderr
 *
 * A node's name has no slash and no leading dot, so it is a file name.  Files are made
 * anew and no link is followed: what stands there under the same name is replaced, and
 * what it pointed at is left alone.  Between two pieces no file is held open, so that
 * thousands of nodes need no descriptors.
 */
#ifndef CONTROLLER_OUTFILES_H
#define CONTROLLER_OUTFILES_H

#include <stddef.h>

#include "controller/ssh/ssh.h"

struct fail;
struct outfiles;

/* The folder is made when it is not there; its parent must be.  FAIL_USAGE: it cannot be
 * made or written; FAIL_MEMORY.
 */
int outfiles_open(const char *folder, struct outfiles **files, struct fail *why);

/* Both files of a node, empty.  FAIL_STATE. */
int outfiles_begin(const struct outfiles *files, const char *node, struct fail *why);

/* Behind what is there already.  FAIL_STATE. */
int outfiles_add(const struct outfiles *files, const char *node, enum ssh_stream stream,
                 const char *bytes, size_t len_bytes, struct fail *why);

/* NULL is allowed. */
void outfiles_close(struct outfiles *files);

#endif
