/* deed_conduct - a deed as a command: whom, how many at once, and what is left of a run
 *
 *     return deed_conduct(c, deed_kind_named("restart"), NULL, false);
 */
#ifndef CONTROLLER_DEED_CONDUCT_H
#define CONTROLLER_DEED_CONDUCT_H

#include <stdbool.h>

struct command;
struct deed_kind;

/* On the nodes of the command, which are instances of its scale sets.  arg is the kind's.
 * is_agreed: the operator was told and has said yes.  Returns the exit status.
 */
int deed_conduct(struct command *c, const struct deed_kind *kind, void *arg,
                 bool is_agreed);

#endif
