/* loglist - the logs of steps that this node keeps, for whoever asks what happened
 *
 * Answer to "logs": those of one run, or of the latest that has any, oldest first.  Only
 * the end of each, in whole lines, so that all of them fit into one frame.
 */
#ifndef NODE_AGENT_INSTALL_LOGLIST_H
#define NODE_AGENT_INSTALL_LOGLIST_H

#include <stddef.h>

#include "node-agent/home.h"

struct fail;
struct json;

/* Of a run, the latest so many; and together so much of their text: each byte may take six
 * in JSON, and a frame has a megabyte.
 */
#define LOGLIST_MAX_LOGS  16
#define LOGLIST_MAX_BYTES ((size_t)128 << 10)

/* run and step NULL: the latest run, every step.  *logs is an array of {run, step, attempt,
 * at_s, bytes, text}, the caller's, empty when there is none.  FAIL_STEP, FAIL_MEMORY.
 */
int loglist_read(const struct home *h, const char *run, const char *step,
                 struct json **logs, struct fail *why);

#endif
