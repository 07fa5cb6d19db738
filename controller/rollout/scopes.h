/* scopes - the parts of a fleet whose unavailability has a limit (pure)
 *
 * The fleet itself is number 0; then each partition, zone, placement group and leaf that a
 * node is known to be in.
 */
#ifndef CONTROLLER_SCOPES_H
#define CONTROLLER_SCOPES_H

#include <stddef.h>

struct course_node;
struct fail;
struct fleet_policy;

struct scopes {
    size_t count;
    size_t *limits; /* of each                                      */
    size_t **of;    /* of each node: its scopes, the fleet first    */
    size_t *of_count;
    size_t node_count;
};

/* FAIL_MEMORY. */
int scopes_make(struct scopes *s, const struct fleet_policy *keys,
                const struct course_node *nodes, size_t count, struct fail *why);
void scopes_clear(struct scopes *s);

#endif
