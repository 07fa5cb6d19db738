/* course - whose turn it is in a run: the policy, in terms of the run's nodes (pure)
 *
 *     course_new(&plan, &c, why);
 *     policy_next(course_policy(c), &now)      ... numbers places in the sequence
 *     course_traveller(c, place)               who of the run that is, -1: nobody
 *     course_place(c, i)                       and back, of node i of the fleet
 *
 * Makes of the fleet, of what was found on the nodes and of what the scheduler says: the
 * scopes whose unavailability has a limit, the sequence of batches, and the policy over them.
 * A percentage of a partition or a leaf is one of all its nodes in the fleet; of a zone or a
 * placement group, of those that this run has looked at, as nobody else's is known.
 */
#ifndef CONTROLLER_COURSE_H
#define CONTROLLER_COURSE_H

#include <stdbool.h>
#include <stddef.h>

struct course;
struct facts;
struct fail;
struct fleet_policy;
struct hostset;
struct policy;

/* A node of the fleet. */
struct course_node {
    const char *name, *leaf;   /* leaf NULL: not known                             */
    const struct facts *facts; /* as it was found; NULL: it was not looked at      */
    const char *partitions;    /* of the scheduler, parted by commas; NULL: none   */
    bool is_away;              /* the scheduler says it is out of service          */
    long traveller;            /* its number in the run; -1: it is not of it       */
    bool takes_part;           /* it is to be changed, or was begun                */
    long stage; /* of an earlier controller's sequence; -1: it had none      */
};

struct course_plan {
    const struct fleet_policy *keys;
    const struct course_node *nodes; /* of the fleet, by name */
    size_t count;
    const struct hostset *canaries, *held; /* what canary and hold name; NULL: nobody */
};

/* Borrows the keys and copies the rest.  FAIL_MEMORY. */
int course_new(const struct course_plan *plan, struct course **c, struct fail *why);
void course_free(struct course *c); /* NULL is allowed */

struct policy *course_policy(const struct course *c);

/* Another policy for the same places, as it was when the course was made, for the caller to
 * free.  NULL: out of memory.
 */
struct policy *course_policy_anew(const struct course *c);

long course_traveller(const struct course *c, size_t place);
size_t course_place(const struct course *c, size_t fleet_index);

/* How many batches there are, and whether the first one is of canaries. */
size_t course_stages(const struct course *c);
bool course_has_canaries(const struct course *c);

/* The batch of a place; its places are from *first on, as many as are returned. */
size_t course_stage_of(const struct course *c, size_t place);
size_t course_stage(const struct course *c, size_t stage, size_t *first);

#endif
