/* verdict - what the measurements say, about whom, and how surely (pure)
 *
 * From who took part and what each pair measured: a word for every pair, findings
 * for people, and the pairs that are to be measured again, alone, before anything
 * is held against them.
 *
 *     for (;;) {
 *         verdict_judge(members, n, tally, &v, why);
 *         if (!v->suspect_count)
 *             break;
 *         ... measure v->suspects alone, tally_add() ...
 *         verdict_free(v);
 *     }
 *
 * Islands must have been numbered (islands.h).  Who is good only with few and who
 * was not measured is said in not_tested, never passed over.
 */
#ifndef CONTROLLER_VERDICT_H
#define CONTROLLER_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/fabric/finding.h"

struct fail;
struct member;
struct tally;

/* Measured alone so often before it is believed, at so many pairs of one node. */
#define VERDICT_SLOW_RETESTS   2
#define VERDICT_FAILED_RETESTS 1
#define VERDICT_SLOW_PROBES    3
#define VERDICT_FAILED_PROBES  2 /* each costs a slot */

/* Innocent pairs that are measured again beside the slow and the late. */
#define VERDICT_CONTROLS 2

struct verdict_pair {
    size_t a, b; /* a below b */
};

struct verdict {
    struct findings findings;
    struct verdict_pair *suspects; /* to be measured again alone, controls with them */
    size_t suspect_count, control_count;
    char **not_tested; /* one line each: what, and why */
    size_t not_tested_count;
    size_t pairs, measured, bad; /* in all; of those measured; of those not "ok" */
    double usual_gbps;           /* of a good direction; NAN                     */
    double usual_us;             /* of a good pair; NAN                          */
};

/* Sets the word of every pair in the tally.  *v is the caller's.  FAIL_MEMORY. */
int verdict_judge(const struct member *members, size_t n, struct tally *t,
                  struct verdict **v, struct fail *why);

void verdict_free(struct verdict *v); /* NULL is allowed */

#endif
