/* plan_file - a rollout as it was planned and agreed on, in a file (pure)
 *
 *     ibfleet rollout -a --plan -o plan.json         somebody signs it
 *     ibfleet rollout plan.json                      that is done, and nothing else
 *
 * {"schema": "ibfleet.plan/1", "made": ..., "by": ..., "invocation": {...}, "policy": {...},
 *  "estimate_s": ..., "batches": [...], "nodes": [{"name", "batch", "plan": {...}}, ...],
 *  "others": [{"name", "state", "code", "reason"}, ...]}
 *
 * Of the steps it has what may be seen, so no secret of a URL.  When it is done the nodes are
 * looked at again, and one that would get something else now is refused.
 */
#ifndef CONTROLLER_PLAN_FILE_H
#define CONTROLLER_PLAN_FILE_H

#include <stddef.h>

struct dispatch_terms;
struct fail;
struct forecast;
struct json;
struct node;
struct options;
struct plan_file;
struct rollout;

#define PLAN_FILE_MAX_BYTES ((size_t)64 << 20)

/* What is written in it beside the rollout's own. */
struct plan_file_head {
    const struct options *options;
    const char *fleet_file; /* NULL: none */
    const char *made, *by;  /* when, and who on which host */
};

/* The document, for the caller to free; made when the rollout is arranged.  NULL: out of
 * memory.
 */
struct json *plan_file_encode(const struct rollout *r, const struct plan_file_head *head,
                              const struct dispatch_terms *terms,
                              const struct forecast *forecast);

/* FAIL_USAGE: the file cannot be read, or is no such plan; names it.  FAIL_MEMORY. */
int plan_file_read(const char *path, struct plan_file **p, struct fail *why);
void plan_file_free(struct plan_file *p); /* NULL is allowed */

/* Whom it is about, as a hostlist; and how it was asked for (invocation.h).  Borrowed. */
const char *plan_file_hosts(const struct plan_file *p);
const struct json *plan_file_invocation(const struct plan_file *p);

/* The policy as it was then, every key of it, into o. */
void plan_file_fill(const struct plan_file *p, struct options *o);

/* The batch of a node, from 0; -1: it is not to be changed. */
long plan_file_stage(const struct plan_file *p, const char *name);

/* Would a node that waits in planned get what it was planned for?  FAIL_NOT_AS_PLANNED says
 * what is different.
 */
int plan_file_check(const struct plan_file *p, const struct node *n, struct fail *why);

#endif
