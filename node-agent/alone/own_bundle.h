/* own_bundle - a vendor's bundle that somebody has put on the machine
 *
 * It goes where the step that fetches looks first, STATE/bundles, under the name that the
 * step asks for.  Nothing is copied unless a step wants it.
 */
#ifndef NODE_AGENT_OWN_BUNDLE_H
#define NODE_AGENT_OWN_BUNDLE_H

struct fail;
struct home;
struct steps;

/* Is the file there, and is it what these steps want?  FAIL_USAGE: it cannot be opened, or
 * is no file; FAIL_STEP: nor read; FAIL_HASH: it is another, with both hashes.
 */
int own_bundle_check(const char *file, const struct steps *steps, struct fail *why);

/* The same, and then it lies in the state folder.  FAIL_DISK_FULL, FAIL_STEP too. */
int own_bundle_take(const struct home *h, const char *file, const struct steps *steps,
                    struct fail *why);

#endif
