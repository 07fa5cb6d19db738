/* decide - what has to be done to a node, from what it is and what is wanted
 *
 * Pure, and linked into both programs: the controller plans with it (also for
 * nodes that are off, from stored facts), and the agent alone decides the same.
 *
 *     struct decision d = {0};
 *
 *     if (decide(facts, &want, &d, why) < 0)
 *         return -1;
 *     if (d.verdict == DECIDE_STEPS)
 *         send(&d.steps);
 *     decision_clear(&d);
 *
 * Already so is done: what a node has is in no step, and the facts of a node on
 * which every step was taken are judged DECIDE_UP_TO_DATE.  That is also how a
 * rollout verifies its own work.
 */
#ifndef INVENTORY_DECIDE_H
#define INVENTORY_DECIDE_H

#include <stdbool.h>

#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/steps.h"

struct catalog;
struct facts;

/* `auto` reboots when packages were installed: their udev rules name the devices
 * and their units load the modules at a boot.  `always` reboots after any step.
 */
struct decide_want {
    enum fleet_driver driver;
    const char *driver_version; /* NULL: the one that the catalog prefers              */
    enum fleet_reboot reboot;
    const char *rxe; /* Soft-RoCE on this interface where there is no HCA; NULL: no */
    const struct catalog *catalog; /* not NULL where driver may be one of the vendor's */
    const char *mirror, *proxy;    /* as in struct fleet_node                          */
    enum fleet_hold hold;
    bool ipoib, names;
    bool remove; /* the vendor's driver is to go, whatever `driver` says                */
    bool back;   /* the driver is to be what it was before (facts->platform.earlier)    */
};

enum decide_verdict {
    DECIDE_UP_TO_DATE, /* all is there and a port is ACTIVE             */
    DECIDE_STEPS,      /* steps says what to do                         */
    DECIDE_REFUSE      /* refusal says why not, and what to do about it */
};

struct decision {
    enum decide_verdict verdict;
    struct steps steps;  /* empty unless DECIDE_STEPS           */
    bool reboot;         /* after the steps                     */
    struct fail refusal; /* code FAIL_NONE unless DECIDE_REFUSE */
};

/* *d must be empty (all zero, or cleared).  The result is the verdict in *d; -1 is
 * FAIL_MEMORY only.
 */
int decide(const struct facts *f, const struct decide_want *want, struct decision *d,
           struct fail *why);

/* Frees what it holds and leaves it empty. */
void decision_clear(struct decision *d);

/* One line for people, equal for equal decisions, so that plans can be folded:
 * "packages rdma-core ibverbs-providers; modules rdma_rxe ib_uverbs; Soft-RoCE on
 * eth1; reboot", "up to date", or the refusal.  malloc'ed; NULL: out of memory.
 */
char *decision_summary(const struct decision *d);

#endif
