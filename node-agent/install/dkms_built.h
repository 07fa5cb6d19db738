/* dkms_built - what DKMS has built for a kernel, and why something not, in the compiler's words
 *
 * DKMS itself says only where those are.  The file is there after a build that failed; one
 * that succeeds takes it away.
 */
#ifndef NODE_AGENT_INSTALL_DKMS_BUILT_H
#define NODE_AGENT_INSTALL_DKMS_BUILT_H

#include <stdbool.h>

struct facts;
struct fail;
struct home;

#define DKMS_BUILT_TELLING_BYTES 140

/* (*f)->platform.dkms for that kernel, whose name is (*f)->os.kernel; NULL: for the one that
 * runs.  The caller frees *f; FAIL_MEMORY.
 */
int dkms_built_look(const struct home *h, const char *kernel, struct facts **f,
                    struct fail *why);

/* The first line that complains, else the last one that says anything.  False: there is
 * no such file, and telling is as it was.
 */
bool dkms_built_tell(const struct home *h, const char *module, const char *version,
                     char telling[DKMS_BUILT_TELLING_BYTES]);

#endif
