/* trouble - failures of many nodes, folded, with what to do about them (pure)
 *
 *     struct trouble *t = trouble_new();
 *
 *     trouble_add(t, node, &what, why);         for each node that failed
 *     trouble_render(t, color, &text);
 *
 *     3 nodes ib[001-003]: host key changed (host-key-changed)
 *         the node shows another key than line 17 of /root/.ssh/known_hosts
 *         -> reinstalled? compare the key, then: ssh-keygen -R NODE
 *
 * Failures of the same code are told together, equal words once; in the words a
 * node's own name and address do not count.
 */
#ifndef CONTROLLER_TROUBLE_H
#define CONTROLLER_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct fleet_node;
struct text;
struct trouble;

/* Different words shown for one code; the rest is counted. */
#define TROUBLE_MAX_WORDS 4

/* NULL only when memory is exhausted. */
struct trouble *trouble_new(void);
void trouble_free(struct trouble *t); /* NULL is allowed */
void trouble_done(struct trouble **t);

/* what is copied, node borrowed.  FAIL_MEMORY. */
int trouble_add(struct trouble *t, const struct fleet_node *node, const struct fail *what,
                struct fail *why);

/* Nodes added. */
size_t trouble_count(const struct trouble *t);

/* The most frequent code first; nothing when there was none. */
void trouble_render(struct trouble *t, bool color, struct text *text);

#endif
