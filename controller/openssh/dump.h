/* dump - what OpenSSH would do for a host, in its own words: ssh -G
 *
 * Costs a process, 10 ms.  Blocks, with a deadline: asked before the nodes are reached.
 */
#ifndef CONTROLLER_DUMP_H
#define CONTROLLER_DUMP_H

#include <stddef.h>

struct fail;

#define DUMP_MAX_BYTES   ((size_t)256 << 10)
#define DUMP_DEADLINE_MS 10000

/* config: the file, "none", or NULL: the usual ones; user: NULL when it is not said.  *text
 * is malloc'ed.  FAIL_USAGE, in ssh's words, when it refuses its configuration or does not
 * answer (a Match exec, perhaps); FAIL_STATE: it cannot be started; FAIL_MEMORY.
 */
int dump_settings(const char *config, const char *user, const char *host, char **text,
                  struct fail *why);

#endif
