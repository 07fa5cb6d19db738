/* arguments - an order as the words of an ssh command line (pure)
 *
 * What the order says wins over ssh_config; what it leaves open is ssh_config's.  Never
 * taken from there: whatever would ask a person, forward, share a connection, start
 * something else than the command, or learn host keys against our policy.
 */
#ifndef CONTROLLER_ARGUMENTS_H
#define CONTROLLER_ARGUMENTS_H

#include <stddef.h>

#include "inventory/arena.h"

struct fail;
struct ssh_order;

#define ARGUMENTS_MAX 96

/* Starts as all zero. */
struct arguments {
    char *words[ARGUMENTS_MAX + 1]; /* argv: the last is NULL */
    size_t count;
    struct arena text;
};

/* Of the program: "ssh", looked up in $PATH.  FAIL_MEMORY; FAIL_USAGE when a path cannot
 * be said to ssh.  arguments_done() also after -1.
 */
int arguments_make(const struct ssh_order *order, struct arguments *a, struct fail *why);

void arguments_done(struct arguments *a);

#endif
