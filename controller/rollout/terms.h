/* terms - what a rollout is to keep to, from the fleet file, the command line and the run
 *
 *     terms_new(command, left, &t, why);
 *     rollout_go(r, journal, terms_of(t), &claim);
 *     terms_free(t);
 */
#ifndef CONTROLLER_TERMS_H
#define CONTROLLER_TERMS_H

struct command;
struct dispatch_terms;
struct fail;
struct takeup;
struct terms;

/* left: of a run that is taken up, else NULL; borrowed, as the command is.  What canary and hold
 * name must be in the fleet.  FAIL_HOSTLIST, FAIL_MEMORY, and what groups of sources say.
 */
int terms_new(struct command *c, const struct takeup *left, struct terms **t,
              struct fail *why);
void terms_free(struct terms *t); /* NULL is allowed */

const struct dispatch_terms *terms_of(const struct terms *t);

#endif
