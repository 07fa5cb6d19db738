/* campaign - measure a fleet pair by pair, from the first join to the verdict
 *
 * Each node joins once and gives its endpoint.  Islands are numbered before any
 * traffic.  Then batches: every node gets one order with all its partners of a few
 * rounds and sends one answer with all its results, so a batch costs a link two
 * frames however many pairs it holds.  Who does not answer in time, or whose link
 * is lost, is left out of later batches and holds nobody up.  At the end suspects
 * are measured again alone until the verdict asks for no more.
 *
 *     campaign_start(loop, nodes, n, &options, &hooks, arg, &c, why);
 *     ... hooks->ended: campaign_verdict(c), campaign_tally(c) ...
 *     link_close() of all links, then campaign_close(c)
 *
 * The links are the caller's, must be up at the start and outlive the campaign's
 * end.  Whether a node may be measured at all (jobs, claims) is decided before.
 */
#ifndef CONTROLLER_CAMPAIGN_H
#define CONTROLLER_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/fail.h"
#include "protocol/measure.h"

struct campaign;
struct link;
struct member;
struct tally;
struct uv_loop_s;
struct verdict;

struct campaign_node {
    const char *name;  /* borrowed to the end                                     */
    struct link *link; /* up; NULL: takes no part, for the reason in why          */
    const char *hca;   /* the rail to measure                                     */
    int port;
    struct fail why;
};

struct campaign_options {
    const char *name;         /* letters, digits, '-': on the wire and in the journal */
    struct measure_plan plan; /* fields that are 0 are chosen after joining          */
    unsigned rounds;          /* of the tournament at most; 0: all                   */
    uint64_t limit_ms;        /* of everything; 0: from the plan, generously         */
};

enum campaign_phase {
    CAMPAIGN_JOINING = 1,
    CAMPAIGN_MEASURING, /* the tournament      */
    CAMPAIGN_RETESTING, /* suspects alone      */
    CAMPAIGN_LEAVING,
    CAMPAIGN_OVER,
};

struct campaign_progress {
    enum campaign_phase phase;
    size_t done, total; /* pairs of the tournament, or of the retest */
    size_t controls;    /* of the retest's: good ones to compare with */
};

struct campaign_hooks { /* each may be NULL but ended */
    /* A node has joined (why NULL), or is out from now on. */
    void (*seated)(void *arg, size_t node, const struct fail *why);

    /* A phase begins, or a batch has ended: the tally has grown. */
    void (*advanced)(void *arg, const struct campaign_progress *progress);

    /* Once, the last.  why is NULL when all was done; else FAIL_TIMEOUT (the limit),
     * FAIL_INTERRUPTED (stopped), or FAIL_MEMORY, and then there may be no verdict.
     */
    void (*ended)(void *arg, const struct fail *why);
};

/* nodes is copied; what it points to is borrowed.  n at most MEMBERS_MAX; at least
 * one link.  -1, and no callback comes: FAIL_USAGE (too many nodes, nobody),
 * FAIL_MEMORY.
 */
int campaign_start(struct uv_loop_s *loop, const struct campaign_node *nodes, size_t n,
                   const struct campaign_options *options,
                   const struct campaign_hooks *hooks, void *arg, struct campaign **c,
                   struct fail *why);

/* Start nothing new: judge what has been measured and end with FAIL_INTERRUPTED,
 * after the batch under way or, at_once, now (in the loop's next turn).
 */
void campaign_stop(struct campaign *c, bool at_once);

/* After ended, until campaign_close(); verdict may be NULL, see there. */
const struct verdict *campaign_verdict(const struct campaign *c);
const struct tally *campaign_tally(const struct campaign *c);
const struct member *campaign_members(const struct campaign *c);
const struct measure_plan *campaign_plan(const struct campaign *c);

/* After ended, when all links are closed.  NULL is allowed.  Frees itself in the
 * loop.
 */
void campaign_close(struct campaign *c);

#endif
