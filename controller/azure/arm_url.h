/* arm_url - the URL of a call, from words that may hold anything (pure) */
#ifndef CONTROLLER_ARM_URL_H
#define CONTROLLER_ARM_URL_H

struct arm_request;
struct fail;
struct text;

#define ARM_URL_MAX_BYTES 16384 /* Azure's own operations have 4 KB and more */

/* base, path and parameters, each encoded; "-" as the subscription becomes that.  Malloc'ed.
 * NULL: FAIL_USAGE (a path with an empty part, "." or "..", or one that does not begin with
 * '/'; too long), FAIL_MEMORY.
 */
char *arm_url(const char *base, const char *subscription, const struct arm_request *ask,
              struct fail *why);

/* Words as they stand in a query or a form; what is in `also` is left as it is. */
void arm_url_put(struct text *t, const char *words, const char *also);

/* Does the path want the subscription of the settings? */
int arm_url_wants_subscription(const char *path);

/* May an URL that Azure named be asked?  It must lead to base's host, since the bearer goes
 * with it.  what is the object and of what of it is to be there, for the sentence.
 * FAIL_AZURE_ANSWER.
 */
int arm_url_check(const char *url, const char *base, const char *what, const char *of,
                  struct fail *why);

/* The path of an URL, borrowed from it; "" when there is none. */
const char *arm_url_path(const char *url);

#endif
