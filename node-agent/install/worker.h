/* worker - what runs inside a step's unit
 *
 * It finds in the ledger what is to be done, takes the step, and writes how it
 * ended into the ledger.  Nobody waits for it; whoever is interested reads the
 * ledger and the step's log.
 */
#ifndef NODE_AGENT_INSTALL_WORKER_H
#define NODE_AGENT_INSTALL_WORKER_H

#include <stddef.h>

struct fail;
struct home;
struct step;

/* "packages-1f2e3d4c": the verb and a digest of the whole step, so that a step with
 * other arguments is another one.  65 bytes are enough.  FAIL_MEMORY.
 */
int step_id(const struct step *step, char id[65], struct fail *why);

/* Take the step whose intent stands in the ledger with that attempt.  0 also when there
 * is nothing to do: another unit works on it, or it has ended.  FAIL_*: why it failed,
 * as in the ledger.
 */
int worker_run(const struct home *h, const char *run, const char *step, int attempt,
               struct fail *why);

#endif
