/* environment - what an ssh that we start finds in its environment: ours, but for a few
 *
 * Its shell is /bin/sh, whatever the shell of who runs us is: ssh gives it LocalCommand,
 * ProxyCommand and Match exec, and a service account's, such as nologin, runs none of them.
 * By $LC_IBFLEET and $SSH_CONNECTION the reaper knows what runs for a session on a node,
 * which may be this machine: ssh itself is none of it, so they are not passed on.
 */
#ifndef CONTROLLER_ENVIRONMENT_H
#define CONTROLLER_ENVIRONMENT_H

/* mark: of its session, which ssh sends on; NULL: none.  One block, to be given to free();
 * the variables that are ours point into environ.  NULL only when memory is exhausted.
 */
char **environment_new(const char *mark);

#endif
