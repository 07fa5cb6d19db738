/* harvest - the answers to one batch, until both sides of each meeting have told (pure)
 *
 * A node may only speak of meetings that it was sent to.  At the end of a batch the
 * two sides of each meeting are laid side by side and go into the tally; where one
 * of them is missing, what the other saw says nothing about the fabric.
 *
 *     harvest_take(h, &batch, i, answer, why)      for each node that answers
 *     harvest_settle(h, &batch, members, tally, &sum, why)
 */
#ifndef CONTROLLER_HARVEST_H
#define CONTROLLER_HARVEST_H

#include <stdbool.h>
#include <stddef.h>

struct batch;
struct fail;
struct harvest;
struct json;
struct measure_plan;
struct member;
struct tally;

/* Failures in a row, whoever the partner was, after which a node may be given up. */
#define HARVEST_GIVE_UP 6

struct harvest_sum {
    size_t fresh;        /* pairs that met for the first time       */
    bool ran_out;        /* of time, somebody in the middle         */
    unsigned longest_ms; /* of the meetings that went well, as both say; 0: none */
};

/* For n nodes.  NULL only when memory is exhausted. */
struct harvest *harvest_new(size_t n);
void harvest_free(struct harvest *h); /* NULL is allowed */

/* Node i's answer to its order, once a batch: each meeting once, none that was not
 * ordered, and those that went well with their numbers.  Else FAIL_GARBAGE, and
 * nothing of it is kept.  FAIL_MEMORY.
 */
int harvest_take(struct harvest *h, const struct measure_plan *plan,
                 const struct batch *b, size_t i, const struct json *answer,
                 struct fail *why);

/* The batch is over.  Who has failed HARVEST_GIVE_UP times in a row is marked
 * given_up, unless it was only with others of that kind while there are better ones.
 * Ready for the next batch, also after -1.  FAIL_MEMORY.
 */
int harvest_settle(struct harvest *h, const struct batch *b, struct member *members,
                   struct tally *t, struct harvest_sum *sum, struct fail *why);

#endif
