/* invocation - how a rollout was started, so that it can be taken up without saying
 * it all again
 *
 * Fleet file, scale sets, login, limits: kept in the journal with the run.  What is typed with
 * `resume` wins.
 */
#ifndef CONTROLLER_INVOCATION_H
#define CONTROLLER_INVOCATION_H

struct fail;
struct json;
struct options;

/* JSON, the caller's to free; fleet_file may be NULL.  Paths are made absolute.  NULL:
 * out of memory.
 */
char *invocation_print(const struct options *o, const char *fleet_file);

/* argv as a JSON array, the caller's to free.  NULL: out of memory. */
char *invocation_print_argv(const struct options *o);

/* Fill in what o leaves open.  Texts are borrowed from doc. */
void invocation_fill(const struct json *doc, struct options *o);

#endif
