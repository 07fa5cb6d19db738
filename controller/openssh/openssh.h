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
#include "inventory/arena.h"

/* libuv asks for as much. */
#define OPENSSH_READ_BYTES ((size_t)64 << 10)

struct fail;

struct hostconfigs;

struct openssh {
    struct gate gate;
    struct detours detours;
    struct hostconfigs *configs;
    struct arena text; /* what orders borrow that ssh_config has filled in */
    char read[OPENSSH_READ_BYTES];
};

/* home holds .ssh, NULL: none; borrowed.  NULL only when memory is exhausted. */
struct openssh *openssh_new(const char *home);

/* Is there an ssh in $PATH?  FAIL_USAGE. */
int openssh_is_installed(struct fail *why);

/* NULL is allowed. */
void openssh_free(struct openssh *o);

#endif
