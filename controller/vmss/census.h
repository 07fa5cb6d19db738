/* census - who the nodes of a fleet are, as far as scale sets of Azure know it
 *
 * Asked while the fleet is read: each set is what Azure has said of it not long ago
 * (recall.h), or is asked for now (survey.h), on the command's loop, which runs until that
 * is done.
 *
 *     m = census_new(loop, &order);
 *     const struct fleet_finder finder = census_finder(m);
 *     fleet_load(path, home, &finder, &fleet, why)
 *     ... census_sets(m, &count) ...
 *     census_close(m);                 before the loop runs for the last time
 *     census_free(m);                  after it
 *
 * What a person should know (who came and went, how old it is) goes to order.tell.
 */
#ifndef CONTROLLER_CENSUS_H
#define CONTROLLER_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory/fleet.h"

struct arm;
struct fail;
struct census;
struct preflight_right;
struct scaleset;
struct scaleset_instance;
struct sku_list;
struct uv_loop_s;

#define CENSUS_MAX_SETS 32

/* What was typed; it wins over [azure] of the fleet file.  Borrowed but for the folder;
 * texts may be NULL.
 */
struct census_order {
    const char *sets, *filter; /* "RG/NAME,RG/NAME" */
    const char *subscription, *cloud, *credential;
    int64_t max_age_s; /* -1: not said */
    bool takes_all;    /* also what is not running: the set is meant, not the nodes */
    bool changes; /* the sets: who comes next asks again, unless a max_age_s is said */
    const char *folder; /* where it is kept; NULL: nothing is */
    void (*tell)(const char *line);
};

/* NULL: no memory.  NULL is allowed in what follows and means: no sets. */
struct census *census_new(struct uv_loop_s *loop, const struct census_order *order);
void census_close(struct census *m); /* once more does nothing */
void census_free(struct census *m);

/* The failures of finding: FAIL_USAGE (a set or a filter that cannot be), those of
 * survey.h, FAIL_HOSTLIST (no instance is running, or the filter takes none), FAIL_MEMORY.
 */
struct fleet_finder census_finder(struct census *m);

/* Closed sets in the order in which they were named; *count of them.  Borrowed. */
const struct scaleset *const *census_sets(const struct census *m, size_t *count);

/* The instances that are meant, as a hostlist; the caller's.  NULL: there are none. */
char *census_hosts(const struct census *m);

/* The instance that is this node; NULL when none is. */
const struct scaleset_instance *census_instance(const struct census *m, const char *node);

/* Which sizes can do RDMA; NULL: not told.  Which rights were missing.  Borrowed. */
const struct sku_list *census_sizes(const struct census *m);
const struct preflight_right *census_rights(const struct census *m, size_t *count);

/* The loop it was given, and where the metadata service is (NULL: where it always is), of
 * sets that were found.
 */
struct uv_loop_s *census_loop(const struct census *m);
const char *census_metadata(const struct census *m);

/* The way to Azure, opened on the first call; the census's.  As arm_open(). */
int census_arm(struct census *m, struct arm **arm, struct fail *why);

#endif
