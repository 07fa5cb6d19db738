/* narrate - the events of an install, as lines for whoever sits at the machine
 *
 *     plan: packages rdma-core; no reboot
 *     packages: begun
 *         Setting up rdma-core (44.0-2) ...
 *     packages: done after 12.4 s
 */
#ifndef NODE_AGENT_NARRATE_H
#define NODE_AGENT_NARRATE_H

#include <stdio.h>

struct decision;
struct json;

/* Fits voice.hear; out is a FILE.  What programs say is printed without its control
 * characters.  Of all three out may be NULL: nothing is said.
 */
void narrate(void *out, const char *name, const struct json *body);

/* What is going to be done, in one line. */
void narrate_plan(FILE *out, const struct decision *d);

/* A line of our own. */
void narrate_note(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
