/* agentfile - the agent's program, read once, to be pushed where it is missing */
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

/* path NULL: "ibfleet-agent" beside our own program, or in libexec beside its folder.
 * FAIL_STATE, FAIL_MEMORY.
 */
int agentfile_read(const char *path, struct agentfile *file, struct fail *why);

/* One that was never read (all zero) is allowed. */
void agentfile_clear(struct agentfile *file);

#endif
