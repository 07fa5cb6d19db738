/* fd - a file descriptor that belongs to a scope
 *
 *     CLEANUP(fd_done) int fd = open(...);
 */
#ifndef NODE_AGENT_FD_H
#define NODE_AGENT_FD_H

#include <unistd.h>

static inline void fd_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#endif
