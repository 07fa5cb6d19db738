/* trouble - failures of many nodes, folded, with what to do about them (pure)
 *
 *     struct trouble *t = trouble_new();
 *
 *     trouble_add(t, "ib017", &why, why2);      for each node that failed
 *     trouble_render(t, color, &text);
 *
 *     3 nodes ib[001-003]: host key changed (host-key-changed)
 *         the node shows another key than line 17 of /root/.ssh/known_hosts
 *         -> reinstalled? compare the key, then: ssh-keygen -R NODE
 *
 * Failures of the same code and the same words are one; a node's own name in
 * its words does not count.
 */
#ifndef CONTROLLER_TROUBLE_H
#define CONTROLLER_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/fail.h"

struct text;
struct trouble;

/* NULL only when memory is exhausted. */
struct trouble *trouble_new(void);
void trouble_free(struct trouble *t); /* NULL is allowed */
void trouble_done(struct trouble **t);

/* what is copied.  FAIL_MEMORY or FAIL_HOSTLIST (name is no node's name). */
int trouble_add(struct trouble *t, const char *name, const struct fail *what,
                struct fail *why);

/* Nodes added. */
size_t trouble_count(const struct trouble *t);

/* Nothing when there was none. */
void trouble_render(struct trouble *t, bool color, struct text *text);

/* "host key changed": a code in words. */
const char *trouble_title(enum fail_code code);

/* What an administrator can do, one line; NULL when there is nothing to say. */
const char *trouble_advice(enum fail_code code);

#endif
