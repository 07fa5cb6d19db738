/* sequence - in which order the nodes of a run go, and in which batches (pure)
 *
 *     sequence_make(&s, keys, nodes, count, why)
 *     for (i = 0; i < s.taking_part; i++)
 *         nodes[s.order[i]] is the i-th, in batch s.stage[i]
 *     sequence_clear(&s);
 *
 * The keys canary, ramp and order of [policy].
 */
#ifndef CONTROLLER_SEQUENCE_H
#define CONTROLLER_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct fleet_policy;

/* A node of the fleet, all of them given by name.  Texts are NULL where not known. */
struct sequence_node {
    bool takes_part, is_unavailable;
    bool is_canary; /* with CANARY_HOSTS: it is named */
    long stage;     /* in an earlier sequence of the same run, which it keeps; -1: none */
    const char *size, *image, *kernel;   /* what makes a kind of its own,  */
    const char *leaf, *placement, *zone; /* with the first of these that is known */
};

struct sequence {
    size_t *order; /* of all nodes: those that take part first, then the rest by name */
    size_t *stage; /* of each in this order; of the rest POLICY_NO_STAGE              */
    size_t count, taking_part, stage_count;
    bool has_canaries; /* stage 0 is theirs */
};

/* FAIL_MEMORY. */
int sequence_make(struct sequence *s, const struct fleet_policy *keys,
                  const struct sequence_node *nodes, size_t count, struct fail *why);
void sequence_clear(struct sequence *s);

/* Nodes of a stage: from *first on, as many as are returned. */
size_t sequence_stage(const struct sequence *s, size_t stage, size_t *first);

#endif
