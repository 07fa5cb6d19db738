/* tell - what a person or a script at the node itself wants to know, as text
 *
 * Each returns what is to be printed, the caller's, or NULL with *why set.
 */
#ifndef NODE_AGENT_TELL_H
#define NODE_AGENT_TELL_H

#include <stdbool.h>

struct fail;
struct home;

/* What is below root: facts.h as JSON, or a few lines for people. */
char *tell_facts(const char *root, bool json, struct fail *why);

/* The claim and the last state of each step: {schema, claim, steps}. */
char *tell_status(const struct home *h, bool json, struct fail *why);

#endif
