/* openssh - what the children of one SSH client share
 *
 * Owned by the ssh_client; at most so many processes log in at once, and all read into
 * one buffer, since what was read is passed on before the next reads.
 */
#ifndef CONTROLLER_OPENSSH_H
#define CONTROLLER_OPENSSH_H

#include <stddef.h>

#include "controller/openssh/detours.h"
#include "controller/openssh/gate.h"

/* libuv asks for as much. */
#define OPENSSH_READ_BYTES ((size_t)64 << 10)

struct fail;

struct openssh {
    struct gate gate;
    struct detours detours;
    char read[OPENSSH_READ_BYTES];
};

/* NULL only when memory is exhausted. */
struct openssh *openssh_new(void);

/* Is there an ssh in $PATH?  FAIL_USAGE. */
int openssh_is_installed(struct fail *why);

/* NULL is allowed. */
void openssh_free(struct openssh *o);

#endif
