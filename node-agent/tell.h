/* tell - what this node is, as text for a person or a script at the node itself
 *
 * What is to be printed is the caller's; NULL with *why set.
 */
#ifndef NODE_AGENT_TELL_H
#define NODE_AGENT_TELL_H

#include <stdbool.h>

struct fail;

/* What is below root: facts.h as JSON, or a few lines for people. */
char *tell_facts(const char *root, bool json, struct fail *why);

#endif
