/* agentfile - the agent's program for each machine, read once, to be pushed where it is
 * missing
 *
 * There is one that was built with ours, and, when they lie beside it, one for each other
 * machine under the same name with that of the machine: ibfleet-agent.aarch64.
 */
#ifndef CONTROLLER_AGENTFILE_H
#define CONTROLLER_AGENTFILE_H

#include <stddef.h>

#include "protocol/digest.h"

struct fail;

/* It has under 4 MB; a file this large is not it. */
#define AGENTFILE_MAX_BYTES ((size_t)64 << 20)

struct agentfile {
    char *bytes;
    size_t len_bytes;
    char sha256[DIGEST_HEX_BYTES];
    const char *machine; /* as uname -m calls it; "-": not an ELF file we know */
};

/* How many machines an agent can be built for: their names are in agentfile.c. */
#define AGENTFILE_MACHINES ((size_t)2)

struct agentfiles {
    struct agentfile files[AGENTFILE_MACHINES]; /* the first was built with ours */
    size_t count;
};

/* path, to which that of another machine is put, NULL: "ibfleet-agent" beside our own
 * program, or in libexec beside its folder.  FAIL_STATE, FAIL_MEMORY.
 */
int agentfiles_read(const char *path, struct agentfiles *agents, struct fail *why);

/* One that was never read (all zero) is allowed. */
void agentfiles_clear(struct agentfiles *agents);

/* Borrowed; NULL: there is none of that name. */
const struct agentfile *agentfiles_find(const struct agentfiles *agents,
                                        const char *machine);

/* The machine of that number, as uname -m calls it. */
const char *agentfile_machine(size_t i);

#endif
