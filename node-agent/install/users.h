/* users - does a process use RDMA: has it a device of verbs open? */
#ifndef NODE_AGENT_INSTALL_USERS_H
#define NODE_AGENT_INSTALL_USERS_H

#include <stdbool.h>

#include "node-agent/install/process.h"

struct home;

#define USERS_MAX_BYTES PROCESS_MAX_BYTES

/* "lammps (process 71)" into who.  False: none does, as far as can be seen. */
bool users_find(const struct home *h, char who[USERS_MAX_BYTES]);

#endif
