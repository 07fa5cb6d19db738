/* health_case - a node that is to be reported to Azure: what is known, and the report of it
 *
 *     health_case_make(history, &order, &case_, why)
 *     health_case_report(&case_, &report);      borrows from it
 */
#ifndef CONTROLLER_VMSS_HEALTH_CASE_H
#define CONTROLLER_VMSS_HEALTH_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/health/evidence.h"
#include "controller/health/health.h"

struct fail;
struct history;
struct scaleset_instance;

#define HEALTH_TIME_BYTES 24

struct health_order {
    const char *node;
    const struct scaleset_instance *instance; /* of it; outlives the case */
    const char *category;                     /* NULL: what a validation has proved */
    const char *host;                         /* NULL: what a rollout has seen */
    int64_t now_ms;
};

struct health_case {
    const char *node;
    const struct scaleset_instance *instance;
    struct evidence evidence;
    bool is_successor; /* the newest validation has measured another machine */
    enum health_category category;
    char host[EVIDENCE_HOST_BYTES]; /* "": not known */
    char seen[HEALTH_TIME_BYTES], now[HEALTH_TIME_BYTES];
};

/* Reads the journal.  -1: FAIL_USAGE (no such category; nothing is proved, and none was
 * named), FAIL_AZURE_ANSWER (nothing tells the machine), FAIL_STATE, FAIL_MEMORY.
 */
int health_case_make(struct history *h, const struct health_order *order,
                     struct health_case *c, struct fail *why);

void health_case_report(const struct health_case *c, struct health_report *report);

#endif
